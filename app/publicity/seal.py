"""The seal of a list: how many lines, how many fen, and a hash over every one of them.

The hash runs over the lines in the order of their row numbers: person, name, card, holder, months,
amount, place in school, state. Whoever has the lines can compute it again; `differing` does.
"""

from __future__ import annotations

import hashlib
import itertools
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, LargeBinary, bindparam, select, type_coerce, update

from app.kernel.db import db
from app.publicity.models import AidLine, AidList
from app.registry.models import Card, Person

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Select

L, P, C, A = (m.__table__ for m in (AidLine, Person, Card, AidList))
COLUMNS = (
    L.c.list_id, type_coerce(P.c.id_index, LargeBinary), L.c.name,
    type_coerce(C.c.card_index, LargeBinary), C.c.holder_name,
    *(type_coerce(c, BigInteger) for c in (L.c.first_month, L.c.last_month, L.c.amount_fen)),
    L.c.grade, L.c.major, L.c.class_name, L.c.state,
)  # fmt: skip
"""As the drivers have them: types of ours would cost more than the hash."""


def seal_lists(lists: Select[Any]) -> None:
    """Count, fen and digest of each of these lists (a SELECT of ids) are those of its lines."""
    blank = update(A).where(A.c.id.in_(lists))
    db.session.execute(blank.values(line_count=0, total_fen=0, removed_count=0, digest=""))
    rows = [{"pk": pk} | seal for pk, seal in seals(lists)]
    if rows:
        names = ("line_count", "total_fen", "removed_count", "digest")
        change = update(A).where(A.c.id == bindparam("pk"))
        db.session.execute(change.values({n: bindparam(n) for n in names}), rows)


def seals(lists: Select[Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(list id, its figures and digest) computed from the lines, one streaming statement."""
    source = (
        select(*COLUMNS)
        .join_from(L, P, P.c.id == L.c.person_id)
        .join(C, C.c.id == L.c.card_id)
        .where(L.c.list_id.in_(lists))
        .order_by(L.c.list_id, L.c.seq, L.c.id)
        .execution_options(yield_per=5000)
    )
    for pk, lines in itertools.groupby(db.session.execute(source), key=lambda r: r[0]):
        yield pk, _seal(lines)


def _seal(lines: Iterable[Any]) -> dict[str, Any]:
    count = fen = removed = 0
    digest = hashlib.sha256()
    for _list, who, name, card, holder, first, last, amount, grade, major, seat, state in lines:
        # The fields of one line stand apart by a character no field can hold.
        digest.update(
            f"{who.hex()}\x1f{name}\x1f{card.hex()}\x1f{holder}\x1f{first}\x1f{last}\x1f{amount}"
            f"\x1f{grade}\x1f{major}\x1f{seat}\x1f{state}\n".encode()
        )
        if state == "removed":
            removed += 1
        else:
            count, fen = count + 1, fen + amount
    return {"line_count": count, "total_fen": fen, "removed_count": removed,
            "digest": digest.hexdigest()}  # fmt: skip


def differing(lists: Select[Any]) -> list[int]:
    """The lists whose stored seal is not that of their lines: somebody changed them by hand."""
    stored = select(A.c.id, A.c.line_count, A.c.total_fen, A.c.digest).where(A.c.id.in_(lists))
    fresh = dict(seals(lists))
    empty = {"line_count": 0, "total_fen": 0, "digest": ""}
    return [
        pk for pk, *kept in db.session.execute(stored)
        if kept != [fresh.get(pk, empty)[k] for k in ("line_count", "total_fen", "digest")]
    ]  # fmt: skip
