"""A school's file from the upload to the lines of its list: read, checked, cross-checked, loaded."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from python_calamine import CalamineWorkbook
from sqlalchemy import delete, select, text

from app.accounts.models import CLERK
from app.kernel import bulk
from app.kernel.db import db
from app.kernel.scope import everyone
from app.publicity import service
from app.publicity.models import AidLine, AidList, Finding
from bench.kit import server
from bench.kit.ground import (
    MONTHS,
    SCHOOLS,
    STUDENTS,
    a_school,
    acting,
    actor_at,
    face,
    fill,
    province,
    tidy,
)
from bench.kit.lists import clear_month, gather, month_of, write_book
from bench.kit.meter import HEAD, Spent, measured
from bench.kit.report import Report

if TYPE_CHECKING:
    from flask import Flask

ROWS, FEW = int(os.environ.get("BENCH_ROWS", "50000")), 5000
TIMES = int(os.environ.get("BENCH_TIMES", "3"))
LINE = [c.name for c in AidLine.__table__.columns if c.name != "id"]


class Ground:
    """A database in which one school has so many students, their file, and somebody to send it."""

    def __init__(self, app: Flask, home: Path | None, folder: Path,
                 sizes: tuple[int, ...] = (FEW, ROWS)) -> None:  # fmt: skip
        self.app, self.home = app, home
        with app.app_context():
            self.month = month_of()
            clear_month(self.month)
            self.school = a_school()
            rows = gather(self.school, max(sizes), self.month)
            self.files = {n: folder / f"list{n}.xlsx" for n in sizes}
            for n, path in self.files.items():
                if not path.exists():
                    write_book(path, rows[:n])
            self.clerk = actor_at(self.school, CLERK)
            tidy()

    def once(self, n: int) -> dict[str, Spent]:
        """One upload of so many rows, taken; what each half cost."""
        with self.app.app_context(), acting(self.clerk):
            target = service.draft_for(None, self.month, "GRANT", self.clerk)
            db.session.commit()
            with measured(self.home) as stage:
                upload = service.stage(self.files[n], "名单.xlsx", target, self.clerk)
                db.session.commit()
            assert (upload.accepted, upload.rejected) == (n, 0), upload.problems[:3]
            with measured(self.home) as take:
                made = service.take(upload, self.clerk)
                db.session.commit()
            assert made.line_count == n
            self.found = service.open_blocks(made)
        return {"stage": stage, "take": take, "both": stage + take}

    def clear(self) -> None:
        with self.app.app_context():
            clear_month(self.month)
            tidy()

    def let_go(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def copied(self) -> Spent:
        """The lines that the import made, taken away and put back by COPY alone."""
        with self.app.app_context(), everyone("a measurement"):
            t = AidLine.__table__
            rows = [tuple(r) for r in raw_rows(self.month)]
            ids = select(AidList.__table__.c.id).where(AidList.__table__.c.month == self.month)
            db.session.execute(delete(Finding.__table__).where(
                Finding.__table__.c.list_id.in_(ids)))  # fmt: skip
            db.session.execute(delete(t).where(t.c.list_id.in_(ids)))
            tidy()
            with measured(self.home) as spent:
                bulk.load(t, LINE, rows)
                db.session.commit()
        return spent


def raw_rows(month: int) -> list[Any]:
    """The lines as the driver has them."""
    source = text(f"SELECT {', '.join(LINE)} FROM aid_line WHERE last_month = :m ORDER BY id")
    return list(db.session.execute(source, {"m": int(month)}))


def parsed(path: Path) -> Spent:
    """The same reader over the same file, and nothing else."""
    with measured() as spent:
        book = CalamineWorkbook.from_path(path)
        n = sum(1 for _row in book.get_sheet_by_index(0).iter_rows())
        book.close()
    assert n > 1
    return spent


def compare(ground: Ground, name: str, report: Report) -> None:
    """In every round the upload and its two limits, so that a busy minute falls on all of them."""
    few = ground.once(FEW)
    rounds = sorted((one_round(ground) for _turn in range(TIMES)), key=lambda r: r["ratio"])
    ours = rounds[len(rounds) // 2]
    parse, copy, limit = ours["parse"], ours["copy"], ours["limit"]
    report.table(
        f"{name}: {ROWS:,} rows of 24 columns (the round with the median ratio of {TIMES})",
        ["", *HEAD, "x limit, CPU", "x limit, wall", f"statements at {ROWS:,}", f"at {FEW:,}"],
        [
            _row("bare parse, same reader", parse, limit),
            _row("COPY into aid_line with its keys", copy, limit),
            _row("**limit: the sum**", limit, limit),
            _row("stage: read, check, encrypt, stage", ours["stage"], limit, few["stage"]),
            _row("take: match, load, seal, find", ours["take"], limit, few["take"]),
            _row("**stage + take**", ours["both"], limit, few["both"]),
        ],
    )
    ground.let_go()
    same = few["both"].statements == ours["both"].statements
    ratios = ", ".join(f"{r['ratio']:.2f}" for r in rounds)
    report.say(f"Ratios of the rounds, CPU: {ratios}. Statements equal at both sizes: "
               f"{'yes' if same else 'NO'}. Open blocking findings on the list: {ground.found}.")  # fmt: skip


def one_round(ground: Ground) -> dict[str, Any]:
    ground.clear()
    ours: dict[str, Any] = ground.once(ROWS)
    parse, copy = parsed(ground.files[ROWS]), ground.copied()
    limit = parse + copy
    return ours | {"parse": parse, "copy": copy, "limit": limit,
                   "ratio": ours["both"].cpu / limit.cpu}  # fmt: skip


def _row(name: str, spent: Spent, limit: Spent, few: Spent | None = None) -> list[str]:
    ratio = [f"{spent.cpu / limit.cpu:.2f}", f"{spent.wall / limit.wall:.2f}"]
    counts = [str(spent.statements), str(few.statements)] if few else ["", ""]
    return [name, *spent.cells(), *ratio, *counts]


def main() -> None:
    report = Report("importing", "A list of 50,000 rows comes in")
    report.say(f"A province of {SCHOOLS} schools, {STUDENTS:,} students, {MONTHS} months.")
    folder = Path(tempfile.gettempdir()) / "aid-bench"
    folder.mkdir(exist_ok=True)
    with server.server() as home:
        url = server.copy(home, province(home), "importing")
        pg = folder / "postgresql"
        pg.mkdir(exist_ok=True)
        compare(Ground(face("staff", url), home, pg), "PostgreSQL", report)
        server.drop(home, "importing")
    if not os.environ.get("BENCH_NO_SQLITE"):
        lite = folder / "sqlite"
        lite.mkdir(exist_ok=True)
        compare(Ground(face("staff", sqlite(lite)), None, lite), "SQLite", report)
    report.write()


def sqlite(folder: Path) -> str:
    """A smaller province in one file: 100 schools, 100,000 students, two months."""
    for old in folder.glob("*.db*"):
        old.unlink()
    url = f"sqlite:///{folder / 'bench.db'}"
    fill(url, 100, 120_000, 2)
    return url


if __name__ == "__main__":
    main()
