"""Files are filled to the bank's limits, and the last two share when the last is too small."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from app.payments.banks import write_package
from tests.payments.banks.cast import RUN, line, lines, profile

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def rows(folder: Path) -> list[list[str]]:
    """The first column of every file."""
    return [
        [row.split("|")[0] for row in path.read_text("gbk").splitlines()]
        for path in sorted(folder.iterdir())
    ]


def test_rows_are_split_at_the_limit(tmp_path: Path) -> None:
    package = write_package(profile("city_text", max_rows_per_file=10), lines(25), tmp_path, RUN)
    assert [(f.rows, f.first_seq, f.last_seq) for f in package.files] == [
        (10, 1, 10),
        (10, 11, 20),
        (5, 21, 25),
    ]
    assert [f.fen for f in package.files] == [1150000, 1150000, 575000]


def test_a_last_file_below_the_minimum_takes_from_the_one_before(tmp_path: Path) -> None:
    package = write_package(profile("city_text", max_rows_per_file=10), lines(12), tmp_path, RUN)
    assert [(f.rows, f.first_seq, f.last_seq) for f in package.files] == [(7, 1, 7), (5, 8, 12)]
    assert rows(tmp_path) == [[str(n) for n in range(1, 8)], [str(n) for n in range(8, 13)]]


def test_a_run_below_the_minimum_is_set_aside_with_a_sentence(tmp_path: Path) -> None:
    package = write_package(profile("city_text"), lines(4), tmp_path, RUN)
    assert (package.files, package.rows, len(package.unable)) == ((), 0, 4)
    assert "最少 5 笔" in package.unable[0][1]
    assert list(tmp_path.iterdir()) == []


def test_amounts_are_split_at_the_limit(tmp_path: Path) -> None:
    small = profile("pipe_gbk", max_fen_per_file=300_000)
    people = [line(1), line(2), line(3), line(4, fen=300_000), line(5)]
    package = write_package(small, people, tmp_path, RUN)
    assert [(f.rows, f.fen) for f in package.files] == [
        (2, 230_000),
        (1, 115_000),
        (1, 300_000),
        (1, 115_000),
    ]


def test_one_amount_over_the_files_limit_is_set_aside(tmp_path: Path) -> None:
    small = profile("pipe_gbk", max_fen_per_file=300_000)
    package = write_package(small, [line(1), line(2, fen=300_001)], tmp_path, RUN)
    assert package.rows == 1
    assert "3000.00" in package.unable[0][1]


def test_row_numbers_start_again_in_every_file(tmp_path: Path) -> None:
    columns = [{"source": s} for s in ("row", "card_no", "fen")]
    numbered = profile("city_text", max_rows_per_file=10, columns=columns)
    write_package(numbered, lines(12), tmp_path, RUN)
    assert rows(tmp_path) == [[str(n) for n in range(1, 8)], [str(n) for n in range(1, 6)]]


def test_own_and_other_banks_go_into_files_of_their_own(tmp_path: Path) -> None:
    people = [line(n, same_bank=n % 3 > 0) for n in range(1, 10)]
    package = write_package(profile("boc_text"), people, tmp_path, RUN)
    assert [(f.split, f.rows) for f in package.files] == [("1", 6), ("2", 3)]


def test_a_channel_for_its_own_bank_sets_others_aside(tmp_path: Path) -> None:
    people = [line(1), line(2, same_bank=False)]
    package = write_package(profile("icbc_payroll_xls"), people, tmp_path, RUN)
    assert package.rows == 1
    assert "他行" in package.unable[0][1]


def test_another_banks_account_needs_its_bank(tmp_path: Path) -> None:
    people = [line(1, same_bank=False, bank_name="", cnaps=None), line(2, same_bank=False)]
    package = write_package(profile("ccb_xlsx"), people, tmp_path, RUN)
    assert [ref for ref, _why in package.unable] == ["R12-000001-1"]
    assert "开户行、联行号" in package.unable[0][1]


def test_no_lines_make_no_file(tmp_path: Path) -> None:
    assert write_package(profile("pipe_gbk"), [], tmp_path, RUN).files == ()


NAMES = st.sampled_from(["张三", "陈䶮", "李 四", "买买提·艾力", ""])
PEOPLE = st.lists(
    st.tuples(st.integers(-1, 400_000), NAMES, st.booleans()), max_size=60
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    people=PEOPLE,
    least=st.integers(1, 6),
    spare=st.integers(0, 8),
    most_fen=st.none() | st.integers(1, 900_000),
    split=st.sampled_from(["", "by_bank", "same_only", "other_only"]),
)
def test_every_line_is_in_one_file_or_set_aside_and_no_fen_is_lost(
    tmp_path_factory: pytest.TempPathFactory,
    people: list[tuple[int, str, bool]],
    least: int,
    spare: int,
    most_fen: int | None,
    split: str,
) -> None:
    made = profile(
        "city_text", columns=[{"source": "ref"}, {"source": "card_no"}, {"source": "fen"},
        {"source": "holder_name", "required": True, "spaces": False}], min_rows_per_file=least,
        max_rows_per_file=2 * least + spare, max_fen_per_file=most_fen, split=split,
        file_name="{split}{file_no:03d}.txt",
    )  # fmt: skip
    given_lines = [
        line(n, fen=fen, holder_name=name, same_bank=same)
        for n, (fen, name, same) in enumerate(people, 1)
    ]
    folder = tmp_path_factory.mktemp("package")
    package = write_package(made, given_lines, folder, RUN)

    written = [ref for file in rows(folder) for ref in file]
    assert sorted(written + [ref for ref, _why in package.unable]) == [p.ref for p in given_lines]
    assert package.fen + package.unable_fen == sum(p.fen for p in given_lines)
    for file in package.files:
        assert least <= file.rows <= 2 * least + spare
        assert most_fen is None or file.fen <= most_fen
    numbers = [(f.split, f.file_no) for f in package.files]
    assert len(set(numbers)) == len(numbers)
