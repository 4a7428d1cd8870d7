"""The kinds of hardship, in the official order; those that have ended are kept for old papers."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from app.kernel.db import db
from app.registry.models import Difficulty

ORDER = "教财〔2018〕16号"
KNOWN: tuple[tuple[str, str, dt.date | None, str], ...] = (
    ("REGISTERED_POOR", "建档立卡家庭", dt.date(2021, 1, 1), f"{ORDER}；2021年前"),
    ("OUT_OF_POVERTY", "脱贫享受政策家庭", None, "2021年起，由建档立卡家庭而来"),
    ("MONITORED", "防止返贫监测对象", None, "脱贫不稳定、边缘易致贫、突发严重困难"),
    ("SUBSISTENCE", "最低生活保障家庭", None, ORDER),
    ("DESTITUTE", "特困供养", None, ORDER),
    ("ORPHAN", "孤儿（含事实无人抚养）", None, ORDER),
    ("MARTYR", "烈士子女、优抚家庭子女", None, ORDER),
    ("DISABLED", "家庭经济困难残疾学生", None, ORDER),
    ("OF_DISABLED", "残疾人子女", None, ORDER),
    ("RIGID_EXPENSE", "因病因灾刚性支出困难", None, ORDER),
    ("OTHER", "其他", None, ORDER),
)  # fmt: skip
"""(code, name, since when it is no kind any more, the paper)."""


def lay_down() -> None:
    """Every known kind stands in the table."""
    have = set(db.session.scalars(select(Difficulty.code)))
    db.session.add_all(
        Difficulty(code=code, name=name, place=n, retired_on=retired, source=paper)
        for n, (code, name, retired, paper) in enumerate(KNOWN, 1)
        if code not in have
    )
    db.session.flush()
