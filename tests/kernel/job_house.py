"""The smallest house with jobs in it: one table to write to, and a few kinds of work.

Also what the worker processes of test_survive_jobs.py are started on.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from flask import Flask
from flask_babel import Babel, get_locale
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from app.kernel import celery_app, scope
from app.kernel.actor import Actor
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _l
from app.kernel.job_models import Job
from app.kernel.jobs import Done, job

LIN = Actor(7, "lin", "林小梅", "school_clerk", 230, "/1/4/17/230/")
CHEN = Actor(8, "chen", "陈国强", "school_clerk", 231, "/1/4/17/231/")

mark = Table("mark", MetaData(), Column("id", Integer, primary_key=True), Column("word", String))


def house(url: str, eager: bool, **settings: object) -> Flask:
    """An application with nothing but jobs in it."""
    flask_app = Flask("job_house")
    flask_app.config.update(SQLALCHEMY_DATABASE_URI=url, JOBS_EAGER=eager, SECRET_KEY="test")
    flask_app.config.update(settings)
    db.init_app(flask_app)
    Babel(flask_app, default_locale="zh_CN")
    celery_app.init_app(flask_app)
    return flask_app


def furnish(flask_app: Flask) -> None:
    """The tables stand and are empty."""
    with flask_app.app_context():
        for table in (Job.__table__, Event.__table__, mark):
            table.drop(db.engine, checkfirst=True)
            table.create(db.engine)


def write(word: str) -> None:
    db.session.execute(insert(mark).values(word=word))


def marks() -> list[str]:
    with db.engine.connect() as connection:
        return list(connection.scalars(select(mark.c.word).order_by(mark.c.id)))


@job("write_words", _l("写几个字"))
def write_words(progress, *, words):
    for n, word in enumerate(words, 1):
        write(word)
        progress.step(n, len(words), f"第{n}个字")
    return Done(f"写了{len(words)}个字", "/words", {"words": len(words)})


@job("look_around", _l("看看四周"))
def look_around(progress):
    seen = {"scope": scope.current(), "locale": str(get_locale()), "who": progress.actor.username}
    return Done("看过了", result=seen)


@job("refuse", _l("拒绝"))
def refuse(progress):
    write("不该留下")
    raise Refused("名单已经上报，不能再改")


@job("break_down", _l("出错"))
def break_down(progress):
    write("不该留下")
    raise KeyError("350102200901011234")


@job("dawdle", _l("慢慢写"), retries=1)
def dawdle(progress, *, folder):
    """Writes, tells the test its process number, and waits until the test lets it go on."""
    write("开头")
    progress.step(1, 4, "写了一半")
    Path(folder, f"started-{progress.actor.username}-{os.getpid()}").touch()
    while not Path(folder, "go").exists():
        time.sleep(0.05)
        progress.step(2, 4)
    write("结尾")
    return Done("写完了")


@job("dawdle_once", _l("只试一次"), retries=0)
def dawdle_once(progress, *, folder):
    return dawdle(progress, folder=folder)


if url := os.environ.get("JOB_HOUSE_URL"):
    celery = celery_app.init_app(house(url, eager=False))
