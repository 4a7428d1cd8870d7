"""The only module that knows every room, and puts them together."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, session, url_for
from flask_appbuilder import AppBuilder
from flask_babel import Babel

from app import cli
from app.accounts import trail
from app.accounts.security import SecurityManager, who
from app.accounts.views import HomeView
from app.kernel import celery_app, crypto, grid, rest, web, widgets
from app.kernel.db import db, migrate
from app.kernel.grid.reasons import REASONS
from app.kernel.keyring import Keyring

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("accounts", "registry", "publicity", "payments", "rolls", "verification")
MENU = ("publicity", "rolls", "payments", "verification", "registry", "accounts")
KERNEL_TABLES = ("audit", "append_only", "calendar_models", "column_choice", "job_models",
                 "key_marks")  # fmt: skip


def build(face: str, **settings: Any) -> Flask:
    """One face over the one core, with every table known."""
    app = Flask("app")
    app.config.from_object("config")
    app.config.update(settings)
    app.config["SESSION_COOKIE_NAME"] = cookie_name(face, app.config["SESSION_COOKIE_SECURE"])
    crypto.configure(keys(app))
    load([f"app.kernel.{name}" for name in KERNEL_TABLES])
    load(in_rooms("models"))
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    web.install(app)
    {"staff": _staff, "public": _public}[face](app)
    widgets.install(app)
    return app


def _staff(app: Flask) -> None:
    """Grids, forms and commands; whoever comes must sign in."""
    load([*in_rooms("workflow"), *in_rooms("work"), *in_rooms("views")])
    celery_app.init_app(app)
    app.jinja_env.globals.update(who=who, deed=trail.verb, duty=trail.role,
                                 reveal_reasons=REASONS)  # fmt: skip
    with app.app_context():
        desk = AppBuilder(indexview=HomeView, security_manager_class=SecurityManager)
        desk.init_app(app, db.session)
        grid.register(desk, in_menu_order(grid.Grid.all))
        rest.Api().install(app)
    cli.install(app, load([*in_rooms("commands"), "app.kernel.commands", "app.world.commands"]))


def _public(app: Flask) -> None:
    """Notices and the personal query; nothing here can sign in or change anything."""
    Babel(app, locale_selector=lambda: session.get("locale"))
    web.limiter.init_app(app)
    app.add_url_rule("/lang/<locale>", "language", web.speak)
    app.jinja_env.globals["locale_url"] = lambda lang: url_for("language", locale=lang)
    for module in load(["app.portal.views"]):
        app.register_blueprint(module.blueprint)


def in_menu_order(grids: Iterable[type[Any]]) -> list[type[Any]]:
    """The month first, what it stands on after it, the administrators last."""
    order = [f"app.{room}" for room in MENU]
    return sorted(grids, key=lambda g: order.index(".".join(g.__module__.split(".")[:2])))


def in_rooms(kind: str) -> list[str]:
    return [f"app.{room}.{kind}" for room in ROOMS]


def load(names: Iterable[str]) -> list[ModuleType]:
    """Those of the modules that there are. A room makes a file only when it needs one."""
    return [import_module(name) for name in names
            if find_spec(name.rpartition(".")[0]) and find_spec(name)]  # fmt: skip


def keys(app: Flask) -> Keyring:
    """From the settings, else the environment, else made once beside the database."""
    given: Keyring | None = app.config.get("KEYRING")
    if given is not None:
        return given
    if os.environ.get("AID_KEYS"):
        return Keyring.from_env(os.environ)
    return Keyring.from_file(Path(app.config["INSTANCE"]) / "keys.json", create=True)


def cookie_name(face: str, secure: bool) -> str:
    """Two faces on one host must not overwrite each other's cookie; ports do not separate them."""
    return f"__Host-aid-{face}" if secure else f"aid-{face}"
