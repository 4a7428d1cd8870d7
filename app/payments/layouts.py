"""Which bank formats there are for a bureau, and how a new edition of one comes about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from app.accounts.models import BUREAU_EXPORTER, PROVINCE, Org
from app.kernel import audit, scope
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _, remembering
from app.payments.banks import Profile, shipped
from app.payments.layout_rows import BankProfile
from app.payments.layout_workflow import DRAFTED, LAYOUTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.kernel.actor import Actor

P = BankProfile
CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")
PLATFORM = "platform"
"""By whom a format that came with the release was made."""
FROM_ABOVE = "银行格式由上级单位制定，下级单位使用"


class Change(NamedTuple):
    """One setting that two editions have differently, by its path; empty where it is not set."""

    path: str
    old: str
    new: str


def seed() -> int:
    """Every format of this release is there; how many were not yet.

    A format nobody has met is in use at once. An edition that comes with a later release waits as
    a draft for the province: a release alone never changes what goes to a bank.
    """
    with scope.everyone("随发行版提供的银行格式属于省级"):
        path = db.session.scalar(select(Org.path).where(Org.level == PROVINCE).order_by(Org.id))
        if path is None:
            return 0
        known: dict[str, dict[str, int]] = {}
        found = select(BankProfile.code, BankProfile.digest, BankProfile.edition)
        for code, digest, edition in db.session.execute(found):
            known.setdefault(code, {})[digest] = edition
        missing = [p for p in shipped().values() if p.fingerprint() not in known.get(p.name, {})]
        db.session.add_all(_shipped_row(p, path, known.get(p.name, {})) for p in missing)
        db.session.flush()
    return len(missing)


def _shipped_row(profile: Profile, path: str, known: dict[str, int]) -> BankProfile:
    edition = max(known.values(), default=0) + 1
    state = "draft" if known else "active"
    return row_of(profile, edition, path, PLATFORM, state=state, why=_("随平台提供"))


def row_of(profile: Profile, edition: int, path: str, by: str, **more: Any) -> BankProfile:
    """The row of one edition; the edition stands in its data as well."""
    data = profile.to_dict() | {"version": edition}
    return BankProfile(code=profile.name, name=profile.title, edition=edition, data=data,
                       digest=profile.fingerprint(), org_path=path, made_by=by, **more)  # fmt: skip


def usable(path: str) -> list[BankProfile]:
    """The formats in use for the bureau at that path: its own and those from above, by name."""
    found = select(P).where(P.state == "active", P.org_path.in_(scope.ancestors(path)))
    with scope.everyone(FROM_ABOVE):
        rows = db.session.scalars(found.order_by(P.edition)).all()
    latest = {row.code: row for row in rows}
    return sorted(latest.values(), key=lambda row: (row.name, row.code))


def from_above(path: str) -> list[BankProfile]:
    """The formats in use at that path that a bureau above made, or the platform."""
    return [row for row in usable(path) if row.org_path != path]


def chosen(code: str, path: str) -> Profile:
    """The format of that code for the bureau at that path; Refused with the codes there are."""
    known = {row.code: row for row in usable(path)}
    if code not in known:
        raise Refused(_("没有名为「%(name)s」的银行格式，可用的有：%(known)s",
                        name=code, known="、".join(known) or _("无")))  # fmt: skip
    return Profile.parse(known[code].data)


def base(pk: int, actor: Actor) -> BankProfile | None:
    """The edition to start a new one from: any of the own ones, or one in use from above."""
    above = P.org_path.in_(scope.ancestors(actor.org_path))
    mine = scope.within(P, actor.org_path)
    with scope.everyone(FROM_ABOVE):
        found = select(P).where(P.id == pk, or_(mine, above & (P.state == "active")))
        return db.session.scalar(found)


def draft(data: dict[str, Any], why: str, actor: Actor) -> BankProfile:
    """The next edition stands as a draft, and no other draft of the code does; caller commits.

    Refused when the data are no format, nothing differs, or the code is another bureau's.
    """
    if actor.role != BUREAU_EXPORTER:
        raise Refused(_("银行格式由导出付款岗位起草"))
    profile = Profile.parse(data)
    if not CODE.fullmatch(profile.name):
        raise Refused(_("格式代码由小写字母、数字和下划线组成，以字母开头，如 my_bank"))
    edition = _next_edition(profile, actor)
    with remembering():
        why_withdrawn = _("有了新的一版草稿")
    LAYOUTS.take("withdraw", _drafts(profile.name), actor, why_withdrawn)
    made = row_of(profile, edition, actor.org_path, actor.username, why=why[:200])
    _add(made)
    audit.record(DRAFTED, actor=actor, org_path=made.org_path, subject=BankProfile.__tablename__,
                 subject_id=made.id, digest=made.digest, new="draft")  # fmt: skip
    return made


def _next_edition(profile: Profile, actor: Actor) -> int:
    """One more than the code has; Refused when it is not the actor's or says nothing new."""
    known = select(P.edition, P.digest, P.org_path, P.state).where(P.code == profile.name)
    with scope.everyone("格式代码在全平台唯一"):
        rows = db.session.execute(known.order_by(P.edition.desc())).all()
    if any(row.org_path != actor.org_path for row in rows):
        taken = _("格式代码「%(code)s」已由其他单位使用，请换一个代码另存", code=profile.name)
        raise Refused(taken)
    if any(r.digest == profile.fingerprint() and r.state != "retired" for r in rows):
        raise Refused(_("与现有的一版完全相同，没有需要保存的改动"))
    return int(rows[0].edition) + 1 if rows else 1


def _drafts(code: str) -> Any:
    return (BankProfile.code == code) & (BankProfile.state == "draft")


def _add(made: BankProfile) -> None:
    db.session.add(made)
    try:
        db.session.flush()
    except IntegrityError:
        raise Refused(_("另一个人刚保存了这个格式的新草稿，请重新打开后再改")) from None


def in_use_before(row: BankProfile) -> BankProfile | None:
    """The edition that this one takes the place of: the latest earlier one that was put to use."""
    found = select(P).where(P.code == row.code, P.edition < row.edition, P.org_path == row.org_path)
    used = or_(P.approved_at.is_not(None), P.made_by == PLATFORM)
    return db.session.scalar(found.where(used).order_by(P.edition.desc()).limit(1))


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """Setting by setting what differs, in the order of the new one."""
    was, is_now = dict(flat(old)), dict(flat(new))
    paths = dict.fromkeys([*is_now, *was])
    return [Change(p, was.get(p, ""), is_now.get(p, "")) for p in paths
            if p != "version" and was.get(p, "") != is_now.get(p, "")]  # fmt: skip


def flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every single setting with its path, as complaints name it: columns[2].width."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(v, dict | list) for v in value):
        for n, inner in enumerate(value, 1):
            yield from flat(inner, f"{path}[{n}]")
    elif value not in (None, "", [], False):
        text = "、".join(map(str, value)) if isinstance(value, list) else str(value)
        yield path, text
