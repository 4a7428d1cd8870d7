"""A small world for the kernel's own tests: places, complaints, two roles, two kinds of view.

Its tables have a metadata of their own, and its grids and life cycles are taken off the house's
registers again, so that no other test ever meets them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app, g, redirect, request, session
from flask_appbuilder import AppBuilder, ModelView
from flask_appbuilder.actions import action
from flask_appbuilder.models.sqla.filters import FilterStartsWith
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.security.sqla.manager import SecurityManager
from sqlalchemy import (
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    String,
    delete,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.schema import CreateIndex, CreateTable

from app.kernel import crypto, scope, web, widgets
from app.kernel.actor import Actor
from app.kernel.audit import Event
from app.kernel.column_choice import ColumnChoice
from app.kernel.db import NAMING, Base, Scoped, SystemOnly, db
from app.kernel.errors import Refused
from app.kernel.grid import EXPORT, READ, WRITE, Grid, bulk, grants, register
from app.kernel.keyring import Keyring
from app.kernel.rest import Api
from app.kernel.types import Choice, Fen, IdNumber, Month, OrgPath, PersonName, Text, YearMonth
from app.kernel.workflow import Guard, Outcome, Step, Workflow
from tests import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CLERK, BOSS, READER = "clerk", "boss", "reader"
SCHOOL_A, SCHOOL_B, FAR_SCHOOL = "/1/2/3/5/", "/1/2/3/6/", "/1/4/7/"
COUNTY, PROVINCE = "/1/2/3/", "/1/"
PLACES = {
    "/1/": "福建省", "/1/2/": "福州市", COUNTY: "鼓楼区", "/1/4/": "泉州市",
    SCHOOL_A: "第一职校", SCHOOL_B: "第二职校", FAR_SCHOOL: "晋江职校",
}  # fmt: skip

CAST = {
    "lin": Actor(1, "lin", "林小燕", CLERK, 5, SCHOOL_A, "第一职校", "10.0.0.1"),
    "wu": Actor(2, "wu", "吴志明", CLERK, 6, SCHOOL_B, "第二职校", "10.0.0.2"),
    "chen": Actor(3, "chen", "陈建国", BOSS, 3, COUNTY, "鼓楼区", "10.0.0.3"),
    "zheng": Actor(4, "zheng", "郑丽", BOSS, 1, PROVINCE, "福建省", "10.0.0.4"),
    "he": Actor(5, "he", "何平", READER, 3, COUNTY, "鼓楼区", "10.0.0.5"),
    "lin2": Actor(6, "lin2", "林大海", CLERK, 5, SCHOOL_A, "第一职校", "10.0.0.6"),
}  # fmt: skip


class DemoBase(Base):
    __abstract__ = True
    metadata = MetaData(naming_convention=NAMING)


@scope.tree_model
class Place(DemoBase):
    __tablename__ = "demo_place"
    name: Mapped[str] = mapped_column(String(40))
    path: Mapped[str] = mapped_column(OrgPath(), unique=True)

    def __str__(self) -> str:
        return self.name


class Complaint(Scoped, DemoBase):
    __tablename__ = "demo_complaint"
    said: Mapped[str] = mapped_column(Text(60))
    who: Mapped[str] = mapped_column(PersonName(), default="张三")
    id_no: Mapped[str | None] = mapped_column(IdNumber())
    kind: Mapped[str] = mapped_column(Choice({"food": "伙食", "money": "资金"}), default="food")
    fen: Mapped[int] = mapped_column(Fen(), default=100)
    month: Mapped[YearMonth] = mapped_column(Month(), default=YearMonth.at(2026, 9))
    urgent: Mapped[bool] = mapped_column(default=False)
    at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    code: Mapped[str | None] = mapped_column(String(20), unique=True)
    state: Mapped[str] = mapped_column(String(20), default="new")
    version: Mapped[int] = mapped_column(default=1)
    place_id: Mapped[int | None] = mapped_column(Integer, ForeignKey("demo_place.id"))
    place: Mapped[Place | None] = relationship()

    def __str__(self) -> str:
        return self.said


class Remark(Scoped, DemoBase):
    __tablename__ = "demo_remark"
    words: Mapped[str] = mapped_column(Text(40))
    complaint_id: Mapped[int] = mapped_column(Integer, ForeignKey("demo_complaint.id"))
    complaint: Mapped[Complaint] = relationship(backref="remarks")


class Hidden(SystemOnly, DemoBase):
    __tablename__ = "demo_hidden"
    secret: Mapped[str] = mapped_column(String(20))


TABLES = [Place, Complaint, Remark, Hidden]

not_urgent = Guard(lambda _actor: Complaint.urgent.is_(False), "加急的要先单独处理")
COMPLAINTS = Workflow(
    Complaint,
    {"new": "待受理", "open": "核实中", "closed": "已办结"},
    [
        Step("accept", "受理", ("new",), "open", frozenset({CLERK, BOSS})),
        Step("send_back", "退回", ("open",), "new", frozenset({BOSS}), note=True),
        Step("close", "办结", ("open",), "closed", frozenset({BOSS}), (not_urgent,),
             unlike=("accept",)),
    ],
    evidence={"fen": Complaint.fen, "digest": Complaint.said},
)  # fmt: skip
frozen = Guard(lambda _actor: Complaint.state != "closed", "已办结的不能再改")


class ComplaintGrid(Grid):
    model, workflow = Complaint, COMPLAINTS
    menu = ("监督", "投诉举报")
    access = {CLERK: WRITE, BOSS: WRITE | EXPORT, READER: READ}
    labels = {"said": "内容", "fen": "金额", "month": "月份", "place": "地点", "state": "状态",
              "urgent": "加急", "at": "时间", "kind": "类别", "who": "姓名"}  # fmt: skip
    list_columns = ["said", "who", "place", "kind", "fen", "month", "urgent", "at", "state"]
    search_columns = ["said", "who", "state", "kind", "fen", "month", "urgent", "at", "place"]
    add_columns = ["said", "kind", "fen", "month", "place", "code"]
    edit_columns = ["said", "who", "fen", "place", "code"]
    lookups = {"place": (Place, "name", "path")}
    editable_when = frozen

    def pre_update(self, item: Any) -> None:
        if item.said == "不许":
            raise Refused("不许")

    @bulk("rush", "加急", by={BOSS}, source={"new"})
    def rush(self, where: Any, actor: Actor, note: str) -> Outcome:
        done = db.session.execute(update(Complaint).where(where).values(urgent=True))
        return Outcome(done.rowcount, {}, 0)


class RemarkGrid(Grid):
    model = Remark
    access = {CLERK: WRITE, BOSS: READ}
    list_columns = ["words", "complaint"]
    add_columns = ["words", "complaint"]
    edit_columns = ["words", "complaint"]
    search_columns = ["words", "complaint"]
    lookups = {"complaint": (Complaint, "said")}


ComplaintGrid.related_views = [RemarkGrid]


class ClosedRemarks(ModelView):
    """A stock view that nobody was granted."""

    datamodel = SQLAInterface(Remark)
    list_columns = ["words"]


class StockComplaints(ModelView):
    """The framework's own class, as its manual would have one write it, filter and all."""

    datamodel = SQLAInterface(Complaint)
    base_filters = [["org_path", FilterStartsWith, SCHOOL_A]]
    list_columns = ["said", "who", "place", "state"]
    add_columns = ["said", "place", "org_path", "code"]
    edit_columns = ["said", "place", "org_path", "code"]
    related_views = [ClosedRemarks]

    def pre_update(self, item: Any) -> None:
        if item.said == "不许":
            raise ValueError("不许")

    @action("accept", "受理", "确定?")
    def accept(self, items: Any) -> Any:
        for item in items if isinstance(items, list) else [items]:
            item.state = "open"
        db.session.commit()
        return redirect("/")


