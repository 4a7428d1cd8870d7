"""What pages are made of says what a person reads, and only what that person may do."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from flask import Flask

from app.kernel import widgets
from app.kernel.widgets import badge, masked, money, shown, yuan
from app.kernel.widgets.links import here, without
from app.kernel.widgets.marks import icon_name, kind_of

LIST = "/complaintgrid/list/"


@pytest.fixture
def page():
    """A request of an application that has nothing but our words."""
    app = Flask("app", root_path=str(widgets.marks.STATIC.parent))
    widgets.install(app)
    return app.test_request_context


@pytest.mark.parametrize(
    ("fen", "said"),
    [(0, "0.00"), (5, "0.05"), (123456, "1,234.56"), (-205, "-2.05"), (None, "—")],
)
def test_an_amount_is_said_in_yuan(fen, said):
    assert yuan(fen) == said
    assert said in money(fen)


def test_a_badge_is_text_whatever_the_text_holds():
    made = badge("<b>待审核</b>", "wait")
    assert "&lt;b&gt;待审核" in made
    assert "is-wait" in made


def test_a_tone_nobody_knows_is_quiet():
    assert "is-mute" in badge("草稿", "shocking")


def test_a_masked_number_is_revealed_only_by_a_post(page):
    with page():
        plain, button = masked("3501****0015"), masked("3501****0015", "/reveal/1")
    assert "button" not in plain
    assert 'formmethod="post"' in button
    assert 'formaction="/reveal/1"' in button


@pytest.mark.parametrize(
    ("value", "said", "kind"),
    [
        (True, "是", "state"),
        (False, "否", "state"),
        (None, "—", "none"),
        ([], "—", "none"),
        (dt.date(2026, 9, 1), "2026-09-01", "date"),
        (dt.datetime(2026, 9, 1, 16, 30, tzinfo=dt.UTC), "2026-09-02 00:30", "date"),
        (["甲", "乙"], "甲、乙", "text"),
        (12, "12", "number"),
    ],
)
def test_raw_values_are_said_as_people_say_them(value, said, kind):
    made = shown(value)
    assert said in str(made)
    assert kind_of(made) == kind


def test_signs_have_one_name_whoever_names_them():
    assert icon_name("fa-university") == icon_name("building-bank") == "building-bank"
    assert icon_name("fa-no-such-sign") == "point"


def test_a_link_changes_one_argument_and_keeps_the_others(page):
    with page("/list/?_flt_0_school=1&_flt_0_school=2&page_V=3"):
        assert here(page_V=None) == "/list/?_flt_0_school=1&_flt_0_school=2"
        assert here(page_V=4).endswith("page_V=4")
        assert without("_flt_0_school", "1") == "/list/?_flt_0_school=2&page_V=3"


def test_a_list_offers_on_each_row_what_its_state_allows(world):
    world.fill(1, said="等受理", state="new")
    world.fill(1, said="在核实", state="open")
    text = world.browser("chen").get(LIST).text
    assert 'data-actions="accept rush"' in _box(text, "等受理")
    assert 'data-actions="send_back close"' in _box(text, "在核实")


def test_a_bulk_press_on_all_that_match_knows_where_to_count(world):
    text = world.browser("chen").get(f"{LIST}?_flt_0_state=new").text
    assert 'data-matching="/complaintgrid/matching?_flt_0_state=new"' in text
    assert 'action="/complaintgrid/action_post?_flt_0_state=new"' in text


def test_what_is_filtered_stands_on_the_page_with_a_way_out(world):
    text = world.browser("chen").get(f"{LIST}?_flt_0_state=new&_flt_0_said=饭").text
    assert len(re.findall('class="chip"', text)) == 2
    assert "待受理" in text.split('class="chips"')[1].split("</ul>")[0]


def test_an_empty_list_says_what_to_do_next(world):
    text = world.browser("chen").get(f"{LIST}?_flt_0_said=没有这样的话").text
    assert "清除条件" in text
    assert "<table" not in text


def test_a_button_that_needs_a_reason_asks_for_it(world):
    text = world.browser("chen").get(LIST).text
    button = next(b for b in re.findall(r"<button[^>]*>", text) if 'value="send_back"' in b)
    assert 'data-note="required"' in button


def _box(text: str, said: str) -> str:
    return next(b for b in re.findall(r"<input[^>]*name=\"rowid\"[^>]*>", text) if said in b)
