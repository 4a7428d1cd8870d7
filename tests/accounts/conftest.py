"""Three administrators and a handful of people, from the province down to one school."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from app.accounts import models as m
from app.accounts import queries, service
from app.accounts.service import NewAccount
from app.accounts.workflow import ACTIVE
from app.kernel import scope
from app.kernel.audit import Event
from app.kernel.db import db

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient

    from app.kernel.actor import Actor
    from tests.stage import Stage

PASSWORD = "Gulou-2026-ok"


def _load() -> None:
    fujian = service.add_org("350000", "福建省教育厅", m.PROVINCE)
    fuzhou = service.add_org("350100", "福州市教育局", m.PREFECTURE, fujian)
    gulou = service.add_org("350102", "鼓楼区教育局", m.COUNTY, fuzhou)
    quanzhou = service.add_org("350500", "泉州市教育局", m.PREFECTURE, fujian)
    school = service.add_org("3135010001", "福州第一职业中专", m.SCHOOL, gulou)
    people = [
        ("wang", "王系统", fujian, m.SYSADMIN), ("zhao", "赵安全", fujian, m.SECADMIN),
        ("sun", "孙审计", fujian, m.AUDITOR), ("zhou", "周系统", quanzhou, m.SYSADMIN),
        ("wu", "吴安全", quanzhou, m.SECADMIN), ("he", "何审计", quanzhou, m.AUDITOR),
        ("chen", "陈审批", gulou, m.APPROVER), ("lin", "林经办", school, m.CLERK),
        ("huang", "黄复核", school, m.REVIEWER),
    ]  # fmt: skip
    service.add_accounts([NewAccount(u, n, org, duty, PASSWORD, ACTIVE, must_change=False)
                          for u, n, org, duty in people])  # fmt: skip


@dataclass
class Town:
    """What the tests of this room ask of the place and its people."""

    app: Flask
    client_of: Callable[[str], FlaskClient]

    def browser(self) -> FlaskClient:
        return self.app.test_client()

    def sign_in(self, username: str, password: str = PASSWORD, browser: FlaskClient | None = None):
        """A browser after typing this at the door, and what the door answered."""
        browser = browser or self.browser()
        answer = browser.post("/login/", data={"username": username, "password": password})
        return browser, answer

    def is_in(self, browser: FlaskClient) -> bool:
        return browser.get("/").status_code == 200

    def actor(self, username: str) -> Actor:
        return self.post(username, queries.actor_of)

    def post(self, username: str, ask=lambda post: post):
        with self.app.app_context(), scope.everyone("a test looks"):
            post = db.session.scalar(select(m.Post).where(m.Post.username == username))
            return ask(post)

    def put(self, username: str, **values: object) -> None:
        """The account's row holds these values, whatever the rules say."""
        with self.app.app_context(), scope.everyone("a test arranges"):
            db.session.execute(update(m.Post).where(m.Post.username == username).values(values))
            db.session.commit()

    def events(self, **like: object) -> list[Event]:
        with self.app.app_context(), scope.everyone("a test looks"):
            return list(db.session.scalars(select(Event).filter_by(**like).order_by(Event.id)))


@pytest.fixture
def town(stage: Stage, client_of: Callable[[str], FlaskClient]) -> Town:
    stage.at("town", _load)
    return Town(stage.staff, client_of)
