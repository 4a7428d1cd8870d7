"""From a run to a package for the bank's client."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import LargeBinary, bindparam, insert, null, select, type_coerce, update

from app.kernel import clock, files
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _, remembering
from app.kernel.scope import everyone
from app.kernel.types import BankCard, IdNumber
from app.kernel.workflow import Outcome
from app.payments import funds
from app.payments.banks import Lot, RunContext, write_lots
from app.payments.models import NOT_CARRIED, Attempt, Payer, PayFile, PayRun
from app.payments.renewing import NONE_RENEWED, Renewed, foretold, renew_cards
from app.payments.workflow import RUNS
from app.registry.models import Card, Person

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from app.kernel.actor import Actor
    from app.payments.banks import Package, Profile

T, C, H = (m.__table__ for m in (Attempt, Card, Person))
R = PayRun.__table__
LOT = 2000


@dataclass(frozen=True)
class Exported(Outcome):
    """What came of it, and which orders went to another card than the one they were opened for."""

    renewed: Renewed


def folder_of(run: PayRun) -> Path:
    """Where the run's package lies."""
    return files.store() / "runs" / str(run.id)


def export(run: PayRun, profile: Profile, folder: Path, actor: Actor, decision: str = ""
           ) -> Exported:  # fmt: skip
    """The run's package lies sealed in `folder`; the run waits for a second person to check it.

    Every line goes to the card in use today. Those whose card is closed without another, and those
    the bank's layout cannot carry (a character, a missing bank number), are set to failed with the
    reason and are not in the files; every other line is sent. The files, the rows and
    the state change together: a crash leaves the run open, and a new export starts clean.
    Refused unless the run is open, the actor's own, and the profile can carry at least one line;
    and when the funds at hand do not suffice, unless `decision` says why it goes all the same.
    """
    _lock(run, actor)
    funds.decide(run, decision, actor)
    shutil.rmtree(folder, ignore_errors=True)
    with everyone("导出须解密本批次的卡号"), remembering(), files.scratch() as scratch:
        package, renewed = _written(run, profile, scratch, actor)
        if not package.files:
            why = package.unable[0][1] if package.unable else renewed.told() or _("批次是空的")
            raise Refused(_("没有一行能写入这种银行格式：%(why)s", why=why))
        files.put_all(scratch, folder)
        _write_down(run, profile, package, renewed)
    db.session.expire_all()
    out = RUNS.take("export", PayRun.id == run.id, actor)
    if not out.moved:
        raise Refused("; ".join(out.refused.values()) or _("批次%(run)s不能导出", run=run.id))
    return Exported(out.moved, out.refused, out.refused_total, renewed)


