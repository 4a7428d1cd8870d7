"""The student registry as a file: its columns, their other names, what a row must agree on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.kernel import clock
from app.kernel.i18n import _, _l
from app.kernel.sheets import Column, Sheet
from app.kernel.types import Choice, IdNumber, Month, PersonName, RegNo, SchoolCode, Text
from app.registry.models import AT_SCHOOL, ENROLMENT_STATES, GRADES, STUDYING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

AHEAD = 3
"""Months by which leaving may be told before it happens: graduates are handled before summer.
What lies further ahead is a slip of the pen, and until then the student would go on being paid."""
GRADE_WORDS = {
    "一": "1", "二": "2", "三": "3", "1年级": "1", "2年级": "2", "3年级": "3",
    "高一": "1", "高二": "2", "高三": "3",
}  # fmt: skip
STATE_WORDS = {"在校": "01", "在籍": "01", "正常": "01", "转出": "10", "转学(转出)": "10",
               "辍学": "06", "参军保留学籍": "12"}  # fmt: skip

WHO = (
    Column("school_code", _l("学校标识码"), SchoolCode(), synonyms=("学校代码", "机构标识码")),
    Column("name", _l("姓名"), PersonName(), required=True, synonyms=("学生姓名",),
           example="林晓燕"),
    Column("id_no", _l("身份证件号"), IdNumber(), required=True,
           synonyms=("身份证号", "身份证号码", "证件号码"), example="350102200812010015"),
    Column("reg_no", _l("学籍号"), RegNo(), synonyms=("全国学籍号",)),
    Column("grade", _l("年级"), Choice(GRADES, also=GRADE_WORDS), required=True,
           synonyms=("所在年级", "就读年级"), example="一年级"),
)  # fmt: skip
WHERE = (
    Column("major", _l("专业名称"), Text(60), required=True, synonyms=("专业", "修读专业"),
           example="现代农艺技术"),
    Column("class_name", _l("班级"), Text(60), required=True, synonyms=("班级名称",),
           example="2026级农艺1班"),
)  # fmt: skip
"""Columns by which every file of a school tells its students."""

STUDENTS = Sheet(
    kind="students",
    title=_l("学籍名册"),
    noun=_l("学生"),
    columns=[
        *WHO,
        Column("major_code", _l("专业代码"), Text(10), example="610102"),
        *WHERE,
        Column("enrolled_in", _l("入学年月"), Month(), synonyms=("入学时间",), example="2026-09",
               note=_l("转入的学生填转入本校的年月，此前的月份由原学校发放")),
        Column("state", _l("学籍状态"), Choice(ENROLMENT_STATES, also=STATE_WORDS),
               synonyms=("学生状态", "异动类型"), example="在读",
               note=_l("不填：新学生为在读，已有的学生不变")),
        Column("left_in", _l("异动年月"), Month(), synonyms=("离校年月", "异动时间", "离校时间"),
               note=_l("休学、退学、毕业等从哪个月起，从该月起停发；复学填恢复发放的月份，不填即本月")),
        Column("remark", _l("备注"), Text(200), note=_l("只供学校自己看，不写入学籍")),
    ],
    notes=(
        _l("一名学生一行，按身份证件号识别；选填列不填的，保持系统中原有的内容。"),
        _l("文件中没有的学生不会被删除；离校的学生请填写学籍状态和异动年月。"),
    ),
)  # fmt: skip


def row_check(school_code: str) -> Callable[[dict[str, Any]], Iterator[tuple[str, str]]]:
    """The agreements of one row with the school it is uploaded for and within itself."""
    latest = clock.this_month() + AHEAD

    def check(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if values.get("school_code") not in (None, "", school_code):
            yield "school_code", _("不是本校的标识码（本校为%(code)s）", code=school_code)
        left, came = values.get("left_in"), values.get("enrolled_in")
        if sentence := _state_and_month(values.get("state"), left):
            yield "left_in", sentence
        elif left is not None and left > latest:
            yield "left_in", _("异动年月晚于%(month)s，请核对", month=latest)
        if left is not None and came is not None and left < came:
            yield "left_in", _("异动年月早于入学年月%(month)s，请核对", month=came)

    return check


def no_row_says_more(v: Mapping[str, Sequence[Any]], school_code: str) -> bool:
    """All these rows are of the school and of students who are there: nothing to agree on."""
    return (
        {None, "", school_code}.issuperset(v["school_code"])
        and {None, *STUDYING}.issuperset(v["state"])
        and {None}.issuperset(v["left_in"])
    )


def _state_and_month(state: str | None, left: object) -> str:
    """What does not go together, in a sentence; "" when all is well."""
    if left is None:
        if state is None or state in STUDYING:
            return ""
        return _("学籍状态为“%(state)s”的，须填异动年月（从该月起停发）",
                 state=ENROLMENT_STATES[state])  # fmt: skip
    if state is None:
        return _("填了异动年月的，须填学籍状态（休学、退学、毕业等）")
    if state == AT_SCHOOL:
        return _("学籍状态为“在读”的不填异动年月；已离校的请改学籍状态")
    return ""
