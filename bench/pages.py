"""Every page of the staff face at the size of the province: statements and milliseconds."""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.accounts.models import COUNTY, PREFECTURE, PROVINCE, SCHOOL, Org, Post
from app.kernel.db import db
from app.kernel.grid import Grid
from app.kernel.scope import everyone
from app.payments.models import Attempt
from app.publicity.models import AidLine
from app.registry.models import Enrolment
from bench.kit import server
from bench.kit.ground import PASSWORD, face, province
from bench.kit.meter import statements
from bench.kit.report import Report

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

TIMES = int(os.environ.get("BENCH_TIMES", "5"))
MOST_STATEMENTS, SLOW_MS = 10, 200.0
WHO = [(PROVINCE, "approver"), (PREFECTURE, "reviewer"), (COUNTY, "clerk"), (COUNTY, "poster"),
       (SCHOOL, "clerk"), (PROVINCE, "sysadmin"), (PROVINCE, "auditor")]  # fmt: skip


@dataclass
class Seen:
    """One page as one account saw it."""

    who: str
    page: str
    status: int
    statements: int
    ms: float
    sql_ms: float


def paths_of(grid: type[Grid], client: FlaskClient) -> dict[str, str]:
    """The pages of a grid that a person would open: plain, ordered, searched, one row."""
    base, name = f"/{grid.__name__.lower()}", grid.__name__
    found = {f"{name} list": f"{base}/list/"}
    view = next(v for v in client.application.appbuilder.baseviews if type(v) is grid)
    for column in view.order_columns:
        found[f"{name} by {column}"] = f"{base}/list/?_oc_{name}={column}&_od_{name}=desc"
    found[f"{name} page 40"] = f"{base}/list/?page_{name}=40"
    for column, operators in view.offered.items():
        for n, op in enumerate(operators):
            if word := WORDS.get((column, op.arg_name)) or WORDS.get(("*", op.arg_name)):
                found[f"{name} {column} {op.arg_name} {word}"] = (
                    f"{base}/list/?_flt_{n}_{column}={word}"
                )
    return found


WORDS = {("name", "starts"): "陈", ("name", "is"): "陈静", ("*", "starts"): "R1",
         ("line.name", "starts"): "陈", ("state", "is"): "failed"}  # fmt: skip
STATES = {"AidLine": "removed", "AidList": "submitted", "Attempt": "failed", "Finding": "open",
          "PayRun": "open", "Enrolment": "02", "Post": "stopped", "Hold": "on"}  # fmt: skip


def one(client: FlaskClient, who: str, page: str, path: str) -> Seen:
    times = []
    with statements() as said:
        status = client.get(path).status_code
    for _ in range(TIMES):
        start = time.perf_counter()
        client.get(path)
        times.append((time.perf_counter() - start) * 1000)
        if times[-1] > 3000:
            break
    return Seen(who, page, status, len(said), statistics.median(times), 0.0)


def signed_in(app: Flask, username: str) -> FlaskClient:
    client = app.test_client()
    client.post("/login/", data={"username": username, "password": PASSWORD})
    return client


def username(level: str, duty: str) -> str:
    """An account of that duty at the busiest organisation of the level."""
    with everyone("a measurement"):
        found = (
            select(Post.username).join(Org, Org.id == Post.org_id)
            .where(Org.level == level, Post.duty == duty, Post.state == "active")
            .order_by(Org.id).limit(1)
        )  # fmt: skip
        return db.session.scalar(found) or ""


def first_pk(client: FlaskClient, grid: type[Grid]) -> str:
    page = client.get(f"/{grid.__name__.lower()}/list/?psize_{grid.__name__}=10").get_data(True)
    mark = f"/{grid.__name__.lower()}/show/"
    at = page.find(mark)
    return page[at + len(mark) :].split('"')[0].split("?")[0] if at >= 0 else ""


def visit(app: Flask, level: str, duty: str) -> list[Seen]:
    with app.app_context():
        name = username(level, duty)
    if not name:
        return []
    client, who, found = signed_in(app, name), f"{level} {duty}", []
    found.append(one(client, who, "home", "/"))
    for grid in Grid.all:
        first = one(client, who, f"{grid.__name__} list", f"/{grid.__name__.lower()}/list/")
        if first.status != 200:
            continue
        found.append(first)
        for page, path in list(paths_of(grid, client).items())[1:]:
            seen = one(client, who, page, path)
            if seen.status == 200:
                found.append(seen)
        if pk := first_pk(client, grid):
            path = f"/{grid.__name__.lower()}/show/{pk}"
            found.append(one(client, who, f"{grid.__name__} show", path))
    found.append(one(client, who, "line lookup of schools", "/listgrid/lookup/school_id?q=福"))
    return found


def sizes(app: Flask) -> str:
    with app.app_context(), everyone("a measurement"):
        counted = {m.__tablename__: db.session.scalar(select(func.count()).select_from(m))
                   for m in (Enrolment, AidLine, Attempt)}  # fmt: skip
    return ", ".join(f"{n:,} {name}" for name, n in counted.items())


def main() -> None:
    report = Report("pages", "Pages of the staff face at the size of the province")
    with server.server() as home:
        app = face("staff", server.url_of(home, province(home)))
        report.say(f"PostgreSQL, {sizes(app)}; in-process client, median of {TIMES} after a first "
                   "visit that counts the statements.")  # fmt: skip
        seen = [s for level, duty in WHO for s in visit(app, level, duty)]
        with app.app_context():
            db.engine.dispose()
    report.table("Per account", ["account", "pages", "most statements", "p50 of pages, ms",
                                 "slowest, ms"], by_account(seen))  # fmt: skip
    slow = sorted((s for s in seen if s.ms > SLOW_MS or s.statements > MOST_STATEMENTS),
                  key=lambda s: -s.ms)  # fmt: skip
    report.table(f"Pages over {SLOW_MS:.0f} ms or {MOST_STATEMENTS} statements",
                 ["account", "page", "statements", "p50 ms"],
                 [[s.who, s.page, str(s.statements), f"{s.ms:.0f}"] for s in slow])  # fmt: skip
    report.table("Lists, home and rows", ["page", *(f"{a} {b}" for a, b in WHO)], matrix(seen))
    report.write()


def by_account(seen: list[Seen]) -> list[list[str]]:
    rows = []
    for who in dict.fromkeys(s.who for s in seen):
        own = [s for s in seen if s.who == who]
        worst = max(own, key=lambda s: s.ms)
        rows.append([who, str(len(own)), str(max(s.statements for s in own)),
                     f"{statistics.median(s.ms for s in own):.0f}",
                     f"{worst.ms:.0f} ({worst.page})"])  # fmt: skip
    return rows


def matrix(seen: list[Seen]) -> list[list[str]]:
    """Page by account: milliseconds (statements)."""
    plain = [p for p in dict.fromkeys(s.page for s in seen)
             if p == "home" or p.endswith((" list", " show"))]  # fmt: skip
    at = {(s.who, s.page): f"{s.ms:.0f} ({s.statements})" for s in seen}
    return [[p, *(at.get((f"{a} {b}", p), "") for a, b in WHO)] for p in plain]


if __name__ == "__main__":
    main()