DEMO_GRIDS = [ComplaintGrid, RemarkGrid]
for _grid in DEMO_GRIDS:
    Grid.all.remove(_grid)
Workflow.all.remove(COMPLAINTS)


class StockNarrow(StockComplaints):
    """The same with its search drop-downs away, which would load the related rows by accident."""

    search_columns = ["said"]


class DemoUser:
    is_authenticated, is_active, is_anonymous = True, True, False

    def __init__(self, actor: Actor) -> None:
        self.actor, self.username, self.id = actor, actor.username, actor.id

    def get_id(self) -> str:
        return self.username

    def get_full_name(self) -> str:
        return self.actor.name


class DemoSecurity(SecurityManager):
    """Grants from the code, as the house has it; stock views are open to everybody known."""

    def load_user(self, pk: str) -> DemoUser | None:
        return DemoUser(CAST[pk]) if pk in CAST else None

    def has_access(self, permission_name: str, view_name: str) -> bool:
        if g.get("actor") is None:
            return False
        mine = grants(current_app.config["DEMO_GRIDS"]).get(g.actor.role, set())
        return (permission_name, view_name) in mine or view_name.startswith("Stock")

    def get_user_menu_access(self, menu_names: list[str] | None = None) -> set[str]:
        return {n for n in menu_names or () if self.has_access("menu_access", n)}


def hurry(response: Any) -> Any:
    """Some later hook of a request that commits: a login counter, an audit row."""
    if request.method == "POST":
        db.session.commit()
    return response


def recognise() -> None:
    """What the accounts room does: who asks, and from where in the tree."""
    g.actor = CAST.get(session.get("_user_id", ""))
    if g.actor:
        stock = request.path.startswith("/stock")
        scope.enter(scope.EVERYTHING if stock else g.actor.org_path)


