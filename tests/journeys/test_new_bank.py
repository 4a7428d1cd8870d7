"""A bank nobody has met: drawn up on the pages, put to use by another, carried to the last result.

No line of code knows this bank; everything it wants differently is typed into the form.
"""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.kernel import clock, scope
from app.kernel.db import db
from app.payments.banks import Profile, preview, shipped
from app.payments.layout_rows import BankProfile
from app.payments.models import PayRun
from tests import world
from tests.journeys.bank import answers, posted
from tests.journeys.forms import form_of

DRAFT, SPECIMEN = "/layoutgrid/draft", "/layoutgrid/specimen"
MOON = {
    "name": "moon_bank", "title": "月亮村镇银行", "bank_code": "320", "container": "txt",
    "encoding": "gb18030", "newline": "LF", "separator": "@|$", "row_end": "@|$",
    "min_rows_per_file": "1", "max_rows_per_file": "3", "file_name": "DF{date}{file_no:04d}.req",
    "head-0-line": "1", "head-0-source": "constant", "head-0-constant": "#",
    "head-1-line": "1", "head-1-source": "count", "head-2-line": "1", "head-2-source": "sum",
    "head-2-format": "fen",
    "columns-0-source": "row", "columns-0-width": "4", "columns-0-pad": "0",
    "columns-0-align": "right", "columns-1-source": "fen", "columns-1-format": "fen",
    "columns-2-source": "card_no", "columns-2-required": "1", "columns-3-source": "holder_name",
    "columns-3-required": "1", "columns-4-source": "ref", "columns-4-required": "1",
    "results-container": "txt", "results-encoding": "gb18030", "results-separator": ";",
    "results-field-ref": "1", "results-field-status": "2", "results-field-amount": "3",
    "results-field-arrived_on": "4", "results-date_format": "%d/%m/%Y",
    "statuses-0-text": "+", "statuses-0-meaning": "paid", "statuses-1-text": "-",
    "statuses-1-meaning": "failed", "why": "按该行接口说明",
}  # fmt: skip


@pytest.fixture
def exporter(sits):
    return sits("fuzhou_exporter")


def row_of(stage, model, **like):
    with stage.staff.app_context(), scope.everyone("a test looks"):
        row = db.session.scalar(select(model).filter_by(**like))
        db.session.expunge(row)
        db.session.rollback()
        return row


def edition_of(stage, code, edition=1):
    return row_of(stage, BankProfile, code=code, edition=edition)


def run_of(stage, number):
    return row_of(stage, PayRun, id=number)


def filled(person, **typed):
    """The blank form with these values in it."""
    form = form_of(person.opens(DRAFT).source, DRAFT)
    cleared = {n: v for n, v in form.items() if not n.startswith("columns-")}
    return cleared | typed


def test_a_bank_is_added_on_the_pages_and_a_run_goes_through_it(living, sits, exporter, tmp_path):
    drawn = exporter.sends(DRAFT, **filled(exporter, **MOON))
    assert "第1版草稿已保存" in drawn.says
    page = f"/layoutgrid/show/{drawn.number}"
    assert "0001@|$115000@|$6222800000000000001" not in drawn.words  # made-up numbers are cut off
    assert "0001@|$115000@|$62228000000000000" in drawn.words

    activate = f"/layoutgrid/action/activate/{drawn.number}"
    assert not exporter.opens(page).offers(activate)
    assert sits("fuzhou_reviewer").presses(activate, page).status == 200

    with clock.at(world.NOW):
        run = sits("fuzhou_clerk").sends("/rungrid/begin", month="2026-10")
    made = exporter.sends(f"/rungrid/{run.number}/package", profile="moon_bank")
    assert "DF" in made.words
    kept = run_of(living, run.number)
    assert (kept.profile, kept.profile_edition) == ("moon_bank", 1)
    assert kept.profile_data == edition_of(living, "moon_bank").data

    answer = answers(living.staff, run.number, tmp_path)
    check = f"/rungrid/action/check/{run.number}"
    sits("fuzhou_reviewer").presses(check, made.address)
    poster = sits("fuzhou_poster")
    told = posted(poster, run.number, (answer.read_bytes(), "back.txt"))
    assert f"登记{kept.line_count}" in told.says
    settled = poster.presses(f"/rungrid/action/settle/{run.number}", told.address)
    assert run_of(living, run.number).state == "settled"
    assert "结清后又有退汇：导入回盘" in settled.words


