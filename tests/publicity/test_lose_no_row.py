"""Dirty monthly lists from beginning to end: every row of the file has one fate, none has two.

One list takes file after file, as random as they come: what was said before taking is what was
done, the money adds up, and whatever is wrong is a sentence.
"""

from __future__ import annotations

import io
from string import ascii_uppercase

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.kernel import clock, files, scope
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.sheets.reasons import CELLS
from app.publicity import service
from app.publicity.models import AidLine, StagedLine
from app.publicity.previewing import preview
from app.publicity.sheets import ENTRIES, RETURNED
from app.publicity.staging import all_problems
from tests.engine import card, lines, student
from tests.publicity.test_round_trip import handed_out, sent_back

thorough = settings(
    max_examples=60, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
KEYS = [column.key for column in ENTRIES.columns]
NEEDED = [column.key for column in ENTRIES.columns if column.required]
HEADS = {c.key: st.sampled_from([str(c.header), *c.synonyms, f" {c.header}*"])
         for c in ENTRIES.columns}  # fmt: skip
DIRT = st.one_of(
    st.none(), st.just(""), st.just("　"), st.text(max_size=12), st.integers(-10, 10**18),
    st.floats(allow_nan=False, allow_infinity=False), st.booleans(),
    st.sampled_from(["=1+1", "@x", "3.50102E+17", "合计", "6212****0019", "２０２６年９月"]),
)  # fmt: skip
CLEAN = {
    "grade": st.sampled_from(["一年级", "1", "高二", "三年级 "]),
    "amount_fen": st.sampled_from([230, "230.00", "１００", "1,150", 0.5]),
    "first_month": st.sampled_from([None, "2026-09", "2026年8月", 202607]),
    "class_name": st.sampled_from(["1班", "２班"]),
    "remark": st.sampled_from([None, "住校", "-1"]),
}  # fmt: skip


def as_cell(value):
    """What a spreadsheet can hold; the rest is left to the tests of the reader."""
    if not isinstance(value, str):
        return value
    kept = "".join(c for c in value if c >= " " and not "\ud800" <= c <= "\udfff" and c < "\ufffe")
    return "'" + kept if kept.startswith("=") else kept


@st.composite
def row(draw):
    who = student(draw(st.integers(0, 6)))
    told = {"name": who.name, "id_no": who.id_no, "major": "汽修",
            "card_no": draw(st.sampled_from([who.card_no, card(70), card(71)]))}  # fmt: skip
    told |= {key: draw(values) for key, values in CLEAN.items()}
    for key in draw(st.lists(st.sampled_from(KEYS), max_size=2)):
        told[key] = draw(DIRT)
    told["name"] = told["name"] or "王伟"  # a row without a word is a blank line
    return told


@st.composite
def sheet(draw):
    """(title rows, keys in the order of the file, headings, lines: a row, None, or "heading")."""
    optional = [k for k in KEYS if k not in NEEDED and draw(st.integers(0, 3))]
    keys = draw(st.permutations(NEEDED + optional))
    heads = [draw(HEADS[k]) for k in keys]
    body = st.one_of(row(), row(), row(), st.none(), st.just("heading"))
    return draw(st.integers(0, 2)), keys, heads, draw(st.lists(body, min_size=1, max_size=9))


def saved(made):
    above, keys, heads, body = made
    book = openpyxl.Workbook()
    table = book.active
    for n in range(above):
        table.append([f"某校名单{n}"])
    table.append(heads)
    for each in body:
        cells = {None: [], "heading": heads}.get(each) if not isinstance(each, dict) else [
            as_cell(each.get(k)) for k in keys
        ]  # fmt: skip
        table.append(cells)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


def staged(world, target, content):
    clerk = world.school.clerk
    with clock.at(world.moment), scope.scope(clerk.org_path):
        with files.received(content) as path:
            made = service.stage(path, "名单.xlsx", target, clerk)
        db.session.commit()
    return made


def seen(upload):
    with scope.scope(upload.org_path):
        return preview(upload)


def check_fates(world, target, upload):
    """Preview, take, count: all three say the same."""
    told = seen(upload)
    assert sum(part.total for part in told.parts) == upload.accepted
    assert upload.accepted + upload.rejected == upload.row_count
    assert sum(len(part.rows) for part in told.parts) == min(upload.accepted, 60)
    if not upload.accepted:
        with pytest.raises(Refused):
            world.take(upload)
        db.session.rollback()
        return
    before = len(world.all(AidLine, list_id=target.id))
    world.take(upload)
    taken = world.fresh(upload)
    assert (taken.added, taken.changed, taken.unchanged, taken.gone) == (
        *(told.total(fate) for fate in ("new", "changed", "same")), told.beside.total
    )  # fmt: skip
    assert (
        len(world.all(AidLine, list_id=target.id)) == before + told.total("new") - told.beside.total
    )
    assert world.count(StagedLine, upload_id=upload.id) == 0


def test_every_row_of_every_list_has_one_fate(world):
    target = world.draft()

    @thorough
    @given(sheet())
    def run(made):
        upload = staged(world, target, saved(made))
        rows = [each for each in made[3] if isinstance(each, dict)]
        assert upload.row_count == len(rows)
        refused = {cell.strip(ascii_uppercase) for p in upload.problems for cell in p["cells"]}
        assert min(upload.rejected, CELLS) <= len(refused) <= upload.rejected
        check_fates(world, target, upload)
        if upload.accepted:
            now = world.all(AidLine, list_id=target.id)
            assert len(now) == upload.accepted
            assert sum(line.amount_fen for line in now) == world.fresh(upload).total_fen
            assert sum(line.amount_fen for line in now) == world.fresh(target).total_fen
            assert len({(line.person_id, line.first_month) for line in now}) == len(now)

    run()


def test_the_errors_of_any_list_are_those_that_its_upload_was_told(world):
    target = world.draft()

    @thorough
    @given(sheet())
    def run(made):
        upload = staged(world, target, saved(made))
        here = scope.scope(upload.org_path)
        with clock.at(world.moment), here, files.kept(upload.sha256) as path:
            problems, counts = all_problems(path, world.fresh(target))
        assert (counts.taken, counts.refused) == (upload.accepted, upload.rejected)
        assert len(problems) == sum(p["times"] for p in upload.problems)

    run()


EDITS = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.one_of(
            st.tuples(st.sampled_from([c.key for c in RETURNED.columns]), DIRT),
            st.tuples(st.sampled_from(["drop", "copy", "add"]), st.integers(0, 9)),
        ),
    ),
    max_size=4,
)


def test_an_exported_list_edited_at_random_loses_nobody_it_does_not_name(world):
    """Lines leave only by a deleted row; refused rows leave theirs as they were."""
    target = world.fill(world.draft(), lines(5))

    @thorough
    @given(EDITS)
    def run(edits):
        world.fill(target, lines(5))
        before = {line.id: line.amount_fen for line in world.all(AidLine, list_id=target.id)}
        edited = handed_out(world, target)
        keyed = {n: edited.get(n, "row_key") for n in range(5)}
        dropped = set()
        for at, (what, value) in edits:
            if what == "drop":
                edited.set(at, **dict.fromkeys([c.key for c in RETURNED.columns]))
                dropped.add(at)
            elif what == "copy":
                edited.add(student(9), row_key=keyed[at], row_version=edited.get(at, "row_version"))
            elif what == "add":
                edited.add(student(20 + value))
            elif at not in dropped:
                edited.set(at, **{what: as_cell(value)})
        upload = sent_back(world, target, edited)
        check_fates(world, target, upload)
        if upload.accepted:
            named = {line.id for line in world.all(AidLine, list_id=target.id)}
            assert set(upload.held) & before.keys() <= named

    run()
