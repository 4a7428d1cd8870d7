"""How people begin whose work is the rolls."""

from __future__ import annotations

from app.accounts.models import BUREAU_CLERK, BUREAU_REVIEWER, SCHOOL_CLERK
from app.kernel.desk import guide
from app.kernel.i18n import _l

guide(
    BUREAU_CLERK,
    (
        _l("登记部门名册"),
        _l("乡村振兴、民政、残联提供的名册，登记后上传，系统与学籍比对并分到学校。"),
        "/rollgrid/list/",
    ),
)
guide(
    SCHOOL_CLERK,
    (
        _l("核实困难学生"),
        _l("名册比对出的本校学生，逐人核实；定稿后无需申请即应列入名单。"),
        "/rollentrygrid/list/?_flt_0_state=pending",
    ),
)
guide(
    BUREAU_REVIEWER,
    (
        _l("定稿困难学生名册"),
        _l("学校核实后由您定稿或退回；进度按学校、按困难类型看。"),
        "/rollentrygrid/progress",
    ),
)
