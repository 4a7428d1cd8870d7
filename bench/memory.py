"""The importer's memory: how far a process grows over a file of 50,000 rows and one of 500,000."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.kernel.sheets import Meta, write_xlsx
from app.publicity.sheets import ENTRIES
from bench.kit.meter import Peak, measured
from bench.kit.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = tuple(map(int, os.environ.get("BENCH_SIZES", "50000,500000").split(",")))
MB = 1 << 20


def rows(n: int) -> Iterator[list[Any]]:
    """Sound rows of people who stand in no registry."""
    from tests.engine import card, student  # noqa: PLC0415 - numbers with check digits

    for k in range(n):
        who = student(k)
        yield ["3635000001", who.name, who.id_no, "G" + who.id_no, "1", "现代农艺技术",
               f"{k % 60}班", 24322, 24322, 23000, card(k), who.name, "中国建设银行",
               "105391000018", ""]  # fmt: skip


def write(path: Path, n: int) -> None:
    from app.kernel.types import YearMonth  # noqa: PLC0415

    def whole() -> Iterator[list[Any]]:
        for row in rows(n):
            row[7] = row[8] = YearMonth.parse("2026-09")
            yield row

    write_xlsx(path, ENTRIES.columns, whole(), Meta("名单"))


def child(path: str) -> None:
    """Reads and stages the file into SQLite, says what it cost."""
    from app.factory import build  # noqa: PLC0415
    from app.kernel import bulk  # noqa: PLC0415
    from app.kernel.db import db  # noqa: PLC0415
    from app.kernel.keyring import Keyring  # noqa: PLC0415
    from app.kernel.sheets import read  # noqa: PLC0415
    from app.kernel.types import YearMonth  # noqa: PLC0415
    from app.publicity.models import StagedLine  # noqa: PLC0415
    from app.publicity.sheets import row_check  # noqa: PLC0415
    from app.publicity.staging import COLUMNS, Tally  # noqa: PLC0415

    folder = tempfile.mkdtemp(prefix="aid-bench-")
    app = build("staff", SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder}/memory.db",
                KEYRING=Keyring.fresh(), SECRET_KEY="x" * 40)  # fmt: skip
    month = YearMonth.parse("2026-09")
    with app.app_context():
        db.create_all()
        db.session.commit()
        with Peak() as peak, measured() as spent:
            check = row_check("3635000001", month, month)
            with read(path, ENTRIES, limit=500_000, check=check) as reading:
                tally = Tally(1, month, month)
                loaded = bulk.load(StagedLine.__table__, COLUMNS, tally.good(reading.rows))
                db.session.commit()
            reader, counts = reading.reader, reading.counts
    top = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{loaded}|{counts.refused}|{reader}|{peak.start // MB}|{top}|{peak.rise:.0f}|"
          f"{spent.wall:.1f}|{spent.client:.1f}")  # fmt: skip


def main() -> None:
    report = Report("memory", "What the importer's process grows to")
    folder = Path(tempfile.gettempdir()) / "aid-bench"
    folder.mkdir(exist_ok=True)
    told = []
    for n in SIZES:
        path = folder / f"memory{n}.xlsx"
        if not path.exists():
            write(path, n)
        done = subprocess.run([sys.executable, "-m", "bench.memory", str(path)],
                              capture_output=True, text=True, check=True)  # fmt: skip
        cells = done.stdout.strip().split("|")
        told.append([f"{n:,}", f"{path.stat().st_size / MB:.1f}", *cells])
    report.table("Read, checked, encrypted, staged (15 columns, SQLite)",
                 ["rows", "file MB", "staged", "refused", "reader", "before MB", "peak RSS MB",
                  "rise MB", "wall s", "CPU s"], told)  # fmt: skip
    report.write()


if __name__ == "__main__":
    child(sys.argv[1]) if len(sys.argv) > 1 else main()
