"""How people begin whose work is the monthly lists."""

from __future__ import annotations

from app.accounts.models import (
    BUREAU_APPROVER,
    BUREAU_REVIEWER,
    SCHOOL_CLERK,
    SCHOOL_REVIEWER,
)
from app.kernel.desk import guide
from app.kernel.i18n import _l

LISTS, LINES = "/listgrid/list/", "/linegrid/list/"
SENT = LISTS + "?_flt_0_state=submitted"
ON_NOTICE = LISTS + "?_flt_0_state=published"

guide(
    SCHOOL_CLERK,
    (
        _l("先核对学籍"),
        _l("名单上的学生都要在本校学籍里；缺的先上传学籍名册。"),
        "/enrolmentgrid/list/",
    ),
    (
        _l("上传本月名单"),
        _l("用学校自己的表就可以：列名相近、顺序不同、表头不在第一行都能认。"),
        "/listgrid/upload",
    ),
    (
        _l("按退回的文件改错"),
        _l("下载错误说明，照标红的格改好，把同一个文件再上传一次，然后写入名单。"),
        "",
    ),
    (
        _l("处理核对问题，请复核人上报"),
        _l("更正、剔除都可以；没有必须处理的问题时，由本校复核人上报。"),
        "/findinggrid/list/?_flt_0_state=open",
    ),
)
guide(
    SCHOOL_REVIEWER,
    (
        _l("看本校的草稿"),
        _l("经办人写入名单后，这里能看到比上月多了谁、少了谁、谁换了卡。"),
        LISTS + "?_flt_0_state=draft",
    ),
    (_l("抽查几名学生"), _l("点姓名看明细；证件号和卡号要看全时点眼睛图标，会留下记录。"), LINES),
    (_l("上报"), _l("打开名单按「上报」。上报前发现不对，请经办人重新上传。"), ""),
    (
        _l("上报后又发现错误"),
        _l("主管部门还没有审核时可以「撤回」；已经公示的，请联系主管部门。"),
        SENT,
    ),
)
guide(
    BUREAU_REVIEWER,
    (_l("查看学校上报的名单"), _l("先看与上月相比的变化和核对问题，再看明细。"), SENT),
    (
        _l("决定有问题的学生"),
        _l("说明理由放行，或者剔除；也可以整份退回学校。"),
        "/findinggrid/list/?_flt_0_state=open",
    ),
)
guide(
    BUREAU_APPROVER,
    (_l("审核学校上报的名单"), _l("核对人数、金额、变化和问题，「审核并公示」或「退回」。"), SENT),
    (
        _l("公示期间有人提出异议"),
        _l("在受助学生里找到这名学生，「登记异议」：只停这一人，其余照常。"),
        LINES,
    ),
    (
        _l("公示满五个工作日后确认"),
        _l("夜里会自动确认，也可以自己按「确认名单」；确认后才能支付。"),
        ON_NOTICE,
    ),
)
