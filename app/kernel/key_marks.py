"""Which keys the data of a database was sealed with: a mark of each, never the key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, String, insert, inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import crypto
from app.kernel.db import Base, db
from app.kernel.i18n import _, listed

if TYPE_CHECKING:
    from flask import Flask

    from app.kernel.keyring import Keyring


class KeyMark(Base):
    """Number 0 is the key of the blind indexes, the others are the sealing keys by number."""

    __tablename__ = "key_mark"
    number: Mapped[int] = mapped_column(unique=True)
    mark: Mapped[str] = mapped_column(String(16))


def refuse_wrong_keys(app: Flask) -> None:
    """The keys of this process are those of its database, or the process ends with a sentence.

    Without this a lost key file is made anew in silence, and every number written from then on
    can be neither found nor compared. A database that knows no marks yet learns them here; one
    without tables is left alone.
    """
    with app.app_context():
        wrong = compare(crypto.ring())
        db.engine.dispose()  # a server forks its workers after this
    if wrong:
        raise SystemExit(told(wrong))


def compare(ring: Keyring) -> list[int]:
    """The numbers whose keys are not those of the database; unknown ones are written down."""
    with db.engine.connect() as connection:
        if not inspect(connection).has_table(KeyMark.__tablename__):
            return []
        kept = _kept(connection)
    ours = ring.marks
    wrong = [n for n, mark in ours.items() if kept.get(n, mark) != mark]
    new = {n: mark for n, mark in ours.items() if n not in kept}
    if new and not wrong:
        return _write_down(new)
    return wrong


def _kept(connection: Connection) -> dict[int, str]:
    rows = connection.execute(select(KeyMark.number, KeyMark.mark))
    return {row.number: row.mark for row in rows}


def _write_down(new: dict[int, str]) -> list[int]:
    """If another process was first, its marks count, and ours are compared with them."""
    try:
        with db.engine.begin() as connection:
            connection.execute(insert(KeyMark), [{"number": n, "mark": m} for n, m in new.items()])
    except IntegrityError:
        with db.engine.connect() as connection:
            kept = _kept(connection)
        return [n for n, mark in new.items() if kept.get(n) != mark]
    return []


def told(wrong: list[int]) -> str:
    names = listed([_("索引密钥") if n == 0 else _("%(n)s 号密钥", n=n) for n in wrong])
    return _(
        "密钥不对，没有启动，数据没有任何改动：%(names)s与这个数据库的不同。"
        "请放回原来的密钥（instance/keys.json，或环境变量 AID_KEYS 和 AID_INDEX_KEY）再启动。",
        names=names,
    )
