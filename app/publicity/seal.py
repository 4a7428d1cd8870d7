"""The seal of a list: how many lines, how many fen, and a hash over every one of them.

The hash runs over the lines in the order of their row numbers: person, name, card, holder, months,
amount, place in school, state. Whoever has the lines can compute it again; `differing` does. Where
the database can hash, the lines do not leave it to be sealed, and they do to be looked at.
"""

from __future__ import annotations

import hashlib
import itertools
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    LargeBinary,
    bindparam,
    func,
    literal,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.kernel.db import db
from app.publicity.models import AidLine, AidList
from app.registry.models import Card, Person

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Select, Subquery

L, P, C, A = (m.__table__ for m in (AidLine, Person, Card, AidList))
COLUMNS = (
    L.c.list_id, type_coerce(P.c.id_index, LargeBinary), L.c.name,
    type_coerce(C.c.card_index, LargeBinary), C.c.holder_name,
    *(type_coerce(c, BigInteger) for c in (L.c.first_month, L.c.last_month, L.c.amount_fen)),
    L.c.grade, L.c.major, L.c.class_name, L.c.state,
)  # fmt: skip
"""As the drivers have them: types of ours would cost more than the hash."""
APART = "\x1f"
"""The fields of one line stand apart by a character no field can hold."""
_JOINED = L.join(P, P.c.id == L.c.person_id).join(C, C.c.id == L.c.card_id)


def seal_lists(lists: Select[Any]) -> None:
    """Count, fen and digest of each of these lists (a SELECT of ids) are those of its lines."""
    blank = update(A).where(A.c.id.in_(lists))
    db.session.execute(blank.values(line_count=0, total_fen=0, removed_count=0, digest=""))
    if db.session.get_bind().dialect.name == "postgresql":
        made = _seals_made_there(lists)
        fresh = {c.name: c for c in made.c if c.name != "pk"}
        db.session.execute(update(A).where(A.c.id == made.c.pk).values(fresh))
        return
    rows = [{"pk": pk} | seal for pk, seal in seals(lists)]
    if rows:
        names = ("line_count", "total_fen", "removed_count", "digest")
        change = update(A).where(A.c.id == bindparam("pk"))
        db.session.execute(change.values({n: bindparam(n) for n in names}), rows)


def _seals_made_there(lists: Select[Any]) -> Subquery:
    """What `seals` gives, as the database says it: the very same bytes under the hash."""
    _list, who, name, card, *more = COLUMNS
    fields = [func.encode(who, "hex"), name, func.encode(card, "hex"), *more]
    line = func.concat_ws(APART, *fields) + literal("\n")
    whole = func.string_agg(line, aggregate_order_by(literal(""), L.c.seq, L.c.id))
    digest = func.encode(func.sha256(func.convert_to(whole, "UTF8")), "hex")
    live = L.c.state != "removed"
    count, fen = func.count().filter(live), func.coalesce(func.sum(L.c.amount_fen).filter(live), 0)
    figures = (count.label("line_count"), fen.label("total_fen"),
               func.count().filter(~live).label("removed_count"))  # fmt: skip
    lined = select(L.c.list_id.label("pk"), *figures, digest.label("digest")).select_from(_JOINED)
    return lined.where(L.c.list_id.in_(lists)).group_by(L.c.list_id).subquery("made")


def seals(lists: Select[Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(list id, its figures and digest) computed from the lines, one streaming statement."""
    source = (
        select(*COLUMNS)
        .select_from(_JOINED)
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
