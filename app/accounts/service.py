"""Organisations and accounts: made and granted. The caller commits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import insert, select, update

from app.accounts import passwords, rules
from app.accounts.models import NO_DUTY, SECADMIN, SYSADMIN, OldPassword, Org, Post
from app.accounts.workflow import PENDING
from app.kernel import audit, clock, scope
from app.kernel.actor import CLOCK, CLOCK_ROLE, Actor
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

POST = Post.__tablename__


@dataclass(frozen=True)
class NewAccount:
    """One account to be made. Without a password a random one is made and told once."""

    username: str
    name: str
    org: Org
    duty: str = NO_DUTY
    password: str = ""
    state: str = PENDING
    must_change: bool = True


def add_org(code: str, name: str, level: str, parent: Org | None = None, *,
            actor: Actor = CLOCK, **more: Any) -> Org:  # fmt: skip
    """The organisation stands below `parent`, with its path."""
    _only(actor, SYSADMIN)
    path = Org.path_below(parent)
    above = parent.id if parent else None
    org = Org(code=code, name=name, level=level, parent_id=above, path=path, **more)
    db.session.add(org)
    db.session.flush()
    audit.record("create", actor=actor, org_path=org.path, subject="org", subject_id=org.id,
                 note=f"{code} {name}")  # fmt: skip
    return org


def check_code(code: str) -> None:
    """Raises Refused when the code is taken, wherever in the tree."""
    with scope.everyone("a code is unique in the whole province; nothing but that is told"):
        taken = db.session.scalar(select(Org.id).where(Org.code == code))
    if taken is not None:
        raise Refused(_("代码「%(code)s」已经在用", code=code))


def add_account(username: str, name: str, org: Org, duty: str = NO_DUTY, password: str = "",
                state: str = PENDING, *, must_change: bool = True, actor: Actor = CLOCK
                ) -> tuple[Post, str]:  # fmt: skip
    """The account stands, waiting unless `state` says otherwise; with its first password."""
    wanted = NewAccount(username, name, org, duty, password, state, must_change)
    return add_accounts([wanted], actor=actor)[0]


def add_accounts(wanted: Sequence[NewAccount], *, actor: Actor = CLOCK) -> list[tuple[Post, str]]:
    """All of them stand, in a fixed number of statements; equal passwords are hashed once.

    An administrator makes accounts that wait and have no duty: another one grants it.
    """
    _only(actor, SYSADMIN)
    if actor.role != CLOCK_ROLE and any(w.duty or w.state != PENDING for w in wanted):
        raise Refused(_("新账号须由安全管理员授予岗位并启用"))
    if not wanted:
        return []
    names = _free_names(wanted)
    secrets = [w.password or rules.random_password() for w in wanted]
    hashes = {secret: passwords.hashed(secret) for secret in set(secrets)}
    kept = {name: hashes[secret] for name, secret in zip(names, secrets, strict=True)}
    db.session.execute(
        insert(User), [_user(n, w, kept[n]) for n, w in zip(names, wanted, strict=True)]
    )
    ids: dict[str, int] = dict(
        db.session.execute(select(User.username, User.id).where(User.username.in_(names))).all()
    )
    posts = [_post(ids[n], n, w) for n, w in zip(names, wanted, strict=True)]
    db.session.execute(insert(Post), posts, execution_options=scope.placed())
    remember([(ids[n], kept[n]) for n in names])
    found = db.session.scalars(select(Post).where(Post.username.in_(names)))
    made = {post.username: post for post in found}
    _trail_new(made.values(), actor)
    return [(made[n], secret) for n, secret in zip(names, secrets, strict=True)]


def _free_names(wanted: Sequence[NewAccount]) -> list[str]:
    """The names as they are kept; Refused when a name is taken, a duty or a place not allowed."""
    names = [rules.clean_username(w.username) for w in wanted]
    for w in wanted:
        rules.check_duty(w.org.level, w.duty)
        if not w.org.path.startswith(scope.current() or "nowhere"):
            raise Refused(_("机构「%(org)s」不在您的管辖范围内", org=w.org.name))
    with scope.everyone("a name is unique in the whole province; nothing but that is told"):
        taken = set(db.session.scalars(select(User.username).where(User.username.in_(names))))
    if taken or len(set(names)) < len(names):
        raise Refused(_("用户名「%(name)s」已经在用，请换一个", name=listed(sorted(taken)[:5])))
    return names


def _user(name: str, wanted: NewAccount, hashed: str) -> dict[str, Any]:
    return {"username": name, "first_name": wanted.name, "last_name": "", "active": True,
            "email": f"{name}@account.invalid", "password": hashed}  # fmt: skip


def _post(user_id: int, name: str, wanted: NewAccount) -> dict[str, Any]:
    return {"user_id": user_id, "username": name, "name": wanted.name, "org_id": wanted.org.id,
            "org_path": wanted.org.path, "duty": wanted.duty, "state": wanted.state,
            "must_change": wanted.must_change, "password_on": clock.now()}  # fmt: skip


def remember(hashes: list[tuple[int, str]]) -> None:
    """These password hashes (user id, hash) count among the accounts' latest."""
    rows = [{"user_id": user_id, "hash": kept, "at": clock.now()} for user_id, kept in hashes]
    with scope.everyone("an account's own old passwords, written and never shown"):
        db.session.execute(insert(OldPassword), rows)


def _trail_new(posts: Iterable[Post], actor: Actor) -> None:
    who = audit.BLANK | audit.who(actor) | {"bulk": audit.new_bulk(), "verb": "create"}
    rows = [who | {"subject": POST, "subject_id": p.id, "org_path": p.org_path, "new": p.state,
                   "note": f"{p.username} {p.name}"} for p in posts]  # fmt: skip
    with scope.everyone("the trail takes entries from anywhere"):
        db.session.execute(insert(audit.Event), rows)


def grant(post_id: int, duty: str, actor: Actor) -> Post:
    """The account has this duty from its next request on; whoever is signed in signs in again."""
    _only(actor, SECADMIN)
    post = someone_elses(post_id, actor)
    rules.check_duty(post.org.level, duty)
    if post.duty == duty:
        return post
    old = post.duty
    db.session.execute(update(Post).where(Post.id == post_id)
                       .values(duty=duty, epoch=Post.epoch + 1))  # fmt: skip
    audit.record("grant", actor=actor, org_path=post.org_path, subject=POST, subject_id=post_id,
                 old=old, new=duty, note=post.username)  # fmt: skip
    return post


def someone_elses(post_id: int, actor: Actor) -> Post:
    """The account of that number within the actor's tree, and not his own."""
    post = db.session.scalar(select(Post).where(Post.id == post_id))
    if post is None:
        raise Refused(_("没有这个账号，或者它不在您的管辖范围内"))
    if post.user_id == actor.id:
        raise Refused(_("不能办理自己的账号"))
    return post


def _only(actor: Actor, role: str) -> None:
    """Raises Refused for everybody but this administrator and the machine itself."""
    if actor.role not in (role, CLOCK_ROLE):
        raise Refused(_("您的岗位不能办理账号和机构"))