def _lock(run: PayRun, actor: Actor) -> None:
    """The run is this transaction's, open, and the actor's to export."""
    if actor.role not in RUNS.steps["export"].by:
        raise Refused(_("银行文件由导出付款岗位导出"))
    locked = db.session.scalar(
        select(PayRun).where(PayRun.id == run.id).with_for_update(of=PayRun)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    if locked is None or locked.bureau_id != actor.org_id:
        raise Refused(_("支付批次由开立它的主管部门办理"))
    if locked.state != "open":
        raise Refused(_("批次%(run)s已导出过，不能重复导出；复核之后可下载原文件", run=run.id))


def _written(run: PayRun, profile: Profile, scratch: Path, actor: Actor
             ) -> tuple[Package, Renewed]:  # fmt: skip
    """The files, every line to the card in use today.

    Nearly always all cards are, which the lines tell as they go by. Where one is not, what is
    written so far is thrown away, the orders follow their cards, and it is begun again.
    """
    context = context_of(run, clock.now())
    try:
        return write_lots(profile, lots_of(run, profile), scratch, context), NONE_RENEWED
    except _NotInUse:
        renewed = renew_cards(run, actor)
        lots = lots_of(run, profile, any_card=True)
        return write_lots(profile, lots, scratch, context), renewed


class _NotInUse(Exception):
    """A line's card is not in use."""


def lots_of(run: PayRun, profile: Profile, *, any_card: bool = False) -> Iterator[Lot]:
    """The run's lines in order, decrypted a lot at a time as they stream to the file; the ID number
    only where the layout shows it. `_NotInUse` at the first card that is not in use, unless any
    will do that is not closed."""
    numbered = profile.shows("id_no")
    usable = [C.c.state != "closed"] if any_card else []
    source = (
        select(T.c.ref, T.c.seq, C.c.holder_name, _sealed(C.c.card_no), C.c.bank_name, C.c.cnaps,
               _sealed(H.c.id_no) if numbered else null(), T.c.fen, C.c.state)
        .join_from(T, C, C.c.id == T.c.card_id)
        .where(T.c.run_id == run.id, T.c.state == "waiting", *usable)
        .order_by(T.c.seq)
        .execution_options(yield_per=LOT)
    )  # fmt: skip
    if numbered:
        source = source.join(H, H.c.id == C.c.person_id)
    with db.session.execute(source) as found:
        for rows in found.partitions():
            lot, states = _lot(run, profile, rows, numbered=numbered)
            if not any_card and states != {"active"}:
                raise _NotInUse
            yield lot


def _lot(run: PayRun, profile: Profile, rows: Sequence[Any], *, numbered: bool
         ) -> tuple[Lot, set[str]]:  # fmt: skip
    """Those lines in clear, and the states of their cards."""
    refs, seqs, holders, cards, banks, cnaps, numbers, fens, states = zip(*rows, strict=True)
    same = [not no or no.startswith(profile.bank_code) for no in cnaps]
    lot = Lot.made(
        len(rows), ref=refs, seq=seqs, holder_name=holders, card_no=BankCard.opened(cards),
        bank_name=banks, cnaps=[no or None for no in cnaps], fen=fens, same_bank=same,
        id_no=IdNumber.opened(numbers) if numbered else numbers,
        purpose=[purpose_of(run)] * len(rows),
    )  # fmt: skip
    return lot, set(states)


def _sealed(column: Any) -> Any:
    """The column as it rests."""
    return type_coerce(column, LargeBinary)


def purpose_of(run: PayRun) -> str:
    """What the bank tells the student the money is."""
    return f"{run.month}助学金"


def context_of(run: PayRun, at: dt.datetime) -> RunContext:
    """What all lines of the run share in an export at that moment, told in the time of here."""
    payer = db.session.scalar(select(Payer).where(Payer.org_id == run.bureau_id))
    known: dict[str, Any] = {}
    if payer is not None:
        known = {"payer_account": payer.account, "payer_name": payer.name,
                 "payer_bank": payer.bank_name, "payer_cnaps": payer.cnaps,
                 "agreement_no": payer.agreement_no, "extra": payer.extra}  # fmt: skip
    return RunContext(run_no=f"R{run.id}", date=at.date(), month=str(run.month),
                      run_purpose=purpose_of(run), made_at=at, **known)  # fmt: skip


def _write_down(run: PayRun, profile: Profile, package: Package, renewed: Renewed) -> None:
    """Files, hashes and totals stand on the run; its lines are sent, or failed with a reason."""
    told = (package.rows + len(package.unable) + renewed.left,
            package.fen + package.unable_fen + renewed.left_fen)  # fmt: skip
    if told != (run.line_count, run.total_fen):
        if foretold(run).told():
            raise Refused(_("导出期间有学生的银行卡更换了，没有生成银行文件，请再导出一次"))
        raise RuntimeError(f"run {run.id} owes {run.line_count} lines, its package holds {told}")
    digest = hashlib.sha256("".join(f.sha256 for f in package.files).encode()).hexdigest()
    db.session.execute(
        insert(PayFile.__table__),
        [{"run_id": run.id, "org_path": run.org_path, "name": f.name, "row_count": f.rows,
          "fen": f.fen, "sha256": f.sha256} for f in package.files],
    )  # fmt: skip
    if package.unable:
        unable = [{"b_ref": ref, "why": why} for ref, why in package.unable]
        db.session.execute(_fail_one(), unable)
    sent = update(T).where(T.c.run_id == run.id, T.c.state == "waiting")
    db.session.execute(sent.values(state="sent"))
    figures = {
        "profile": profile.name,
        "profile_edition": profile.version,
        "profile_data": profile.to_dict(),
        "digest": digest,
    }
    db.session.execute(update(R).where(R.c.id == run.id).values(figures))


def _fail_one() -> Any:
    change = update(T).where(T.c.ref == bindparam("b_ref"), T.c.state == "waiting")
    return change.values(state="failed", reason=NOT_CARRIED, reason_text=bindparam("why"))
