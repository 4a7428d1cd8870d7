"""The first lines of a file as this profile writes it, for whoever edits the profile."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from app.payments.banks.lines import PayLine, RunContext
from app.payments.banks.package import write_package
from app.payments.banks.tables import sheet_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.payments.banks.profile import Profile

LINES = 12
SAMPLE_RUN = RunContext(
    run_no="R12",
    date=dt.date(2026, 9, 1),
    payer_account="1402000000000000001",
    payer_name="示例县财政局",
    payer_bank="示例银行示例支行",
    payer_cnaps="102391000012",
    agreement_no="0001",
    run_purpose="助学金",
    month="2026-09",
)
SAMPLE_LINES = tuple(
    PayLine(f"R12-{n:06d}-1", n, name, f"62228000000000{n:04d}", bank, cnaps,
            f"35012820100101{n:04d}", 115000, "助学金", same)
    for n, name, bank, cnaps, same in (
        (1, "张三", "示例银行", "102391000012", True),
        (2, "李小四", "福建海峡银行", "313391080007", False),
        (3, "买买提·艾力", "示例银行", "102391000012", True),
        (4, "陈䶮", "示例银行", "102391000012", True),
        (5, "欧阳文文", "厦门银行", "313393080005", False),
        (6, "林一", "示例银行", "102391000012", True),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Specimen:
    """What a format makes of the made-up people: its first file, and who stands in none."""

    file_name: str
    lines: tuple[str, ...]
    unable: tuple[str, ...]
    files: int


def specimen(profile: Profile, lines: Iterable[PayLine] = SAMPLE_LINES) -> Specimen:
    """The first lines of the first file, made by really writing it.

    A sheet's cells are joined by " | ".
    """
    with tempfile.TemporaryDirectory() as folder:
        package = write_package(profile, islice(lines, 50), Path(folder), SAMPLE_RUN)
        shown: list[str] = []
        if package.files:
            shown = list(islice(_lines(profile, Path(folder) / package.files[0].name), LINES))
    unable = tuple(sentence for _ref, sentence in package.unable)
    name = package.files[0].name if package.files else ""
    return Specimen(name, tuple(shown), unable, len(package.files))


def preview(profile: Profile, lines: Iterable[PayLine] = SAMPLE_LINES) -> list[str]:
    """The first lines of the first file, then who stands in none."""
    made = specimen(profile, lines)
    return [*made.lines, *made.unable]


def _shown(cell: object) -> str:
    """Numbers as a person sees them: whole ones without decimals."""
    return f"{cell:.2f}".removesuffix(".00") if isinstance(cell, float) else str(cell)


def _lines(profile: Profile, path: Path) -> Iterator[str]:
    if profile.is_sheet:
        for row in sheet_rows(path):
            yield " | ".join(_shown(cell) for cell in row.cells)
        return
    with path.open(encoding=profile.encoding, newline="") as file:
        for line in file:
            yield line.rstrip("\r\n")
