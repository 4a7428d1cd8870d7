"""The importer's memory and time, through the job runner as a person's upload goes: read, taken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.kit import server
from bench.kit.meter import Peak, measured
from bench.kit.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.accounts.models import Org
    from app.kernel.actor import Actor

SIZES = tuple(map(int, os.environ.get("BENCH_SIZES", "50000,500000").split(",")))
KINDS = os.environ.get("BENCH_KINDS", "list,registry").split(",")
BASES = os.environ.get("BENCH_BASES", "postgresql,sqlite").split(",")
MB = 1 << 20
SEEN_EVERY = 2.0
"""Seconds between two looks at the progress, as its page takes them."""


def rows(kind: str, n: int) -> Iterator[list[Any]]:
    """Sound rows of people who stand in no registry yet."""
    from app.kernel.types import YearMonth  # noqa: PLC0415
    from tests.engine import card, student  # noqa: PLC0415 - numbers with check digits

    month = YearMonth.parse("2026-09")
    for k in range(n):
        who = student(k)
        told = ["", who.name, who.id_no, "G" + who.id_no, "1"]
        if kind == "registry":
            yield [*told, "610102", "现代农艺技术", f"{k % 60}班", month, "01", None, ""]
        else:
            yield [*told, "现代农艺技术", f"{k % 60}班", None, None, 23000, card(k), who.name,
                   "中国建设银行", "105391000018", ""]  # fmt: skip


def write(path: Path, kind: str, n: int) -> None:
    from app.kernel.sheets import Meta, write_xlsx  # noqa: PLC0415
    from app.publicity.sheets import ENTRIES  # noqa: PLC0415
    from app.registry.sheets import STUDENTS  # noqa: PLC0415

    sheet = STUDENTS if kind == "registry" else ENTRIES
    write_xlsx(path, sheet.columns, rows(kind, n), Meta("名单"))


class Watch(threading.Thread):
    """What the page of a job would have shown while it ran."""

    def __init__(self, app: Any, job_id: int) -> None:
        super().__init__(daemon=True)
        self.app, self.job_id, self.over = app, job_id, threading.Event()
        self.seen: list[tuple[float, int, int, int | None]] = []

    def run(self) -> None:
        from app.kernel import jobs  # noqa: PLC0415
        from app.kernel.db import db  # noqa: PLC0415
        from app.kernel.job_models import Job  # noqa: PLC0415
        from app.kernel.scope import everyone  # noqa: PLC0415

        began = time.monotonic()
        while not self.over.wait(SEEN_EVERY):
            with self.app.app_context(), everyone("a measurement"):
                told = jobs.status(db.session.get_one(Job, self.job_id))
                db.session.remove()
            self.seen.append((time.monotonic() - began, told["done"], told["total"],
                              told["seconds_left"]))  # fmt: skip


def run_job(app: Any, home: Path | None, kind: str, actor: Actor, **args: Any) -> dict[str, Any]:
    """The job has run; what it cost, how far the process grew, what was seen of it."""
    from app.kernel import job_runner, jobs  # noqa: PLC0415
    from app.kernel.db import db  # noqa: PLC0415
    from app.kernel.job_models import Job  # noqa: PLC0415
    from app.kernel.scope import everyone  # noqa: PLC0415

    row = jobs.enqueue(kind, actor=actor, title=kind, **args)
    db.session.commit()
    watch = Watch(app, row.id)
    watch.start()
    with Peak() as peak, measured(home) as spent:
        job_runner.run(job_runner.claim())
    watch.over.set()
    watch.join()
    with everyone("a measurement"):
        done = db.session.get_one(Job, row.id, populate_existing=True)
        assert done.state == "done", (done.state, done.error)
    moved = [s for s in watch.seen if 0 < s[1] < s[2]]
    return {"wall": spent.wall, "client": spent.client, "server": spent.server,
            "before": peak.start / MB, "peak": peak.top / MB, "rise": peak.rise,
            "statements": spent.statements, "seen": moved}  # fmt: skip


def child(url: str, home: Path | None, kind: str, path: Path, n: int) -> dict[str, Any]:
    """The file goes from the store through both jobs."""
    from sqlalchemy import select  # noqa: PLC0415

    from app.accounts.models import CLERK  # noqa: PLC0415
    from app.kernel import files  # noqa: PLC0415
    from app.kernel.db import db  # noqa: PLC0415
    from app.publicity.models import Upload  # noqa: PLC0415
    from app.registry.models import RegistryUpload  # noqa: PLC0415
    from bench.kit.ground import a_school, acting, actor_at, face  # noqa: PLC0415

    app, model = face("staff", url), RegistryUpload if kind == "registry" else Upload
    with app.app_context():
        school = a_school()
        clerk = actor_at(school, CLERK)
        with path.open("rb") as stream:
            kept = files.keep(stream)
        with acting(clerk):
            place = _place(kind, school, clerk)
            asked = {"sha256": kept.sha256, "file_name": path.name} | place
            stage = run_job(app, home, f"stage_{kind}", clerk, **asked)
            upload = db.session.scalars(select(model).order_by(model.id.desc()).limit(1)).one()
            assert (upload.accepted, upload.rejected) == (n, 0), upload.problems[:3]
            asked = {"upload_id": upload.id, "all_or_nothing": True}
            db.session.commit()
            take = run_job(app, home, f"take_{kind}", clerk, **asked)
            assert db.session.get_one(model, upload.id, populate_existing=True).state == "taken"
    return {"stage": stage, "take": take}


def _place(kind: str, school: Org, clerk: Actor) -> dict[str, Any]:
    from app.kernel.db import db  # noqa: PLC0415
    from app.publicity import service  # noqa: PLC0415
    from bench.kit.lists import clear_month, month_of  # noqa: PLC0415

    if kind == "registry":
        return {"school": school.code}
    month = month_of()
    clear_month(month)
    made = service.draft_for(None, month, "GRANT", clerk)
    db.session.commit()
    return {"list_id": made.id}


def main() -> None:
    report = Report("memory", "What the importer's process grows to, and how long it takes")
    folder = Path(tempfile.gettempdir()) / "aid-bench"
    folder.mkdir(exist_ok=True)
    told: list[list[str]] = []
    seen: list[list[str]] = []
    with server.server() as home:
        for base in BASES:
            for kind in KINDS:
                for n in SIZES:
                    _measure(base, home, kind, n, folder, told, seen)
    report.table("Both jobs of an upload, one process, every person and card new",
                 ["database", "file", "rows", "file MB", "job", "wall s", "CPU s: program",
                  "database", "before MB", "peak RSS MB", "rise MB"], told)  # fmt: skip
    report.table("What the page of the reading job showed", ["database", "file", "rows", "after s",
                 "done", "of", "seconds left, said", "in truth"], seen)  # fmt: skip
    report.write()


def _measure(base: str, home: Path, kind: str, n: int, folder: Path, told: list[list[str]],
             seen: list[list[str]]) -> None:  # fmt: skip
    path = folder / f"{kind}{n}.xlsx"
    if not path.exists():
        write(path, kind, n)
    lite = folder / "memory.db"
    for old in folder.glob("memory.db*"):
        old.unlink() if old.is_file() else None
    url = f"sqlite:///{lite}" if base == "sqlite" else server.copy(home, "template0", "memory")
    _python("fill", url)
    came = json.loads(_python("run", url, str(home) if base != "sqlite" else "", kind, str(path),
                              str(n)).splitlines()[-1])  # fmt: skip
    for job, cost in came.items():
        told.append([base, kind, f"{n:,}", f"{path.stat().st_size / MB:.1f}", job,
                     *(f"{cost[k]:.1f}" for k in ("wall", "client", "server")),
                     *(f"{cost[k]:.0f}" for k in ("before", "peak", "rise"))])  # fmt: skip
        print(told[-1], flush=True)
    looks = came["stage"]["seen"]
    for at in sorted({len(looks) * part // 4 for part in (1, 2, 3)} if looks else ()):
        second, done, total, left = looks[at]
        seen.append([base, kind, f"{n:,}", f"{second:.0f}", f"{done:,}", f"{total:,}", str(left),
                     f"{came['stage']['wall'] - second:.0f}"])  # fmt: skip
    if base != "sqlite":
        server.drop(home, "memory")


def _python(*args: str) -> str:
    done = subprocess.run([sys.executable, "-m", "bench.memory", *args], capture_output=True,
                          text=True, check=False)  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return done.stdout


def called(verb: str, url: str, *rest: str) -> None:
    if verb == "fill":
        from bench.kit.ground import fill  # noqa: PLC0415

        fill(url, 10, 3_000, 2)
        return
    home, kind, path, n = rest
    print(json.dumps(child(url, Path(home) if home else None, kind, Path(path), int(n))))


if __name__ == "__main__":
    called(*sys.argv[1:]) if len(sys.argv) > 1 else main()
