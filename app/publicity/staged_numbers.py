"""The whole numbers of staged rows: sealed many at a time, and opened again for those that are new.

Nearly everybody on a month's list is known already, and so is his card: they are found by the index
of the number. To seal each number by itself for the time between preview and taking, only to throw
it away, would cost as much as reading the rows.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, select

from app.kernel import bulk, crypto
from app.kernel.db import db
from app.kernel.types import BankCard, IdNumber
from app.publicity.models import StagedLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement

    from app.kernel.copy_text import Block

S = StagedLine.__table__
PURPOSE = "staged numbers"
NUMBERS = ("id_no", "card_no")
N = Table(
    "staged_number", MetaData(),
    Column("staged_id", BigInteger), *(Column(name, LargeBinary) for name in NUMBERS),
    prefixes=["TEMPORARY"],
)  # fmt: skip
"""Staged rows and their numbers as they rest in the tables of persons and cards."""


def sealed(seqs: Sequence[int], ids: Sequence[str], cards: Sequence[str]) -> list[bytes]:
    """The column `numbers` of rows that are staged together: the first of them holds those of
    all, the others nothing."""
    rows = json.dumps([list(seqs), list(ids), list(cards)])
    return [crypto.seal(rows, PURPOSE), *[b""] * (len(seqs) - 1)]


@contextmanager
def opened(upload_id: int, these: ColumnElement[bool]) -> Iterator[Table]:
    """The numbers of the upload's rows under `these` stand in a table while the block runs, each
    sealed by itself. Three statements more."""
    found = db.session.execute(select(S.c.seq, S.c.id).where(these))
    wanted = {row.seq: row.id for row in found}
    holds = select(S.c.numbers).where(S.c.upload_id == upload_id, S.c.numbers != b"")
    held = db.session.scalars(holds).all() if wanted else []
    with bulk.staged(N, ("staged_id", *NUMBERS), _numbers(held, wanted)):
        yield N


def _numbers(held: Sequence[bytes], wanted: dict[int, int]) -> Iterator[Block]:
    for blob in held:
        mine = [(wanted[seq], *both) for seq, *both in told(blob) if seq in wanted]
        if mine:
            whose, ids, cards = zip(*mine, strict=True)
            yield whose, IdNumber.sealed(ids), BankCard.sealed(cards)


def told(blob: bytes) -> Iterator[tuple[int, str, str]]:
    """(row number, ID number, card number) of the rows that were sealed together."""
    return zip(*json.loads(crypto.open_(blob, PURPOSE)), strict=True)
