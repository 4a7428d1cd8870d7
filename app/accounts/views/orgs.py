"""机构: the tree, extended by the system administrator and read by everybody else."""

from __future__ import annotations

from app.accounts import rules, service
from app.accounts.models import ADMINS, SCHOOL, STAFF, SYSADMIN, Org
from app.accounts.views.menu import SYSTEM
from app.kernel.db import db
from app.kernel.grid import EXPORT, READ, Grid, Lookup
from app.kernel.i18n import _l


class OrgGrid(Grid):
    """Nothing is deleted: an organisation that closes is marked closed, its past stays.

    Its code, level and place are settled when it is made: lists and payments lie on them.
    """

    model, menu, icon = Org, (SYSTEM, _l("机构")), "sitemap"
    access = {SYSADMIN: READ | EXPORT | {"can_add", "can_edit"}, STAFF | ADMINS: READ | EXPORT}
    title = _l("机构")
    labels = {
        "code": _l("代码"), "name": _l("名称"), "level": _l("层级"), "parent": _l("上级"),
        "parent_id": _l("上级"), "division_code": _l("行政区划代码"), "ownership": _l("隶属"),
        "phone": _l("咨询电话"), "active": _l("在用"),
    }  # fmt: skip
    hints = {
        "code": _l("主管部门用行政区划代码，学校用 10 位标识码；以后不能修改"),
        "phone": _l("印在公示页上"),
    }
    lookups = {"parent_id": Lookup(Org, "name", "code", where=lambda _a: Org.level != SCHOOL)}
    list_columns = ["code", "name", "level", "parent", "ownership", "phone", "active"]
    add_columns = ["code", "name", "level", "parent_id", "division_code", "ownership", "phone"]
    edit_columns = ["name", "division_code", "ownership", "phone", "active"]
    search_columns = ["name", "code", "level", "parent_id", "active"]
    base_order = ("path", "asc")

    def pre_add(self, row: Org) -> None:
        parent = db.session.get(Org, row.parent_id or 0)
        row.code = row.code.strip()
        rules.check_place(row.level, parent.level if parent else "")
        service.check_code(row.code)
        row.path = Org.path_below(parent)
