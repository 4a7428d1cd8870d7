"""Editions of bank formats: drawn up by one, put to use by another, never rewritten."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError
from werkzeug.datastructures import MultiDict

from app.kernel import scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.payments import layouts
from app.payments.banks import Profile, shipped
from app.payments.layout_form import Page, data_of
from app.payments.layout_rows import BankProfile
from app.payments.layout_workflow import LAYOUTS

OWN = shipped()["pipe_gbk"].to_dict() | {"name": "own_bank", "title": "本县银行"}


@pytest.fixture
def seeded(world):
    with scope.everyone("a test sets its stage"):
        layouts.seed()
        db.session.commit()
    return world


def drafted(world, place=None, why="", **but):
    actor = (place or world.county).exporter
    return world.act(actor, layouts.draft, OWN | but, why, actor)


def pressed(step, row, actor, note="依规定"):
    with scope.scope(actor.org_path):
        out = LAYOUTS.take(step, BankProfile.id == row.id, actor, note)
        db.session.commit()
    return out


def states(world):
    return [(r.edition, r.state) for r in world.all(BankProfile, code="own_bank")]


def codes(place):
    return {row.code for row in layouts.usable(place.path)}


# --- what comes with the release


def test_every_format_of_the_release_is_in_use_everywhere_at_once(seeded):
    assert codes(seeded.county) == codes(seeded.province) == set(shipped())
    assert layouts.chosen("pipe_gbk", seeded.county.path) == shipped()["pipe_gbk"]


def test_laying_them_down_again_adds_nothing(seeded):
    with scope.everyone("a test"):
        assert layouts.seed() == 0


def test_without_a_province_nothing_is_laid_down(engine):
    engine.at("empty", db.create_all)
    with engine.staff.app_context(), scope.everyone("a test"):
        assert layouts.seed() == 0
        db.session.remove()


def test_a_later_release_changes_nothing_until_somebody_approves_it(seeded, monkeypatch):
    newer = shipped()["pipe_gbk"].to_dict() | {"max_rows_per_file": 77}
    monkeypatch.setattr(layouts, "shipped", lambda: {"pipe_gbk": Profile.parse(newer)})
    with scope.everyone("a test"):
        assert (layouts.seed(), layouts.seed()) == (1, 0)
        db.session.commit()
    assert layouts.chosen("pipe_gbk", seeded.county.path).max_rows_per_file != 77
    waiting = seeded.one(BankProfile, code="pipe_gbk", edition=2)
    assert waiting.state == "draft"
    assert pressed("activate", waiting, seeded.province.approver).moved == 1
    assert layouts.chosen("pipe_gbk", seeded.county.path).max_rows_per_file == 77


# --- two pairs of eyes


def test_a_draft_is_used_by_nobody_until_another_person_puts_it_to_use(seeded):
    row = drafted(seeded)
    assert "own_bank" not in codes(seeded.county)
    assert pressed("activate", row, seeded.county.reviewer).moved == 1
    assert "own_bank" in codes(seeded.county)
    assert seeded.fresh(row).approved_by == seeded.county.reviewer.username


def test_whoever_drew_it_up_does_not_put_it_to_use_even_with_another_duty(seeded):
    row = drafted(seeded)
    same = seeded.county.exporter
    now_reviewer = seeded.county.reviewer.__class__(
        same.id, same.username, same.name, seeded.county.reviewer.role, same.org_id, same.org_path
    )
    out = pressed("activate", row, now_reviewer)
    assert (out.moved, out.refused_total) == (0, 1)
    assert states(seeded) == [(1, "draft")]


@pytest.mark.parametrize("duty", ["clerk", "reviewer", "approver", "poster"])
def test_only_the_exporter_draws_up(seeded, duty):
    actor = seeded.county.actor(duty)
    with scope.scope(actor.org_path), pytest.raises(Refused, match="导出付款岗位"):
        layouts.draft(OWN, "", actor)


def test_the_province_does_not_put_a_countys_format_to_use(seeded):
    row = drafted(seeded)
    assert pressed("activate", row, seeded.province.approver).moved == 0


def test_a_countys_format_is_of_no_use_to_another_county(seeded):
    pressed("activate", drafted(seeded), seeded.county.reviewer)
    assert "own_bank" not in codes(seeded.other)
    with pytest.raises(Refused, match="没有名为「own_bank」"):
        layouts.chosen("own_bank", seeded.other.path)


def test_nobody_changes_a_format_of_somebody_else(seeded):
    with pytest.raises(Refused, match="已由其他单位使用"):
        drafted(seeded, name="pipe_gbk", max_rows_per_file=3)
    assert layouts.chosen("pipe_gbk", seeded.county.path) == shipped()["pipe_gbk"]


# --- editions


def test_a_change_is_a_new_edition_and_the_old_one_stays(seeded):
    pressed("activate", drafted(seeded), seeded.county.reviewer)
    pressed("activate", drafted(seeded, max_rows_per_file=9), seeded.county.reviewer)
    assert states(seeded) == [(1, "retired"), (2, "active")]
    assert layouts.chosen("own_bank", seeded.county.path).max_rows_per_file == 9
    assert layouts.chosen("own_bank", seeded.county.path).version == 2


def test_what_was_checked_is_what_is_put_to_use(seeded):
    """A draft saved again is another row: the one the reviewer looked at is withdrawn."""
    seen = drafted(seeded)
    drafted(seeded, max_rows_per_file=9)
    out = pressed("activate", seen, seeded.county.reviewer)
    assert (out.moved, states(seeded)) == (0, [(1, "retired"), (2, "draft")])


def test_the_same_again_is_no_edition(seeded):
    drafted(seeded)
    with pytest.raises(Refused, match="没有需要保存的改动"):
        drafted(seeded)


def test_drawing_up_stands_on_the_trail_with_the_fingerprint_the_reason_on_the_row(seeded):
    row = drafted(seeded, why="按银行来函")
    event = seeded.one(Event, verb="draft_layout")
    assert (event.subject_id, event.digest, row.why) == (row.id, row.digest, "按银行来函")


@pytest.mark.parametrize("change", [{"data": {}}, {"code": "x"}, {"edition": 9}, {"digest": ""}])
def test_the_database_itself_refuses_to_rewrite_an_edition(seeded, change):
    with scope.everyone("a test tries"), pytest.raises(DBAPIError, match="never rewritten"):
        db.session.execute(update(BankProfile.__table__).values(change))
    db.session.rollback()


def test_the_database_itself_refuses_to_forget_an_edition(seeded):
    with scope.everyone("a test tries"), pytest.raises(DBAPIError, match="never rewritten"):
        db.session.execute(delete(BankProfile.__table__))
    db.session.rollback()


def test_the_database_itself_refuses_to_forget_all_editions_at_once(seeded):
    if not seeded.engine.is_postgresql:
        pytest.skip("SQLite has no TRUNCATE")
    with scope.everyone("a test tries"), pytest.raises(DBAPIError, match="never rewritten"):
        db.session.connection().exec_driver_sql("TRUNCATE bank_profile")
    db.session.rollback()


def test_a_run_keeps_code_edition_and_content(seeded, waiting_run):
    pressed("activate", drafted(seeded), seeded.county.reviewer)
    pressed("activate", drafted(seeded, max_rows_per_file=2), seeded.county.reviewer)
    run = seeded.exported(waiting_run, bank=layouts.chosen("own_bank", seeded.county.path))
    pressed("retire", seeded.one(BankProfile, code="own_bank", edition=2), seeded.county.approver)
    kept = seeded.fresh(run)
    assert (kept.profile, kept.profile_edition) == ("own_bank", 2)
    assert kept.profile_data["max_rows_per_file"] == 2
    assert seeded.paid(run).posted == 5


def test_the_day_in_the_totals_is_set_on_the_page_like_their_figures():
    """What a page shows of it, the form gives back."""
    form = MultiDict({"results-container": "txt", "control-where": "last",
                      "control-field-count": "2", "control-field-arrived_on": "6"})  # fmt: skip
    control = data_of(form)["results"]["control"]
    assert control["fields"] == {"count": 2, "arrived_on": 6}
    shown = {c.name: c.value for c in Page({"results": {"control": control}}).sums()}
    assert shown["control-field-arrived_on"] == 6
