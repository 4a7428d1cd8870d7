"""Text files: separators, byte widths, encodings, head and trailer."""

from __future__ import annotations

import pathlib
import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.kernel.errors import Refused
from app.payments.banks import write_package
from tests.payments.banks.cast import RUN, line, lines, only_file, profile

if TYPE_CHECKING:
    from pathlib import Path

    from app.payments.banks import PayLine


def test_head_details_and_trailer_stand_as_the_bank_wants_them(tmp_path: Path) -> None:
    write_package(profile("pipe_gbk"), lines(2), tmp_path, RUN)
    assert only_file(tmp_path).read_bytes().decode("gbk").split("\r\n") == [
        "H|R12|1|20260901|1402000000000000001|长乐区财政局|2|2300.00",
        (
            "D|1|李小四|6212841234567800001|1150.00|350182200901000001|102391000012"
            "|2026年9月助学金|R12-000001-1"
        ),
        (
            "D|2|买买提·艾力|6212841234567800002|1150.00|350182200901000002|102391000012"
            "|2026年9月助学金|R12-000002-1"
        ),
        "T|2|2300.00",
        "",
    ]


def test_widths_count_bytes_in_gbk_and_not_characters(tmp_path: Path) -> None:
    people = [line(1, holder_name="张三·买买提"), line(2, holder_name="Li")]
    write_package(profile("abc_fixed"), people, tmp_path, RUN)
    first, second = only_file(tmp_path).read_bytes().split(b"\n")[:2]
    assert len(first) == len(second) == 60 + 30 + 18 + 30
    assert first[:60] == "张三·买买提".encode("gbk") + b" " * 48
    assert first[90:108] == b"           1150.00"


@pytest.mark.parametrize(("fen", "written"), [(1, "0.01"), (10, "0.10"), (123456789, "1234567.89")])
def test_amounts_have_two_decimals(tmp_path: Path, fen: int, written: str) -> None:
    write_package(profile("city_text", min_rows_per_file=1), [line(fen=fen)], tmp_path, RUN)
    assert only_file(tmp_path).read_text("gbk").split("|")[3] == written


def test_fen_padded_with_zeros(tmp_path: Path) -> None:
    columns = [
        {"source": "card_no", "width": 20},
        {"source": "fen", "format": "fen", "width": 12, "pad": "0", "align": "right"},
    ]
    write_package(profile("abc_fixed", columns=columns), [line()], tmp_path, RUN)
    assert only_file(tmp_path).read_bytes() == b"6212841234567800001 000000115000\n"


def test_a_character_gbk_cannot_hold_sets_the_line_aside_and_out_of_the_totals(
    tmp_path: Path,
) -> None:
    people = [line(1), line(2, holder_name="陈䶮"), line(3)]
    package = write_package(profile("pipe_gbk"), people, tmp_path, RUN)
    ((ref, why),) = package.unable
    assert ref == "R12-000002-1"
    assert "䶮" in why
    assert "陈" not in why
    assert (package.rows, package.fen, package.unable_fen) == (2, 230000, 115000)
    assert b"|2|2300.00\r\n" in only_file(tmp_path).read_bytes()


