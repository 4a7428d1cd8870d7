"""The same month from the command line: exit status, counts, and what is said on standard error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import pytest

from app.kernel import clock
from app.world.paper import write_list
from tests import world
from tests.journeys.bank import NOT_CLEAR, NOT_HIS, answers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TUESDAY, FIFTH_DAY, SIXTH_DAY = "2026-11-24T09:00", "2026-12-01T23:59", "2026-12-02T09:00"


class Told(NamedTuple):
    """How a command ended."""

    status: int
    counts: dict[str, object]
    complaints: str


@pytest.fixture
def flask(fujian) -> Callable[..., Told]:
    """`flask("lists", "take", ..., as_="somebody")`, always with --json."""

    def run(*words: object, as_: str) -> Told:
        ended = fujian.staff.test_cli_runner().invoke(
            args=[*map(str, words), "--as", as_, "--json"]
        )
        return Told(ended.exit_code, json.loads(ended.stdout), ended.stderr)

    return run


@pytest.fixture
def paper(rows, tmp_path) -> Callable[..., Path]:
    """A list of the month; with mistakes by row number and column key."""

    def write(**mistakes: tuple[int, object]) -> Path:
        wrong = [dict(row) for row in rows]
        for key, (n, value) in mistakes.items():
            wrong[n][key] = value
        write_list(tmp_path / "list.xlsx", wrong)
        return tmp_path / "list.xlsx"

    return write


def test_a_month_by_commands(flask, paper, rows, fujian, tmp_path):
    there = ("--month", "2026-11", "--school", world.LANXI)
    done = flask("lists", "import", paper(amount_fen=(3, 999)), "--school", world.LANXI,
                 "--month", "2026-11", as_=world.LANXI_CLERK)  # fmt: skip
    assert done.status == 0
    assert (done.counts["accepted"], done.counts["rejected"]) == (len(rows), 0)
    assert done.counts["blocking"] == 1
    assert rows[3]["name"] in done.complaints

    early = flask("lists", "take", "submit", *there, as_=world.LANXI_REVIEWER)
    assert early.status == 1
    assert (early.counts["moved"], early.counts["refused"]) == (0, 1)
    assert early.complaints

    mended = flask("lists", "import", paper(), "--school", world.LANXI, "--month", "2026-11",
                   as_=world.LANXI_CLERK)  # fmt: skip
    assert mended.counts["blocking"] == 0
    for step, who, day in (("submit", world.LANXI_REVIEWER, world.NOW),
                           ("publish", world.MINHOU_APPROVER, TUESDAY)):  # fmt: skip
        with clock.at(day):
            told = flask("lists", "take", step, *there, as_=who)
        assert (told.status, told.counts["moved"], told.counts["refused"]) == (0, 1, 0)
    with clock.at(FIFTH_DAY):
        assert flask("lists", "take", "confirm", *there, as_=world.MINHOU_APPROVER).status == 1
    with clock.at(SIXTH_DAY):
        assert flask("lists", "take", "confirm", *there, as_=world.MINHOU_APPROVER).status == 0
        the_money_goes_out(flask, rows, fujian.staff, tmp_path)


def the_money_goes_out(flask, rows, app, folder):
    opened = flask("payments", "open", "--month", "2026-11", "--bureau", world.MINHOU,
                   as_=world.MINHOU_CLERK)  # fmt: skip
    assert (opened.status, opened.counts["accepted"]) == (0, len(rows))
    run = opened.counts["run"]
    out = folder / "out"
    made = flask("payments", "export", run, "--profile", "pipe_gbk", as_=world.MINHOU_EXPORTER)
    assert (made.status, made.counts["accepted"], made.counts["moved"]) == (0, len(rows), 1)
    early = flask("payments", "fetch", run, "--out", out, as_=world.MINHOU_EXPORTER)
    assert (early.status, "另一人复核之后才能下载" in early.complaints) == (1, True)
    assert not out.exists()
    looked = flask("payments", "fetch", run, "--out", folder / "look", as_=world.MINHOU_REVIEWER)
    assert (looked.status, looked.counts["files"]) == (0, made.counts["files"])

    own = flask("payments", "take", "check", run, as_=world.MINHOU_EXPORTER)
    assert own.status == 1
    assert flask("payments", "take", "check", run, as_=world.MINHOU_REVIEWER).status == 0
    fetched = flask("payments", "fetch", run, "--out", out, as_=world.MINHOU_EXPORTER)
    assert (fetched.status, fetched.counts["fen"]) == (0, made.counts["fen"])
    assert sorted(path.name for path in out.iterdir()) == sorted(made.counts["files"])
    assert not any(path.stat().st_mode & 0o077 for path in out.iterdir())
    assert flask("payments", "fetch", run, "--out", out, as_=world.MINHOU_POSTER).status == 1

    told = {rows[0]["name"]: NOT_HIS, rows[1]["name"]: NOT_CLEAR}
    posted = flask("payments", "results", run, answers(app, run, folder, **told),
                   as_=world.MINHOU_POSTER)  # fmt: skip
    assert (posted.status, posted.counts["posted"]) == (0, len(rows))
    early = flask("payments", "take", "settle", run, as_=world.MINHOU_POSTER)
    assert early.status == 1
    assert early.complaints
    again = flask("payments", "again", run, as_=world.MINHOU_EXPORTER)
    assert (again.status, again.counts["accepted"]) == (0, 1)
    flask("payments", "results", run, answers(app, run, folder), as_=world.MINHOU_POSTER)
    assert flask("payments", "take", "settle", run, as_=world.MINHOU_POSTER).status == 0


def test_a_file_with_a_wrong_row_is_taken_in_part_and_says_so(flask, paper, rows):
    told = flask("lists", "import", paper(id_no=(5, "350121200812010011")), "--school",
                 world.LANXI, "--month", "2026-11", as_=world.LANXI_CLERK)  # fmt: skip
    assert told.status == 1
    assert (told.counts["accepted"], told.counts["rejected"]) == (len(rows) - 1, 1)
    assert "C7" in told.complaints


def test_all_or_nothing_writes_nothing(flask, paper):
    told = flask("lists", "import", paper(id_no=(5, "350121200812010011")), "--school",
                 world.LANXI, "--month", "2026-11", "--all-or-nothing",
                 as_=world.LANXI_CLERK)  # fmt: skip
    assert told.status == 1
    submit = flask("lists", "take", "submit", "--month", "2026-11", as_=world.LANXI_REVIEWER)
    assert submit.status == 1


@pytest.mark.parametrize(
    ("school", "who"),
    [(world.LANXI, world.YURONG_CLERK), (world.LANXI, world.LANXI_REVIEWER),
     (world.LANXI, world.MINHOU_APPROVER), ("9999999999", world.LANXI_CLERK)],
)  # fmt: skip
def test_only_the_schools_own_clerk_brings_its_list(flask, paper, school, who):
    told = flask("lists", "import", paper(), "--school", school, "--month", "2026-11", as_=who)
    assert (told.status, told.counts["refused"]) == (1, 1)
    assert told.complaints


def test_an_unknown_account_and_an_unknown_bank_are_told_in_a_sentence(flask):
    nobody = flask("lists", "take", "submit", "--month", "2026-11", as_="nobody")
    assert nobody.status == 1
    assert "nobody" in nobody.complaints
    unknown = flask("payments", "take", "check", 77, as_=world.MINHOU_REVIEWER)
    assert (unknown.status, unknown.counts["refused"]) == (1, 1)
