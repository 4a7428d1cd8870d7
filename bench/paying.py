"""From 500 submitted lists to the bank's answer: publish, confirm, open, export, post."""

from __future__ import annotations

import os
import shutil
import tempfile
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter
from sqlalchemy import text

from app.accounts.models import APPROVER, CLERK, EXPORTER, POSTER, PROVINCE
from app.kernel import bulk, clock
from app.kernel.db import db
from app.kernel.scope import everyone
from app.payments import exporting, opening, posting
from app.payments.banks import shipped, write_package
from app.payments.models import PayRun, ResultLine
from app.payments.workflow import RUNS
from app.publicity.models import AidList
from app.publicity.workflow import PUBLICITY
from app.world import answering
from bench.kit import server
from bench.kit.ground import acting, actor_at, face, one, province, tidy
from bench.kit.lists import month_of
from bench.kit.meter import HEAD, Peak, Spent, measured
from bench.kit.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = int(os.environ.get("BENCH_ROWS", "50000"))
TEXT, SHEET = "pipe_gbk", "icbc_batch_xlsx"
TABLES = ("payment", "covered_month", "attempt")


class Money:
    """The last month of the province, all its lists in one bureau's hands."""

    def __init__(self, home: Path, url: str, folder: Path) -> None:
        self.home, self.folder = home, folder
        self.app = face("staff", url)
        self.rows: list[list[str]] = []

    def run(self, sql: str, **values: Any) -> None:
        with everyone("a measurement"):
            db.session.execute(text(sql), values)
            db.session.commit()

    def prepare(self, per_list: int = 100) -> None:
        """500 lists of a hundred lines, submitted to the province; some cards still claimed."""
        self.month, self.bureau = month_of(), one(PROVINCE)
        m = int(self.month)
        self.run("DELETE FROM aid_line USING aid_list a WHERE a.id = list_id AND a.month = :m "
                 "AND seq > :most", m=m, most=per_list)  # fmt: skip
        self.run("UPDATE aid_list a SET state = 'submitted', bureau_id = :b, published_at = NULL, "
                 "closes_on = NULL, line_count = n, total_fen = fen FROM (SELECT list_id, count(*) "
                 "AS n, sum(amount_fen) AS fen FROM aid_line GROUP BY 1) AS s "
                 "WHERE s.list_id = a.id AND a.month = :m", m=m, b=self.bureau.id)  # fmt: skip
        self.run("UPDATE card SET state = 'claimed' WHERE id % 20 = 0")
        tidy()

    def step(self, name: str, work: Callable[[], Any]) -> Spent:
        with measured(self.home) as spent:
            work()
            db.session.commit()
        db.session.expire_all()
        return spent

    def add(self, name: str, spent: Spent, limit: Spent | None = None, note: str = "") -> None:
        ratio = [f"{spent.cpu / limit.cpu:.2f}", f"{spent.wall / limit.wall:.2f}"] if limit else []
        self.rows.append([name, *spent.cells(), *(ratio or ["", ""]), str(spent.statements), note])


def transitions(m: Money) -> None:
    approver = actor_at(m.bureau, APPROVER)
    month = AidList.month == m.month
    with acting(approver):
        moved = m.step("publish", lambda: PUBLICITY.take("publish", month, approver))
        m.add("publish 500 lists", moved)
    m.run("UPDATE aid_list SET closes_on = :d WHERE month = :m", d=clock.today() - clock.ONE_DAY,
          m=int(m.month))  # fmt: skip
    with acting(approver):
        moved = m.step("confirm", lambda: PUBLICITY.take("confirm", month, approver))
        m.add("confirm 500 lists, 1 card in 20 put to use", moved)


def opened(m: Money) -> PayRun:
    """The run, beside the same rows of its three tables copied back by INSERT … SELECT."""
    clerk = actor_at(m.bureau, CLERK)
    tidy()
    with acting(clerk):
        ours = m.step("open", lambda: opening.open_run(m.month, None, clerk))
    with everyone("a measurement"):
        number = db.session.query(PayRun.id).order_by(PayRun.id.desc()).first()[0]
    mine = {
        "payment": "first_run_id = :r",
        "attempt": "run_id = :r",
        "covered_month": "payment_id IN (SELECT id FROM payment WHERE first_run_id = :r)",
    }
    for t in TABLES:
        m.run(f"CREATE TABLE kept_{t} AS SELECT * FROM {t} WHERE {mine[t]}", r=number)
    for t in ("covered_month", "attempt", "payment"):
        m.run(f"DELETE FROM {t} WHERE {mine[t]}", r=number)
    tidy()

    def back() -> None:
        with everyone("a measurement"):
            for t in TABLES:
                db.session.execute(text(f"INSERT INTO {t} SELECT * FROM kept_{t}"))

    limit = m.step("back", back)
    m.add(f"open a run of {ROWS:,}", ours, limit)
    m.add("limit: INSERT … SELECT of the same rows, three tables", limit)
    tidy()
    with everyone("a measurement"):
        run: PayRun = db.session.get(PayRun, number)
    return run


