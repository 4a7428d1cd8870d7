"""The organisation tree and the posts in it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

import flask_appbuilder.security.sqla.models  # noqa: F401  (ab_user stands in our metadata)
from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Integer, String, event, update
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from app.kernel import scope
from app.kernel.actor import CLOCK_ROLE
from app.kernel.db import Base, Scoped, SystemOnly
from app.kernel.i18n import _l
from app.kernel.types import Choice, OrgPath, Personal, Text

if TYPE_CHECKING:
    from sqlalchemy import Connection

PROVINCE, PREFECTURE, COUNTY, SCHOOL = "province", "prefecture", "county", "school"
LEVELS = {
    PROVINCE: _l("省级"), PREFECTURE: _l("设区市"), COUNTY: _l("县（市、区）"), SCHOOL: _l("学校"),
}  # fmt: skip

CLERK, REVIEWER, APPROVER = "clerk", "reviewer", "approver"
EXPORTER, POSTER = "exporter", "poster"
SYSADMIN, SECADMIN, AUDITOR = "sysadmin", "secadmin", "auditor"
DUTIES = {
    CLERK: _l("经办"), REVIEWER: _l("复核"), APPROVER: _l("审批"), EXPORTER: _l("导出付款"),
    POSTER: _l("导入回盘"), SYSADMIN: _l("系统管理员"), SECADMIN: _l("安全管理员"),
    AUDITOR: _l("审计管理员"),
}  # fmt: skip
SCHOOL_DUTIES = frozenset({CLERK, REVIEWER})
NO_DUTY = ""
ADMIN_DUTIES = frozenset({SYSADMIN, SECADMIN, AUDITOR})

SCHOOL_CLERK, SCHOOL_REVIEWER = "school_clerk", "school_reviewer"
BUREAU_CLERK, BUREAU_REVIEWER = "bureau_clerk", "bureau_reviewer"
BUREAU_APPROVER = "bureau_approver"
BUREAU_EXPORTER, BUREAU_POSTER = "bureau_exporter", "bureau_poster"
ROLES = {
    SCHOOL_CLERK: _l("学校经办"), SCHOOL_REVIEWER: _l("学校复核"), BUREAU_CLERK: _l("主管部门经办"),
    BUREAU_REVIEWER: _l("主管部门复核"), BUREAU_APPROVER: _l("主管部门审批"),
    BUREAU_EXPORTER: _l("主管部门导出付款"), BUREAU_POSTER: _l("主管部门导入回盘"),
    SYSADMIN: _l("系统管理员"), SECADMIN: _l("安全管理员"), AUDITOR: _l("审计管理员"),
    CLOCK_ROLE: _l("系统定时任务"),
}  # fmt: skip
SCHOOLS = frozenset({SCHOOL_CLERK, SCHOOL_REVIEWER})
BUREAUS = frozenset(
    {BUREAU_CLERK, BUREAU_REVIEWER, BUREAU_APPROVER, BUREAU_EXPORTER, BUREAU_POSTER}
)
STAFF = SCHOOLS | BUREAUS
ADMINS = ADMIN_DUTIES


def role_of(level: str, duty: str) -> str:
    """The role a duty means at a level: 复核 at a school is not 复核 at a bureau."""
    if duty in ADMIN_DUTIES:
        return duty
    return f"{'school' if level == SCHOOL else 'bureau'}_{duty}"


@scope.tree_model
class Org(Base):
    """A bureau or a school. `path` is made of the ids from the province down to it.

    `code` is ours (GB/T 2260 code for most bureaus, the 10-digit 标识码 for schools);
    `division_code` is empty where a bureau has no county of its own (development zones).
    """

    __tablename__ = "org"
    __table_args__ = (
        CheckConstraint("level IN ('province', 'prefecture', 'county', 'school')", name="level"),
    )
    code: Mapped[str] = mapped_column(Text(20, required=True), unique=True)
    name: Mapped[str] = mapped_column(Text(80, required=True), index=True)
    level: Mapped[str] = mapped_column(Choice(LEVELS))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("org.id"), index=True)
    path: Mapped[str] = mapped_column(OrgPath(), unique=True)
    division_code: Mapped[str | None] = mapped_column(Text(6))
    ownership: Mapped[str] = mapped_column(Text(8), default="")
    phone: Mapped[str] = mapped_column(Text(40), default="")
    active: Mapped[bool] = mapped_column(default=True)
    parent: Mapped[Org | None] = relationship(remote_side="Org.id")

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def path_below(parent: Org | None) -> str:
        """A path for an organisation about to be added, until its own id is known."""
        return f"{parent.path if parent else '/'}0{uuid.uuid4().int % 10**12}/"


@event.listens_for(Org, "after_insert")
def _settle(_mapper: Any, connection: Connection, org: Org) -> None:
    """A new organisation's path ends in its id, in the statement after the insert."""
    above = org.path.rstrip("/").rpartition("/")[0]
    path = f"{above}/{org.id}/"
    connection.execute(update(Org).where(Org.id == org.id).values(path=path))
    set_committed_value(org, "path", path)


class Post(Scoped, Base):
    """One account's one place and duty. `org_path` is the organisation's path.

    `state`: see workflow.py; only an active account gets in. `epoch` goes up at logout and
    whenever the account is stopped or given a new password: older sessions end.
    """

    __tablename__ = "post"
    __table_args__ = (CheckConstraint("state IN ('pending', 'active', 'stopped')", name="state"),)
    user_id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_user.id"), unique=True)
    username: Mapped[str] = mapped_column(Text(64), unique=True)
    name: Mapped[str] = mapped_column(Text(40, personal=Personal.BASIC))
    org_id: Mapped[int] = mapped_column(ForeignKey("org.id"), index=True)
    duty: Mapped[str] = mapped_column(Choice(DUTIES | {NO_DUTY: _l("未授予")}), default=NO_DUTY)
    state: Mapped[str] = mapped_column(String(20), default="pending")
    epoch: Mapped[int] = mapped_column(default=0)
    must_change: Mapped[bool] = mapped_column(default=True)
    password_on: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    last_seen_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    last_seen_from: Mapped[str] = mapped_column(String(45), default="")
    org: Mapped[Org] = relationship(lazy="joined")

    def __str__(self) -> str:
        return f"{self.name}({self.username})"

    @property
    def role(self) -> str:
        return role_of(self.org.level, self.duty)


class OldPassword(SystemOnly, Base):
    """A password an account has had, hashed: not to be chosen again soon."""

    __tablename__ = "old_password"
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    hash: Mapped[str] = mapped_column(String(256))
    at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
