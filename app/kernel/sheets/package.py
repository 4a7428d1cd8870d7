"""An .xlsx is a zip of parts: opened with suspicion, inflated no further than it declares."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Self

from app.kernel.errors import Refused
from app.kernel.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.kernel.sheets.declare import Limit

CHUNK = 1 << 18
MOST_PARTS = 3_000
MOST_DIRECTORY = 1 << 20
SMALL_PART = 16 << 20
SUSPICIOUS = 250
"""How many times smaller a big part may be packed than it is; honest sheets stay under 100."""

_END = struct.Struct("<4s4H2LH")
_LOCAL = struct.Struct("<4s5H3L2H")


def damaged() -> Refused:
    return Refused(_("文件已损坏或不完整，请重新保存后再上传"))


class Package:
    """The parts of a zip that has passed the gate: sizes declared and true are the same."""

    def __init__(self, path: Path, limit: Limit) -> None:
        self._file = path.open("rb")
        try:
            self._check_directory(path.stat().st_size)
            self.parts = self._open_directory(limit)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def _check_directory(self, size: int) -> None:
        """The table of contents is looked at before anybody builds it in memory."""
        tail = os.pread(self._file.fileno(), 66_000, max(0, size - 66_000))
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) - at < _END.size:
            raise damaged()
        _sign, _d0, _d1, _here, parts, length, _from, _note = _END.unpack_from(tail, at)
        if parts > MOST_PARTS or length > MOST_DIRECTORY:
            raise Refused(_("文件内部结构异常，不予读取。请另存为新的 xlsx 文件再上传"))

    def _open_directory(self, limit: Limit) -> dict[str, zipfile.ZipInfo]:
        try:
            with zipfile.ZipFile(self._file) as directory:
                listed = directory.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
            raise damaged() from error
        parts = {info.filename.lstrip("/"): info for info in listed}
        if len(parts) != len(listed) or any(info.compress_type not in (0, 8) for info in listed):
            raise Refused(_("文件内部结构异常，不予读取。请另存为新的 xlsx 文件再上传"))
        if any(info.flag_bits & 1 for info in listed):
            raise encrypted()
        self._weigh(listed, limit)
        return parts

    def _weigh(self, listed: list[zipfile.ZipInfo], limit: Limit) -> None:
        for info in listed:
            if info.file_size > SMALL_PART and info.file_size > SUSPICIOUS * info.compress_size:
                raise bomb()
        if sum(info.file_size for info in listed) > limit.inflated:
            raise bomb()

    def inflate(self, name: str) -> Iterator[bytes]:
        """The bytes of one part; Refused when they are not what the directory declares."""
        info = self.parts[name]
        size = crc = 0
        for piece in self._pieces(info):
            size += len(piece)
            if size > info.file_size:
                raise damaged()
            crc = zlib.crc32(piece, crc)
            yield piece
        if size != info.file_size or crc != info.CRC:
            raise damaged()

    def _pieces(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        if info.compress_type == zipfile.ZIP_STORED:
            yield from self._packed(info)
            return
        engine = zlib.decompressobj(-15)
        try:
            for packed in self._packed(info):
                rest = packed
                while rest:
                    yield engine.decompress(rest, CHUNK)
                    rest = engine.unconsumed_tail
            yield engine.flush()
        except zlib.error as error:
            raise damaged() from error

    def _packed(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        handle, at = self._file.fileno(), info.header_offset
        head = os.pread(handle, _LOCAL.size, at)
        if len(head) < _LOCAL.size or not head.startswith(b"PK\x03\x04"):
            raise damaged()
        *_skip, name, extra = _LOCAL.unpack(head)
        at += _LOCAL.size + name + extra
        end = at + info.compress_size
        while at < end:
            packed = os.pread(handle, min(CHUNK, end - at), at)
            if not packed:
                raise damaged()
            at += len(packed)
            yield packed

    def whole(self, name: str, most: int = SMALL_PART) -> bytes:
        """A part that is read as one piece of memory, or Refused when it is too big for that."""
        if self.parts[name].file_size > most:
            raise bomb()
        return b"".join(self.inflate(name))


def bomb() -> Refused:
    return Refused(
        _("文件解压后过大，不予读取。请删去多余的空行、空列和格式，或拆成几个文件再上传")
    )


def encrypted() -> Refused:
    return Refused(_("文件设有打开密码。请用 Excel 打开，去掉密码（文件→信息→保护工作簿）后再上传"))
