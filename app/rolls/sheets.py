"""A department's roll as a file: its columns and the other names departments give them."""

from __future__ import annotations

from app.kernel.i18n import _l
from app.kernel.sheets import Column, Sheet
from app.kernel.types import IdNumber, PersonName, Text

ENTRIES = Sheet(
    kind="roll",
    title=_l("困难学生名册"),
    noun=_l("人员"),
    columns=[
        Column("name", _l("姓名"), PersonName(), required=True,
               synonyms=("学生姓名", "人员姓名", "成员姓名"), example="林晓燕"),
        Column("id_no", _l("身份证件号"), IdNumber(), required=True,
               synonyms=("身份证号", "身份证号码", "证件号码", "公民身份号码"),
               example="350102200812010015"),
        Column("county", _l("户籍所在县"), Text(40),
               synonyms=("县（市、区）", "县(市、区)", "户籍县", "县区", "区县"), example="闽侯县"),
        Column("village", _l("乡镇和村（社区）"), Text(60),
               synonyms=("乡镇村", "乡（镇）村", "村（社区）", "村居", "乡镇"),
               example="白沙镇孔元村"),
        Column("household_no", _l("户编号"), Text(30),
               synonyms=("家庭编号", "户号", "低保证号"), example="3501210012"),
        Column("householder", _l("户主姓名"), Text(50), synonyms=("户主",), example="林建国"),
        Column("remark", _l("备注"), Text(200), note=_l("只供核对，不写入名册")),
    ],
    notes=(
        _l("一人一行，按身份证件号识别；不必先筛出学生，不在学籍中的人会单独列出。"),
        _l("选填列不填的，保持名册中原有的内容；文件中没有的人不会被删除。"),
    ),
)  # fmt: skip
