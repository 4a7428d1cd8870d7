"""Coming in and going out: sign-in, lock, sign-out, new passwords, each with its trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import case, exists, literal, or_, update

from app.accounts import passwords, queries, rules, service
from app.accounts.models import SYSADMIN, Org, Post, role_of
from app.accounts.workflow import ACTIVE
from app.kernel import audit, clock, scope
from app.kernel.actor import CLOCK_ROLE, Actor
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _

if TYPE_CHECKING:
    import datetime as dt

    from app.accounts.queries import Credentials

NOBODY = "nobody"
"""The role of somebody who tried to come in and was not recognised."""


def sign_in(username: str, password: str, ip: str) -> int | None:
    """The user's id when name, password and state are right and the account is not locked.

    Every other case looks the same from outside and takes as long; the trail tells them apart.
    Commits: the count of failures and the trail stand whatever follows.
    """
    known = queries.credentials(username.strip().lower())
    db.session.rollback()  # the hash takes long: no lock is held meanwhile
    right = passwords.fits(password, known.hash if known else None)
    let_in = right and known is not None and _let_in(known, ip)
    if known and let_in:
        _trail(known, ip, "login")
    else:
        _turn_away(known, username, ip, right)
    db.session.commit()
    return known.user_id if known and let_in else None


def _not_locked() -> Any:
    return or_(Post.locked_until.is_(None), Post.locked_until <= clock.now())


def _org_open() -> Any:
    return exists().where(Org.id == Post.org_id, Org.active.is_(True))


def _let_in(known: Credentials, ip: str) -> bool:
    """Asked of the row at this very moment: tries made side by side do not slip past a lock."""
    with scope.everyone("signing in happens before anybody stands anywhere"):
        done = db.session.scalar(
            update(Post)
            .where(Post.id == known.post_id, Post.state == ACTIVE, _not_locked(), _org_open())
            .values(failures=0, locked_until=None, last_seen_at=clock.now(), last_seen_from=ip)
            .returning(Post.id)
            .execution_options(synchronize_session=False)
        )
    return done is not None


def _turn_away(known: Credentials | None, typed: str, ip: str, right: bool) -> None:
    """The failure is counted and on the trail; its reason is for the auditor only."""
    why = _reason(known, right)
    now_locked = _count_failure(known.post_id if known else 0)
    if known is None:
        _trail_stranger(typed, ip, why)
        return
    _trail(known, ip, "login", why)
    if now_locked:
        _trail(known, ip, "lock", f"{rules.TRIES}")


def _reason(known: Credentials | None, right: bool) -> str:
    if known is None:
        return "unknown_account"
    if _locked(known.locked_until):
        return "locked"
    return "not_active" if right else "wrong_password"


def _count_failure(post_id: int) -> bool:
    """One more wrong try stands against the account; whether that has just locked it."""
    past_lock = Post.locked_until.is_not(None)
    tries = case((past_lock, 1), else_=Post.failures + 1)
    until = literal(clock.now() + rules.LOCKED_FOR, Post.locked_until.type)
    with scope.everyone("signing in happens before anybody stands anywhere"):
        done = db.session.execute(
            update(Post)
            .where(Post.id == post_id, _not_locked())
            .values(failures=tries, locked_until=case((tries >= rules.TRIES, until)))
            .returning(Post.locked_until)
            .execution_options(synchronize_session=False)
        ).first()
    return bool(done and done[0])


def _trail(who: Credentials, ip: str, verb: str, why: str = "") -> None:
    role = role_of(who.level, who.duty) if who.duty else ""
    actor = Actor(who.user_id, who.username, who.name, role, who.org_id, who.org_path, ip=ip)
    outcome = audit.REFUSED if why else audit.OK
    audit.record(verb, actor=actor, subject=service.POST, subject_id=who.post_id, note=why,
                 outcome=outcome)  # fmt: skip


def _trail_stranger(typed: str, ip: str, why: str) -> None:
    """Only the beginning of the name is kept: people type passwords into the wrong box."""
    actor = Actor(None, f"{typed.strip()[:3]}***", "", NOBODY, None, queries.root_path(), ip=ip)
    audit.record("login", actor=actor, note=why, outcome=audit.REFUSED)


def sign_out(actor: Actor) -> None:
    """Every session of the account has ended, on this machine and on any other."""
    _end_sessions(actor.id)
    audit.record("logout", actor=actor)


def _end_sessions(user_id: int | None, **also: Any) -> None:
    db.session.execute(update(Post).where(Post.user_id == user_id)
                       .values(epoch=Post.epoch + 1, **also)
                       .execution_options(synchronize_session=False))  # fmt: skip


def change_password(actor: Actor, old: str, new: str) -> None:
    """The account's owner has a password of his own choice; his other sessions have ended.

    A wrong old password counts like a wrong sign-in. Commits that count, otherwise the caller
    commits.
    """
    known = queries.credentials(actor.username)
    if known is None or _locked(known.locked_until) or not passwords.fits(old, known.hash):
        if known:
            _turn_away(known, actor.username, actor.ip, right=False)
            db.session.commit()
        raise Refused(_("原密码不正确，连续输错会被锁定"))
    rules.check_password(new, actor.username, _used_by(known.user_id))
    _set_password(known.user_id, new, must_change=False)
    audit.record("change_password", actor=actor, subject=service.POST, subject_id=known.post_id)


def _locked(until: dt.datetime | None) -> bool:
    return until is not None and clock.moment_of(until) > clock.now()


def _used_by(user_id: int) -> Any:
    kept = queries.recent_passwords(user_id, rules.REMEMBERED)
    return lambda password: any(passwords.fits(password, old) for old in kept)


def reset_password(post_id: int, actor: Actor) -> tuple[Post, str]:
    """A random password stands for somebody else's account, to be changed at first use."""
    if actor.role not in (SYSADMIN, CLOCK_ROLE):
        raise Refused(_("重置密码由系统管理员办理"))
    post = service.someone_elses(post_id, actor)
    secret = rules.random_password()
    _set_password(post.user_id, secret, must_change=True)
    audit.record("reset_password", actor=actor, org_path=post.org_path, subject=service.POST,
                 subject_id=post_id, note=post.username)  # fmt: skip
    return post, secret


def _set_password(user_id: int, password: str, must_change: bool) -> None:
    kept = passwords.hashed(password)
    db.session.execute(update(User).where(User.id == user_id).values(password=kept))
    service.remember([(user_id, kept)])
    _end_sessions(user_id, must_change=must_change, password_on=clock.now(), failures=0,
                  locked_until=None)  # fmt: skip
