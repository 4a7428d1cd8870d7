"""The lines of a draft as a file that can be edited and sent back: see `returning`."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import func, select

from app.kernel.db import db
from app.kernel.i18n import _
from app.kernel.scope import everyone
from app.kernel.sheets import Meta, write_xlsx
from app.kernel.sheets.spooled import spooled
from app.publicity.models import AidLine
from app.publicity.row_keys import RowKey
from app.publicity.sheets import RETURNED
from app.registry.models import Card, Person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.publicity.models import AidList

L, P, C = (m.__table__ for m in (AidLine, Person, Card))
OF_LINE = ("name", "grade", "major", "class_name", "first_month", "last_month", "amount_fen",
           "remark")  # fmt: skip
OF_CARD = ("holder_name", "bank_name", "cnaps")


def lines_file(target: AidList, whole: bool) -> IO[bytes]:
    """Every line but the removed ones, in order, with its key; numbers whole or covered.

    Whoever sends the file closes it. The caller has checked whose list it is, and traces it.
    """
    guide = [
        _("直接在本表上修改，改好后在“上传名单”页面上传本文件。"),
        _("带*号的号码表示不变；要改号码，请填写完整的新号码。"),
        _("新增的学生另起一行，行标识和版本留空，号码填写完整；删去一行，该生移出名单。"),
        _("行标识和版本请勿改动、复制或下拉填充；导出之后别人改过的行会被退回并说明。"),
    ]
    about = Meta(tab=f"{target.month}", guide=guide, words=True)
    with everyone("名单由调用方核对过"):
        return spooled(lambda out: write_xlsx(out, RETURNED.columns, _rows(target, whole), about))


def _rows(target: AidList, whole: bool) -> Iterator[list[Any]]:
    youngest = select(func.max(L.c.id)).where(L.c.list_id == target.id)
    horizon = int(db.session.scalar(youngest) or 0)
    for line in db.session.execute(_source(target.id, whole)).mappings():
        key = RowKey(target.id, line["id"], horizon).sealed(line["version"])
        said = dict(line) | {"row_key": key, "row_version": str(line["version"]),
                             "school_code": target.school.code}  # fmt: skip
        yield [said.get(column.key) for column in RETURNED.columns]


def _source(list_id: int, whole: bool) -> Any:
    """Covered numbers are read from the line itself: nothing sealed is opened for them."""
    numbers = (P.c.id_no, C.c.card_no) if whole else (L.c.id_mask.label("id_no"),
                                                      L.c.card_mask.label("card_no"))  # fmt: skip
    return (
        select(
            L.c.id, L.c.version, *numbers, *(L.c[k] for k in OF_LINE), *(C.c[k] for k in OF_CARD)
        )
        .join_from(L, P, P.c.id == L.c.person_id)
        .join(C, C.c.id == L.c.card_id)
        .where(L.c.list_id == list_id, L.c.state != "removed")
        .order_by(L.c.seq, L.c.id)
        .execution_options(yield_per=1000)
    )
