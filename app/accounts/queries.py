"""Who somebody is, where he stands, what he may not choose again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import and_, select

from app.accounts.models import OldPassword, Org, Post
from app.kernel import audit, scope, signed
from app.kernel.actor import Actor
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.i18n import _

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection


class Credentials(NamedTuple):
    """What signing in needs to know, without an object that a rollback would empty."""

    user_id: int
    post_id: int
    username: str
    name: str
    duty: str
    level: str
    org_id: int
    org_path: str
    hash: str
    locked_until: dt.datetime | None


def standing(user_id: int) -> tuple[User, Post] | None:
    """The account with its post and organisation, in one statement; None without a post."""
    with scope.everyone("who asks is asked before anybody stands anywhere"):
        found = db.session.execute(
            select(User, Post).join(Post, Post.user_id == User.id).where(User.id == user_id)
        ).first()
    return (found[0], found[1]) if found else None


def credentials(username: str) -> Credentials | None:
    with scope.everyone("signing in happens before anybody stands anywhere"):
        found = db.session.execute(
            select(User.id, Post.id, Post.username, Post.name, Post.duty, Org.level, Post.org_id,
                   Post.org_path, User.password, Post.locked_until)
            .join(Post, Post.user_id == User.id)
            .join(Org, Org.id == Post.org_id)
            .where(Post.username == username)
        ).first()  # fmt: skip
    return Credentials(*found) if found else None


def root_path() -> str:
    """The province's path: where acts of nobody in particular are laid."""
    with scope.everyone("the root is everybody's"):
        return db.session.scalar(select(Org.path).where(Org.parent_id.is_(None)).limit(1)) or "/"


def actor_of(post: Post, ip: str = "") -> Actor:
    org = post.org
    return Actor(post.user_id, post.username, post.name, post.role, org.id, org.path, org.name, ip)


def actor_named(username: str) -> tuple[Post, Actor] | None:
    """The account of that name, as it would act from a command."""
    with scope.everyone("a command names its actor before it stands anywhere"):
        post = db.session.scalar(select(Post).where(Post.username == username))
    return (post, actor_of(post)) if post else None


def recent_passwords(user_id: int, n: int) -> list[str]:
    with scope.everyone("an account's own old passwords, compared and never shown"):
        return list(db.session.scalars(
            select(OldPassword.hash).where(OldPassword.user_id == user_id)
            .order_by(OldPassword.id.desc()).limit(n)
        ))  # fmt: skip


@signed.asked
def names_of(accounts: Collection[str] | None) -> dict[str, str]:
    """Whoever may read a row may read who signed it."""
    found, ours = select(Post.username, Post.name), {"platform": _("平台")}
    with scope.everyone("who signed a row that was found in the reader's scope"):
        wanted = found if accounts is None else found.where(Post.username.in_(accounts))
        return ours | {row.username: row.name for row in db.session.execute(wanted)}


@dataclass(frozen=True)
class Deed:
    """One line of a row's history, by somebody with a name and a duty."""

    verb: str
    outcome: str
    new: str
    count: int | None
    fen: int | None
    note: str
    at: dt.datetime
    actor: str
    role: str
    name: str | None


def deeds(table: str, pk: int, limit: int = 50) -> list[Deed]:
    """What was done to one row, oldest first. Whoever may read the row may read who acted, from
    above too."""
    e = Event
    found = (
        select(e.verb, e.outcome, e.new, e.count, e.fen, e.note, e.at, e.actor, e.role, Post.name)
        .outerjoin(Post, Post.user_id == e.actor_id)
        .where(e.subject == table, e.subject_id == pk)
        .order_by(e.id)
        .limit(limit)
    )
    with scope.everyone("the history of a row that was found in the reader's scope"):
        return [Deed(**row) for row in db.session.execute(found).mappings()]


def latest_acts(user_id: int, limit: int = 8) -> list[Event]:
    """What this account did last, newest first: work, and attempts to get in that failed."""
    came_or_went = and_(Event.verb.in_(["login", "logout"]), Event.outcome == audit.OK)
    with scope.everyone("one's own acts, wherever they were"):
        found = select(Event).where(Event.actor_id == user_id, ~came_or_went)
        return list(db.session.scalars(found.order_by(Event.id.desc()).limit(limit)))


def trail(like: dict[str, str], since: dt.datetime | None, limit: int) -> list[Event]:
    """The newest events in the scope in force whose columns hold these values."""
    found = select(Event).filter_by(**like).order_by(Event.id.desc()).limit(limit)
    if since:
        found = found.where(Event.at >= since)
    return list(db.session.scalars(found))


def anything_founded() -> bool:
    return db.session.scalar(select(Org.id).limit(1)) is not None
