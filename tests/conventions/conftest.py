"""The house as it stands: every room, every account, three lived months; on one clock."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.accounts.models import Org
from app.kernel import clock
from app.kernel.db import db
from app.payments.models import PayRun, ResultUpload
from app.registry.models import RegistryUpload
from tests import world


@pytest.fixture
def now():
    """The Monday on which the tests of the house happen."""
    with clock.at(world.NOW):
        yield


@pytest.fixture
def house(stage, now):
    """The small Fujian with lists, runs and results in every state."""
    return stage.at("house", _lived_in)


def _lived_in():
    made = world.load_living(3)
    school = db.session.scalar(select(Org).where(Org.code == world.QISHAN))
    db.session.add(RegistryUpload(school_id=school.id, org_path=school.path, size=1, row_count=1,
                                  accepted=1, file_name="旗山学籍.xlsx", sha256="7" * 64,
                                  by=world.QISHAN_CLERK))  # fmt: skip
    run = db.session.scalars(select(PayRun).where(PayRun.bureau.has(code=world.MINHOU))).first()
    db.session.add(ResultUpload(run_id=run.id, org_path=run.org_path, size=1, row_count=2,
                                accepted=1, rejected=1, file_name="闽侯回盘.txt", sha256="8" * 64,
                                by=world.MINHOU_POSTER, foretold=FORETOLD))  # fmt: skip
    return made


PAID = {"row": 2, "ref": "R1-000001", "name": "林晓", "fen": 23000, "yuan": "230.00",
        "outcome": "paid", "why": "", "reason_text": ""}  # fmt: skip
FORETOLD = {
    "posted": {"paid": [1, 23000]}, "why": {"amount": [1, 100]}, "paid": [PAID], "unpaid": [],
    "aside": [PAID | {"row": 3, "why": "amount", "fen": 100, "yuan": "1.00"}],
    "before": {"sent": [1, 23000]}, "after": {"paid": [1, 23000]},
}  # fmt: skip
