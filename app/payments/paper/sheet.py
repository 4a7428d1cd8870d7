"""The approval sheet as PDF: figures, capitals, hashes, and boxes to be signed by hand.

It says only what was settled when the files were made, so the same run gives the same bytes,
whoever asks and whenever. It is an official paper: Chinese, whatever the reader's language.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from app.kernel.types import capitals, yuan

if TYPE_CHECKING:
    from collections.abc import Sequence

HAN, LATIN, RARE = "Han", "Helvetica", "STSong-Light"
"""Ours, embedded; the viewer's own for ASCII; the viewer's own for characters ours lacks."""
FONT = Path(__file__).parent / "droid-sans-fallback" / "subset-gb2312.ttf"
MARGIN = 16 * mm
WIDTH = A4[0] - 2 * MARGIN
SIGNED = ("经办（开立批次）", "导出银行文件", "复核", "审批（单位负责人）")
PROMISE = "银行文件的 SHA-256 与上表一致时方可提交银行；改动任何一个字节都会使它不同。"
LINE = colors.Color(0.45, 0.45, 0.45)


@dataclass(frozen=True)
class PaperFile:
    """One bank file as the paper names it."""

    name: str
    rows: int
    fen: int
    sha256: str


@dataclass(frozen=True)
class PaperFacts:
    """What was settled when the files were made. `left_out`: payments and fen in none of them."""

    bureau: str
    run_no: str
    month: str
    programme: str
    kind: str
    layout: str
    opened_by: str
    exported_by: str
    exported_at: str
    digest: str
    left_out: tuple[int, int]
    files: tuple[PaperFile, ...]

    @property
    def rows(self) -> int:
        return sum(f.rows for f in self.files)

    @property
    def fen(self) -> int:
        return sum(f.fen for f in self.files)


def approval_sheet(facts: PaperFacts) -> bytes:
    """The PDF, ready to be printed and signed."""
    _fonts()
    out = io.BytesIO()
    paper = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=15 * mm,
        bottomMargin=17 * mm, invariant=1, title=f"{facts.run_no} 审批单", author=facts.bureau,
        lang="zh-CN",
    )  # fmt: skip
    foot = partial(_foot, facts)
    paper.build(_story(facts), onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


def _story(facts: PaperFacts) -> list[Any]:
    head = _text(facts.bureau, 11, alignment=1)
    title = _text("资助资金发放审批单", 18, alignment=1, spaceAfter=10)
    note = _text(PROMISE, 8.5)
    gap = partial(Spacer, 1)
    return [head, title, _facts(facts), gap(10), _files(facts.files), gap(6), note, gap(12),
            _boxes()]  # fmt: skip


def _facts(facts: PaperFacts) -> Table:
    count, fen = facts.left_out
    left = f"{count:,} 笔，{yuan(fen)} 元" if count else "无"
    rows = [
        ("批次", facts.run_no, "名单月份", facts.month),
        ("项目", facts.programme, "类型", facts.kind),
        ("银行格式", facts.layout, "文件数", f"{len(facts.files):,} 个"),
        ("开立账号", facts.opened_by, "导出账号", facts.exported_by),
        ("导出时间", facts.exported_at, "未列入文件", left),
        ("合计笔数", f"{facts.rows:,} 笔", "合计金额", f"¥ {yuan(facts.fen)}"),
        ("金额大写", f"人民币{capitals(facts.fen)}", "", ""),
        ("批次摘要", facts.digest, "", ""),
    ]
    cells = [[_text(a, 9), _text(b, 10), _text(c, 9), _text(d, 10)] for a, b, c, d in rows]
    wide = [("SPAN", (1, n), (3, n)) for n, row in enumerate(rows) if not row[2]]
    shade = [("BACKGROUND", (c, 0), (c, -1), colors.Color(0.95, 0.95, 0.95)) for c in (0, 2)]
    return Table(cells, [24 * mm, WIDTH / 2 - 24 * mm] * 2, style=_grid(*shade[:1], *wide))


def _files(files: Sequence[PaperFile]) -> LongTable:
    """One row a file, the head again on every page."""
    head = [_text(t, 9) for t in ("序号", "文件", "笔数", "金额（元）", "SHA-256")]
    rows = [
        [_text(str(n), 8.5), _text(f.name, 8.5), _text(f"{f.rows:,}", 8.5, alignment=2),
         _text(yuan(f.fen), 8.5, alignment=2), _text(f"{f.sha256[:32]} {f.sha256[32:]}", 7)]
        for n, f in enumerate(files, 1)
    ]  # fmt: skip
    widths = [12 * mm, 50 * mm, 18 * mm, 32 * mm, WIDTH - 112 * mm]
    return LongTable([head, *rows], widths, repeatRows=1, style=_grid(_shade(0, 0, -1, 0)))


def _boxes() -> Table:
    names = [_text(t, 9) for t in SIGNED]
    blank = [_text("签名：", 9) for _ in SIGNED]
    dates = [_text("年　　月　　日", 9, alignment=2) for _ in SIGNED]
    stamp = [_text("单位盖章：", 9), "", "", ""]
    return Table([names, blank, dates, stamp], [WIDTH / 4] * 4, [9 * mm, 16 * mm, 8 * mm, 24 * mm],
                 style=_grid(_shade(0, 0, -1, 0), ("SPAN", (0, 3), (3, 3))))  # fmt: skip


def _shade(*cells: int) -> tuple[Any, ...]:
    return ("BACKGROUND", cells[:2], cells[2:], colors.Color(0.95, 0.95, 0.95))


def _grid(*more: tuple[Any, ...]) -> TableStyle:
    every = ((0, 0), (-1, -1))
    lines = [("GRID", *every, 0.5, LINE), ("VALIGN", *every, "MIDDLE"), ("TOPPADDING", *every, 3.5)]
    return TableStyle([*lines, *more])


def _foot(facts: PaperFacts, canvas: Any, paper: Any) -> None:
    said = Paragraph(marked(f"{facts.bureau}　{facts.run_no}　第 {paper.page} 页"), _style(8, 1))
    said.wrap(WIDTH, 10 * mm)
    said.drawOn(canvas, MARGIN, 8 * mm)


def _text(words: str, size: float, **more: Any) -> Paragraph:
    return Paragraph(marked(words), _style(size, more.pop("alignment", 0), **more))


def _style(size: float, alignment: int, **more: Any) -> ParagraphStyle:
    return ParagraphStyle("paper", fontName=HAN, fontSize=size, leading=size * 1.4,
                          alignment=alignment, wordWrap="CJK", **more)  # fmt: skip


def marked(words: str) -> str:
    """The words with each run of characters in a font that has them."""
    runs = groupby(words, _font_for)
    return "".join(f'<font name="{font}">{escape("".join(run))}</font>' for font, run in runs)


def _font_for(char: str) -> str:
    if char.isascii():
        return LATIN
    return HAN if ord(char) in _fonts().face.charToGlyph else RARE


@cache
def _fonts() -> Any:
    han = TTFont(HAN, str(FONT))
    pdfmetrics.registerFont(han)
    pdfmetrics.registerFont(UnicodeCIDFont(RARE))
    return han
