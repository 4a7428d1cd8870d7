"""The bank of the journeys: it answers a run as it is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.kernel import clock, scope
from app.kernel.db import db
from app.payments.banks import Outcome, Profile
from app.payments.banks.simulator import Answer, make_result_file
from app.payments.models import PayRun
from app.world import answering

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from app.payments.banks import PayLine
    from tests.journeys.people import Page, Person

NOT_HIS = Outcome.FAILED, "户名不符"
NOT_CLEAR = Outcome.UNKNOWN, "处理中"


FILES = "/resultlinegrid/upload"


def brought(poster: Person, number: int, file: tuple[bytes, str], kind: str = "") -> Page:
    """The bank's file has been compared; nothing is posted."""
    return poster.sends(FILES, run=str(number), kind=kind, file=file)


def posted(poster: Person, number: int, file: tuple[bytes, str], kind: str = "") -> Page:
    """The bank's file has been looked at and taken."""
    shown = brought(poster, number, file, kind)
    return poster.presses(f"/resultlinegrid/uploads/{shown.number}/take", shown.address)


def answers(app: Flask, number: int, folder: Path, **told: tuple[Outcome, str]) -> Path:
    """A result file to what the run has with the bank: `told` by name, all others paid today."""
    with app.app_context(), scope.everyone("the bank knows what it was sent"):
        run = db.session.get_one(PayRun, number)
        bank = Profile.parse(run.profile_data)
        said = [_answer(line, told) for line in answering._sent(run)]
        ending = bank.results.container
        db.session.rollback()
    path = folder / f"answer-{number}-{len(told)}.{ending}"
    make_result_file(bank, said, path)
    return path


def _answer(line: PayLine, told: dict[str, tuple[Outcome, str]]) -> Answer:
    outcome, why = told.get(line.holder_name, (Outcome.PAID, ""))
    arrived = clock.today() if outcome is Outcome.PAID else None
    return Answer(line, outcome, why, bank_ref=f"B{line.seq:06d}", arrived_on=arrived)
