"""Tables as text, on the screen and in a file beside the measurement."""

from __future__ import annotations

import datetime as dt
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

from bench.kit.meter import load_average

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path(__file__).resolve().parent.parent


class Report:
    """The page that a measurement writes."""

    def __init__(self, name: str, title: str) -> None:
        self.path = FOLDER / f"{name}.md"
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
        machine = f"{os.cpu_count()} cores ({_processor()}), Python {platform.python_version()}"
        self.lines = [f"# {title}", "", f"{now}; {machine}; load average at the start "
                      f"{load_average()}."]  # fmt: skip

    def say(self, text: str) -> None:
        self.lines += ["", text]
        print(text, flush=True)

    def table(self, title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        block = [f"## {title}", "", "| " + " | ".join(head) + " |",
                 "|" + "|".join("---" for _ in head) + "|",
                 *("| " + " | ".join(row) + " |" for row in rows)]  # fmt: skip
        self.lines += ["", *block]
        print("\n".join(block), flush=True)

    def write(self) -> None:
        self.lines += ["", f"Load average at the end {load_average()}."]
        self.path.write_text("\n".join(self.lines) + "\n")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
