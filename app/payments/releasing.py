"""What is not paid after all gives its months back: a run that never left the house, and a line
that was removed after every order for it had come to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, exists, select, update

from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.payments.models import Attempt, Payment
from app.registry.models import CoveredMonth

if TYPE_CHECKING:
    from sqlalchemy import Select

P, T, M = (m.__table__ for m in (Payment, Attempt, CoveredMonth))


def release_runs(runs: Select[Any]) -> None:
    """The attempts of these runs (a SELECT of ids), none of them sent, are gone.

    First payments go with them and their months are free again; a payment tried before falls back
    to the attempt it had.
    """
    waiting = (T.c.run_id.in_(runs), T.c.state == "waiting")
    again = select(T.c.payment_id).where(*waiting, T.c.no > 1)
    back = update(P).where(P.c.id.in_(again)).values(attempt_no=P.c.attempt_no - 1)
    db.session.execute(back)
    db.session.execute(delete(T).where(*waiting))
    forget_untried(P.c.first_run_id.in_(runs))


def forget_untried(which: Any) -> None:
    """Payments under the condition that have no attempt are gone, and their months free."""
    untried = select(P.c.id).where(which, ~exists().where(T.c.payment_id == P.c.id))
    db.session.execute(delete(M).where(M.c.payment_id.in_(untried)))
    db.session.execute(delete(P).where(which, ~exists().where(T.c.payment_id == P.c.id)))


def give_up(lines: Select[Any]) -> None:
    """The months of these lines (a SELECT of ids) are free; what was tried stays as it was.

    Refused where an order may still arrive, or has: somebody may have made one just now.
    """
    held = select(P.c.id).where(P.c.line_id.in_(lines)).order_by(P.c.id).with_for_update()
    if not (payments := list(db.session.scalars(held))):
        return
    if db.session.scalar(select(exists().where(T.c.live.in_(payments)))):
        raise Refused(_("有的笔数刚列入了支付批次，没有剔除任何一行，请刷新后再试"))
    db.session.execute(delete(M).where(M.c.payment_id.in_(payments)))
