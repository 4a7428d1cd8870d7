"""Which orders of a run stand in which of its files, as SQL.

Files are filled in the order of rows, own bank and other banks apart where the layout says so; so
the rank of an order among those carried says its place.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, literal, or_, select

from app.kernel.db import db
from app.payments.banks import Profile
from app.payments.models import NOT_CARRIED, Attempt, PayFile
from app.registry.models import Card

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Select

    from app.payments.models import PayRun

T, C, F = Attempt.__table__, Card.__table__, PayFile.__table__


def carried(orders: Any) -> ColumnElement[bool]:
    """The order was written into a file for the bank."""
    return and_(orders.c.state != "waiting", orders.c.reason != NOT_CARRIED)


def group_of(runs: Mapping[int, Any], orders: Any, cards: Any) -> ColumnElement[int]:
    """Which of the run's kinds of file comes first, by the names the layout gives them."""
    whens = []
    for pk, run in runs.items():
        profile = Profile.parse(run.profile_data) if run.profile_data else None
        if profile is None or profile.split != "by_bank":
            continue
        own = or_(cards.c.cnaps == "", cards.c.cnaps.startswith(profile.bank_code))
        first = profile.split_label(True) <= profile.split_label(False)
        whens.append((and_(orders.c.run_id == pk, own if not first else ~own), 1))
    return case(*whens, else_=0) if whens else literal(0)


def files_of(run: PayRun) -> Sequence[PayFile]:
    """The run's files in the order in which they were filled."""
    mine = select(PayFile).where(PayFile.run_id == run.id).order_by(PayFile.id)
    return db.session.scalars(mine).all()


def orders_in(run: PayRun, files: Sequence[PayFile], file: PayFile) -> Select[Any]:
    """The ids of the orders written into this one of the run's files."""
    before = sum(f.row_count for f in takewhile(lambda f: f.id != file.id, files))
    order = (group_of({run.id: run}, T, C), T.c.seq)
    rank = func.row_number().over(order_by=order).label("rank")
    ranked = (
        select(T.c.id, rank).join_from(T, C, C.c.id == T.c.card_id)
        .where(T.c.run_id == run.id, carried(T)).subquery("ranked")
    )  # fmt: skip
    return select(ranked.c.id).where(ranked.c.rank > before,
                                     ranked.c.rank <= before + file.row_count)  # fmt: skip


def named_in(text: str, files: Sequence[PayFile]) -> PayFile | None:
    """The one file whose name, without its ending, stands in the text and not as part of a longer
    word; None where there is none, or several of which none holds the others."""
    found = sorted((f for f in files if _stands_in(text, f)), key=lambda f: -len(f.name))
    if any(_stem(f.name) not in _stem(found[0].name) for f in found[1:]):
        return None
    return found[0] if found else None


def _stands_in(text: str, file: PayFile) -> bool:
    word = rf"(?<![0-9A-Za-z]){re.escape(_stem(file.name))}(?![0-9A-Za-z])"
    return re.search(word, text, re.IGNORECASE) is not None


def is_shared(run: PayRun, file: PayFile) -> bool:
    """Another run of the bureau has a file of this name: banks number by the day."""
    others = select(F.c.id).where(
        F.c.name == file.name, F.c.run_id != run.id, F.c.org_path == run.org_path
    ).limit(1)  # fmt: skip
    return db.session.scalar(others) is not None


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
