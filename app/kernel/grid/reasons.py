"""Why somebody looks at a whole number: chosen from a short list, and written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.kernel.errors import Refused
from app.kernel.grid.declare import msgid
from app.kernel.i18n import _, _l

if TYPE_CHECKING:
    from collections.abc import Mapping

OTHER = "other"
REASONS = {
    "match": _l("与证件、银行卡原件核对"),
    "mend": _l("更正名单或学籍"),
    "bank": _l("向银行查询"),
    "asked": _l("学生或家长来询"),
    OTHER: _l("其他（请写明）"),
}
LONGEST = 200


def reason_of(form: Mapping[str, str]) -> str:
    """The chosen reason in words for the trail; Refused without one."""
    chosen, more = form.get("reason", ""), form.get("note", "").strip()[:LONGEST]
    if chosen not in REASONS or (chosen == OTHER and not more):
        raise Refused(_("查看完整号码须选择原因；选“其他”的请写明"))
    words = [] if chosen == OTHER else [msgid(REASONS[chosen])]
    return "，".join([*words, *filter(None, [more])])