def exports(m: Money, run: PayRun) -> None:
    exporter = actor_at(m.bureau, EXPORTER)
    with everyone("a measurement"):
        lines = list(exporting._lines(run, shipped()[TEXT]))  # noqa: SLF001
        context = exporting._context(run)  # noqa: SLF001
        with measured(m.home) as fetched:
            sum(1 for _ in exporting._lines(run, shipped()[TEXT]))  # noqa: SLF001
    m.add("the rows alone: fetched and decrypted", fetched)
    for name in (SHEET, TEXT):
        profile = shipped()[name]
        out = m.folder / name
        with measured(m.home) as writer:
            write_package(profile, lines, out / "bare", context)
        with measured() as bare:
            (bare_sheet if name == SHEET else bare_text)(lines, out)
        with acting(exporter), Peak() as peak:
            ours = m.step("export", lambda p=profile, o=out: exporting.export(
                run, p, o / "ours", exporter))  # fmt: skip
        m.add(f"export {name}", ours, bare, f"+{peak.rise:.0f} MB")
        m.add("our bank writer on ready rows", writer, bare)
        what = "xlsxwriter, constant memory" if name == SHEET else "one format string"
        m.add(f"limit: bare writer on ready rows ({what})", bare)
        if name == SHEET:
            m.run("UPDATE attempt SET state = 'waiting' WHERE run_id = :r", r=run.id)
            m.run("UPDATE pay_run SET state = 'open' WHERE id = :r", r=run.id)
            m.run("DELETE FROM pay_file WHERE run_id = :r", r=run.id)
            tidy()


def bare_sheet(lines: list[Any], out: Path) -> None:
    out.mkdir(exist_ok=True, parents=True)
    book = xlsxwriter.Workbook(str(out / "bare.xlsx"), {"constant_memory": True})
    sheet = book.add_worksheet()
    for y, line in enumerate(lines):
        for x, cell in enumerate((line.ref, line.holder_name, line.card_no, line.purpose)):
            sheet.write_string(y, x, cell)
        sheet.write_number(y, 4, line.fen / 100)
    book.close()


def bare_text(lines: list[Any], out: Path) -> None:
    out.mkdir(exist_ok=True, parents=True)
    with (out / "bare.txt").open("wb") as file:
        rows = iter(lines)
        while some := list(islice(rows, 2000)):
            told = "".join("%s|%s|%s|%.2f|%s\r\n" % (x.ref, x.holder_name, x.card_no, x.fen / 100,
                                                    x.id_no) for x in some)  # fmt: skip
            file.write(told.encode("gbk"))


def results(m: Money, run: PayRun) -> None:
    approver, poster = actor_at(m.bureau, APPROVER, "2"), actor_at(m.bureau, POSTER)
    with acting(approver):
        RUNS.take("check", PayRun.id == run.id, approver)
        db.session.commit()
    with everyone("a measurement"):
        db.session.expire_all()
        run = db.session.get(PayRun, run.id)
        path = answering.answer(run, m.folder, unknown=True)
    tidy()
    with acting(poster):
        ours = m.step("post", lambda: posting.take_results(run, path, path.name, poster))
    with everyone("a measurement"):
        columns = [c.name for c in ResultLine.__table__.columns if c.name != "id"]
        found = text(f"SELECT {', '.join(columns)} FROM result_line WHERE run_id = :r")
        rows = [tuple(r) for r in db.session.execute(found, {"r": run.id})]
        db.session.commit()
    m.run("DELETE FROM result_line WHERE run_id = :r", r=run.id)
    m.run("UPDATE attempt SET state = 'sent', bank_ref = '', arrived_on = NULL, reason = '', "
          "reason_text = '' WHERE run_id = :r", r=run.id)  # fmt: skip
    tidy()

    def bare() -> None:
        with everyone("a measurement"):
            bulk.load(ResultLine.__table__, columns, rows)
            db.session.execute(text(
                "UPDATE attempt t SET state = r.outcome, reason = r.reason, reason_text = "
                "r.reason_text, bank_ref = r.bank_ref, arrived_on = r.arrived_on FROM result_line "
                "r WHERE r.run_id = :r AND r.ref = t.ref"), {"r": run.id})  # fmt: skip

    limit = m.step("bare", bare)
    m.add(f"post a result file of {len(rows):,}", ours, limit)
    m.add("limit: COPY + one UPDATE … FROM on ready rows", limit)


def main() -> None:
    report = Report("paying", "From submitted lists to the bank's answer, 50,000 lines")
    folder = Path(tempfile.mkdtemp(prefix="aid-bench-pay-"))
    with server.server() as home:
        m = Money(home, server.copy(home, province(home), "paying"), folder)
        with m.app.app_context():
            m.prepare()
            transitions(m)
            run = opened(m)
            exports(m, run)
            results(m, run)
            db.session.remove()
            db.engine.dispose()
        server.drop(home, "paying")
    shutil.rmtree(folder)
    report.table(
        "PostgreSQL, one run, beside 1,000,000 older lines",
        ["", *HEAD, "x limit, CPU", "x limit, wall", "statements", "memory"],
        m.rows,
    )
    report.write()


if __name__ == "__main__":
    main()
