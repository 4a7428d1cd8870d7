"""The month without pages: people, files and steps in a few words, straight on the use-cases.

    def test_something(world):
        target = world.listed(world.school, lines(3))      # uploaded and taken
        world.through(target, "published")                 # as far as this state
        run = world.opened()                               # a run over confirmed lists
        world.exported(run)
        world.results(run, {ref: "paid"})

Every verb commits. Tests look at the tables through `world.all(...)` and the like, as the system.
"""

from __future__ import annotations

import datetime as dt
import importlib
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from flask_babel import Babel
from sqlalchemy import func, select

from app.accounts import models as m
from app.kernel import bulk, clock, crypto, files, scope
from app.kernel.actor import CLOCK, Actor
from app.kernel.calendar_models import seed_calendar
from app.kernel.db import db
from app.kernel.idcard import check_character
from app.kernel.types import BankCard, IdNumber, YearMonth
from app.kernel.workflow import Workflow
from tests.stage import SETTINGS, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

for room in ("accounts", "registry", "publicity", "payments", "rolls"):
    importlib.import_module(f"app.{room}.models")
for room in ("registry", "publicity", "payments"):
    importlib.import_module(f"app.{room}.workflow")
for table in ("append_only", "job_models"):
    importlib.import_module(f"app.kernel.{table}")

from app.payments import exporting, opening, posting  # noqa: E402
from app.payments.banks import shipped  # noqa: E402
from app.payments.models import Attempt, Payer, Payment, PayRun  # noqa: E402
from app.publicity import service, staging  # noqa: E402
from app.publicity.models import AidLine, AidList, Finding, StagedLine, Upload  # noqa: E402
from app.publicity.sheets import Agreements  # noqa: E402
from app.registry import difficulties  # noqa: E402
from app.registry.models import (  # noqa: E402
    Absence,
    Card,
    CoveredMonth,
    Enrolment,
    Hold,
    Person,
)
from app.registry.service import lay_down_programmes, programme  # noqa: E402

SEPTEMBER = YearMonth.at(2026, 9)
MONTHLY = 23000
"""Fen a month from 2025 spring on: 2,300 yuan over ten paid months."""
PUBLISHED = dt.datetime(2026, 9, 17, 10, tzinfo=clock.SHANGHAI)
OVER = dt.datetime(2026, 9, 24, 0, 5, tzinfo=clock.SHANGHAI)
"""A notice of PUBLISHED closes at the end of 23 September: Sunday the 20th is a working day."""
ANSWERED = dt.datetime(2026, 9, 28, 18, tzinfo=clock.SHANGHAI)
LONG_AGO = dt.timedelta(days=300)
CATALOGUES = str(Path(__file__).parents[1] / "translations")
FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓冯韩曹"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰涛明超兰霞平刚桂英华玉秀珍海燕国梅"


@dataclass(frozen=True)
class Student:
    """Somebody with a valid ID number and a card of his own."""

    name: str
    id_no: str
    card_no: str


