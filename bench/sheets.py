"""Files in and out: our reading and writing against the bare libraries, on the same files.

Usage: bench/sheets.py [ROWS ...]   (default 50000 500000). Writes bench/sheets.md.
Every figure is taken in a process of its own: CPU seconds and the rise of peak memory over what
the process weighed before. Ratios compare figures of one run on one machine.
"""

# ruff: noqa: PLC0415 - tables are wide; each process imports what it measures

from __future__ import annotations

import json
import platform
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建文玲志国红"


def declared():
    """A list of 24 columns, as a school sends it."""
    from app.kernel.sheets import Column, Sheet
    from app.kernel.types import (
        BankCard,
        Choice,
        Fen,
        IdNumber,
        Month,
        PersonName,
        SchoolCode,
        Text,
    )  # fmt: skip

    rules = [
        ("seq", "序号", Text(8)), ("school_code", "学校标识码", SchoolCode()),
        ("school", "学校名称", Text()), ("name", "姓名", PersonName()),
        ("id_type", "身份证件类型", Choice({"1": "居民身份证"})), ("id_no", "身份证件号", IdNumber()),
        ("reg_no", "学籍号", Text(20)), ("sex", "性别", Choice({"1": "男", "2": "女"})),
        ("grade", "年级", Text(8)), ("major_code", "专业代码", Text(10)),
        ("major", "专业名称", Text(60)), ("class", "班级", Text(60)), ("enrolled", "入学年月", Month()),
        ("hukou", "户籍性质", Text(20)), ("agri", "是否涉农", Choice({"1": "是", "0": "否"})),
        ("poor", "困难类型", Text(20)), ("tier", "资助档次", Text(20)), ("first", "起始年月", Month()),
        ("last", "截止年月", Month()), ("fen", "金额(元)", Fen()), ("card", "银行卡号", BankCard()),
        ("bank", "开户行", Text(60)), ("phone", "联系电话", Text(20)), ("remark", "备注", Text()),
    ]  # fmt: skip
    required = {"name", "id_no", "fen", "card"}
    columns = [Column(key, title, rule, required=key in required) for key, title, rule in rules]
    return Sheet("bench", "名单", columns)


def cells(row: int, dice: random.Random) -> list[object]:
    """One row of 24 cells as people fill them; every twentieth has a wrong digit."""
    from app.kernel.check_digits import luhn
    from app.kernel.idcard import check_character

    born = f"{dice.randrange(2005, 2011)}{dice.randrange(1, 13):02}{dice.randrange(1, 29):02}"
    first17 = f"350102{born}{dice.randrange(1, 999):03}"
    number = first17 + check_character(first17)
    if row % 20 == 0:
        number = number[:-1] + ("1" if number[-1] != "1" else "2")
    start = f"62283619{row % 10**8:08}{dice.randrange(10)}"
    card = next(start + str(n) for n in range(10) if luhn(start + str(n)))
    name = dice.choice(SURNAMES) + dice.choice(GIVEN) + dice.choice(GIVEN)
    return [
        row, f"3635{row % 200:06}", f"第{row % 200}中等职业学校", name, "居民身份证", number,
        "G" + number, dice.choice("男女"), f"202{row % 4}", f"6101{row % 20:02}",
        f"专业名称{row % 20}", f"{row % 12}班", "2024-09", "农业", dice.choice("是否"), "低保", "一档",
        "2026-09", "2026-10", 230.0 + row % 7, card, "福建海峡银行",
        f"138{dice.randrange(10**8):08}", f"备注{row}" if row % 5 == 0 else "",
    ]  # fmt: skip


def rows_of(count: int):
    dice = random.Random(1)
    return (cells(row, dice) for row in range(1, count + 1))