@pytest.mark.parametrize("character", ["䶮", "㛃", "𬭎", "•"])
def test_gb18030_holds_what_gbk_refuses(tmp_path: Path, character: str) -> None:
    person = line(holder_name="陈" + character)
    refused = write_package(profile("pipe_gbk"), [person], tmp_path / "gbk", RUN)
    taken = write_package(
        profile("pipe_gbk", encoding="gb18030"), [person], tmp_path / "gb18030", RUN
    )
    assert (refused.rows, taken.rows) == (0, 1)
    assert "陈" + character in only_file(tmp_path / "gb18030").read_text("gb18030")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"holder_name": "张|三"}, "“|”"),
        ({"holder_name": "张 三"}, "空格"),
        ({"holder_name": "张\u3000三"}, "空格"),
        ({"holder_name": "张\n三"}, "U+000A"),
        ({"holder_name": "张三\u200b"}, "U+200B"),
        ({"holder_name": ""}, "没有填写"),
        ({"card_no": ""}, "没有填写"),
        ({"purpose": "助" * 31}, "60"),
        ({"fen": 0}, "大于零"),
        ({"fen": -5}, "大于零"),
    ],
    ids=str,
)
def test_a_line_the_file_cannot_hold_is_set_aside_with_the_reason(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    package = write_package(profile("pipe_gbk"), [line(1), line(2, **changes)], tmp_path, RUN)
    ((ref, why),) = package.unable
    assert (ref, package.rows) == ("R12-000002-1", 1)
    assert said in why


def test_a_missing_id_or_bank_number_is_an_empty_field(tmp_path: Path) -> None:
    write_package(profile("pipe_gbk"), [line(id_no=None, cnaps=None)], tmp_path, RUN)
    assert "|1150.00|||" in only_file(tmp_path).read_text("gbk")


def test_a_percent_sign_is_written_as_it_is(tmp_path: Path) -> None:
    marked = profile("pipe_gbk", row_end="%|$")
    write_package(marked, [line(purpose="100%助学")], tmp_path, RUN)
    assert only_file(tmp_path).read_text("gbk").splitlines()[1].endswith("|R12-000001-1%|$")


def test_csv_quotes_commas_marks_its_order_and_refuses_formulas(tmp_path: Path) -> None:
    columns = [{"source": s, "title": s} for s in ("card_no", "fen", "purpose", "ref")]
    comma = profile(
        "city_text", container="csv", separator=",", encoding="utf-8-sig", header=True,
        columns=columns, min_rows_per_file=1,
    )  # fmt: skip
    people = [line(1, purpose="九月,十月"), line(2, purpose="=1+1"), line(3, purpose="-5")]
    package = write_package(comma, people, tmp_path, RUN)
    assert [ref for ref, _why in package.unable] == ["R12-000002-1", "R12-000003-1"]
    assert only_file(tmp_path).read_bytes() == (
        b"\xef\xbb\xbfcard_no,fen,purpose,ref\r\n"
        b'6212841234567800001,1150.00,"' + "九月,十月".encode() + b'",R12-000001-1\r\n'
    )


def test_other_banks_show_other_values(tmp_path: Path) -> None:
    people = [line(1), line(2, same_bank=False, cnaps="313391080007", bank_name="海峡银行")]
    write_package(profile("boc_text"), people, tmp_path, replace(RUN, extra={"boc_province": "40"}))
    same, other = sorted(tmp_path.iterdir())
    assert same.read_text("gbk").splitlines()[1].startswith("40|1150.00|")
    assert other.read_text("gbk").splitlines()[1].startswith("313391080007|1150.00|")
    assert same.read_text("gbk").splitlines()[0].split("|")[3] == "1"


def test_the_same_run_gives_the_same_bytes_and_other_bytes_are_refused(tmp_path: Path) -> None:
    first = write_package(profile("pipe_gbk"), lines(3), tmp_path, RUN)
    assert write_package(profile("pipe_gbk"), iter(lines(3)), tmp_path, RUN) == first
    before = only_file(tmp_path).read_bytes()
    with pytest.raises(Refused, match="已存在"):
        write_package(profile("pipe_gbk"), lines(2), tmp_path, RUN)
    assert only_file(tmp_path).read_bytes() == before


def test_a_failure_in_the_middle_leaves_no_file(tmp_path: Path) -> None:
    def breaking_off() -> object:
        yield from lines(5000)
        raise RuntimeError("connection lost")

    with pytest.raises(RuntimeError):
        write_package(profile("pipe_gbk"), breaking_off(), tmp_path, RUN)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_run_the_head_cannot_show_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="付款户名"):
        write_package(profile("pipe_gbk"), lines(2), tmp_path, replace(RUN, payer_name="䶮局"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("run_no", ["../R12", "R:12", ".R12"])
def test_a_file_name_never_leaves_its_folder(tmp_path: Path, run_no: str) -> None:
    with pytest.raises(Refused, match="文件名"):
        write_package(profile("pipe_gbk"), lines(2), tmp_path, replace(RUN, run_no=run_no))


def test_a_line_in_a_trace_back_shows_no_person(tmp_path: Path) -> None:
    person: PayLine = line()
    for secret in (person.holder_name, person.card_no, str(person.id_no)):
        assert secret not in repr(person)


def peak_of(count: int, folder: Path) -> int:
    """Bytes at the height of an export of that many lines, none of which is kept."""
    tracemalloc.start()
    made = profile("pipe_gbk", max_rows_per_file=None)
    write_package(made, (line(n) for n in range(1, count + 1)), folder, RUN)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_lines(tmp_path: Path) -> None:
    few, many = peak_of(12_000, tmp_path / "few"), peak_of(48_000, tmp_path / "many")
    assert many < few + 500_000


def test_a_disk_that_fails_between_two_files_leaves_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename, calls = pathlib.Path.rename, []

    def failing(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 3:
            raise OSError("no space left")
        return rename(self, target)

    monkeypatch.setattr(pathlib.Path, "rename", failing)
    with pytest.raises(OSError, match="no space"):
        write_package(profile("pipe_gbk", max_rows_per_file=2), lines(8), tmp_path, RUN)
    assert len(calls) == 3
    assert list(tmp_path.iterdir()) == []
