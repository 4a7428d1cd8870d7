"""What happens beside the month's lists and runs: a card is lost, money is asked back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.accounts.models import CLERK, POSTER, REVIEWER, Org
from app.kernel import clock, files
from app.kernel.db import db
from app.kernel.scope import scope
from app.payments import funds, recovering
from app.payments.funds import ARRIVALS
from app.payments.models import Attempt, FundArrival, Payment, Recovery
from app.payments.recovering import RECOVERIES
from app.publicity.models import AidLine, AidList
from app.registry import card_changes, intake
from app.registry.models import GRADES, GRANT, Card, CardChange, Enrolment
from app.registry.service import programme
from app.registry.sheets import STUDENTS
from app.registry.workflow import CARD_CHANGES
from app.world.paper import write_list
from app.world.people import with_luhn

if TYPE_CHECKING:
    from app.kernel.actor import Actor
    from app.kernel.types import YearMonth
    from app.kernel.workflow import Workflow
    from app.world.deeds import Deeds
    from app.world.roster import Student


def change_card_of_failed(deeds: Deeds, school: str) -> None:
    """The first student of the school whose money came back has a new card."""
    clerk = deeds.people[school, CLERK]
    with scope(clerk.org_path):
        failed = db.session.scalars(
            select(Attempt).where(Attempt.state == "failed").order_by(Attempt.id).limit(1)
        ).one()
        payment = db.session.get_one(Payment, failed.payment_id)
        student = db.session.scalars(
            select(Enrolment).where(Enrolment.person_id == payment.person_id)
        ).one()
    asked = _ask(deeds, student, clerk, "closed", failed.ref)
    _press(CARD_CHANGES, "accept_card", asked, deeds.people[school, REVIEWER])


def ask_for_card(deeds: Deeds, school: str, enrolment_id: int) -> None:
    """A student of the school has lost his card; nobody has checked the new one yet."""
    clerk = deeds.people[school, CLERK]
    with scope(clerk.org_path):
        student = db.session.get_one(Enrolment, enrolment_id)
    _ask(deeds, student, clerk, "lost", "")


def _ask(deeds: Deeds, student: Enrolment, clerk: Actor, why: str, ref: str) -> CardChange:
    """A request for a card of the same bank; lists that the school writes from now on know it."""
    old = db.session.scalars(
        select(Card).where(Card.person_id == student.person_id, Card.state == "active")
    ).one()
    number = _another(old.card_no)
    with scope(clerk.org_path):
        asked = card_changes.ask(student, number, why, clerk, bank_name=old.bank_name,
                                 cnaps=old.cnaps, ref=ref)  # fmt: skip
    if ref:
        deeds.new_cards[old.card_no] = number
    return asked


def _another(number: str) -> str:
    """A number of the same bank that nobody has: the serial in the middle is turned round."""
    return with_luhn(f"{number[:6]}9{number[-2:6:-1]}")


def renew_card(deeds: Deeds, student: Student) -> None:
    """The school's lists name another card of the student from now on."""
    deeds.new_cards[student.card_no] = _another(student.card_no)


def tell_state(deeds: Deeds, student: Student, state: str, month: YearMonth) -> None:
    """The school's registry file says where the student is from that month on."""
    clerk, path = deeds.people[student.school, CLERK], deeds.folder / f"{student.id_no}.xlsx"
    told = {"reg_no": student.reg_no, "name": student.name, "id_no": student.id_no,
            "grade": str(GRADES[str(student.grade(month))]), "major": student.major,
            "class_name": student.class_name, "state": state, "left_in": str(month)}  # fmt: skip
    write_list(path, [dict.fromkeys((c.key for c in STUDENTS.columns), "") | told], STUDENTS)
    with scope(clerk.org_path):
        with path.open("rb") as stream:
            files.keep(stream)
        school = intake.school_for(None, clerk)
        intake.take(intake.stage(path, f"学籍异动{month}.xlsx", school, clerk), clerk)


def recover(deeds: Deeds, bureau: str, school: str, fen: int, reason: str, done: bool) -> None:
    """Part of what a student of the school got is asked back; when `done`, it has come."""
    clerk = deeds.people[bureau, CLERK]
    with scope(clerk.org_path):
        order, line = _one_that_arrived(school)
        row = recovering.begin(order, fen, line.first_month, line.last_month, "excess", reason,
                               clerk)  # fmt: skip
    _press(RECOVERIES, "submit_recovery", row, clerk)
    if not done:
        return
    _press(RECOVERIES, "agree_recovery", row, deeds.people[bureau, REVIEWER])
    poster = deeds.people[bureau, POSTER]
    with scope(poster.org_path):
        recovering.receive(row, f"JK{clock.today():%Y}-{row.id:04d}", clock.today(), poster)


def fund(deeds: Deeds, bureau: str, source: str, yuan: int, paper: str, checked: bool = True
         ) -> None:  # fmt: skip
    """A treasury's money for the grant has come; a second person has seen it when `checked`."""
    clerk = deeds.people[bureau, CLERK]
    with scope(clerk.org_path):
        row = FundArrival(programme_id=programme(GRANT).id, source=source, fen=yuan * 100,
                          arrived_on=clock.today(), document_no=paper)  # fmt: skip
        funds.arrive(row, clerk)
    if checked:
        _press(ARRIVALS, "confirm_funds", row, deeds.people[bureau, REVIEWER])


def _one_that_arrived(school: str) -> tuple[Attempt, AidLine]:
    """An order of the school that nothing is asked back of, and its line."""
    found = (
        select(Attempt, AidLine)
        .join(Payment, Payment.id == Attempt.payment_id)
        .join(AidLine, AidLine.id == Payment.line_id)
        .where(Attempt.state == "paid",
               AidLine.aid_list.has(AidList.school.has(Org.code == school)),
               ~select(Recovery).where(Recovery.payment_id == Payment.id).exists())
        .order_by(Attempt.id.desc()).limit(1)
    )  # fmt: skip
    order, line = db.session.execute(found).one()
    return order, line


def _press(flow: Workflow, step: str, row: Any, actor: Actor) -> None:
    with scope(actor.org_path):
        done = flow.take(step, flow.model.id == row.id, actor)
    if done.moved != 1:
        raise RuntimeError(f"{step}: {done.refused}")
