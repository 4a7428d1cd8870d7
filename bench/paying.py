"""From 500 submitted lists to the bank's answer: publish, confirm, open, export, post."""

from __future__ import annotations

import shutil
import tempfile
from itertools import chain, count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter
from sqlalchemy import text

from app.accounts.models import APPROVER, CLERK, EXPORTER, POSTER, PROVINCE
from app.kernel import bulk, clock
from app.kernel.db import db
from app.kernel.scope import everyone
from app.payments import exporting, opening, posting
from app.payments.banks import read_results, shipped, write_package
from app.payments.models import PayRun, ResultLine
from app.payments.workflow import RUNS
from app.publicity.models import AidList
from app.publicity.workflow import PUBLICITY
from app.world import answering
from bench.kit import server
from bench.kit.ground import MONTHS, STUDENTS, acting, actor_at, face, one, province, tidy
from bench.kit.lists import month_of
from bench.kit.meter import HEAD, Peak, Spent, measured
from bench.kit.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable

INTAKE, SHIPPING, RECONCILED = 26.9, 48.5, 167.0
"""Seconds of OpenG2P's payment bridge 1.1.0 for 50,000 on two cores, measured on 2026-11-22."""
FALSE_EVERY, WIDE = 5000, 6
TEXT, SHEET = "pipe_gbk", "icbc_batch_xlsx"
PROFILES = shipped()
TABLES = ("payment", "covered_month", "attempt")
ROUNDS = 3
"""So often each step and its limit, in turn; the middle one of each counts."""
THIS = "(SELECT max(id) FROM pay_run)"
MINE = {
    "payment": f"first_run_id = {THIS}",
    "attempt": f"run_id = {THIS}",
    "covered_month": f"payment_id IN (SELECT id FROM payment WHERE first_run_id = {THIS})",
}


class Money:
    """The last month of the province, all its lists in one bureau's hands."""

    def __init__(self, home: Path, url: str, folder: Path) -> None:
        self.home, self.folder = home, folder
        self.app = face("staff", url)
        self.rows: list[list[str]] = []
        self.ours: dict[str, Spent] = {}
        self.wrong = self.planted = 0

    def run(self, sql: str, **values: Any) -> None:
        with everyone("a measurement"):
            db.session.execute(text(sql), values)
            db.session.commit()

    def prepare(self) -> None:
        """All lists of the month, submitted to the province; some cards still claimed."""
        self.month, self.bureau = month_of(), one(PROVINCE)
        m = int(self.month)
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
        self.ours[name] = spent
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
    """The run, beside the same rows of its three tables copied back by INSERT … SELECT.

    Both write into tables that were filled and emptied before, in turn."""
    clerk = actor_at(m.bureau, CLERK)
    ours, limit = [], []
    for _n in range(ROUNDS):
        tidy()
        with acting(clerk):
            ours.append(m.step("open", lambda: opening.open_run(m.month, None, clerk)))
        keep(m)
        empty(m)
        tidy()
        limit.append(m.step("back", copy_back))
        empty(m)
        m.run(f"DELETE FROM pay_run WHERE id = {THIS}")
    with acting(clerk):
        run: PayRun = opening.open_run(m.month, None, clerk).run
        db.session.commit()
    m.ours["open"] = middle(ours)
    m.add(f"open a run of {run.line_count:,}", middle(ours), middle(limit))
    m.add("limit: INSERT … SELECT of the same rows, three tables", middle(limit))
    tidy()
    return run


