"""What people do in a month, each deed by somebody who may, through the rooms' own services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, select

from app.accounts import queries
from app.accounts.models import (
    APPROVER,
    CLERK,
    EXPORTER,
    POSTER,
    REVIEWER,
    Org,
    Post,
)
from app.kernel import clock, files
from app.kernel.actor import CLOCK
from app.kernel.db import db
from app.kernel.scope import everyone, scope
from app.payments import exporting, layouts, opening, posting
from app.payments.layout_rows import BankProfile
from app.payments.layout_workflow import LAYOUTS
from app.payments.models import PayRun
from app.payments.workflow import RUNS
from app.publicity import service
from app.publicity.models import AidLine, AidList
from app.publicity.workflow import LINES, PUBLICITY
from app.registry import service as registry
from app.registry.models import GRANT, Enrolment
from app.world import answering
from app.world.paper import write_list

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from app.kernel.actor import Actor
    from app.kernel.types import YearMonth
    from app.kernel.workflow import Outcome, Workflow
    from app.world.roster import Row, Student

PROFILES = {"350100": "icbc_batch_xlsx", "350203": "icbc_batch_xlsx"}
PROFILE = "pipe_gbk"
HANDS = {"submit": REVIEWER, "send_back": REVIEWER, "publish": APPROVER, "confirm": APPROVER}
"""Whose step it is: the school's reviewer submits, the rest is the bureau's."""


class Deeds:
    """The people, ready to act; files they make lie in `folder` until they are handed in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        posts = db.session.scalars(select(Post)).all()
        self.people = {(p.org.code, p.duty): queries.actor_of(p) for p in posts}
        orgs = db.session.execute(select(Org.id, Org.code, Org.parent_id)).all()
        codes = {pk: code for pk, code, _above in orgs}
        self.bureaus = {code: codes[above] for _pk, code, above in orgs if above}
        self.new_cards: dict[str, str] = {}
        """Numbers that were given up, and the ones after them."""

    def upload(self, school: str, month: YearMonth, rows: Iterable[Row]) -> None:
        """The school's draft of the month holds the good ones among these rows."""
        clerk, path = self.people[school, CLERK], self.folder / f"{school}-{month}.xlsx"
        write_list(path, map(self._with_new_card, rows))
        with scope(clerk.org_path):
            draft = service.draft_for(school, month, GRANT, clerk)
            with path.open("rb") as stream:
                files.keep(stream)
            name = f"{draft.school.name}{month}受助学生名单.xlsx"
            service.take(service.stage(path, name, draft, clerk), clerk)

    def _with_new_card(self, row: Row) -> Row:
        return row | {"card_no": self.new_cards.get(row["card_no"], row["card_no"])}

    def report_nobody(self, school: str, month: YearMonth) -> None:
        clerk = self.people[school, CLERK]
        with scope(clerk.org_path):
            service.report_nobody(service.draft_for(school, month, GRANT, clerk), clerk)

    def move(self, step: str, school: str, month: YearMonth, note: str = "") -> None:
        """The school's list has taken the step."""
        place = school if step == "submit" else self.bureaus[school]
        where = (AidList.month == month) & AidList.school.has(code=school)
        _take(PUBLICITY, step, where, self.people[place, HANDS[step]], note)

    def confirm_all(self) -> None:
        """The night's work: every list whose period is over is confirmed."""
        over = (AidList.state == "published") & (AidList.closes_on < clock.today())
        with everyone("公示到期由系统定时确认"):
            PUBLICITY.take("confirm", over, CLOCK)

    def object_to(self, school: str, month: YearMonth, seq: int, note: str) -> None:
        """Somebody has complained about one line, and the bureau froze it."""
        here = (AidList.month == month) & AidList.school.has(code=school)
        where = AidLine.aid_list.has(here) & (AidLine.seq == seq)
        _take(LINES, "object", where, self.people[self.bureaus[school], REVIEWER], note)

    def hold(self, bureau: str, student: Student, note: str) -> None:
        """The student is not paid from now on."""
        where = Enrolment.id == student.enrolment_id
        registry.hold(where, GRANT, self.people[bureau, REVIEWER], note)

    def open_run(self, bureau: str, month: YearMonth) -> None:
        clerk = self.people[bureau, CLERK]
        with scope(clerk.org_path):
            opening.open_run(month, bureau, clerk)

    def open_again(self, bureau: str, month: YearMonth) -> None:
        clerk = self.people[bureau, CLERK]
        with scope(clerk.org_path):
            opening.open_again(self._run(bureau, month), clerk)

    def export(self, bureau: str, month: YearMonth, decision: str = "") -> None:
        """The latest run's package is made; it waits for somebody to check it."""
        person = self.people[bureau, EXPORTER]
        profile = layouts.chosen(PROFILES.get(bureau, PROFILE), person.org_path)
        with scope(person.org_path):
            run = self._run(bureau, month)
            _went(
                exporting.export(run, profile, exporting.folder_of(run), person, decision), "export"
            )

    def draft_layout(self, bureau: str, data: dict[str, Any], why: str) -> None:
        """The bureau's exporter has drawn up the next edition of a bank format."""
        person = self.people[bureau, EXPORTER]
        with scope(person.org_path):
            layouts.draft(data, why, person)

    def activate_layout(self, bureau: str, code: str) -> None:
        """Another person has put it to use."""
        person = self.people[bureau, REVIEWER]
        with scope(person.org_path):
            _went(LAYOUTS.take("activate", BankProfile.code == code, person), "activate")

    def check(self, bureau: str, month: YearMonth) -> None:
        self._step("check", bureau, month, REVIEWER)

    def settle(self, bureau: str, month: YearMonth) -> None:
        self._step("settle", bureau, month, POSTER)

    def post(self, bureau: str, month: YearMonth, **how: Any) -> None:
        """The bank has answered the latest run, and the answer is in the books."""
        person = self.people[bureau, POSTER]
        with scope(person.org_path):
            run = self._run(bureau, month)
            path = answering.answer(run, self.folder, **how)
            taken = posting.take_results(run, path, path.name, person)
        if taken.aside:
            raise RuntimeError(f"{taken.aside} results of run {run.id} were set aside")

    def _step(self, step: str, bureau: str, month: YearMonth, duty: str) -> None:
        person = self.people[bureau, duty]
        with scope(person.org_path):
            run = self._run(bureau, month)
        _take(RUNS, step, PayRun.id == run.id, person)

    def _run(self, bureau: str, month: YearMonth) -> PayRun:
        """The latest run of the bureau for that month."""
        found = select(PayRun).where(PayRun.month == month, PayRun.bureau.has(code=bureau))
        return db.session.scalars(found.order_by(PayRun.id.desc()).limit(1)).one()


def _take(flow: Workflow, step: str, where: ColumnElement[bool], actor: Actor, note: str = ""
          ) -> None:  # fmt: skip
    with scope(actor.org_path):
        _went(flow.take(step, where, actor, note), step)


def _went(outcome: Outcome, step: str) -> None:
    """A story in which somebody is refused was told wrong."""
    if outcome.refused_total or outcome.moved != 1:
        raise RuntimeError(f"{step}: {outcome.moved} moved, refused {outcome.refused}")
