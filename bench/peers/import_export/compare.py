"""The same file through Django's import-export and through ours, in one run on one server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.importing import Ground
from bench.kit import server
from bench.kit.ground import face, province
from bench.kit.report import Report

HERE = Path(__file__).resolve().parent
ROWS = int(os.environ.get("BENCH_PEER_ROWS", "10000"))
MODES = {"default": "default: dry run with preview, then import, with history",
         "bulk": "every bulk switch on, no preview, no history"}  # fmt: skip


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


def peer(python: str, home: Path, path: Path, mode: str) -> dict[str, float]:
    server.copy(home, "template0", "peer")
    done = subprocess.run([python, str(HERE / "peer.py"), str(path), mode, str(home)],
                          capture_output=True, text=True, check=True)  # fmt: skip
    server.drop(home, "peer")
    told: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    assert told["rows"] == ROWS
    return told


def main() -> None:
    report = Report("peers/import_export/compare", f"Beside django-import-export, {ROWS:,} rows")
    python = interpreter()
    folder = Path(tempfile.gettempdir()) / "aid-bench" / "peer-files"
    folder.mkdir(exist_ok=True, parents=True)
    with server.server() as home:
        url = server.copy(home, province(home), "beside")
        ground = Ground(face("staff", url), home, folder, (ROWS,))
        ours = ground.once(ROWS)["both"]
        ground.let_go()
        server.drop(home, "beside")
        rows = [["ours: all checks, encryption, preview held, findings, seal", *ours.cells(),
                 "1.0"]]  # fmt: skip
        for mode, words in MODES.items():
            told = peer(python, home, ground.files[ROWS], mode)
            cpu = told["client"] + told["server"]
            rows.append([words, f"{told['wall']:.2f}", f"{cpu:.2f}", f"{told['client']:.2f}",
                         f"{told['server']:.2f}", f"{cpu / ours.cpu:.1f}"])  # fmt: skip
    report.table("24 columns, PostgreSQL", ["", "wall s", "CPU s", "program", "database",
                                            "x ours, CPU"], rows)  # fmt: skip
    report.write()


if __name__ == "__main__":
    main()
