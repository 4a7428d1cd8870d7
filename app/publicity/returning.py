"""Rows that were exported from a draft and come back: known again by key and version.

A number that is still covered means the one the line has; it is never stored as it stands. A row
somebody else changed meanwhile is refused, unless it says what the line says now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import LargeBinary, func, or_, select, type_coerce

from app.kernel import crypto
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.scope import everyone
from app.kernel.types import BankCard, IdNumber
from app.publicity.models import AidLine, StagedLine
from app.publicity.row_keys import opened
from app.publicity.sheets import RETURNED, Covered
from app.registry.models import Card, Person

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.kernel.sheets import Reading, Row
    from app.publicity.models import AidList, Upload
    from app.publicity.row_keys import RowKey

L, P, C, S = (m.__table__ for m in (AidLine, Person, Card, StagedLine))
MOST_HELD = 5_000
SAID = ("name", "grade", "major", "class_name", "amount_fen", "remark")
OF_CARD = ("holder_name", "bank_name", "cnaps")
COVERED = {"id_no": ("id_mask", IdNumber.code), "card_no": ("card_mask", BankCard.code)}


def returned_to(target: AidList, reading: Reading) -> Returned:
    """Knows the lines of the list when the file has keys; while rows are loaded it cannot ask."""
    keyed = str(RETURNED.by_key["row_key"].header) not in reading.missing_columns
    return Returned(target.id, lines_of(target.id) if keyed else {})


class Returned:
    """The rows of one file that name lines of the list. `horizon` and `held`: see `Upload`."""

    def __init__(self, list_id: int, lines: dict[int, Any] | None = None) -> None:
        self.list_id, self._lines = list_id, lines or {}
        self.horizon: int | None = None
        self.held: list[int] = []
        self._seen: dict[int, int] = {}

    def concerns(self, values: dict[str, Any]) -> bool:
        """The row was exported from a draft, or holds numbers as such a file has them."""
        numbers = type(values["id_no"]), type(values["card_no"])
        return bool(values.get("row_key")) or Covered in numbers

    def concerns_any(self, v: Mapping[str, Sequence[Any]]) -> bool:
        """The same of many rows."""
        return any(v["row_key"]) or Covered in {*map(type, v["id_no"]), *map(type, v["card_no"])}

    def settle(self, row: Row) -> bool:
        """A row of such a file has whole numbers and knows its line, or is refused and says why."""
        line = None
        if row.values.get("row_key"):
            line = self._line_of(row)
            if line is None:
                return False
        _uncover(row, line)
        if line is not None and not row.problems:
            self._agree(row, line)
        return not row.problems

    def hold(self, row: Row) -> None:
        """The line of a refused row stays as it is."""
        if not row.values.get("row_key"):
            return
        key = _key_of(row)
        self._note(key)
        if key and key.list_id == self.list_id:
            self.held.append(key.line_id)
        if len(self.held) > MOST_HELD:
            raise Refused(_("导出修改的文件中有超过%(n)s行不合格，请先改正再上传", n=MOST_HELD))

    def _note(self, key: RowKey | None) -> None:
        """Of rows of several exports the oldest says what the person had seen; once a key cannot
        be read, no line is known to be left out."""
        seen = key.horizon if key and key.list_id == self.list_id else 0
        self.horizon = seen if self.horizon is None else min(self.horizon, seen)

    def _line_of(self, row: Row) -> Any:
        key = _key_of(row)
        if key is None:
            row.refuse(
                "row_key",
                _("行标识与版本不符，可能被改动或填充过。请重新导出；新增的学生请清空行标识和版本"),
            )
            return None
        if key.list_id != self.list_id:
            row.refuse(
                "row_key", _("这一行来自另一份名单，不能写入本名单。新增的学生请清空行标识和版本")
            )
            return None
        self._note(key)
        before = self._seen.setdefault(key.line_id, row.number)
        if before != row.number:
            row.refuse(
                "row_key", _("行标识与第%(n)s行相同。新增的学生请清空行标识和版本", n=before)
            )
            return None
        line = self._lines.get(key.line_id)
        if line is None:
            row.refuse(
                "row_key",
                _("这一行在导出之后已移出名单。要重新列入，请清空行标识和版本，填写完整号码"),
            )
        return line

    def _agree(self, row: Row, line: Any) -> None:
        """The row was made from the line as it is now, or says the same anyway."""
        row.values["line_id"], row.values["version"] = line.id, line.version
        if str(line.version) != row.values["row_version"] and not _says_so(row, line):
            row.refuse(
                "", _("这一行在您导出之后已被改动，为免覆盖没有接收。请重新导出，在新文件上修改")
            )


def lines_of(list_id: int) -> dict[int, Any]:
    """What the list says now, by line; its numbers still sealed."""
    sealed = [type_coerce(c, LargeBinary).label(c.name) for c in (P.c.id_no, C.c.card_no)]
    known = (L.c.id, L.c.version, L.c.first_month, L.c.last_month, L.c.id_mask, L.c.card_mask,
             L.c.state, *(L.c[k] for k in SAID), *(C.c[k] for k in OF_CARD))  # fmt: skip
    found = (
        select(*known, *sealed)
        .join_from(L, P, P.c.id == L.c.person_id)
        .join(C, C.c.id == L.c.card_id)
        .where(L.c.list_id == list_id)
    )
    with everyone("名单已按管辖范围找到"):
        return {line.id: line for line in db.session.execute(found)}


def _key_of(row: Row) -> RowKey | None:
    told = row.values.get("row_key")
    return opened(told, row.values.get("row_version") or "") if told else None


def _uncover(row: Row, line: Any) -> None:
    for key, (mask, purpose) in COVERED.items():
        told = row.values[key]
        if not isinstance(told, Covered):
            continue
        if line is None:
            row.refuse(key, _("号码是遮盖过的（带*号），请填写完整号码"))
        elif told != getattr(line, mask):
            row.refuse(key, _("遮盖的号码与这一行原来的不同。要改号码，请填写完整的新号码"))
        else:
            row.values[key] = crypto.open_(getattr(line, key), purpose)


def _says_so(row: Row, line: Any) -> bool:
    """The line says already what the row says, to the letter."""
    v = row.values
    numbers = all(v[key] == crypto.open_(getattr(line, key), purpose)
                  for key, (_mask, purpose) in COVERED.items())  # fmt: skip
    bank = all(not v[k] or v[k] == getattr(line, k) for k in OF_CARD)
    months = all(v[k] in (None, getattr(line, k)) for k in ("first_month", "last_month"))
    words = all((v[k] or "") == getattr(line, k) for k in SAID)
    return numbers and bank and months and words and line.state != "removed"


def refuse_stale(upload: Upload) -> None:
    """No line has changed since the file was checked against it."""
    if upload.horizon is None:
        return
    moved = select(func.count()).select_from(S.outerjoin(L, L.c.id == S.c.line_id)).where(
        S.c.upload_id == upload.id, S.c.line_id.is_not(None),
        or_(L.c.id.is_(None), L.c.version != S.c.version),
    )  # fmt: skip
    if n := db.session.scalar(moved):
        raise Refused(
            _("核对之后名单上又有%(n)s行被改动，没有写入任何一行。请重新上传这份文件", n=n)
        )
