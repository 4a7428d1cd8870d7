"""How the three administrators begin."""

from __future__ import annotations

from app.accounts.models import AUDITOR, SECADMIN, SYSADMIN
from app.kernel.desk import guide
from app.kernel.i18n import _l

ACCOUNTS = "/accountgrid/list/"

guide(
    SYSADMIN,
    (
        _l("建立机构"),
        _l("学校挂在直接主管部门下面；名称和代码之后会出现在名单和公示上。"),
        "/orggrid/list/",
    ),
    (_l("新建账号"), _l("一人一个账号，初始密码只显示一次，请当面交给本人。"), ACCOUNTS),
    (_l("岗位由安全管理员授予"), _l("您建的账号在授予岗位并启用之前不能登录。"), ""),
    (
        _l("每年确认一次节假日"),
        _l("国务院办公厅通知发布后录入并确认，公示截止日才不再是暂定。"),
        "/calendaryeargrid/list/",
    ),
)
guide(
    SECADMIN,
    (
        _l("查看待授权的账号"),
        _l("系统管理员新建的账号都在这里等您。"),
        ACCOUNTS + "?_flt_0_state=pending",
    ),
    (_l("授予岗位"), _l("经办和复核、导出和导入回盘必须是不同的人；自己的账号不能自己授权。"), ""),
    (_l("启用，离岗时停用"), _l("停用后立即不能登录，以前办的事仍然查得到。"), ACCOUNTS),
)
guide(
    AUDITOR,
    (
        _l("查操作日志"),
        _l("谁、何时、从哪里、对哪一条、办成没有，都在这里；任何人都不能改。"),
        "/eventgrid/list/",
    ),
    (
        _l("先看没有办成的"),
        _l("被拒绝的操作和登录最值得看。"),
        "/eventgrid/list/?_flt_0_outcome=refused",
    ),
    (
        _l("再看查看全文和导出"),
        _l("完整证件号和卡号只有查看、导出、下载三条路，每一次都有记录。"),
        "/eventgrid/list/?_flt_0_verb=reveal",
    ),
    (_l("导出留存"), _l("按条件查出来以后可以导出，文件带行数和查找条件。"), ""),
)
