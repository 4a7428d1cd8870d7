"""A request for another card: made by a school's clerk, checked by somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, insert, literal, select

from app.accounts.models import SCHOOL_CLERK
from app.kernel import audit, clock
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.scope import everyone
from app.kernel.types import BankCard
from app.registry.models import NEXT, Card, CardChange, Enrolment, Person

if TYPE_CHECKING:
    from sqlalchemy import Select

    from app.kernel.actor import Actor

C, E, Q = (m.__table__ for m in (Card, Enrolment, CardChange))


def ask(enrolment: Enrolment, card_no: str, why: str, actor: Actor, *, holder_name: str = "",
        bank_name: str = "", cnaps: str = "", note: str = "", ref: str = ""
        ) -> CardChange:  # fmt: skip
    """The request stands and waits for a second person; `card_no` is checked by its type."""
    asked = CardChange(
        enrolment=enrolment, org_path=enrolment.org_path, card_no=BankCard.clean(card_no), why=why,
        holder_name=holder_name, bank_name=bank_name, cnaps=cnaps, note=note, ref=ref,
    )  # fmt: skip
    fill_in(asked, actor)
    db.session.add(asked)
    db.session.flush()
    audit.record("add", actor=actor, org_path=asked.org_path, subject=CardChange.__tablename__,
                 subject_id=asked.id)  # fmt: skip
    return asked


def fill_in(asked: CardChange, actor: Actor) -> None:
    """What a request says of the student and of the card he has now follows from the registry.

    Refused when the student is another school's, has an open request, names the card he has, or
    somebody else's; and when the holder is somebody else without a word why.
    """
    student = asked.enrolment
    if actor.role != SCHOOL_CLERK or student.school_id != actor.org_id:
        raise Refused(_("换卡申请由学生所在学校的经办人提出"))
    asked.school_id, asked.person_id = student.school_id, student.person_id
    asked.name, asked.id_mask, asked.by = student.name, student.id_mask, actor.username
    asked.card_index, asked.card_mask = BankCard.index(asked.card_no), BankCard.mask(asked.card_no)
    asked.holder_name = asked.holder_name or student.name
    if asked.holder_name != student.name and not asked.note:
        raise Refused(_("户名不是学生本人的，请在说明中写清理由；由主管部门核对"))
    with everyone("换卡申请要与在用的卡、他人的卡核对"):
        _compare(asked)


def note_listed(told: Select[Any], actor: Actor) -> None:
    """Each card about to come into use in place of another has its change written down, with the
    hands the list went through, and in the trail. Two statements.

    `told` says of such cards, once each: card_id, list_id, school_id, org_path, name, id_mask,
    asked_by and asked_at (who submitted the list), decided_by (who published it).
    """
    t, new, old, now = told.subquery("told"), C.alias("new"), C.alias("old"), clock.now()
    at = literal(now, Q.c.decided_at.type)
    carried = {k: t.c[k] for k in ("list_id", "school_id", "org_path", "name", "id_mask")}
    card = {k: new.c[k] for k in ("person_id", "card_no", "card_index", "card_mask",
                                  "holder_name", "bank_name", "cnaps")}  # fmt: skip
    said = {"origin": "list", "why": "other", "ref": "", "state": "changed",
            "note": _("名单所列的卡与在用的不同，名单确认后启用")}  # fmt: skip
    fixed = {k: literal(v) for k, v in said.items()}
    cells = carried | card | fixed | {
        "enrolment_id": E.c.id, "old_card_id": old.c.id, "old_card_mask": old.c.card_mask,
        "new_card_id": new.c.id, "by": func.coalesce(t.c.asked_by, ""), "decided_at": at,
        "created_at": func.coalesce(t.c.asked_at, at),
        "decided_by": func.coalesce(t.c.decided_by, ""),
    }  # fmt: skip
    its = and_(E.c.person_id == new.c.person_id, E.c.school_id == t.c.school_id)
    used = and_(old.c.person_id == new.c.person_id, old.c.state == "active")
    source = select(*cells.values()).join_from(t, new, new.c.id == t.c.card_id)
    source = source.join(old, used).outerjoin(E, its).order_by(new.c.id)
    db.session.execute(insert(Q).from_select(list(cells), source))
    event = {"verb": "change_card", "subject": Q.name, "subject_id": Q.c.id, "new": "changed",
             "org_path": Q.c.org_path}  # fmt: skip
    coming = select(C.c.id).where(C.c.state == NEXT)
    audit.record_each(audit.who(actor) | event, Q.c.new_card_id.in_(coming), Q.c.decided_at == at)


def _compare(asked: CardChange) -> None:
    """The request knows the card in use, and is at odds with none."""
    held = select(Person.id).where(Person.id == asked.person_id)
    db.session.execute(held.with_for_update(key_share=True))  # two requests at once see each other
    waiting = CardChange.person_id == asked.person_id, CardChange.state == "asked"
    if db.session.scalar(select(exists().where(*waiting))):
        raise Refused(_("该生已有一份换卡申请待核对：请先由复核人办理，或撤回后重新提出"))
    used = select(Card).where(Card.card_index == asked.card_index, Card.state == "active",
                              Card.person_id != asked.person_id)  # fmt: skip
    if db.session.scalar(select(used.exists())):
        raise Refused(_("该卡号已登记在另一名学生名下：一人一卡，请核对卡号"))
    own = select(Card).where(Card.person_id == asked.person_id, Card.state == "active")
    old = db.session.scalar(own)
    if old is None:
        return
    told = (old.card_index, old.holder_name, old.bank_name, old.cnaps)
    if told == (asked.card_index, asked.holder_name, asked.bank_name, asked.cnaps):
        raise Refused(_("这就是该生在用的卡，不需要变更"))
    asked.old_card_id, asked.old_card_mask = old.id, old.card_mask