def middle(spent: list[Spent]) -> Spent:
    return sorted(spent, key=lambda s: s.cpu)[len(spent) // 2]


def keep(m: Money) -> None:
    """The rows of the run stand in tables of their own."""
    for t in TABLES:
        m.run(f"DROP TABLE IF EXISTS kept_{t}")
        m.run(f"CREATE TABLE kept_{t} AS SELECT * FROM {t} WHERE {MINE[t]}")


def empty(m: Money) -> None:
    """The run has no rows."""
    for t in ("covered_month", "attempt", "payment"):
        m.run(f"DELETE FROM {t} WHERE {MINE[t]}")


def copy_back() -> None:
    with everyone("a measurement"):
        for t in TABLES:
            names = columns_of(t)
            db.session.execute(text(f"INSERT INTO {t} ({names}) SELECT {names} FROM kept_{t}"))


def columns_of(table: str) -> str:
    """What is written into it; what the database works out by itself it works out again."""
    return ", ".join(c.name for c in db.metadata.tables[table].c if c.computed is None)


def exports(m: Money, run: PayRun) -> None:
    for name in (SHEET, TEXT):
        rounds = []
        for n in range(ROUNDS):
            if rounds or name == TEXT:
                open_again(m, run)
            rounds.append(exported(m, run, name, m.folder / f"{name}_{n}"))
        ours, bare, writer, fetched = (middle([r[k] for r in rounds]) for k in range(4))
        m.ours[f"export {name}"] = ours
        m.add(f"export {name}", ours, bare, f"+{max(r[4] for r in rounds):.0f} MB")
        m.add("our bank writer on the same ready rows", writer, bare)
        what = "xlsxwriter, constant memory" if name == SHEET else "one format string"
        m.add(f"limit: bare writer on ready rows ({what})", bare)
        m.add("the rows alone: fetched and decrypted", fetched)
        both = fetched + bare
        m.add(f"export {name} beside both: fetched, decrypted, written barely", ours, both)


def exported(m: Money, run: PayRun, name: str, out: Path
             ) -> tuple[Spent, Spent, Spent, Spent, float]:  # fmt: skip
    """-> the export, the bare writer, our writer, the rows alone; MB the export's memory rose."""
    profile = shipped()[name]
    exporter = actor_at(m.bureau, EXPORTER)
    with everyone("a measurement"), measured(m.home) as fetched:
        sum(1 for _ in exporting.lots_of(run, profile))
    with everyone("a measurement"):
        lines = list(chain.from_iterable(exporting.lots_of(run, shipped()[TEXT])))
        context = exporting.context_of(run, clock.now())
    barely = bare_sheet if name == SHEET else bare_text
    barely(lines, out)  # whoever looks at the rows first would fetch them for the other
    with measured() as writer:
        write_package(profile, lines, out / "bare", context)
    with measured() as bare:
        barely(lines, out)
    del lines
    with acting(exporter), Peak() as peak:
        ours = m.step(f"export {name}", lambda: exporting.export(
            run, profile, out / "ours", exporter))  # fmt: skip
    return ours, bare, writer, fetched, peak.rise


def open_again(m: Money, run: PayRun) -> None:
    """The run was never exported."""
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
    """The same columns in files of the same size, without heads, hashes and checks."""
    out.mkdir(exist_ok=True, parents=True)
    rows = iter(lines)
    for n in count():
        some = list(islice(rows, shipped()[TEXT].max_rows_per_file))
        if not some:
            return
        told = "".join(["D|%s|%s|%s|%.2f|%s|%s|%s|%s\r\n" % (
            x.seq, x.holder_name, x.card_no, x.fen / 100, x.id_no, x.cnaps or "", x.purpose, x.ref)
            for x in some])  # fmt: skip
        (out / f"bare_{n}.txt").write_bytes(told.encode("gbk"))


def results(m: Money, run: PayRun) -> None:
    approver = actor_at(m.bureau, APPROVER, "2")
    with acting(approver):
        RUNS.take("check", PayRun.id == run.id, approver)
        db.session.commit()
    with everyone("a measurement"):
        db.session.expire_all()
        run = db.session.get(PayRun, run.id)
        path = answering.answer(run, m.folder, unknown=True)
        m.planted = falsify(path)
    tidy()
    with measured() as reading:
        sum(len(some.row) for some in read_results(shipped()[TEXT], path).blocks)
    ours, limit = [], []
    for _n in range(ROUNDS):
        ours.append(post(m, run, path))
        rows = posted_rows(m, run)
        unpost(m, run)
        limit.append(m.step("bare", lambda given=rows: bare_post(given, run)))
        unpost(m, run)
    m.ours["post"] = middle(ours)
    m.add(f"post a result file of {len(rows):,}", middle(ours), middle(limit))
    m.add("limit: COPY + one UPDATE … FROM on ready rows", middle(limit))
    m.add("the file alone: read and understood", reading)
    m.add("post beside both: read, COPY, UPDATE", middle(ours), reading + middle(limit))


COLUMNS = [c.name for c in ResultLine.__table__.columns if c.name != "id"]


def post(m: Money, run: PayRun, path: Path) -> Spent:
    poster = actor_at(m.bureau, POSTER)
    with acting(poster):
        return m.step("post", lambda: posting.take_results(run, path, path.name, poster))


def posted_rows(m: Money, run: PayRun) -> list[tuple[Any, ...]]:
    with everyone("a measurement"):
        why = (ResultLine.run_id == run.id) & (ResultLine.why == "amount")
        m.wrong = db.session.query(ResultLine).filter(why).count()
        found = text(f"SELECT {', '.join(COLUMNS)} FROM result_line WHERE run_id = :r")
        rows = [tuple(r) for r in db.session.execute(found, {"r": run.id})]
        db.session.commit()
    return rows


def unpost(m: Money, run: PayRun) -> None:
    """Nothing came back from the bank yet."""
    m.run("DELETE FROM result_line WHERE run_id = :r", r=run.id)
    m.run("UPDATE result_file SET sha256 = 'x' WHERE run_id = :r", r=run.id)
    m.run("UPDATE attempt SET state = 'sent', bank_ref = '', arrived_on = NULL, "
          "returned_on = NULL, reason = '', reason_text = '' WHERE run_id = :r", r=run.id)  # fmt: skip
    tidy()


def bare_post(rows: list[tuple[Any, ...]], run: PayRun) -> None:
    with everyone("a measurement"):
        bulk.load(ResultLine.__table__, COLUMNS, rows)
        db.session.execute(text(
            "UPDATE attempt t SET state = r.outcome, reason = r.reason, reason_text = "
            "r.reason_text, bank_ref = r.bank_ref, arrived_on = r.arrived_on FROM result_line "
            "r WHERE r.run_id = :r AND r.ref = t.ref"), {"r": run.id})  # fmt: skip


def falsify(path: Path) -> int:
    """Every 5,000th row of the bank's answer says one yuan instead of what we sent; how many."""
    planted = 0
    rows = path.read_bytes().split(b"\r\n")
    for n in range(1, len(rows), FALSE_EVERY):
        cells = rows[n].split(b"|")
        if len(cells) > WIDE:
            rows[n] = b"|".join([*cells[:4], b"1.00", *cells[5:]])
            planted += 1
    path.write_bytes(b"\r\n".join(rows))
    return planted


def beside(m: Money) -> list[list[str]]:
    """Our seconds of wall beside those measured of OpenG2P's payment bridge, step by step."""
    steps = (
        (
            "intake: 50,000 payments stand in the database",
            INTAKE,
            "open",
            "disbursements taken over HTTP",
            "a run opened from confirmed lists, months locked",
        ),
        (
            "shipping: they are with the bank",
            SHIPPING,
            f"export {SHEET}",
            "batches handed to the bank connector",
            "bank files written, hashed, states changed",
        ),
        (
            "reconciliation: the bank's answer is in the books",
            RECONCILED,
            "post",
            "a statement read and matched",
            "a result file read, compared in four points, posted",
        ),
    )
    return [[what, f"{theirs:.1f}", f"{m.ours[key].wall:.1f}", f"{m.ours[key].cpu:.1f}",
             f"{theirs / m.ours[key].cpu:.0f}", their_part, our_part]
            for what, theirs, key, their_part, our_part in steps]  # fmt: skip


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
        f"PostgreSQL, one run; {STUDENTS:,} students, {MONTHS} months",
        ["", *HEAD, "x limit, CPU", "x limit, wall", "statements", "memory"],
        m.rows,
    )
    report.table(
        "Beside OpenG2P's payment bridge 1.1.0",
        [
            "step",
            "OpenG2P, wall s",
            "ours, wall s",
            "ours, CPU s",
            "x by CPU",
            "their step",
            "our step",
        ],
        beside(m),
    )
    report.say(f"Wrong amounts in the bank's answer: {m.wrong} of {m.planted} rows set aside; "
               "the bridge takes 1.00 for 1,000.00. Its seconds are wall seconds of one "
               "run each on another machine of two cores: read the factors as orders of "
               "magnitude.")  # fmt: skip
    report.write()


if __name__ == "__main__":
    main()
