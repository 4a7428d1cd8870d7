"""The public face under load: notice board, a notice, the personal query. Needs `wrk` (or `WRK`)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sqlalchemy import and_, select

from app.accounts.models import Org
from app.kernel import clock
from app.kernel.db import db
from app.kernel.scope import everyone
from app.publicity.models import AidLine, AidList
from app.registry.models import Person
from bench.kit import server
from bench.kit.ground import face, province
from bench.kit.meter import median_ms, statements
from bench.kit.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

SECONDS, CONNECTIONS, PORT = 5, 16, int(os.environ.get("BENCH_PORT", "18099"))
WORKERS, THREADS = 2, 4


def questions(count: int) -> list[dict[str, str]]:
    """What so many students would type; every tenth gets his school wrong."""
    source = (
        select(AidLine.name, Person.id_no, Org.code)
        .join(AidList, AidList.id == AidLine.list_id)
        .join(Person, Person.id == AidLine.person_id)
        .join(Org, Org.id == AidList.school_id)
        .where(AidLine.id % 997 == 0, AidList.state == "confirmed")
        .limit(count)
    )
    with everyone("a measurement"):
        rows = list(db.session.execute(source))
    return [{"name": n, "id_no": i, "school": "3635999999" if k % 10 == 0 else s}
            for k, (n, i, s) in enumerate(rows)]  # fmt: skip


def a_notice() -> tuple[int, int]:
    """The open notice with the most lines."""
    shown = and_(AidList.state == "published", AidList.closes_on >= clock.today())
    with everyone("a measurement"):
        found = select(AidList.id, AidList.line_count).where(shown)
        row = db.session.execute(found.order_by(AidList.line_count.desc()).limit(1)).first()
    return (int(row[0]), int(row[1])) if row else (0, 0)


@contextmanager
def serving(url: str) -> Iterator[str]:
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--log-level",
               "error", "--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--port",
               str(PORT), "bench.kit.served:app"]  # fmt: skip
    child = subprocess.Popen(command, env=os.environ | {"BENCH_URL": url})
    try:
        _wait()
        yield f"http://127.0.0.1:{PORT}"
    finally:
        child.terminate()
        child.wait(timeout=20)


def _wait() -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=2).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise SystemExit("the public face did not start")


def pressed(wrk: str, url: str, script: Path | None = None) -> list[str]:
    """Requests a second, p50 and p99, and answers that were not 2xx."""
    more = ["-s", str(script)] if script else []
    done = subprocess.run([wrk, "-t2", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", *more,
                           url], capture_output=True, text=True, check=True).stdout  # fmt: skip

    def found(pattern: str, default: str = "") -> str:
        match = re.search(pattern, done)
        return match[1] if match else default

    return [found(r"Requests/sec:\s+([\d.]+)"), found(r"50%\s+(\S+)"), found(r"99%\s+(\S+)"),
            found(r"Non-2xx or 3xx responses: (\d+)", "0")]  # fmt: skip


def script_of(asked: list[dict[str, str]], folder: Path) -> Path:
    bodies = ",\n".join(f'"{urlencode(q)}"' for q in asked)
    path = folder / "ask.lua"
    path.write_text(
        f"local bodies = {{{bodies}}}\nlocal n = 0\nrequest = function()\n  n = n % #bodies + 1\n"
        '  return wrk.format("POST", "/query", {["Content-Type"] = '
        '"application/x-www-form-urlencoded"}, bodies[n])\nend\n'
    )
    return path


def in_process(app: Flask, pages: dict[str, tuple[str, dict[str, str] | None]]) -> list[list[str]]:
    client, rows = app.test_client(), []
    for name, (path, form) in pages.items():

        def ask(path: str = path, form: dict[str, str] | None = form) -> int:
            return (client.post(path, data=form) if form else client.get(path)).status_code

        with statements() as said:
            status = ask()
        rows.append([name, str(status), str(len(said)), f"{median_ms(15, ask):.1f}"])
    return rows


def main() -> None:
    report = Report("public", "The public face at the size of the province")
    wrk = os.environ.get("WRK") or shutil.which("wrk")
    with server.server() as home:
        url = server.copy(home, province(home), "public")
        app = face("public", url)
        with app.app_context():
            asked, (notice, lines) = questions(1000), a_notice()
            db.session.remove()
        pages = {
            "start page": ("/", None), "notice board (500 notices)": ("/notices", None),
            f"a notice of {lines} students": (f"/notices/{notice}", None),
            "query form": ("/query", None), "query, found": ("/query", asked[1]),
            "query, not found": ("/query", asked[0]),
        }  # fmt: skip
        report.table("One request, in process, warm", ["page", "status", "statements", "p50 ms"],
                     in_process(app, pages))  # fmt: skip
        if wrk:
            under_load(report, wrk, url, asked, notice, lines)
        with app.app_context():
            db.engine.dispose()
        server.drop(home, "public")
    report.write()


def under_load(report: Report, wrk: str, url: str, asked: list[dict[str, str]], notice: int,
               lines: int) -> None:  # fmt: skip
    with serving(url) as base, tempfile.TemporaryDirectory() as folder:
        rows = [
            ["start page", *pressed(wrk, f"{base}/")],
            [f"a notice of {lines} students", *pressed(wrk, f"{base}/notices/{notice}")],
            ["query (9 in 10 found), written to the trail",
             *pressed(wrk, f"{base}/query", script_of(asked, Path(folder)))],
        ]  # fmt: skip
    report.table(
        f"wrk, {CONNECTIONS} connections, {SECONDS} s, granian {WORKERS} x {THREADS}; client, "
        "server and database on the same cores; rate limits off",
        ["page", "requests/s", "p50", "p99", "not 2xx"], rows,
    )  # fmt: skip


if __name__ == "__main__":
    main()
