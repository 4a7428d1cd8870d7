"""A few payments, a run, and profiles changed in one point."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from app.payments.banks import PayLine, Profile, RunContext, shipped

if TYPE_CHECKING:
    from pathlib import Path

RUN = RunContext(
    run_no="R12",
    date=dt.date(2026, 9, 1),
    payer_account="1402000000000000001",
    payer_name="长乐区财政局",
    payer_bank="工商银行长乐支行",
    payer_cnaps="102391000012",
    run_purpose="2026-09助学金",
    month="2026-09",
    made_at=dt.datetime(2026, 9, 1, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=8))),
)
NAMES = ("张三", "李小四", "买买提·艾力", "欧阳文文", "林一")


def line(seq: int = 1, **changes: Any) -> PayLine:
    """A payment of 1,150 yuan to an account at the paying bank."""
    plain = PayLine(
        ref=f"R12-{seq:06d}-1",
        seq=seq,
        holder_name=NAMES[seq % len(NAMES)],
        card_no=f"62128412345678{seq:05d}",
        bank_name="工商银行",
        cnaps="102391000012",
        id_no=f"350182200901{seq:06d}",
        fen=115000,
        purpose="2026年9月助学金",
        same_bank=True,
    )
    return plain._replace(**changes)


def lines(count: int, **changes: Any) -> list[PayLine]:
    return [line(seq, **changes) for seq in range(1, count + 1)]


def profile(name: str, **changes: Any) -> Profile:
    """A shipped profile with some of its data replaced."""
    return Profile.parse(shipped()[name].to_dict() | changes)


def with_results(name: str, **changes: Any) -> Profile:
    """A shipped profile with some of its result layout replaced."""
    data = shipped()[name].to_dict()
    return Profile.parse(data | {"results": data["results"] | changes})


def only_file(folder: Path) -> Path:
    """The one file in the folder."""
    (path,) = folder.iterdir()
    return path
