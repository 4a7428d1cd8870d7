from sqlalchemy.orm import Mapped

from app.kernel.db import Scoped
from app.kernel.workflow import Step, Workflow
from tests.kernel.world_of_grids import BOSS, DemoBase

BUREAUS = frozenset({BOSS})


class Report(Scoped, DemoBase):
    __tablename__ = "demo_report"
    said: Mapped[str]
    state: Mapped[str]


REPORTS = Workflow(Report, {"new": "待受理", "open": "核实中", "closed": "已办结"}, [
    Step("accept", "受理", ("new",), "open", BUREAUS),
    Step("close", "办结", ("open",), "closed", BUREAUS),
])  # fmt: skip