def student(n: int) -> Student:
    """The n-th student there is; the same for the same n, another for another."""
    born = dt.date(2008, 1, 1) + dt.timedelta(days=n // 900 % 700)
    first17 = f"350102{born:%Y%m%d}{n % 900 + 1:03d}"
    name = FAMILY[n % 30] + GIVEN[n // 30 % 30] + GIVEN[n // 900 % 30]
    return Student(name, first17 + check_character(first17), card(n))


def students(count: int, start: int = 0) -> list[Student]:
    return [student(n) for n in range(start, start + count)]


def card(n: int) -> str:
    """A card number with a right check digit."""
    digits = f"621284{n:012d}"
    total = sum(
        sum(divmod(int(d) * 2, 10)) if place % 2 == 0 else int(d)
        for place, d in enumerate(reversed(digits))
    )
    return digits + str(-total % 10)


@dataclass
class Row:
    """One row of a file, as the reader hands it over."""

    number: int
    values: dict[str, Any]
    problems: list[Any] = field(default_factory=list)
    doubts: list[Any] = field(default_factory=list)

    def refuse(self, _column: str, _why: object) -> None:
        self.problems.append(Problem())


@dataclass(frozen=True)
class Problem:
    coordinate: str = "B2"
    column: str = "身份证件号"
    sentence: str = "不合格"


def line(who: Student, **but: Any) -> dict[str, Any]:
    """What a school says of one student in its file."""
    return {
        "name": who.name, "id_no": who.id_no, "card_no": who.card_no, "grade": "1",
        "major": "现代农艺技术", "class_name": "1班", "first_month": None, "last_month": None,
        "amount_fen": MONTHLY, "holder_name": None, "bank_name": None, "cnaps": None,
        "remark": None,
    } | but  # fmt: skip


def lines(count: int, start: int = 0, **but: Any) -> list[dict[str, Any]]:
    return [line(who, **but) for who in students(count, start)]


class Engine(Stage):
    """A stage without faces: the tables, the clock and the rules."""

    @cached_property
    def staff(self) -> Flask:
        app = Flask("engine")
        app.config.update(SETTINGS, SQLALCHEMY_DATABASE_URI=self.url, UPLOADS=self.files)
        db.init_app(app)
        Babel(app, default_locale="zh_CN", default_translation_directories=CATALOGUES)
        self.made.append(app)
        return app

    @property
    def is_postgresql(self) -> bool:
        return bool(self.url.get_backend_name() == "postgresql")


_kept: list[Engine] = []


@pytest.fixture(scope="session")
def engine(empty_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """One for the test worker, whichever room asks first."""
    if not _kept:
        _kept.append(Engine(empty_database("engine"), tmp_path_factory.mktemp("engine")))
    return _kept[0]


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> Iterator[World]:
    """Two counties under a province, three schools, the calendar, the grant; nobody listed."""
    crypto.configure(SETTINGS["KEYRING"])
    places = engine.at("engine", _found)
    with engine.staff.app_context():
        yield World(engine, tmp_path, **places)
        db.session.remove()


def _found() -> dict[str, Place]:
    seed_calendar(db.session)
    lay_down_programmes()
    difficulties.lay_down()
    province = _org("350000", "福建省教育厅", m.PROVINCE)
    county = _org("350121", "闽侯县教育局", m.COUNTY, province)
    other = _org("350122", "连江县教育局", m.COUNTY, province)
    school = _org("3135012101", "闽侯职业中专", m.SCHOOL, county)
    second = _org("3135012102", "闽侯工业学校", m.SCHOOL, county)
    far = _org("3135012201", "连江职业中专", m.SCHOOL, other)
    for bureau in (county, other):
        db.session.add(Payer(org_id=bureau.id, account="35001612345678901234", name="县财政局",
                             bank_name="工商银行闽侯支行", cnaps="102391000018"))  # fmt: skip
    db.session.commit()
    named = {"province": province, "county": county, "other": other, "school": school,
             "second": second, "far": far}  # fmt: skip
    return {name: Place(org.id, org.code, org.path, org.level) for name, org in named.items()}


def _org(code: str, name: str, level: str, parent: m.Org | None = None) -> m.Org:
    org = m.Org(code=code, name=name, level=level, path=m.Org.path_below(parent),
                parent_id=parent and parent.id)  # fmt: skip
    db.session.add(org)
    db.session.flush()
    return org


@dataclass(frozen=True)
class Place:
    """An organisation, and the people who sit there."""

    id: int
    code: str
    path: str
    level: str

    def actor(self, duty: str, name: str = "") -> Actor:
        """The account of that duty here; another name is another account."""
        username = f"{duty}{name}@{self.code}"
        role = m.role_of(self.level, duty)
        return Actor(zlib.crc32(username.encode()) >> 1, username, username, role, self.id,
                     self.path)  # fmt: skip

    @property
    def clerk(self) -> Actor:
        return self.actor(m.CLERK)

    @property
    def reviewer(self) -> Actor:
        return self.actor(m.REVIEWER)

    @property
    def approver(self) -> Actor:
        return self.actor(m.APPROVER)

    @property
    def exporter(self) -> Actor:
        return self.actor(m.EXPORTER)

    @property
    def poster(self) -> Actor:
        return self.actor(m.POSTER)


@contextmanager
def looking() -> Iterator[None]:
    """The system looks at the tables as they are, not as the session remembers them."""
    db.session.expire_all()
    with scope.everyone("a test looks"):
        yield


@dataclass
class World:
    """The places, and the verbs of a month. Every verb acts in the actor's scope and commits."""

    engine: Engine
    folder: Path
    province: Place
    county: Place
    other: Place
    school: Place
    second: Place
    far: Place
    month: YearMonth = SEPTEMBER
    moment: dt.datetime = PUBLISHED
    """When schools upload."""

    def anew(self) -> World:
        """The same places, nobody listed."""
        db.session.remove()
        self.engine.at("engine", _found)
        return self

    def at(self, name: str, make: Callable[[World], PayRun]) -> PayRun:
        """The run that `make` leaves behind, made once and put back for each test."""
        pk = self.put_back(name, lambda: make(self).id)
        return self.one(PayRun, id=pk)

    def put_back(self, name: str, make: Callable[[], Any]) -> Any:
        """The world as `make` once left it; what `make` returned then."""
        db.session.remove()
        return self.engine.at(name, lambda: (_found(), make())[1])

    # --- people

    def bureau_of(self, school: Place) -> Place:
        return self.other if school is self.far else self.county

    def enrol(self, school: Place, rows: Iterable[dict[str, Any]], **but: Any) -> None:
        """The students of these lines stand in the school's registry."""
        with scope.everyone("a test arranges"):
            for row in rows:
                db.session.add(Enrolment(**{
                    "org_path": school.path, "school_id": school.id,
                    "person_id": self.person(row).id, "name": row["name"],
                    "id_mask": IdNumber.mask(row["id_no"]), "grade": "1", "major": row["major"],
                    "class_name": row["class_name"],
                } | but))  # fmt: skip
            db.session.commit()

    def person(self, row: dict[str, Any]) -> Person:
        """The person of a line, registered when nobody knew him yet."""
        index = IdNumber.index(row["id_no"])
        known = db.session.scalar(select(Person).where(Person.id_index == index))
        if known is None:
            known = Person(id_index=index, id_no=row["id_no"], id_mask=IdNumber.mask(row["id_no"]))
            db.session.add(known)
            db.session.flush()
        return known

    def hold(self, row: dict[str, Any], first: YearMonth, last: YearMonth | None = None) -> Hold:
        """The person of this line is not paid in these months."""
        with scope.everyone("a test arranges"):
            made = Hold(org_path=self.county.path, person_id=self.person(row).id, name=row["name"],
                        programme_id=programme("GRANT").id, id_mask="350***", first_month=first,
                        last_month=last, reason="核查中")  # fmt: skip
            db.session.add(made)
            db.session.commit()
        return made

    def away(self, row: dict[str, Any], first: YearMonth, last: YearMonth) -> None:
        """The person of this line was away from his schools in these months, and is back."""
        with scope.everyone("a test arranges"):
            person = self.person(row)
            for e in db.session.scalars(select(Enrolment).where(Enrolment.person_id == person.id)):
                db.session.add(Absence(org_path=e.org_path, school_id=e.school_id, state="02",
                                       enrolment_id=e.id, first_month=first,
                                       last_month=last))  # fmt: skip
            db.session.commit()

    def card_of(self, row: dict[str, Any], state: str = "active") -> Card:
        """The person of this line has this card in this state."""
        with scope.everyone("a test arranges"):
            made = Card(person_id=self.person(row).id, card_no=row["card_no"], state=state,
                        card_index=BankCard.index(row["card_no"]),
                        card_mask=BankCard.mask(row["card_no"]), since=self.moment - LONG_AGO,
                        holder_name=row["holder_name"] or row["name"])  # fmt: skip
            db.session.add(made)
            db.session.commit()
        return made

    # --- lists

    def draft(self, school: Place | None = None, month: YearMonth | None = None,
              kind: str = "REGULAR", first: YearMonth | None = None) -> AidList:  # fmt: skip
        school = school or self.school
        with clock.at(self.moment), scope.scope(school.path):
            made = service.draft_for(None, month or self.month, "GRANT", school.clerk, kind, first)
            db.session.commit()
        return made

    def upload(self, target: AidList, rows: list[dict[str, Any]], bad: int = 0) -> Upload:
        """A file with these rows, and `bad` refused ones, is staged for the list."""
        school = self.place(target.school_id)
        given = [Row(n, dict(values)) for n, values in enumerate(rows, 2)]
        given += [Row(len(rows) + 2 + n, {}, [Problem()]) for n in range(bad)]
        with scope.scope(school.path):
            made = Upload(list_id=target.id, school_id=school.id, org_path=school.path, size=1,
                          file_name="名单.xlsx", sha256="0" * 64, by=school.clerk.username,
                          row_count=len(given))  # fmt: skip
            db.session.add(made)
            db.session.flush()
            agreements = Agreements(school.code, target.first_month, target.month)
            tally = staging.Tally(made.id, agreements)
            good = [block] if (block := tally.of_rows(given)) else []
            bulk.load_blocks(StagedLine.__table__, staging.COLUMNS, good)
            made.accepted = sum(len(block[0]) for block in good)
            made.rejected = len(given) - made.accepted
            made.total_fen, made.problems = tally.fen, tally.problems
            db.session.commit()
        return made

    def take(self, upload: Upload, all_or_nothing: bool = False) -> AidList:
        clerk = self.place(upload.school_id).clerk
        with clock.at(self.moment), scope.scope(clerk.org_path):
            target = service.take(upload, clerk, all_or_nothing)
            db.session.commit()
        return target

    def fill(self, target: AidList, rows: list[dict[str, Any]]) -> AidList:
        """The list's lines are these."""
        return self.take(self.upload(target, rows))

    def listed(self, school: Place, rows: list[dict[str, Any]], enrol: bool = True,
               **which: Any) -> AidList:  # fmt: skip
        """A draft with these lines, whose students are enrolled there."""
        target = self.draft(school, **which)
        if enrol:
            self.enrol(school, rows)
        return self.fill(target, rows)

    def through(self, target: AidList, state: str = "confirmed") -> AidList:
        """The list has come from where it is as far as `state`, by the right hands."""
        school = self.place(target.school_id)
        bureau = self.bureau_of(school)
        way = {"submitted": ("submit", school.reviewer, PUBLISHED),
               "published": ("publish", bureau.approver, PUBLISHED),
               "confirmed": ("confirm", bureau.approver, OVER)}  # fmt: skip
        here = list(way).index(now) + 1 if (now := self.fresh(target).state) in way else 0
        for reached, (step, actor, moment) in list(way.items())[here:]:
            with clock.at(moment):
                out = self.press(step, target, actor)
            assert out.moved == 1, out.refused
            if reached == state:
                break
        return target

    def confirmed(self, school: Place | None = None, rows: list[dict[str, Any]] | None = None,
                  **which: Any) -> AidList:  # fmt: skip
        rows = lines(3) if rows is None else rows
        return self.through(self.listed(school or self.school, rows, **which))

    # --- steps

    def press(self, step: str, row: Any, actor: Actor, note: str = "依规定") -> Any:
        """One step on one row of a table that has a life."""
        flow = next(flow for flow in Workflow.all if flow.model is type(row))
        return self.act(actor, flow.take, step, type(row).id == row.id, actor, note)

    def object_to(self, target: AidList, seq: int) -> AidLine:
        """The line in this row of the file is frozen by an objection."""
        found = self.line(target, seq)
        assert self.press("object", found, self.bureau_at(target).approver).moved == 1
        return found

    def remove(self, target: AidList, seq: int, actor: Actor | None = None) -> AidLine:
        found = self.line(target, seq)
        actor = actor or self.bureau_at(target).approver
        assert self.press("remove", found, actor).moved == 1
        return found

    def overrule(self, target: AidList, code: str) -> None:
        """Every open finding of that code on the list is taken on by the bureau."""
        actor = self.bureau_at(target).approver
        for found in self.all(Finding, list_id=target.id, code=code, state="open"):
            assert self.press("overrule", found, actor).moved == 1

    # --- money

    def opened(self, bureau: Place | None = None, month: YearMonth | None = None) -> PayRun:
        return self.open(bureau, month).run

    def open(self, bureau: Place | None = None, month: YearMonth | None = None) -> Any:
        actor = (bureau or self.county).clerk
        return self.act(actor, opening.open_run, month or self.month, None, actor)

    def again(self, run: PayRun) -> PayRun:
        actor = self.place(run.bureau_id).clerk
        return self.act(actor, opening.open_again, run, actor).run

    def exported(self, run: PayRun, profile: str = "pipe_gbk", **but: Any) -> PayRun:
        self.export(run, profile, **but)
        db.session.refresh(run)
        return run

    def export(self, run: PayRun, profile: str = "pipe_gbk", **but: Any) -> exporting.Exported:
        bureau = self.place(run.bureau_id)
        actor = but.get("actor", bureau.exporter)
        bank = but.get("bank") or shipped()[profile]
        with clock.at(OVER):
            return self.act(actor, exporting.export, run, bank, self.package_of(run), actor)

    def checked(self, run: PayRun) -> PayRun:
        """A second person has checked the run's files, if nobody had."""
        run = self.fresh(run)
        if run.state == "exported":
            assert self.press("check", run, self.place(run.bureau_id).reviewer).moved == 1
        return run

    def package_of(self, run: PayRun) -> Path:
        return self.folder / "runs" / str(run.id)

    def package(self, run: PayRun) -> dict[str, bytes]:
        """The files of the run by name, in clear."""
        made = {}
        for path in sorted(self.package_of(run).iterdir()):
            with files.opened(path) as clear:
                made[path.name] = clear.read()
        return made

    def results(self, run: PayRun, said: dict[str, str] | list[dict[str, Any]],
                name: str = "回盘.txt") -> Any:  # fmt: skip
        """The bank's answer: {reference: outcome}, or rows in full."""
        rows = said if isinstance(said, list) else [self.answer(r, o) for r, o in said.items()]
        path = self.folder / name
        path.write_bytes(result_file(rows))
        return self.post(run, path)

    def post(self, run: PayRun, path: Path, actor: Actor | None = None) -> Any:
        """The bank answers after the check, whatever the machine's own date is."""
        self.checked(run)
        actor = actor or self.place(run.bureau_id).poster
        with clock.at(now if (now := clock.now()) >= OVER else ANSWERED):
            return self.act(actor, posting.take_results, run, path, path.name, actor)

    def answer(self, ref: str, outcome: str, /, **but: Any) -> dict[str, Any]:
        """A row of the bank's file that agrees with our order."""
        order = self.one(Attempt, ref=ref)
        return {
            "seq": order.seq, "name": order.name, "card": "6212****" + order.card_mask[-4:],
            "fen": order.fen, "ref": ref, "outcome": outcome, "reason": REASONS[outcome],
            "bank_ref": f"B{order.id}", "day": "20260928" if outcome == "paid" else "",
        } | but  # fmt: skip

    def paid(self, run: PayRun, outcome: str = "paid") -> Any:
        """The bank says the same of every line that was sent."""
        refs = [a.ref for a in self.all(Attempt, run_id=run.id, state="sent")]
        return self.results(run, dict.fromkeys(refs, outcome))

    def act(self, actor: Actor, verb: Any, *given: Any, **more: Any) -> Any:
        """What the verb came to in this actor's scope; kept, or undone where it failed."""
        with scope.scope(actor.org_path):
            try:
                made = verb(*given, **more)
                db.session.commit()
            except BaseException:
                db.session.rollback()
                raise
        return made

    # --- looking

    def place(self, org_id: int) -> Place:
        places = (self.province, self.county, self.other, self.school, self.second, self.far)
        return next(p for p in places if p.id == org_id)

    def bureau_at(self, target: AidList) -> Place:
        return self.bureau_of(self.place(target.school_id))

    def all(self, model: type[Any], **like: Any) -> list[Any]:
        with looking():
            return list(db.session.scalars(select(model).filter_by(**like).order_by(model.id)))

    def one(self, model: type[Any], **like: Any) -> Any:
        (found,) = self.all(model, **like)
        return found

    def count(self, model: type[Any], **like: Any) -> int:
        with looking():
            return int(db.session.scalar(select(func.count()).select_from(model).filter_by(**like)))

    def total(self, column: Any, **like: Any) -> int:
        with looking():
            found = select(func.coalesce(func.sum(column), 0)).filter_by(**like)
            return int(db.session.scalar(found))

    def line(self, target: AidList, seq: int) -> AidLine:
        return self.one(AidLine, list_id=target.id, seq=seq)

    def codes(self, target: AidList, seq: int | None = None, state: str = "open") -> set[str]:
        """The codes found on the list, or on the line of one row."""
        found = self.all(Finding, list_id=target.id, state=state)
        return {f.code for f in found if seq is None or f.line_id == self.line(target, seq).id}

    def refs(self, run: PayRun) -> list[str]:
        return [a.ref for a in sorted(self.all(Attempt, run_id=run.id), key=lambda a: a.seq)]

    def states(self, run: PayRun) -> list[str]:
        return [a.state for a in sorted(self.all(Attempt, run_id=run.id), key=lambda a: a.seq)]

    def fresh(self, row: Any) -> Any:
        """The row as the database has it now."""
        return self.one(type(row), id=row.id)

    def months_of(self, payment: Payment) -> list[str]:
        return [str(c.month) for c in self.all(CoveredMonth, payment_id=payment.id)]


WORDS = {"paid": "成功", "failed": "失败", "unknown": "处理中", "returned": "退汇"}
REASONS = {"paid": "", "failed": "户名不符", "unknown": "", "returned": "退汇"}


def result_file(rows: list[dict[str, Any]]) -> bytes:
    """The answer in the layout of the profile pipe_gbk, with right totals."""
    body = [
        f"D|{r['seq']}|{r['name']}|{r['card']}|{r['fen'] // 100}.{r['fen'] % 100:02d}|{r['ref']}|"
        f"{WORDS.get(r['outcome'], r['outcome'])}|{r['reason']}|{r['bank_ref']}|{r['day']}"
        for r in rows
    ]
    count, fen = len(rows), sum(r["fen"] for r in rows)
    good = [r["fen"] for r in rows if r["outcome"] == "paid"]
    tail = f"T|{count}|{fen / 100:.2f}|{len(good)}|{sum(good) / 100:.2f}"
    text = "\r\n".join([f"H|{count}|{fen / 100:.2f}", *body, tail, ""])
    return text.encode("gbk", "replace")  # as a bank does with a name it cannot write


__all__ = ["CLOCK", "Engine", "World", "engine", "line", "lines", "replace", "world"]
