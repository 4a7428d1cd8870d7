"""From staged rows to the lines of a list, set against set; no statement a row."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, case, delete, exists, insert, literal, or_, select, update

from app.kernel import clock
from app.kernel.bulk import add_missing
from app.kernel.db import changed, db
from app.kernel.i18n import _l
from app.kernel.legs import legs
from app.publicity.models import AidLine, Finding, StagedLine
from app.publicity.resolving import meant_card, resolved, same_card
from app.publicity.staged_numbers import opened
from app.registry import persons
from app.registry.cards import given_up
from app.registry.models import Card, Person

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select, Table

    from app.publicity.models import AidList, Upload

S, P, C, L, F = (m.__table__ for m in (StagedLine, Person, Card, AidLine, Finding))
COMPARE, REGISTER, CHANGE, ADD, SEAL, CHECK, CLEAR = legs(
    _l("核对名单在此期间有无改动"), _l("登记学生和银行卡"), _l("改动和移出已有的行"),
    _l("写入新增的行"), _l("计算名单摘要"), _l("按规则核对每一行"), _l("清理暂存的行"),
)  # fmt: skip
"""What taking a big file is at."""
SAME = ("name", "grade", "major", "class_name", "last_month", "amount_fen", "remark",
        "unbankable")  # fmt: skip


class Merged(NamedTuple):
    """What became of the rows; `gone` are lines that the file lacks."""

    added: int
    changed: int
    gone: int


def merge_lines(upload: Upload, target: AidList) -> Merged:
    """The list's lines are the upload's rows.

    A line is known again by person and first month: the same stays as it is, a changed one is
    changed in place, a missing one is gone, a new one is added. An objected line stays objected,
    in the file or not: only the bureau thaws it. New persons and cards are registered first; a
    card nobody confirmed yet is only claimed, and so is one that was closed and is back, unless
    it was given up by a request of its own.
    """
    mine, gone, differing = S.c.upload_id == upload.id, 0, 0
    REGISTER.begins()
    with resolved(mine, partial(_register, upload)) as r:
        CHANGE.begins()
        if db.session.scalar(select(exists().where(L.c.list_id == target.id))):
            gone = _drop_gone(upload, r)
            differing = _change_changed(target.id, r)
        ADD.begins()
        added = _add_new(target, r)
    return Merged(added, differing, gone)


def _register(upload: Upload, these: ColumnElement[bool]) -> None:
    """The persons and cards of these rows of the upload are known, and closed cards that they
    state again are not closed any more."""
    with opened(upload.id, these) as numbers:
        N = numbers.c  # noqa: N806
        whose = select(S.c.id, S.c.id_index, N.id_no, S.c.id_mask, S.c.birth, S.c.sex)
        persons.register(whose.join_from(S, numbers, N.staged_id == S.c.id).subquery())
        add_missing(C, ("person_id", "card_no", "card_index", "card_mask", "holder_name",
                        "bank_name", "cnaps", "state", "since"), _new_cards(numbers))  # fmt: skip
    back = update(C).where(C.c.id.in_(_back(these)))
    db.session.execute(back.values(state="claimed", since=clock.now()))


def _back(mine: ColumnElement[bool]) -> Select[Any]:
    """The closed cards that rows state again. Few cards are closed: the rows are asked about
    those, and not every row about its card."""
    closed = (
        select(C.c.id, C.c.person_id).where(C.c.state == "closed", ~given_up(C))
        .cte("closed").prefix_with("MATERIALIZED", dialect="postgresql")
    )  # fmt: skip
    its_rows = closed.join(P, P.c.id == closed.c.person_id).join(S, S.c.id_index == P.c.id_index)
    return select(closed.c.id).select_from(its_rows).where(mine, meant_card() == closed.c.id)


def _new_cards(numbers: Table) -> Select[Any]:
    """One and the same card on several rows meets itself in the index."""
    return (
        select(P.c.id, numbers.c.card_no, S.c.card_index, S.c.card_mask, S.c.holder_name,
               S.c.bank_name, S.c.cnaps, literal("claimed"), literal(clock.now(), C.c.since.type))
        .join_from(S, numbers, numbers.c.staged_id == S.c.id)
        .join(P, P.c.id_index == S.c.id_index)
        .where(~exists().where(same_card(C, P.c.id)))
        .order_by(P.c.id, S.c.id)
    )  # fmt: skip


def may_go(upload: Upload) -> ColumnElement[bool]:
    """The lines that leave the list when the file does not name them.

    Of a file that goes back to an export only lines that stood in it: not those that were added
    since, nor those whose row was refused, which stay as they are.
    """
    here = L.c.list_id == upload.list_id
    if upload.horizon is None:
        return and_(here, L.c.state != "objected")
    kept = L.c.id.not_in(upload.held)
    return and_(here, L.c.state == "normal", L.c.id <= upload.horizon, kept)


def _drop_gone(upload: Upload, r: Any) -> int:
    still = exists().where(r.c.person_id == L.c.person_id, r.c.first_month == L.c.first_month)
    return changed(delete(L).where(may_go(upload), ~still))


def _change_changed(list_id: int, r: Any) -> int:
    """Changed lines carry the new values; one that was removed and comes again is normal again.

    What the bureau had overruled on a line is open again once the line says something else.
    """
    match = and_(L.c.list_id == list_id, L.c.person_id == r.c.person_id,
                 L.c.first_month == r.c.first_month)  # fmt: skip
    differs = or_(*(L.c[k] != r.c[k] for k in SAME), L.c.card_id != r.c.card_id,
                  L.c.state == "removed")  # fmt: skip
    differing = select(L.c.id).where(match, differs)
    db.session.execute(delete(F).where(F.c.list_id == list_id, F.c.line_id.in_(differing)))
    values = {k: r.c[k] for k in (*SAME, "card_id", "card_mask", "seq")}
    values["state"] = case((L.c.state == "objected", "objected"), else_="normal")
    values["version"] = L.c.version + 1
    n = changed(update(L).where(match, differs).values(values))
    moved = update(L).where(match, L.c.seq != r.c.seq).values(seq=r.c.seq)
    db.session.execute(moved)
    return n


def _add_new(target: AidList, r: Any) -> int:
    here = exists().where(L.c.list_id == target.id, L.c.person_id == r.c.person_id,
                          L.c.first_month == r.c.first_month)  # fmt: skip
    names = ("list_id", "org_path", "state", "person_id", "card_id", "seq", "id_mask",
             "card_mask", "first_month", *SAME)  # fmt: skip
    cells = [literal(target.id), literal(target.org_path), literal("normal"),
             *(r.c[k] for k in names[3:])]  # fmt: skip
    source = select(*cells).where(~here).order_by(r.c.seq)
    return changed(insert(L).from_select(names, source))
