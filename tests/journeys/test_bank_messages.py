"""The bank answers with a standard message instead of its own file: known by itself, or by name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.accounts.models import Org
from app.kernel import clock, scope
from app.kernel.db import db
from app.payments.banks import Outcome, Profile, recognised
from app.payments.banks.layout import MESSAGES, ResultLayout
from app.payments.banks.simulator import Answer, make_result_file
from app.payments.models import Attempt, PayRun, ResultFile
from app.world import answering
from tests import world
from tests.journeys.bank import brought, posted

STATEMENTS = ("mt940", "camt.053", "camt.054")


@pytest.fixture
def poster(sits):
    return sits("siming_poster")


@pytest.fixture
def asked(living):
    """What a question to the tables answers, as the system."""

    def of(question):
        with living.staff.app_context(), scope.everyone("a test looks"):
            try:
                return question()
            finally:
                db.session.rollback()

    return of


@pytest.fixture
def number(asked, sits):
    """思明's exported run, whose files somebody has checked."""
    bureau = select(Org.id).where(Org.code == world.SIMING).scalar_subquery()
    found = select(PayRun.id).where(PayRun.bureau_id == bureau, PayRun.state == "exported")
    run = asked(lambda: db.session.scalar(found))
    sits("siming_reviewer").presses(f"/rungrid/action/check/{run}", f"/rungrid/show/{run}")
    return run


@pytest.fixture
def message(asked, number, tmp_path):
    """`message(form)`: the bank's answer to the run; the first line failed or came back."""

    def make(form, last=Outcome.PAID):
        def write():
            run = db.session.get_one(PayRun, number)
            bank = replace(Profile.parse(run.profile_data), results=ResultLayout(form))
            sent = list(answering._sent(run))
            bad = Outcome.FAILED if form == "pain.002" else Outcome.RETURNED
            today = clock.today()
            said = [Answer(sent[0], bad, "户名不符", bank_ref="B0", arrived_on=today)]
            said += [Answer(line, last, bank_ref=f"B{line.seq}", arrived_on=today)
                     for line in sent[1:]]  # fmt: skip
            make_result_file(bank, said, tmp_path / "answer.dat")
            return (tmp_path / "answer.dat").read_bytes(), len(sent)

        return asked(write)

    return make


def outcomes(asked, number):
    found = select(Attempt.state).where(Attempt.run_id == number).order_by(Attempt.seq)
    return asked(lambda: [state for state in db.session.scalars(found) if state != "waiting"])


def kept(asked, number):
    found = select(ResultFile).where(ResultFile.run_id == number).order_by(ResultFile.id)
    return asked(lambda: [(f.form, f.posted, f.same, f.aside) for f in db.session.scalars(found)])


@pytest.mark.parametrize("named", [True, False], ids=["named", "recognised"])
@pytest.mark.parametrize("form", MESSAGES)
def test_a_standard_message_is_posted_through_the_page(poster, asked, number, message, form, named):
    answer, count = message(form)
    page = poster.opens(f"/rungrid/show/{number}")
    assert f'value="{form}"' in page.source
    told = posted(poster, number, (answer, "answer.dat"), form if named else "")
    assert kept(asked, number) == [(form, count, 0, 0)], told.words[-600:]
    first = "failed" if form == "pain.002" else "returned"
    states = outcomes(asked, number)
    assert states.count(first) == 1
    assert states.count("paid") == count - 1


@pytest.mark.parametrize("form", MESSAGES)
def test_the_same_message_again_changes_nothing(poster, asked, number, message, form):
    answer, count = message(form)
    for _again in range(2):
        posted(poster, number, (answer, "answer.dat"))
    assert kept(asked, number) == [(form, count, 0, 0), (form, 0, count, 0)]


def test_a_message_that_is_not_what_it_was_called_is_refused(poster, asked, number, message):
    answer, _count = message("camt.053")
    told = brought(poster, number, (answer, "x.xml"), "mt940")
    assert "MT940" in told.words
    assert kept(asked, number) == []


def test_the_banks_own_file_is_no_message(asked, number, message, tmp_path):
    for content in (b"", b"\xff\xfe:20:", b"R1|:20:|1.00", b":20:only a line\n", b"<Document/>"):
        (tmp_path / "own").write_bytes(content)
        assert recognised(tmp_path / "own") == ""