def fill(sheet, count: int) -> None:
    """The heading and the rows, cell by cell through xlsxwriter's own verbs."""
    for at, title in enumerate(declared().headers()):
        sheet.write_string(0, at, title)
    for number, row in enumerate(rows_of(count), 1):
        for at, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, at, value)
            else:
                sheet.write_number(number, at, value)


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
BOOK = (
    f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="名单" sheetId="1" r:id="r1"/>'
    "</sheets></workbook>"
)
ROOT_PARTS = (
    f'<Relationships xmlns="{PACKAGE}">'
    f'<Relationship Id="r0" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>"
)
PARTS = (
    f'<Relationships xmlns="{PACKAGE}">'
    f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    "</Relationships>"
)


def make(path: str, count: int) -> None:
    """The file as Excel saves it: texts in a table of their own, cells name them by number."""
    numbers: dict[str, int] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("_rels/.rels", ROOT_PARTS)
        package.writestr("xl/workbook.xml", BOOK)
        package.writestr("xl/_rels/workbook.xml.rels", PARTS)
        with package.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'<worksheet xmlns="{MAIN}"><sheetData>'.encode())
            for number, row in enumerate(chain([declared().headers()], rows_of(count)), 1):
                sheet.write(row_xml(number, row, numbers).encode())
            sheet.write(b"</sheetData></worksheet>")
        with package.open("xl/sharedStrings.xml", "w") as texts:
            texts.write(f'<sst xmlns="{MAIN}">'.encode())
            for text in numbers:
                texts.write(f"<si><t>{text}</t></si>".encode())
            texts.write(b"</sst>")


def row_xml(number: int, row: list[object], numbers: dict[str, int]) -> str:
    told = []
    for at, value in enumerate(row):
        name = f"{chr(65 + at)}{number}"
        if isinstance(value, str):
            place = numbers.setdefault(value, len(numbers)) if value else -1
            told.append(f'<c r="{name}" t="s"><v>{place}</v></c>' if value else "")
        else:
            told.append(f'<c r="{name}"><v>{value}</v></c>')
    return f'<row r="{number}">{"".join(told)}</row>'


def bare_calamine(path: str, count: int) -> None:
    from python_calamine import CalamineWorkbook

    with CalamineWorkbook.from_path(path) as book:
        assert sum(1 for _row in book.get_sheet_by_index(0).iter_rows()) == count + 1


def _read(path: str, count: int, held: int) -> None:
    from app.kernel.sheets import Limit, read

    with read(path, declared(), Limit(held=held, rows=1 << 20)) as reading:
        for _row in reading.rows:
            pass
    assert reading.counts.rows == count
    assert reading.counts.refused == count // 20
    print(reading.reader)


def read_as_we_do(path: str, count: int) -> None:
    from app.kernel.sheets import Limit

    _read(path, count, Limit().held)


def read_held(path: str, count: int) -> None:
    """Held even where we would stream: what the limit spares."""
    from app.kernel.sheets import book, survey

    book.survey = lambda package, _limit: survey.Survey(
        dict.fromkeys(package.parts, 0), stream=False
    )
    _read(path, count, 1 << 40)


def read_streamed(path: str, count: int) -> None:
    _read(path, count, 0)


def gate(path: str, count: int) -> None:
    from app.kernel.sheets.declare import Limit
    from app.kernel.sheets.package import Package
    from app.kernel.sheets.survey import survey

    with Package(Path(path), Limit()) as package:
        assert survey(package, Limit()).rows["xl/worksheets/sheet1.xml"] == count + 1


def only_rows(_path: str, count: int) -> None:
    for _row in rows_of(count):
        pass


def bare_writer(_path: str, count: int) -> None:
    import xlsxwriter

    with tempfile.TemporaryDirectory() as folder:
        options = {"constant_memory": True, "tmpdir": folder}
        with xlsxwriter.Workbook(f"{folder}/out.xlsx", options) as book:
            fill(book.add_worksheet("名单"), count)


def our_writer(_path: str, count: int) -> None:
    from app.kernel.sheets import Column, Meta, write_xlsx

    columns = [Column(c.key, c.header) for c in declared().columns]
    with tempfile.TemporaryDirectory() as folder:
        assert write_xlsx(f"{folder}/out.xlsx", columns, rows_of(count), Meta("名单")) == count


