"""A bank profile: everything that makes one bank's files different from another's, as data."""

from __future__ import annotations

import hashlib
import json
import string
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.payments.banks.column import DETAIL, LINE_SOURCES, RECORD, Column
from app.payments.banks.fields import Fields
from app.payments.banks.layout import ENCODINGS, ResultLayout
from app.payments.banks.wellformed import check_xml

if TYPE_CHECKING:
    from app.payments.banks.lines import RunContext

CONTAINERS = ("xlsx", "xls", "csv", "txt", "xml")
NEWLINES = {"CRLF": "\r\n", "LF": "\n"}
SHEET_ROWS = {"xlsx": 1_000_000, "xls": 65_000}
SPLITS = ("", "by_bank", "same_only", "other_only")
NAME_FIELDS = ("run_no", "date", "month", "payer_account", "agreement_no", "file_no", "split")
UNSAFE = frozenset('/\\:*?"<>|') | {chr(n) for n in range(32)}
SHEET = frozenset("[]:*?/\\'")
Record = tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """How the package and the result file of one bank channel look.

    For sheets and XML, `encoding` is the character set the bank can hold behind the file.
    A `txt` without separator is a file of fixed widths. `head` and `trailer` are lines around
    the details, in sheets rows.
    """

    name: str
    title: str
    version: int
    bank_code: str
    container: str
    encoding: str
    columns: tuple[Column, ...]
    file_name: str
    newline: str = "CRLF"
    separator: str = ""
    row_end: str = ""
    header: bool = False
    head: tuple[Record, ...] = ()
    trailer: tuple[Record, ...] = ()
    max_rows_per_file: int | None = None
    min_rows_per_file: int = 1
    max_fen_per_file: int | None = None
    split: str = ""
    split_same: str = "same"
    split_other: str = "other"
    other_bank_needs: tuple[str, ...] = ()
    sheet_name: str = "Sheet1"
    note: str = ""
    results: ResultLayout | None = None

    @classmethod
    def parse(cls, data: object) -> Profile:
        """The profile those data describe, or a refusal that names the wrong field."""
        f = Fields(data)
        results = f.child("results")
        profile = cls(
            name=f.text("name"),
            title=f.text("title"),
            version=f.whole("version", 1, 1),
            bank_code=f.text("bank_code", ""),
            container=f.text("container", choices=CONTAINERS),
            encoding=f.text("encoding", choices=ENCODINGS),
            columns=tuple(Column.parse(c, DETAIL) for c in f.children("columns")),
            file_name=f.text("file_name"),
            newline=f.text("newline", "CRLF", NEWLINES),
            separator=f.text("separator", ""),
            row_end=f.text("row_end", ""),
            header=f.flag("header"),
            head=_records(f, "head"),
            trailer=_records(f, "trailer"),
            max_rows_per_file=f.whole("max_rows_per_file", None, 1),
            min_rows_per_file=f.whole("min_rows_per_file", 1, 1, 10_000),
            max_fen_per_file=f.whole("max_fen_per_file", None, 1),
            split=f.text("split", "", SPLITS),
            split_same=f.text("split_same", "same"),
            split_other=f.text("split_other", "other"),
            other_bank_needs=f.texts("other_bank_needs"),
            sheet_name=f.text("sheet_name", "Sheet1"),
            note=f.text("note", ""),
            results=ResultLayout.parse(results) if results else None,
        )
        profile.check(f)
        return profile

    def check(self, f: Fields) -> None:
        """What only shows when several fields are seen together."""
        _check_columns(self, f)
        _check_shape(self, f)
        _check_words(self, f)
        _check_limits(self, f)
        _check_file_name(self, f)
        if self.container == "xml":
            check_xml(self, f)
        f.done()

    @property
    def is_sheet(self) -> bool:
        return self.container in SHEET_ROWS

    @property
    def is_fixed(self) -> bool:
        return self.container == "txt" and not self.separator

    @property
    def codec(self) -> str:
        """The encoding of a piece in the middle of a file: the byte order mark is the file's."""
        return "utf-8" if self.encoding == "utf-8-sig" else self.encoding

    @property
    def line_end(self) -> str:
        return self.row_end + NEWLINES[self.newline]

    def shows(self, source: str) -> bool:
        """Whether a detail row says this of its line."""
        shown = any(source in (c.source, c.otherwise_source) for c in self.columns)
        return shown or source in self.other_bank_needs

    def split_label(self, same_bank: bool) -> str:
        return self.split_same if same_bank else self.split_other

    def file_name_for(self, context: RunContext, file_no: int, split: str) -> str:
        """The name of one file, with the container's ending."""
        values = {n: getattr(context, n, "") for n in NAME_FIELDS}
        values |= {"date": f"{context.date:%Y%m%d}", "file_no": file_no, "split": split}
        name = self.file_name.format_map(values)
        if set(name) & UNSAFE or name.startswith("."):
            raise Refused(_("文件名“%(name)s”里有不能用的字符", name=name))
        return name

    def to_dict(self) -> dict[str, Any]:
        """JSON-able; `Profile.parse` of it gives an equal profile."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain

    def fingerprint(self) -> str:
        """SHA-256 of the content: two profiles with the same one write the same files."""
        content = {k: v for k, v in self.to_dict().items() if k != "version"}
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _records(f: Fields, key: str) -> tuple[Record, ...]:
    """A list of records, each a list of columns."""
    records = []
    for n, columns in enumerate(f.items(key), 1):
        whole = Fields({"": columns}, f"{f.path}{key}[{n}]")
        records.append(tuple(Column.parse(c, RECORD) for c in whole.children("")))
    return tuple(records)


def _check_columns(profile: Profile, f: Fields) -> None:
    sources = {c.source for c in profile.columns}
    for needed in ("card_no", "fen"):
        if needed not in sources:
            raise f.wrong("columns", _("里缺少 %(source)s 列", source=needed))
    for source in profile.other_bank_needs:
        if source not in LINE_SOURCES:
            raise f.wrong("other_bank_needs", _("没有“%(source)s”这个数据来源", source=source))
    if profile.header and not all(c.title for c in profile.columns):
        raise f.wrong("columns", _("每列都要有 title，因为 header 为 true"))


def _check_shape(profile: Profile, f: Fields) -> None:
    if profile.container == "csv" and profile.separator not in (",", ";", "\t", "|"):
        raise f.wrong("separator", _("应为逗号、分号、制表符或竖线"))
    if profile.is_fixed:
        every = (*profile.columns, *(c for r in (*profile.head, *profile.trailer) for c in r))
        if any(c.width is None for c in every):
            raise f.wrong("columns", _("每列都要有 width，因为没有 separator（定长文件）"))
    if profile.is_sheet and any(c.width or c.wrap for c in profile.columns):
        raise f.wrong("columns", _("里的 width 和 wrap 不能用于电子表格"))
    if not profile.sheet_name or len(profile.sheet_name) > 31 or set(profile.sheet_name) & SHEET:
        raise f.wrong("sheet_name", _("应为 1 到 31 个字，不含 []:*?/\\"))


def _check_words(profile: Profile, f: Fields) -> None:
    """The profile's own words can be written in the profile's own encoding."""
    records = (*profile.head, *profile.trailer, profile.columns)
    for c in (column for record in records for column in record):
        own = f"{c.title}{c.constant}{c.otherwise}{c.wrap}{profile.separator}"
        try:
            own.encode(profile.codec)
        except UnicodeEncodeError:
            raise f.wrong("encoding", _("写不了列“%(column)s”里的字", column=c.label)) from None


def _check_limits(profile: Profile, f: Fields) -> None:
    most = profile.max_rows_per_file
    if profile.is_sheet and not (most and most <= SHEET_ROWS[profile.container]):
        raise f.wrong(
            "max_rows_per_file",
            _("必须填写，且不超过 %(rows)d", rows=SHEET_ROWS[profile.container]),
        )
    if most and most < 2 * profile.min_rows_per_file - 1:
        raise f.wrong("max_rows_per_file", _("太小：最后两个文件可能凑不够 min_rows_per_file"))
    for column in profile.columns:
        if column.source == "row" and column.width and (not most or most >= 10**column.width):
            raise f.wrong("max_rows_per_file", _("必须填写，且行号要放得进 row 列的 width"))


def _check_file_name(profile: Profile, f: Fields) -> None:
    """Only the known names, no attribute or index, no folder; files must not collide."""
    try:
        parts = [p for p in string.Formatter().parse(profile.file_name) if p[1] is not None]
        profile.file_name.format_map(dict.fromkeys(NAME_FIELDS, "x") | {"file_no": 1})
    except (ValueError, KeyError, IndexError, AttributeError):
        raise f.wrong("file_name", _("的花括号写法不对")) from None
    if any(name not in NAME_FIELDS for _text, name, _spec, _conversion in parts):
        raise f.wrong("file_name", _("只能用 %(names)s", names=" ".join(NAME_FIELDS)))
    used = {name for _text, name, _spec, _conversion in parts}
    if "file_no" not in used or (profile.split == "by_bank" and "split" not in used):
        raise f.wrong("file_name", _("要含 {file_no}（分本行跨行时还要含 {split}），否则会重名"))
