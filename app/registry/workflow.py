"""The life of a hold."""

from __future__ import annotations

from app.accounts.models import BUREAU_APPROVER, BUREAU_REVIEWER
from app.kernel.i18n import _l
from app.kernel.workflow import Step, Workflow
from app.registry.models import Hold

deciders = frozenset({BUREAU_REVIEWER, BUREAU_APPROVER})

HOLDS = Workflow(
    Hold,
    {"on": _l("停发中"), "lifted": _l("已解除")},
    [
        Step("lift", _l("解除停发"), ("on",), "lifted", deciders, note=True, icon="hand-finger",
             confirm=_l("从本月起可以重新列入名单。")),
    ],
)  # fmt: skip
