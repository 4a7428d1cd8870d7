"""From staged rows to cases at the schools, set against set; no statement a row.

A case that a school has answered says no more what a later file says: what has been judged stays
as it was judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, func, insert, literal, or_, select, update

from app.accounts.models import Org
from app.kernel.db import db, how_many
from app.verification.models import Case, StagedCase

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from app.verification.models import CaseUpload, Round

S, C, O = (m.__table__ for m in (StagedCase, Case, Org))  # noqa: E741  (tables by their letters)
TOLD = ("name", "clue", "first_month", "last_month", "fen")
"""What a later file may correct."""
KEYS = ("id_index", "school_id", "kind")


class Changes(NamedTuple):
    """What taking a file does to the cases of its round."""

    new: int
    changed: int
    same: int


def unlike() -> ColumnElement[bool]:
    """The staged row says something else than the case it meets."""
    return or_(*(C.c[k].is_distinct_from(S.c[k]) for k in TOLD))


def differs() -> ColumnElement[bool]:
    """The case it meets will be corrected: nobody has answered it yet."""
    return and_(C.c.state == "waiting", unlike())


def met(upload: CaseUpload, *columns: Any) -> Select[Any]:
    """The upload's staged rows beside the cases of the round that they meet, if any."""
    beside = S.outerjoin(C, _meets(upload))
    return select(*columns).select_from(beside).where(S.c.upload_id == upload.id)


def _meets(upload: CaseUpload) -> ColumnElement[bool]:
    return and_(C.c.round_id == upload.round_id, *(C.c[k] == S.c[k] for k in KEYS))


def count_changes(upload: CaseUpload) -> Changes:
    """What taking the upload would do. One statement."""
    known = C.c.id.is_not(None)
    found = met(upload, func.count(), how_many(known), how_many(and_(known, differs())))
    total, old, changed = (int(n or 0) for n in db.session.execute(found).one())
    return Changes(total - old, changed, old - changed)


def merge(upload: CaseUpload, of: Round) -> None:
    """The round's cases say what the upload says. Two statements."""
    corrected = and_(_meets(upload), S.c.upload_id == upload.id, differs())
    values = {k: S.c[k] for k in (*TOLD, "seq")} | {"upload_id": upload.id}
    db.session.execute(update(C).where(corrected).values(values))
    _add_new(upload, of)


def _add_new(upload: CaseUpload, of: Round) -> None:
    row: dict[str, Any] = {
        "org_path": O.c.path, "round_id": of.id, "round_title": of.title, "due_on": of.due_on,
        "upload_id": upload.id, "state": "waiting",
        **{k: S.c[k] for k in ("seq", *KEYS, "id_no", "id_mask", *TOLD)},
        **dict.fromkeys(("explanation", "proof", "checked_by", "voucher_no", "answered_by",
                         "closed_by"), ""),
    }  # fmt: skip
    cells = [v if hasattr(v, "table") else literal(v, C.c[k].type) for k, v in row.items()]
    source = met(upload, *cells).join(O, O.c.id == S.c.school_id).where(C.c.id.is_(None))
    db.session.execute(insert(C).from_select(list(row), source.order_by(S.c.seq)))
