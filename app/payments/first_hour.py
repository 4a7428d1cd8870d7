"""How people begin whose work is the money."""

from __future__ import annotations

from app.accounts.models import (
    BUREAU_APPROVER,
    BUREAU_CLERK,
    BUREAU_EXPORTER,
    BUREAU_POSTER,
    BUREAU_REVIEWER,
)
from app.kernel.desk import guide
from app.kernel.i18n import _l

RUNS = "/rungrid/list/"
BOOKS = (
    _l("随时可以对账"),
    _l("从公示到到账的每一步金额都在这里，点任何一个数看它背后的学生。"),
    "/duegrid/reconcile",
)
CHECK = (_l("复核银行文件"), _l("核对笔数、金额和文件摘要；不能复核自己开立或导出的。"),
         RUNS + "?_flt_0_state=exported")  # fmt: skip

guide(
    BUREAU_CLERK,
    (
        _l("看哪些名单可以支付"),
        _l("公示期满并确认的名单才能支付。"),
        "/listgrid/list/?_flt_0_state=confirmed",
    ),
    (_l("开立支付批次"), _l("选月份，一次把本部门所有已确认的名单列进去。"), "/rungrid/begin"),
    (
        _l("有失败的，开重发批次"),
        _l("学生换好卡以后，在原批次页面按「开立重发批次」，只重发失败的。"),
        RUNS,
    ),
    BOOKS,
)
guide(
    BUREAU_EXPORTER,
    (_l("找到待导出的批次"), _l("没有的话，先由经办人或您开立。"), RUNS + "?_flt_0_state=open"),
    (_l("生成银行文件"), _l("选开户行的格式；写不进文件的姓名和卡号会逐笔列出来。"), ""),
    (
        _l("交给另一人复核"),
        _l("复核之后才能下载、送银行；文件只生成一次，重复下载内容不变。"),
        RUNS + "?_flt_0_state=exported",
    ),
)
guide(
    BUREAU_POSTER,
    (
        _l("导入银行回盘"),
        _l("打开已复核的批次，选银行给的文件；同一文件导入两次不会重复登记。"),
        RUNS + "?_flt_0_state=checked",
    ),
    (
        _l("查明搁置的行"),
        _l("金额、卡号对不上的行不会登记，问清银行后由复核人说明销号。"),
        "/resultlinegrid/list/?_flt_0_fate=aside",
    ),
    (_l("结清"), _l("每一笔都有结果以后才能结清；失败的笔数另开重发批次。"), ""),
    BOOKS,
)
guide(BUREAU_REVIEWER, CHECK, BOOKS)
guide(BUREAU_APPROVER, CHECK, BOOKS)