def errors_book(path: str, count: int) -> None:
    from app.kernel.sheets import Counts, Problem, hand_back

    problems = [
        Problem("身份证件号", f"F{row + 1}", "校验码不符,请与身份证核对", "id_no")
        for row in range(20, count + 1, 20)
    ]
    counts = Counts(taken=count - len(problems), refused=len(problems))
    with tempfile.TemporaryDirectory() as folder:
        hand_back(path, f"{folder}/out.xlsx", declared(), problems, counts)


WORDS = {
    "bare_calamine": "calamine alone: load, walk all rows",
    "gate": "our gate alone: inflate and look through every part",
    "read_as_we_do": "`read`: gate, the reader its size asks for, every check, 5 % refused",
    "read_held": "the same without the gate, the sheet held whatever its size",
    "read_streamed": "the same, made to stream",
    "only_rows": "making up the rows that are written",
    "bare_writer": "xlsxwriter alone: constant_memory, no formats",
    "our_writer": "`write_xlsx`: formats, frozen heading, totals",
    "errors_book": "`hand_back`: read again, 5 % marked with comment and reason",
}
AGAINST = {"gate": "bare_calamine", "read_as_we_do": "bare_calamine",
           "read_streamed": "bare_calamine", "read_held": "bare_calamine", "our_writer": "bare_writer",
           "errors_book": "bare_writer"}  # fmt: skip


SMALL = 100_000
LONG = ("bare_calamine", "gate", "read_held", "read_as_we_do")
"""The steps measured on files too long for the rest."""


def alone(step: str, path: str, count: int) -> None:
    """In a process of its own: what the step costs, as JSON on the last line."""
    declared()
    import python_calamine  # noqa: F401 - its weight is not the step's

    before = heaviest()
    start, wall = time.process_time(), time.perf_counter()
    globals()[step](path, count)
    cpu, passed = time.process_time() - start, time.perf_counter() - wall
    print(json.dumps({"cpu": cpu, "wall": passed, "mb": heaviest() - before}))


def heaviest() -> float:
    """The most memory this process ever had, in MB (getrusage would count its parent's too)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return (
        int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
        / 1024
    )


def measure(step: str, path: str, count: int, times: int) -> dict[str, float]:
    """The run of least CPU time out of several."""
    command = [sys.executable, __file__, "--alone", step, path, str(count)]
    runs = []
    for _time in range(times):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    return min(runs, key=lambda run: run["cpu"])


def table(count: int, found: dict[str, dict[str, float]]) -> list[str]:
    for step in {"bare_writer", "our_writer"} & found.keys():
        found[step]["cpu"] -= found["only_rows"]["cpu"]
    lines = [f"## {count:,} rows x 24 columns", ""]
    lines += ["| step | CPU s | wall s | peak rise MB | x |", "|---|---|---|---|---|"]
    for step, got in found.items():
        ratio = f"{got['cpu'] / found[AGAINST[step]]['cpu']:.2f}" if step in AGAINST else ""
        figures = f"{got['cpu']:.2f} | {got['wall']:.2f} | {got['mb']:.0f} | {ratio}"
        lines.append(f"| {WORDS[step]} | {figures} |")
    return [*lines, ""]


def main(counts: list[int]) -> None:
    lines = ["# Files in and out", "", ("Written by `bench/sheets.py`; each step in a process of "
             "its own. x: CPU against the bare library on the same file in the same run. The CPU "
             "of the two writers is without making up the rows; wall seconds are whatever the "
             "machine was doing besides."), "",
             "A sheet is held in memory up to 128 MB inflated and within A1:AZ99999; beyond either it is streamed.",
        "",
        f"Python {platform.python_version()}, {platform.machine()}.", ""]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            path = f"{folder}/{count}.xlsx"
            make(path, count)
            found = {}
            for step in WORDS if count <= SMALL else LONG:
                found[step] = measure(step, path, count, 3 if count <= SMALL else 1)
                print(count, step, found[step], flush=True)
            lines += table(count, found)
    Path(__file__).with_suffix(".md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--alone"]:
        alone(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main([int(word) for word in sys.argv[1:]] or [50_000, 500_000])
