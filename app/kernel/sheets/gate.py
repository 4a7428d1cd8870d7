"""What a file is, by its first bytes and not by its name; everything but a table is refused."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Literal

from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.sheets.package import damaged, encrypted
from app.kernel.sheets.survey import calls_out, not_a_workbook

if TYPE_CHECKING:
    from pathlib import Path

    from app.kernel.sheets.declare import Limit

Kind = Literal["xlsx", "xls", "csv"]

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WEB = re.compile(rb"<(?:!doctype\s+html|html|head|table|meta|body|style|div)\b", re.IGNORECASE)
_OTHERS = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"Rar!",
    b"7z\xbc\xaf",
    b"GIF8",
    b"{\\rtf",
    b"\x1f\x8b",
)
_CALL = re.compile(r"(?:^|[\r\n,;\t])[\"']?\s*[=+\-@][^\r\n,;\t|]*\|[^\r\n,;\t!]*!")
_CHUNK = 1 << 20


def kind_of(path: Path, limit: Limit) -> Kind:
    """xlsx, xls or csv; anything else, and a file too big, is Refused."""
    size = path.stat().st_size
    if not size:
        raise Refused(_("文件是空的，请检查后重新上传"))
    if size > limit.file:
        raise Refused(_("文件超过%(n)s MB，请拆成几个文件再上传", n=limit.file >> 20))
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    if head.startswith(_OLE):
        refuse_old(path.read_bytes())
        return "xls"
    refuse_text(head)
    return "csv"


def refuse_old(content: bytes) -> None:
    """An old-style container holds more than workbooks; its streams tell by their names."""
    names = {name: name.encode("utf-16-le") in content for name in _STREAMS}
    if names["EncryptedPackage"] or names["EncryptionInfo"]:
        raise encrypted()
    if names["_VBA_PROJECT"]:
        raise Refused(_("文件带有宏，不能上传。请另存为不带宏的“Excel 工作簿（*.xlsx）”"))
    if not (names["Workbook"] or names["Book"]):
        raise not_a_workbook()


_STREAMS = ("EncryptedPackage", "EncryptionInfo", "_VBA_PROJECT", "Workbook", "Book")


def refuse_text(head: bytes) -> None:
    """Text that is no table of separated values."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if _WEB.search(head) or start.startswith((b"MIME-Version", b"From:")):
        raise Refused(
            _("这是网页格式（HTML）的文件，只是扩展名像表格。请用 Excel 打开，另存为 xlsx 再上传")
        )
    if start.startswith(b"<?xml") or b"urn:schemas-microsoft-com" in head:
        raise Refused(_("这是 XML 格式的文件。请用 Excel 打开，另存为 xlsx 再上传"))
    if start.startswith(_OTHERS):
        raise not_a_workbook()
    if not start:
        raise Refused(_("文件是空的，请检查后重新上传"))


def encoding_of(path: Path) -> str:
    """The encoding in which every byte of the text file can be read; Refused when there is none."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        tried = ["utf-16"]
    else:
        tried = ["utf-8-sig", "gb18030"]
    for encoding in tried:
        if _reads(path, encoding):
            return encoding
    raise not_a_workbook()


def _reads(path: Path, encoding: str) -> bool:
    decode = codecs.getincrementaldecoder(encoding)().decode
    rest = ""
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                rest = _look(rest + decode(chunk))
            _look(rest + decode(b"", final=True))
        except UnicodeDecodeError:
            return False
    return True


def _look(text: str) -> str:
    """The last, perhaps unfinished line; refuses bytes no text has and cells that call out."""
    if "\0" in text:
        raise not_a_workbook()
    if "|" in text and _CALL.search(text):
        raise calls_out()
    last = text[text.rfind("\n") + 1 :]
    if len(last) > _CHUNK:
        raise damaged()
    return last
