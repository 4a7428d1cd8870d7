"""The same file through Django's import-export and through ours, in one run on one server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.importing import Ground
from bench.kit import server
from bench.kit.ground import face, province
from bench.kit.meter import best_of
from bench.kit.report import Report

if TYPE_CHECKING:
    from bench.kit.meter import Spent

HERE = Path(__file__).resolve().parent
BULK = int(os.environ.get("BENCH_PEER_ROWS", "50000"))
SLOW = int(os.environ.get("BENCH_PEER_SLOW_ROWS", "5000"))
"""The default way takes minutes for these already; nothing is reckoned up from them."""
TIMES = int(os.environ.get("BENCH_TIMES", "3"))
MODES = {"bulk": (BULK, "every bulk switch on, no preview, no history"),
         "default": (SLOW, "default: dry run with preview, then import, with history")}  # fmt: skip
OURS = "ours: all checks, encryption, preview held, findings, seal"
HEAD = ["", "wall s", "CPU s", "program", "database", "x ours, CPU", "x ours, wall"]


def interpreter() -> str:
    """A Python that has the peers installed, in an environment of their own."""
    if given := os.environ.get("BENCH_PEER_PYTHON"):
        return given
    folder = Path(tempfile.gettempdir()) / "aid-bench" / "peers"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "-r",
                        str(HERE / "requirements.txt")], check=True)  # fmt: skip
    return str(python)


def peer(python: str, home: Path, path: Path, mode: str, rows: int) -> dict[str, float]:
    server.copy(home, "template0", "peer")
    done = subprocess.run([python, str(HERE / "peer.py"), str(path), mode, str(home)],
                          capture_output=True, text=True, check=False)  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    server.drop(home, "peer")
    told: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    assert told["rows"] == rows
    return told


def main() -> None:
    report = Report("peers/import_export/compare", "Beside django-import-export, the same files")
    python = interpreter()
    folder = Path(tempfile.gettempdir()) / "aid-bench" / "peer-files"
    folder.mkdir(exist_ok=True, parents=True)
    with server.server() as home:
        url = server.copy(home, province(home), "beside")
        ground = Ground(face("staff", url), home, folder, tuple({n for n, _w in MODES.values()}))
        for mode, (rows, words) in MODES.items():
            ours = best_of(TIMES, lambda rows=rows: _ours(ground, rows))
            told = peer(python, home, ground.files[rows], mode, rows)
            report.table(f"{rows:,} rows of 24 columns, PostgreSQL", HEAD,
                         [[OURS, *ours.cells(), "1.0", "1.0"], _row(words, told, ours)])  # fmt: skip
        ground.let_go()
        server.drop(home, "beside")
    report.write()


def _ours(ground: Ground, rows: int) -> Spent:
    spent = ground.once(rows)["both"]
    ground.clear()
    return spent


def _row(words: str, told: dict[str, float], ours: Spent) -> list[str]:
    cpu = told["client"] + told["server"]
    return [words, f"{told['wall']:.2f}", f"{cpu:.2f}", f"{told['client']:.2f}",
            f"{told['server']:.2f}", f"{cpu / ours.cpu:.1f}",
            f"{told['wall'] / ours.wall:.1f}"]  # fmt: skip


if __name__ == "__main__":
    main()
