"""换卡申请: requests for another card, and the cards a student has had."""

from __future__ import annotations

from typing import Any

from flask import g, request

from app.accounts.models import SCHOOL_CLERK, STAFF
from app.kernel.grid import EXPORT, READ, Grid, Lookup
from app.kernel.i18n import _l
from app.registry import card_changes
from app.registry.models import CardChange, Enrolment
from app.registry.views import REGISTRY_MENU, REVEALERS, cards_shown
from app.registry.workflow import CARD_CHANGES

TONES = {"asked": "wait", "changed": "good", "declined": "bad", "withdrawn": "mute"}
PROPOSED = ("why", "ref")
"""What a link to the form may fill in beside the student."""


class CardChangeGrid(Grid):
    """Requests for another card, waiting and decided; the numbers masked."""

    model, workflow, icon = CardChange, CARD_CHANGES, "credit-card"
    menu = (REGISTRY_MENU, _l("换卡申请"))
    access = {STAFF: READ | EXPORT, SCHOOL_CLERK: {"can_add"}, REVEALERS: {"can_reveal"}}
    reveals = frozenset({"card_mask"})
    title = _l("换卡申请")
    tones = TONES
    labels = {
        "school": _l("学校"), "enrolment": _l("学生"), "name": _l("姓名"), "id_mask": _l("证件号"),
        "old_card_mask": _l("原卡"), "card_mask": _l("新卡"), "card_no": _l("新卡号"),
        "holder_name": _l("户名"), "bank_name": _l("开户行"), "cnaps": _l("联行号"),
        "why": _l("换卡原因"), "note": _l("说明"), "ref": _l("发放失败的流水号"),
        "state": _l("状态"), "by": _l("申请人"), "created_at": _l("申请时间"),
        "decided_at": _l("办理时间"), "decided_by": _l("核对人"), "origin": _l("来源"),
    }  # fmt: skip
    hints = {
        "card_no": _l("照银行卡原件录入，16至19位"), "holder_name": _l("不填即为学生本人"),
        "ref": _l("由某一笔失败的发放引起时填写"),
    }  # fmt: skip
    list_columns = ["name", "school", "old_card_mask", "card_mask", "why", "origin", "created_at",
                    "state"]  # fmt: skip
    show_columns = ["name", "id_mask", "school", "old_card_mask", "card_mask", "holder_name",
                    "bank_name", "cnaps", "why", "note", "ref", "origin", "by", "created_at",
                    "decided_by", "decided_at", "state"]  # fmt: skip
    add_columns = ["enrolment", "card_no", "holder_name", "bank_name", "cnaps", "why", "note",
                   "ref"]  # fmt: skip
    search_columns = ["name", "state", "why", "ref", "origin"]
    order_columns = ["name", "created_at"]
    lookups = {
        "enrolment": Lookup(Enrolment, "name", "id_mask",
                            where=lambda actor: Enrolment.school_id == actor.org_id)
    }  # fmt: skip
    show_template = "registry/enrolment.html"
    add_row_message = _l("换卡申请已提出，请由另一人核对")

    def pre_add(self, row: CardChange) -> None:
        card_changes.fill_in(row, g.actor)

    def revealed(self, row: CardChange, column: str) -> str:
        return row.card_no

    def beside(self, row: CardChange) -> dict[str, Any]:
        return cards_shown(row.person_id) | {"listed": row.list_id}

    def _preset(self, form: Any) -> None:
        super()._preset(form)
        for name in PROPOSED:
            if name in request.args:
                form[name].process(None, request.args[name][:32])
