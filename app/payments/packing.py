"""The package as it leaves the house: bank files, list of files, approval sheet; sealed or open.

The papers are made once and kept, so they are the same bytes whenever they are asked for. Before
anything is handed out the files are compared with the hashes on the run. A password is made for
each sealing, returned to be shown once, and kept nowhere.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import secrets
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyzipper
from sqlalchemy import select

from app.kernel import audit, clock
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.files import store
from app.kernel.grid.declare import msgid
from app.kernel.i18n import _, joined
from app.kernel.types import yuan
from app.payments import exporting, queries
from app.payments.banks import altered
from app.payments.models import RUN_KINDS, PayRun
from app.payments.paper.sheet import PaperFacts, PaperFile, approval_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.payments.models import PayFile

SHEET, LIST = "approval.pdf", "manifest.csv"
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
"""Without what looks alike: the password is told by telephone."""
GROUPS, LETTERS = 4, 5
MADE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Sealed:
    """A sealed package; the password exists here and nowhere else."""

    path: Path
    sha256: str
    password: str


def papers(run: PayRun) -> dict[str, Path]:
    """The approval sheet and the list of files, each on its path. Refused before the export."""
    files = queries.files_of(run.id)
    if not files:
        raise Refused(_("还没有生成银行文件：请选择银行格式后导出"))
    folder = folder_of(run)
    paths = {name: folder / name for name in (SHEET, LIST)}
    if not all(path.exists() for path in paths.values()):
        _put(paths[LIST], file_list(files))
        _put(paths[SHEET], approval_sheet(facts_of(run, files)))
    return paths


def folder_of(run: PayRun) -> Path:
    """Beside the bank files, not among them: what lies there goes to the bank."""
    folder = store() / "papers" / str(run.id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def file_list(files: list[PayFile]) -> bytes:
    """One line a file, then the sums; for a spreadsheet."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(("文件", "笔数", "金额（元）", "SHA-256"))
    table.writerows((f.name, f.row_count, _plain(f.fen), f.sha256) for f in files)
    rows, fen = sum(f.row_count for f in files), sum(f.fen for f in files)
    table.writerow(("合计", rows, _plain(fen), ""))
    return out.getvalue().encode("utf-8-sig")


def _plain(fen: int) -> str:
    return yuan(fen).replace(",", "")


def facts_of(run: PayRun, files: list[PayFile]) -> PaperFacts:
    """What the paper says, as it was settled by the export; accounts, not names, which change."""
    title = (run.profile_data or {}).get("title", run.profile)
    rows, fen = sum(f.row_count for f in files), sum(f.fen for f in files)
    moment = run.exported_at and clock.moment_of(run.exported_at).astimezone(clock.SHANGHAI)
    return PaperFacts(
        bureau=str(run.bureau), run_no=f"R{run.id}", month=str(run.month),
        programme=str(run.programme), kind=msgid(RUN_KINDS[run.kind]),
        layout=f"{title} 第{run.profile_edition}版", opened_by=run.created_by,
        exported_by=_exporter(run), exported_at=f"{moment:%Y-%m-%d %H:%M}" if moment else "",
        digest=run.digest, left_out=(run.line_count - rows, run.total_fen - fen),
        files=tuple(PaperFile(f.name, f.row_count, f.fen, f.sha256) for f in files),
    )  # fmt: skip


def _exporter(run: PayRun) -> str:
    made = select(Event.actor).where(
        Event.subject == PayRun.__tablename__, Event.subject_id == run.id,
        Event.verb == "export", Event.outcome == audit.OK,
    )  # fmt: skip
    return db.session.scalar(made.limit(1)) or ""


def checked_files(run: PayRun, files: list[PayFile]) -> list[Path]:
    """Where these bank files of the run lie; Refused when one is missing or is not what was
    exported."""
    folder = exporting.folder_of(run)
    listed = [{"file": f.name, "sha256": f.sha256} for f in files]
    if faults := altered(listed, folder):
        raise Refused(_("银行文件与导出时不一致，不能下载：%(why)s", why=joined(faults[:3])))
    return [folder / f.name for f in files]


def whole(run: PayRun) -> Path:
    """Everything in one open archive; the same bytes each time."""
    path = folder_of(run) / f"R{run.id}.zip"
    with _replacing(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in _contents(run):
            info = zipfile.ZipInfo(name, MADE)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            with source.open("rb") as given, archive.open(info, "w") as taken:
                shutil.copyfileobj(given, taken)
    return path


def seal(run: PayRun) -> Sealed:
    """Everything in one AES-256 archive under a fresh password; an earlier one is gone."""
    password = "-".join(
        "".join(secrets.choice(ALPHABET) for _n in range(LETTERS)) for _g in range(GROUPS)
    )
    path = sealed_path(run)
    with _replacing(path) as part, pyzipper.AESZipFile(
        part, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
    ) as archive:  # fmt: skip
        archive.setpassword(password.encode())
        archive.setencryption(pyzipper.WZ_AES, nbits=256)
        for name, source in _contents(run):
            archive.write(source, name)
    return Sealed(path, sha256_of(path), password)


def sha256_of(path: Path) -> str:
    with path.open("rb") as made:
        return hashlib.file_digest(made, "sha256").hexdigest()


def sealed_path(run: PayRun) -> Path:
    """Where the sealed package lies, if there is one."""
    return folder_of(run) / f"R{run.id}-sealed.zip"


def _contents(run: PayRun) -> Iterator[tuple[str, Path]]:
    yield from ((path.name, path) for path in checked_files(run, queries.files_of(run.id)))
    yield from ((f"papers/{name}", path) for name, path in papers(run).items())


def _put(path: Path, content: bytes) -> None:
    with _replacing(path) as part:
        part.write_bytes(content)


class _replacing:  # noqa: N801  (read as a word: with _replacing(path) as part)
    """What is written to the part stands at the path when all went well, else nothing does."""

    def __init__(self, path: Path) -> None:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        os.close(handle)
        self.path, self.part = path, Path(name)

    def __enter__(self) -> Path:
        return self.part

    def __exit__(self, kind: object, *_rest: object) -> None:
        if kind is None:
            self.part.replace(self.path)
        else:
            self.part.unlink(missing_ok=True)
