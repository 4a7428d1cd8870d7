"""What every request of both faces passes through, whoever answers it."""

from __future__ import annotations

import secrets
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import abort, current_app, g, redirect, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import select
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from app.kernel import error_pages, scope
from app.kernel.db import db, intend_to_write

if TYPE_CHECKING:
    from flask import Flask, Response
    from flask.sessions import SessionMixin

csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address)
"""The public face's: `@limiter.limit(...)` on its pages. The staff face has FAB's own."""

BIGGEST_KEY = 2**31 - 1
READS = frozenset({"GET", "HEAD", "OPTIONS"})
CSP = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
HSTS = "max-age=31536000; includeSubDomains"
HARMLESS_ARGS = ("page_", "psize_", "_oc_", "_od_")
"""Arguments of a list page that can hold no personal data; any other is forgotten."""


def install(app: Flask) -> None:
    """`app` answers with our headers, error pages and sessions, in no scope but its caller's."""
    if hops := app.config.get("AID_PROXIES", 0):
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops)  # type: ignore[method-assign]
    app.url_map.converters["int"] = KeyConverter
    app.session_interface = ForgetfulSessions()
    app.before_request(begin)
    app.teardown_request(end)
    app.after_request(add_headers)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.add_url_rule("/health", "health", health)
    error_pages.install(app)
    csrf.init_app(app)


class KeyConverter(IntegerConverter):
    """A row's key in an address: a number that no table can hold leads to no page."""

    def __init__(self, map: Any, *args: Any, **kwargs: Any) -> None:  # noqa: A002  (werkzeug's)
        super().__init__(map, *args, **{"max": BIGGEST_KEY} | kwargs)


def begin() -> None:
    """Until somebody is recognised there is nothing to see; only a write may write."""
    g.outer_scope = scope.current()
    g.actor = None
    scope.enter(scope.NOWHERE)
    intend_to_write(request.method not in READS)


def end(_error: BaseException | None) -> None:
    """The thread is as the request found it: nobody's scope outlives the answer."""
    scope.enter(g.pop("outer_scope", None))
    intend_to_write(False)


def health() -> tuple[dict[str, str], int]:
    """For the machine that watches: the process answers and reaches its database."""
    db.session.execute(select(1))
    return {"status": "ok"}, 200


def speak(locale: str) -> Response:
    """From here on this browser reads the pages of this face in that language."""
    if locale not in current_app.config["LANGUAGES"]:
        abort(404)
    session["locale"] = locale
    return redirect(error_pages.came_from() or "/", 303)  # type: ignore[return-value]


def csp_nonce() -> str:
    """One per request: a script that stands in the page itself must carry it."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def add_headers(response: Response) -> Response:
    """Every answer forbids what no page of ours needs; only files may be kept by browsers."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", CSP.format(nonce=csp_nonce()))
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", HSTS)
    if not serves_file():
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def serves_file() -> bool:
    """The request is for a file of the product itself, the same for everybody."""
    return (request.endpoint or "").rpartition(".")[2] == "static"


class ForgetfulSessions(SecureCookieSessionInterface):
    """Signed cookies in which the pages one came from keep no query string.

    A search for an ID number stands in the address; the cookie is signed, not encrypted.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if session.modified and "page_history" in session:
            session["page_history"] = [page for page, _same in groupby(map(bare, seen_in(session)))]
        super().save_session(app, session, response)


def seen_in(session: SessionMixin) -> list[str]:
    pages: list[str] = session["page_history"]
    return pages


def bare(url: str) -> str:
    """The address without host and without anything somebody typed into a search."""
    parts = urlsplit(url)
    args = [(k, v) for k, v in parse_qsl(parts.query) if k.startswith(HARMLESS_ARGS)]
    return parts.path + ("?" + urlencode(args) if args else "")