@pytest.mark.parametrize("name", sorted(shipped()))
def test_the_form_gives_back_what_it_shows_and_previews_it(living, exporter, name):
    row = edition_of(living, name)
    source = exporter.opens(f"{DRAFT}?base={row.id}").source
    form = form_of(source, DRAFT)
    said = exporter.client.post(SPECIMEN, data=form).json
    assert said["problem"] == ""
    assert [*said["lines"], *said["unable"]] == preview(Profile.parse(row.data))
    again = exporter.sends(DRAFT, **form | {"name": f"own_{name}"[:40], "title": f"自用 {name}"})
    assert again.status == 200, again.words[:500]
    copy = edition_of(living, f"own_{name}"[:40]).data
    named = {"name", "title", "version"}
    assert {k: v for k, v in copy.items() if k not in named} == {
        k: v for k, v in row.data.items() if k not in named
    }


@pytest.mark.parametrize(("typed", "sentence"), [
    ({"columns-3-width": "宽"}, "明细第4列，宽度（字节）应为 1 到 4000 的整数"),
    ({"file_name": "x.txt"}, "文件名要含 {file_no}"),
    ({"encoding": "gbk", "head-0-constant": "䶮"}, "写不了列"),
    ({"results-field-ref": "", "results-field-status": ""}, "回盘，取数位置"),
    ({"columns-2-source": ""}, "明细的列里缺少 “账号” 列"),
])  # fmt: skip
def test_a_wrong_field_is_named_as_the_page_names_it(exporter, typed, sentence):
    form = filled(exporter, **MOON | typed)
    said = exporter.client.post(SPECIMEN, data=form).json
    assert sentence in said["problem"]
    kept = exporter.sends(DRAFT, **form)
    assert kept.status == 409
    assert sentence in kept.words
    assert 'value="moon_bank"' in kept.source


def test_a_change_is_a_new_edition_that_says_what_differs(living, sits):
    exporter, reviewer = sits("minhou_exporter"), sits("minhou_reviewer")
    waiting = edition_of(living, "minhou_county_bank", 2)
    page = reviewer.opens(f"/layoutgrid/show/{waiting.id}")
    assert "每个文件最多笔数 1000 500" in page.words
    form = form_of(exporter.opens(f"{DRAFT}?base={waiting.id}").source, DRAFT)
    exporter.sends(DRAFT, **form | {"max_rows_per_file": "400"})
    states = [edition_of(living, "minhou_county_bank", n).state for n in (1, 2, 3)]
    assert states == ["active", "retired", "draft"]
    third = edition_of(living, "minhou_county_bank", 3)
    reviewer.presses(f"/layoutgrid/action/activate/{third.id}", f"/layoutgrid/show/{third.id}")
    states = [edition_of(living, "minhou_county_bank", n).state for n in (1, 2, 3)]
    assert states == ["retired", "retired", "active"]


@pytest.mark.parametrize("duty", ["clerk", "exporter", "reviewer"])
def test_a_county_looks_at_a_format_from_above_and_changes_nothing(living, sits, duty):
    person, row = sits(f"minhou_{duty}"), edition_of(living, "icbc_batch_xlsx")
    page = f"/layoutgrid/show/{row.id}"
    assert person.opens("/layoutgrid/list/").offers(page)
    seen = person.opens(page)
    assert (seen.status, row.name in seen.words) == (200, True)
    for step in ("activate", "retire", "withdraw"):
        assert not seen.offers(f"/layoutgrid/action/{step}/{row.id}")
    assert person.sends(f"/layoutgrid/action/retire/{row.id}", note="试").status in (403, 404)
    assert edition_of(living, "icbc_batch_xlsx").state == "active"


def test_a_county_finds_no_draft_from_above_and_nothing_of_its_neighbours(living, sits):
    drafted = sits("fujian_exporter").sends(DRAFT, **filled(sits("fujian_exporter"), **MOON))
    others = edition_of(living, "minhou_county_bank")
    for county, number in (("minhou", drafted.number), ("siming", others.id)):
        assert sits(f"{county}_reviewer").opens(f"/layoutgrid/show/{number}").status == 404
