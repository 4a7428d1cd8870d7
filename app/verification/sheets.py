"""A file of suspicious records: its columns, and which school each row belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from app.kernel.i18n import _, _l
from app.kernel.sheets import Column, Sheet
from app.kernel.types import Choice, Fen, IdNumber, Month, PersonName, SchoolCode, Text
from app.verification.models import KIND_WORDS, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SUSPECTS = Sheet(
    kind="suspects",
    title=_l("异常数据"),
    noun=_l("记录"),
    columns=[
        Column("school_code", _l("学校标识码"), SchoolCode(), synonyms=("学校代码", "机构标识码"),
               note=_l("学校标识码和学校名称至少填一项")),
        Column("school_name", _l("学校名称"), Text(80), synonyms=("学校", "就读学校", "学校全称")),
        Column("name", _l("姓名"), PersonName(), required=True, synonyms=("学生姓名",),
               example="林晓燕"),
        Column("id_no", _l("身份证件号"), IdNumber(), required=True,
               synonyms=("身份证号", "身份证号码", "证件号码"), example="350102200812010015"),
        Column("kind", _l("异常类型"), Choice(KINDS, also=KIND_WORDS), required=True,
               synonyms=("疑似问题", "问题类型", "核查类型"), example="与高校学籍重复"),
        Column("clue", _l("异常说明"), Text(300), synonyms=("问题描述", "疑点说明", "备注"),
               example="2025年9月在某大学注册学籍"),
        Column("first_month", _l("起始年月"), Month(), synonyms=("起始月份",), example="2025-09"),
        Column("last_month", _l("截止年月"), Month(), synonyms=("截止月份",), example="2026-01"),
        Column("fen", _l("涉及金额（元）"), Fen(), synonyms=("涉及金额", "金额"), example=1000),
    ],
    notes=(
        _l("一名学生、一所学校、一种异常一行；两所学校都要核查的，各写一行。"),
        _l("系统按学校标识码或学校名称分到学校；查无此校或不在管辖范围内的行不写入，请按错误说明更正。"),
    ),
)  # fmt: skip


class Known(NamedTuple):
    """A school, and whether it lies below the bureau whose round it is."""

    id: int
    code: str
    name: str
    reached: bool


class Directory:
    """Every school there is, found by code or by name."""

    def __init__(self, schools: Iterable[Known]) -> None:
        self._by_code: dict[str, Known] = {}
        self._by_name: dict[str, list[Known]] = {}
        for school in schools:
            self._by_code[school.code] = school
            self._by_name.setdefault(_spelled(school.name), []).append(school)

    def find(self, values: dict[str, Any]) -> Known | None:
        """The school of a row that `problems` has nothing against."""
        if code := values["school_code"]:
            return self._by_code.get(code)
        return next(iter(self._by_name.get(_spelled(values["school_name"] or ""), ())), None)

    def problems(self, values: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Why the row belongs to no school of the bureau; and months that do not fit."""
        code, name = values["school_code"], values["school_name"]
        if found := self._astray(code, name):
            yield found
        first, last = values["first_month"], values["last_month"]
        if first is not None and last is not None and first > last:
            yield "last_month", _("截止年月早于起始年月，请核对")

    def _astray(self, code: str | None, name: str | None) -> tuple[str, str] | None:
        column = "school_code" if code else "school_name"
        if not code and not name:
            return column, _("请填写学校标识码或学校名称")
        named = self._by_name.get(_spelled(name or ""), [])
        school = self._by_code.get(code) if code else next(iter(named), None)
        if school is None:
            return column, _("系统中没有这所学校，请核对标识码或全称")
        if not school.reached:
            return column, _("这所学校不在您的管辖范围内，请交由它的上级主管部门核查")
        if not code and len(named) > 1:
            return column, _("有%(n)s所学校同名，请填写学校标识码", n=len(named))
        if code and name and _spelled(school.name) != _spelled(name):
            return "school_name", _("标识码是“%(school)s”的，与学校名称不符，请核对",
                                    school=school.name)  # fmt: skip
        return None


def _spelled(name: str) -> str:
    """A name as it is compared: blanks and the width of brackets make no difference."""
    return "".join(name.split()).replace("(", "（").replace(")", "）")
