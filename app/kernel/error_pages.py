"""What a person reads when something cannot be done: a sentence, never a trace."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import flash, g, redirect, render_template, request
from flask_babel.speaklater import LazyString
from flask_wtf.csrf import CSRFError
from jinja2 import TemplateNotFound
from markupsafe import escape
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError

from app.kernel import audit
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _, _l
from app.kernel.interface import said_plainly
from app.kernel.scope import ScopeMissing

if TYPE_CHECKING:
    from flask import Flask, Response
    from flask.typing import ResponseReturnValue

log = logging.getLogger(__name__)

SENTENCES: dict[int, Any] = {
    400: _l("请求的内容不完整或格式不对，请返回上一页重试。"),
    401: _l("请先登录。"),
    403: _l("您的岗位不能进行这项操作。确有需要的，请联系安全管理员。"),
    404: _l("没有这个页面，或者它不在您的管辖范围内。"),
    405: _l("这个地址不接受这样的操作，请从页面上的按钮进入。"),
    409: _l("数据刚被别人改动过，请刷新后再办理。"),
    410: _l("该内容已到期，不再公开。"),
    413: _l("文件太大，请拆分后再上传。"),
    429: _l("操作过于频繁，请稍后再试。"),
    500: _l("系统出了问题，已经记录下来，请稍后再试。"),
    503: _l("系统正忙或正在维护，请稍后再试。"),
}
DENIED = (403, 404)
"""Not one's duty, or not within one's reach: an address of ours answers 404 for rows of others."""
STALE = _l("页面停留过久或登录已经变化，请刷新页面后重新提交。")
PLAIN = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{code}</title>
<h1>{code}</h1><p>{sentence}</p><p><a href="/">{home}</a></p></html>"""


def install(app: Flask) -> None:
    """Every way for a request to fail ends in a sentence and a clean session."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DataError, lambda _e: answer(400))
    app.register_error_handler(IntegrityError, lambda e: answer(409, said_plainly(e)))
    app.register_error_handler(ScopeMissing, _trespass)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(InternalServerError, _crash)
    app.after_request(_denied)


def answer(code: int, sentence: object = "", mark: str = "") -> ResponseReturnValue:
    """The page (or, for programs, the JSON) of one failure, after the work is undone."""
    db.session.rollback()
    said = str(sentence or SENTENCES.get(code, SENTENCES[400 if code < 500 else 500]))
    if wants_json():
        return {"error": said} | ({"mark": mark} if mark else {}), code
    return _page(code, said, mark), code


def wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.path.startswith("/api/") or request.is_json or best == "application/json"


def _page(code: int, sentence: str, mark: str) -> str:
    """The designed page if it can be drawn; an error page that fails helps nobody."""
    for name in (f"errors/{code}.html", "errors/error.html"):
        try:
            return render_template(name, code=code, sentence=sentence, mark=mark)
        except TemplateNotFound:
            continue
        except Exception:
            log.exception("error page %s cannot be drawn", name)
            break
    return PLAIN.format(code=code, sentence=escape(sentence), home=escape(_("返回首页")))


def _refused(error: Refused) -> ResponseReturnValue:
    """Undone, written to the trail, and said: on the page one came from, where there is one."""
    db.session.rollback()
    trail(error.sentence)
    back = came_from()
    if wants_json() or request.method == "GET" or not back:
        return answer(409, error.sentence)
    flash(error.sentence, "danger")
    return redirect(back, 303)


def trail(sentence: str) -> None:
    """The refusal stands in the trail under the name of whoever asked, if he is known."""
    if g.get("actor") is None:
        return
    what, row = (request.endpoint or "")[:40], _row_asked_for()
    audit.record("refused", actor=g.actor, outcome=audit.REFUSED, subject=what, subject_id=row,
                 note=sentence)  # fmt: skip
    db.session.commit()


def _row_asked_for() -> int | None:
    """The number of the row that the address names, where it is one."""
    given = request.view_args or {}
    said = str(given.get("pk", given.get("key", "")))
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 19 else None


def came_from() -> str:
    """The page of ours that sent this request, or nothing."""
    parts = urlsplit(request.referrer or "")
    if not parts.path or parts.netloc != request.host:
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error  # a redirect in the shape of an exception
    if error.response is not None:
        return error.get_response()
    if isinstance(error, CSRFError):
        return answer(400, STALE)
    ours = error.description if isinstance(error.description, LazyString) else ""
    return answer(error.code, ours)


def _denied(response: Response) -> Response:
    """Whoever reached for what is not his has left a row in the trail, as with every refusal,
    whoever said no to him: a page, a grid, or the API."""
    if response.status_code in DENIED and request.endpoint not in (None, "static"):
        db.session.rollback()
        trail(str(SENTENCES[response.status_code]))
    return response


def _trespass(error: ScopeMissing) -> ResponseReturnValue:
    """Somebody reached for a row outside his tree, or a page forgot to say from where."""
    log.error("scope: %s at %s", error, request.endpoint)
    return answer(403)


def _database(error: OperationalError) -> ResponseReturnValue:
    log.error("database: %s", type(error.orig).__name__, exc_info=error)
    return answer(503)


def _crash(error: InternalServerError) -> ResponseReturnValue:
    """The reader gets a mark to tell us, the log has the rest under it."""
    mark = secrets.token_hex(4)
    log.error("crash %s at %s", mark, request.endpoint, exc_info=error.original_exception)
    return answer(500, mark=mark)
