"""The public pages: notice board, notice, personal query."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, jsonify, make_response, render_template, request
from werkzeug.wrappers import Response

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.db import db, intend_to_write
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.types import IdNumber, PersonName
from app.payments import queries as payments
from app.portal.limits import too_many
from app.portal.words import plain_rows
from app.publicity import queries as publicity
from app.registry import queries as registry

blueprint = Blueprint("portal", __name__)
Page = str | Response | tuple[str, int]


def _visitor() -> Actor:
    return Actor(None, "", "", "visitor", None, "/", ip=request.remote_addr or "")


@blueprint.get("/")
def home() -> Page:
    notices = publicity.on_notice(limit=8)
    return render_template("portal/home.html", notices=notices, counts=publicity.totals_shown())


@blueprint.get("/notices")
def notices() -> Page:
    words = request.args.get("q", "").strip()[:40]
    found = publicity.on_notice(words)
    return render_template("portal/notices.html", notices=found, q=words,
                           counts=publicity.totals_shown())  # fmt: skip


@blueprint.get("/notices/<int:pk>")
def notice(pk: int) -> Page:
    """An open notice; from the minute its period is over, 410 and nothing but counts."""
    found = publicity.notice(pk)
    if found is None:
        abort(404)
    if not found.is_open:
        return _quiet(render_template("portal/gone.html", notice=found), 410)
    return _quiet(render_template("portal/notice.html", notice=found,
                                  rows=publicity.shown_lines(pk)))  # fmt: skip


def _quiet(page: str, status: int = 200) -> Response:
    """A page that no search engine and no cache may keep."""
    response = make_response(page, status)
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/schools")
def schools() -> Response:
    """Schools by part of their name, for the picker: at most twenty."""
    found = registry.schools_named(request.args.get("q", "").strip()[:40], limit=20)
    return jsonify([{"value": code, "text": name} for code, name in found])


@blueprint.route("/query", methods=["GET", "POST"])
def query() -> Page:
    if request.method == "GET":
        return _quiet(render_template("portal/query.html", form={}, errors={}))
    form = {k: request.form.get(k, "").strip()[:60] for k in ("name", "id_no", "school")}
    cleaned, errors = _cleaned(form)
    if errors:
        return _quiet(render_template("portal/query.html", form=form, errors=errors), 400)
    return _answer(form, cleaned)


def _cleaned(form: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The question in its checked form, and what is wrong with it by field."""
    cleaned, errors = {}, {}
    for key, rule in (("name", PersonName), ("id_no", IdNumber)):
        try:
            cleaned[key] = rule.clean(form[key])
        except Refused as why:
            errors[key] = why.sentence
    cleaned["school"] = registry.school_code(form["school"]) or ""
    if not form["school"]:
        errors["school"] = _("请选择学校")
    return cleaned, errors


def _answer(form: dict[str, str], cleaned: dict[str, str]) -> Page:
    """One page for found, one neutral sentence for everything else."""
    index = IdNumber.index(cleaned["id_no"])
    if too_many(request.remote_addr or "", index):
        _trace("lookup_limited", index, 0)
        return _quiet(render_template("portal/too_many.html"), 429)
    rows = payments.history(cleaned["name"], cleaned["id_no"], cleaned["school"])
    _trace("lookup", index, len(rows))
    if not rows:
        neutral = _("没有查到记录：请核对姓名、证件号和学校，或向学校资助老师咨询。")
        page = render_template("portal/query.html", form=form, errors={}, neutral=neutral)
        return _quiet(page)
    return _quiet(render_template("portal/result.html", **_result(cleaned["name"], rows)))


def _result(name: str, rows: list[payments.HistoryRow]) -> dict[str, Any]:
    paid = sum(r.fen for r in rows if r.pay_state == "paid")
    return {"name": PersonName.mask(name), "rows": plain_rows(rows), "paid_fen": paid,
            "recovered_fen": sum(int(r.recovered_fen) for r in rows)}  # fmt: skip


def _trace(verb: str, index: bytes, count: int) -> None:
    """The question stands in the trail under the number's blind index, never the number."""
    db.session.rollback()
    intend_to_write(True)
    audit.record(verb, actor=_visitor(), digest=index.hex(), count=count)
    db.session.commit()
