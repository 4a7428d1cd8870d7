"""One column of a bank file: where its value comes from and how the bank wants it written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.kernel.i18n import _, _l

if TYPE_CHECKING:
    from app.payments.banks.fields import Fields

# What a column may show, and the word for it in a sentence. `extra.NAME` is added by the run.
LINE_SOURCES = {
    "ref": _l("我方流水号"),
    "seq": _l("序号"),
    "holder_name": _l("户名"),
    "card_no": _l("账号"),
    "bank_name": _l("开户行"),
    "cnaps": _l("联行号"),
    "id_no": _l("证件号"),
    "fen": _l("金额"),
    "purpose": _l("用途"),
    "remark": _l("备注"),
}
RUN_SOURCES = {
    "run_no": _l("批次号"),
    "date": _l("付款日期"),
    "made_at": _l("制单时间"),
    "month": _l("月份"),
    "payer_account": _l("付款账号"),
    "payer_name": _l("付款户名"),
    "payer_bank": _l("付款行"),
    "payer_cnaps": _l("付款行联行号"),
    "agreement_no": _l("代发协议号"),
    "run_purpose": _l("批次用途"),
    "file_no": _l("文件号"),
    "split": _l("本行跨行"),
    "constant": _l("固定值"),
}
TOTAL_SOURCES = {"count": _l("总笔数"), "sum": _l("总金额")}
ROW_SOURCES = {"row": _l("文件内行号")}
DETAIL = frozenset((*LINE_SOURCES, *RUN_SOURCES, *ROW_SOURCES))
RECORD = frozenset((*RUN_SOURCES, *TOTAL_SOURCES))
LABELS = LINE_SOURCES | RUN_SOURCES | TOTAL_SOURCES | ROW_SOURCES

MONEY = {"fen": "yuan2", "sum": "yuan2"}
WHOLE = {"seq": "int", "row": "int", "count": "int", "file_no": "int"}
DATES = {"date": "date", "made_at": "date"}
USUAL = MONEY | WHOLE | DATES
KINDS = ("", "same_bank", "other_bank")


@dataclass(frozen=True, slots=True)
class Column:
    """Widths and max_bytes count bytes in the file's encoding, max_chars counts characters.

    `only` limits the column to lines of that kind; lines of the other kind show `otherwise`
    (or the value of `otherwise_source`). `wrap` puts text around a value that is not empty;
    around a constant always, which is how fixed XML is written.
    """

    source: str
    title: str = ""
    format: str = "text"
    date_format: str = "%Y%m%d"
    constant: str = ""
    width: int | None = None
    pad: str = " "
    align: str = "left"
    required: bool = False
    max_bytes: int | None = None
    max_chars: int | None = None
    only: str = ""
    otherwise: str = ""
    otherwise_source: str = ""
    spaces: bool = True
    as_text: bool = False
    wrap: str = ""

    @classmethod
    def parse(cls, f: Fields, allowed: frozenset[str]) -> Column:
        """The column those keys describe; the first wrong key is refused by name."""
        source = source_of(f, "source", allowed)
        column = cls(
            source=source,
            title=f.text("title", ""),
            format=format_of(f, source),
            date_format=f.text("date_format", "%Y%m%d"),
            constant=f.text("constant", ""),
            width=f.whole("width", None, 1, 4000),
            pad=f.text("pad", " "),
            align=f.text("align", "left", ("left", "right")),
            required=f.flag("required"),
            max_bytes=f.whole("max_bytes", None, 1, 32767),
            max_chars=f.whole("max_chars", None, 1, 32767),
            only=f.text("only", "", KINDS),
            otherwise=f.text("otherwise", ""),
            otherwise_source=source_of(f, "otherwise_source", allowed, ""),
            spaces=f.flag("spaces", True),
            as_text=f.flag("as_text"),
            wrap=f.text("wrap", ""),
        )
        column.check(f)
        return column

    def check(self, f: Fields) -> None:
        """Settings that contradict each other are refused."""
        if len(self.pad) != 1 or not self.pad.isascii() or not self.pad.isprintable():
            raise f.wrong("pad", _("应为一个半角字符"))
        if self.constant and self.source != "constant":
            raise f.wrong("constant", _("只能和 source=constant 一起用"))
        if (self.otherwise or self.otherwise_source) and not self.only:
            raise f.wrong("otherwise", _("要先用 only 说明本列给哪一类收款账户"))
        if self.only and self.format != "text":
            raise f.wrong("only", _("只能用于文字列"))
        if self.wrap.count("{}") > 1:
            raise f.wrong("wrap", _("里 {} 最多出现一次"))
        f.done()

    @property
    def label(self) -> str:
        return str(LABELS.get(self.source, self.title or self.source))

    @property
    def fixed(self) -> bool:
        """The same in every line, whatever the line says."""
        return self.source == "constant" and not self.only


def source_of(f: Fields, key: str, allowed: frozenset[str], default: str | None = None) -> str:
    """A known source, or an extra of the run (`extra.NAME`)."""
    source = f.text(key) if default is None else f.text(key, default)
    known = source in allowed or source == default
    if known or (source.startswith("extra.") and source != "extra."):
        return source
    raise f.wrong(key, _("没有“%(source)s”这个数据来源", source=source))


def format_of(f: Fields, source: str) -> str:
    """How a value of that source is written; money and dates have no plain text form."""
    if source in MONEY:
        return f.text("format", "yuan2", ("yuan2", "fen"))
    if source in DATES:
        return f.text("format", "date", ("date",))
    if source in WHOLE:
        return f.text("format", "int", ("int", "text"))
    return f.text("format", "text", ("text",))