def make_app(url: str, grids: list[type[Grid]], *, csrf: bool = False) -> Flask:
    app = Flask("demo", root_path=str(ROOT / "app"))
    app.config.update(
        SQLALCHEMY_DATABASE_URI=url, SECRET_KEY="k" * 32, WTF_CSRF_ENABLED=csrf, TESTING=True,
        FAB_CREATE_DB=False, FAB_UPDATE_PERMS=False, FAB_API_SWAGGER_UI=False,
        FAB_ADD_OPENAPI_VIEWS=False, BABEL_DEFAULT_LOCALE="zh_CN", DEMO_GRIDS=grids,
        LANGUAGES={"zh_CN": {"flag": "cn", "name": "中文"}}, PROPAGATE_EXCEPTIONS=False,
    )  # fmt: skip
    db.init_app(app)
    widgets.install(app)
    with app.app_context():
        web.install(app)
        appbuilder = AppBuilder(security_manager_class=DemoSecurity)
        appbuilder.init_app(app, db.session)
        app.before_request(recognise)
        register(appbuilder, grids)
        appbuilder.add_view_no_menu(ClosedRemarks)
        appbuilder.add_view_no_menu(StockComplaints)
        appbuilder.add_view_no_menu(StockNarrow)
        app.after_request(hurry)
        Api(grids).install(app)
    return app


class World:
    """The demo application with its rows, and people's browsers."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def browser(self, username: str) -> Any:
        client = self.app.test_client()
        with client.session_transaction() as kept:
            kept["_user_id"], kept["_fresh"] = username, True
        return client

    @contextlib.contextmanager
    def at(self, path: str = scope.EVERYTHING) -> Iterator[Any]:
        """A look into the tables from one place of the tree."""
        with self.app.app_context(), scope.scope(path):
            yield db.session

    def complaint(self, number: int) -> Any:
        with self.at() as session:
            return session.get(Complaint, number)

    def fill(self, rows: int, **values: Any) -> None:
        """So many complaints of one school, beside the four that are always there."""
        with self.at() as session:
            plain = {"said": "同一件事", "org_path": SCHOOL_A, "place_id": 5, "state": "new",
                     "urgent": False, "version": 1} | values  # fmt: skip
            session.execute(insert(Complaint.__table__), [
                {"who": "张三", "kind": "food", "fen": 100, "month": YearMonth.at(2026, 9), **plain}
                for _ in range(rows)
            ])  # fmt: skip
            session.commit()

    def events(self, **wanted: Any) -> list[Any]:
        with self.at() as session:
            return list(session.query(Event).filter_by(**wanted).order_by(Event.id))

    @contextlib.contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The statements sent to the database meanwhile."""
        seen: list[str] = []
        with self.app.app_context():
            engine = db.engine

        def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
            if not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE", "SET LOCAL")):
                seen.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", note)


def new_url(folder: Path, name: str) -> str:
    """A database of this module's own, beside the house's."""
    if sockets := os.environ.get("AID_TEST_POSTGRES"):
        worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
        return str(postgres.new_database(Path(sockets), f"{name}_{worker}"))
    return f"sqlite:///{folder / name}.db"


def build(folder: Path) -> Flask:
    """The demo application over fresh tables."""
    crypto.configure(Keyring.fresh())
    app = make_app(new_url(folder, "demo"), DEMO_GRIDS)
    with app.app_context():
        with db.engine.begin() as connection:  # without the triggers: this trail is wiped
            connection.execute(CreateTable(Event.__table__))
            for index in Event.__table__.indexes:
                connection.execute(CreateIndex(index))
            connection.execute(CreateTable(ColumnChoice.__table__))
        DemoBase.metadata.create_all(db.engine, [model.__table__ for model in TABLES])
    return app


COMPLAINED = {"饭菜凉": SCHOOL_A, "收费高": SCHOOL_A, "没热水": SCHOOL_B, "远处的事": FAR_SCHOOL}


def populate(app: Flask) -> World:
    """Four complaints: two of 第一职校, one of 第二职校, one of 晋江职校 far away."""
    world = World(app)
    with world.at() as session:
        for model in reversed(TABLES):
            session.execute(delete(model))
        session.execute(delete(Event))
        session.execute(delete(ColumnChoice))
        ids = {path: int(path.strip("/").split("/")[-1]) for path in PLACES}
        session.add_all(Place(id=ids[p], name=n, path=p) for p, n in PLACES.items())
        session.flush()
        for number, (said, path) in enumerate(COMPLAINED.items(), 1):
            session.add(Complaint(id=number, said=said, org_path=path, place_id=ids[path]))
        session.flush()
        if session.get_bind().dialect.name == "postgresql":
            session.execute(select(func.setval("demo_complaint_id_seq", 1000)))
        session.commit()
    return world
