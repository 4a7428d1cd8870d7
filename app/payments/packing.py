"""The package as it leaves the house: bank files, list of files, approval sheet; sealed or open.

The papers are made once and kept, so they are the same bytes whenever they are asked for. Before
anything is handed out the files are compared with the hashes on the run. A password is made for
each sealing, returned to be shown once, and kept nowhere. All that is kept lies sealed under the
platform's own keys, and goes from there to whoever asked without lying about in clear.
"""

from __future__ import annotations

import csv
import hashlib
import io
import secrets
import shutil
import zipfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import pyzipper
from sqlalchemy import select

from app.kernel import audit, clock, files
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.grid.declare import msgid
from app.kernel.i18n import _
from app.kernel.sheets.spooled import spooled
from app.kernel.types import yuan
from app.payments import exporting, hands, queries
from app.payments.models import RUN_KINDS, PayRun
from app.payments.paper.sheet import PaperFacts, PaperFile, approval_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.kernel.actor import Actor
    from app.payments.models import PayFile

SHEET, LIST = "approval.pdf", "manifest.csv"
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
"""Without what looks alike: the password is told by telephone."""
GROUPS, LETTERS = 4, 5
MADE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Sealed:
    """A sealed package: its hash, and the password that exists here and nowhere else."""

    sha256: str
    password: str


def papers(run: PayRun) -> dict[str, Path]:
    """Where the approval sheet and the list of files lie. Refused before the export."""
    made = queries.files_of(run.id)
    if not made:
        raise Refused(_("还没有生成银行文件：请选择银行格式后导出"))
    folder = folder_of(run)
    paths = {name: folder / name for name in (SHEET, LIST)}
    if not all(path.exists() for path in paths.values()):
        files.put(io.BytesIO(file_list(made)), paths[LIST])
        files.put(io.BytesIO(approval_sheet(facts_of(run, made))), paths[SHEET])
    return paths


def folder_of(run: PayRun) -> Path:
    """Beside the bank files, not among them: what lies there goes to the bank."""
    folder = files.store() / "papers" / str(run.id)
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


def carried(run: PayRun, file: PayFile, actor: Actor) -> IO[bytes]:
    """The bank file as this actor takes it away, which stands on the trail; Refused before the
    run is checked, but for who may check it. Whoever asks closes it."""
    hands.refuse_to_carry(run, actor)
    made = bank_file(run, file)
    audit.record("download", actor=actor, org_path=run.org_path, subject="pay_file",
                 subject_id=file.id, count=file.row_count, fen=file.fen, digest=file.sha256,
                 note=file.name)  # fmt: skip
    return made


def bank_file(run: PayRun, file: PayFile) -> IO[bytes]:
    """The bank file from its start, in clear; Refused when it is missing or is not what was
    exported, or when the key it was sealed with is not there. Whoever asks closes it."""
    path = exporting.folder_of(run) / file.name
    try:
        return files.opened(path, file.sha256)
    except FileNotFoundError:
        why = _("缺少文件 %(name)s", name=file.name)
    except files.Altered:
        why = _("文件 %(name)s 的内容已被改动", name=file.name)
    raise Refused(_("银行文件与导出时不一致，不能下载：%(why)s", why=why))


def whole(run: PayRun) -> IO[bytes]:
    """Everything in one open archive; the same bytes each time. Whoever asks closes it."""
    return spooled(lambda out: _write_whole(run, out))


def _write_whole(run: PayRun, out: IO[bytes]) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in _contents(run):
            info = zipfile.ZipInfo(name, MADE)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            with source, archive.open(info, "w") as taken:
                shutil.copyfileobj(source, taken)


def seal(run: PayRun) -> Sealed:
    """Everything in one AES-256 archive under a fresh password; an earlier one is gone."""
    password = "-".join(
        "".join(secrets.choice(ALPHABET) for _n in range(LETTERS)) for _g in range(GROUPS)
    )
    with spooled(lambda out: _write_sealed(run, out, password)) as made:
        sha256 = sha256_of(made)
        files.put(made, sealed_path(run))
    return Sealed(sha256, password)


def _write_sealed(run: PayRun, out: IO[bytes], password: str) -> None:
    with pyzipper.AESZipFile(
        out, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
    ) as archive:
        archive.setpassword(password.encode())
        archive.setencryption(pyzipper.WZ_AES, nbits=256)
        for name, source in _contents(run):
            with source, archive.open(name, "w") as taken:
                shutil.copyfileobj(source, taken)


def sha256_of(made: IO[bytes]) -> str:
    """The hash of what is in the stream, which stands at its start again."""
    made.seek(0)
    digest = hashlib.sha256()
    while piece := made.read(1 << 20):
        digest.update(piece)
    made.seek(0)
    return digest.hexdigest()


def sealed_path(run: PayRun) -> Path:
    """Where the sealed package lies, if there is one."""
    return folder_of(run) / f"R{run.id}-sealed.zip"


def _contents(run: PayRun) -> Iterator[tuple[str, IO[bytes]]]:
    yield from ((file.name, bank_file(run, file)) for file in queries.files_of(run.id))
    yield from ((f"papers/{name}", files.opened(path)) for name, path in papers(run).items())
