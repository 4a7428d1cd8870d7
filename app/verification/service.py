"""Use-cases of rounds and cases that are more than a step: opened, answered, given to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.models import BUREAU_CLERK, SCHOOL, Org
from app.kernel import audit, clock
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _, _l, joined
from app.kernel.interface import said_plainly
from app.kernel.workflow import Guard, Outcome
from app.verification import queries, rules
from app.verification.models import NOT_OURS, Case, Round
from app.verification.rules import NOTHING, Answer
from app.verification.workflow import CASES, ROUNDS

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from app.kernel.actor import Actor


def _own_running(actor: Actor) -> ColumnElement[bool]:
    return (Round.bureau_id == actor.org_id) & (Round.state == "running")


own_running = Guard(_own_running, _l("只有还在核查的轮次可以修改，并且由设立它的主管部门办理"))


def open_round(row: Round, actor: Actor) -> Round:
    """The round stands; the bureau's clerk brings in its files."""
    fill_in(row, actor)
    row.org_path = actor.org_path
    db.session.add(row)
    db.session.flush()
    audit.record("add", actor=actor, org_path=row.org_path, subject=Round.__tablename__,
                 subject_id=row.id)  # fmt: skip
    return row


def fill_in(row: Round, actor: Actor) -> None:
    """What follows from who opens a round is filled in; refused when its days do not fit."""
    if actor.role != BUREAU_CLERK or row.bureau_id not in (None, actor.org_id):
        raise Refused(_("核查轮次由主管部门的经办人设立"))
    if row.due_on < clock.today():
        raise Refused(_("反馈截止日不能早于今天"))
    if row.first_month and row.last_month and row.first_month > row.last_month:
        raise Refused(_("起始月份晚于截止月份"))
    row.bureau_id, row.by = actor.org_id or 0, row.by or actor.username


def carry_over(row: Round) -> None:
    """The round's cases have its name and its day."""
    told = {"round_title": row.title, "due_on": row.due_on}
    db.session.execute(update(Case).where(Case.round_id == row.id).values(told))


def end_rounds(where: ColumnElement[bool], actor: Actor, note: str = "", filter_text: str = ""
               ) -> Outcome:  # fmt: skip
    """Rounds all of whose cases are closed are over; of the others it is said what they lack."""
    outcome = ROUNDS.take("end_round", where, actor, note, filter_text)
    lacking = queries.open_by_state(list(outcome.refused))
    told = {pk: _lacks(lacking[pk]) if lacking.get(pk) else why
            for pk, why in outcome.refused.items()}  # fmt: skip
    return Outcome(outcome.moved, told, outcome.refused_total)


def _lacks(counts: dict[str, int]) -> str:
    """How many cases stand between a round and its end, by where they are."""
    parts = joined(f"{CASES.states[s]}{counts[s]}" for s in queries.STATES if counts.get(s))
    return _("还有%(n)s条记录没有审结（%(parts)s），全部审结后才能结束",
             n=sum(counts.values()), parts=parts)  # fmt: skip


def answer(case: Case, told: Answer, actor: Actor) -> Case:
    """The school's answer stands on the case, which goes to the bureau above; a case of another
    school goes back to be given to it. Refused when the answer is not whole."""
    row = _locked(case)
    if row.school_id != actor.org_id:
        raise Refused(_("异常记录由所在学校的经办人核实反馈"))
    if row.state != "waiting":
        raise Refused(_("这条记录已经反馈过了"))
    rules.check(told, clock.today())
    for name, value in told._asdict().items():
        setattr(row, name, value)
    db.session.flush()
    step = "disown_case" if told.finding == NOT_OURS else "answer_case"
    _went(CASES.take(step, Case.id == row.id, actor, told.explanation))
    return row


def reassign(case: Case, school: Org, actor: Actor) -> Case:
    """The case waits at another school; what the first one said stands in the trail.

    Refused when the school is out of reach or has the same case already.
    """
    row = _locked(case)
    if school.level != SCHOOL or not school.active or not school.path.startswith(actor.org_path):
        raise Refused(_("只能分派给您管辖范围内的学校"))
    if school.id == row.school_id:
        raise Refused(_("这条记录就在这所学校；要求它重新核实的，请退回重核"))
    if _has_it(school, row):
        raise Refused(_("%(school)s在本轮已有该生的同一种异常记录，不必再分派", school=school.name))
    words = f"{row.school.name} → {school.name}"
    _went(CASES.take("reassign_case", Case.id == row.id, actor, words))
    row.school, row.school_id, row.org_path = school, school.id, school.path
    for name, value in NOTHING.items():
        setattr(row, name, value)
    try:
        db.session.flush()
    except IntegrityError as error:  # a file has brought the same case to that school just now
        raise Refused(said_plainly(error)) from None
    return row


def _has_it(school: Org, row: Case) -> bool:
    same = select(Case.id).where(Case.round_id == row.round_id, Case.id_index == row.id_index,
                                 Case.school_id == school.id, Case.kind == row.kind)  # fmt: skip
    return db.session.scalar(same.limit(1)) is not None


def _locked(case: Case) -> Case:
    """The case as it stands now, held until the end."""
    found = select(Case).where(Case.id == case.id).with_for_update(of=Case)
    row = db.session.scalar(found.execution_options(populate_existing=True))
    if row is None:
        raise Refused(_("这条记录不在您的管辖范围内"))
    return row


def _went(outcome: Outcome) -> None:
    if not outcome.moved:
        raise Refused(
            next(iter(outcome.refused.values()), _("这条记录刚刚被他人办理，请刷新后再试"))
        )
