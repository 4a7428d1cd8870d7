"""A bank's answer comes in as a file: compared and shown first, then posted or put aside."""

from __future__ import annotations

import openpyxl
import pytest

from app.kernel import files, jobs, receiving
from app.kernel.audit import Event
from app.kernel.errors import Refused
from app.payments import arriving, desk, foretelling
from app.payments.models import Attempt, ResultFile, ResultLine, ResultUpload
from tests.engine import MONTHLY, lines, result_file
from tests.listening import Heard


@pytest.fixture
def run(released):
    return released


def bring(world, run, said, actor=None, name="回盘.txt"):
    """The file with these answers is kept and compared. `said`: outcomes in turn, or rows."""
    rows = said if isinstance(said[0], dict) else [
        world.answer(ref, outcome) for ref, outcome in zip(world.refs(run), said, strict=False)
    ]  # fmt: skip
    path = world.folder / name
    path.write_bytes(result_file(rows))
    with path.open("rb") as stream:
        files.keep(stream)
    actor = actor or world.county.poster
    return world.act(actor, arriving.stage, path, name, actor, run.id)


def take(world, upload, actor=None, everything=False):
    actor = actor or world.county.poster
    return world.act(actor, arriving.take, world.fresh(upload), actor, everything)


def earlier(world, upload):
    return world.act(world.county.poster, arriving.earlier, world.fresh(upload))


def orders(world, run):
    return [
        (o.state, o.reason, o.bank_ref, o.arrived_on) for o in world.all(Attempt, run_id=run.id)
    ]


def test_a_file_that_came_in_changes_no_order_and_posts_nothing(world, run):
    before = orders(world, run)
    acts = world.count(Event, verb="results")
    upload = bring(world, run, ["paid", "paid", "failed", "unknown", "returned"])
    assert orders(world, run) == before
    assert (world.count(ResultFile), world.count(ResultLine)) == (0, 0)
    assert world.count(Event, verb="results") == acts
    assert upload.state == "staged"


def test_it_says_how_many_rows_will_be_posted_as_what(world, run):
    told = bring(world, run, ["paid", "paid", "failed", "unknown", "returned"]).foretold
    assert told["posted"] == {"failed": [1, MONTHLY], "paid": [2, 2 * MONTHLY],
                              "returned": [1, MONTHLY], "unknown": [1, MONTHLY]}  # fmt: skip
    assert told["before"] == {"sent": [5, 5 * MONTHLY]}
    assert told["after"] == {key: told["posted"][key] for key in told["posted"]}
    assert [r["outcome"] for r in told["unpaid"]] == ["failed", "unknown", "returned"]


def test_it_says_which_rows_will_be_set_aside_and_why(world, run):
    refs = world.refs(run)
    rows = [world.answer(refs[0], "paid", fen=MONTHLY + 1), world.answer(refs[1], "paid"),
            world.answer(refs[2], "paid") | {"ref": "R99999-000001"}]  # fmt: skip
    upload = bring(world, run, rows)
    assert (upload.accepted, upload.rejected, upload.row_count) == (1, 2, 3)
    assert {r["why"] for r in upload.foretold["aside"]} == {"amount", "unknown_ref"}
    assert upload.foretold["why"].keys() == {"amount", "unknown_ref"}


def test_taken_it_comes_out_as_it_was_foretold(world, run):
    upload = bring(world, run, ["paid", "paid", "failed", "unknown"])
    foretold = upload.foretold
    done = take(world, upload)
    figures = {}
    for order in world.all(Attempt, run_id=run.id):
        n, fen = figures.get(order.state, (0, 0))
        figures[order.state] = [n + 1, fen + order.fen]
    assert figures == foretold["after"]
    taken = world.fresh(upload)
    assert (taken.state, taken.added, taken.unchanged, taken.rejected) == ("taken", 4, 0, 0)
    assert taken.foretold == {}  # no names are kept longer than they are needed
    assert "登记4" in str(done.sentence)


def test_it_is_posted_as_it_compares_on_the_day_it_is_taken(world, run):
    upload = bring(world, run, ["paid", "paid"])
    world.results(run, dict.fromkeys(world.refs(run)[:2], "paid"))
    take(world, upload)
    taken = world.fresh(upload)
    assert (taken.added, taken.unchanged) == (0, 2)


def test_the_same_file_is_known_again_whichever_way_it_came(world, run):
    first = bring(world, run, ["paid"])
    assert earlier(world, first) is None
    take(world, first)
    second = bring(world, run, ["paid"])
    assert earlier(world, second).by == world.county.poster.username
    assert second.foretold["posted"] == {}
    assert (second.accepted, second.rejected) == (1, 0)
    assert earlier(world, first) is None  # it is not its own twin


def test_all_or_nothing_posts_nothing_where_a_row_would_be_set_aside(world, run):
    refs = world.refs(run)
    rows = [world.answer(refs[0], "paid"), world.answer(refs[1], "paid", fen=1)]
    upload = bring(world, run, rows)
    before = orders(world, run)
    with pytest.raises(Refused, match="有1行要搁置"):
        take(world, upload, everything=True)
    assert orders(world, run) == before
    assert (world.count(ResultFile), world.fresh(upload).state) == (0, "staged")
    take(world, upload)
    assert [o.state for o in world.all(Attempt, run_id=run.id)].count("paid") == 1
    assert [r.why for r in world.all(ResultLine, fate="aside")] == ["amount"]


def test_a_file_left_unposted_waits_for_whose_duty_it_is(world, run):
    poster = world.county.poster
    assert waiting(world, poster) == []
    upload = bring(world, run, ["paid"])
    assert waiting(world, poster) == [(1, f"/resultlinegrid/uploads/{upload.id}")]
    assert waiting(world, world.other.poster) == waiting(world, world.county.clerk) == []
    take(world, upload)
    assert waiting(world, poster) == []


def waiting(world, actor):
    found = world.act(actor, lambda: list(desk.left_unposted(actor)))
    return [(w.count, w.url) for w in found if w.count]


def test_it_is_taken_once(world, run):
    upload = bring(world, run, ["paid"])
    take(world, upload)
    with pytest.raises(Refused, match="已经处理过"):
        take(world, upload)
    assert world.count(ResultFile) == 1


def test_put_aside_it_leaves_everything_as_it_was(world, run):
    upload, before = bring(world, run, ["paid"]), orders(world, run)
    poster = world.county.poster
    world.act(poster, arriving.drop, world.fresh(upload), poster)
    dropped = world.fresh(upload)
    assert (dropped.state, dropped.foretold) == ("dropped", {})
    assert orders(world, run) == before
    assert world.count(Event, verb="drop_upload", subject="result_upload") == 1
    with pytest.raises(Refused, match="已经处理过"):
        take(world, upload)


@pytest.mark.parametrize("who", ["clerk", "exporter", "reviewer"])
def test_only_whose_duty_it_is_brings_in_or_takes_or_drops(world, run, who):
    somebody = getattr(world.county, who)
    with pytest.raises(Refused):
        bring(world, run, ["paid"], somebody)
    upload = bring(world, run, ["paid"])
    for verb in (arriving.take, arriving.drop):
        with pytest.raises(Refused):
            world.act(somebody, verb, world.fresh(upload), somebody)
    assert world.fresh(upload).state == "staged"


def test_another_bureau_neither_brings_nor_finds_it(world, run):
    other = world.other.poster
    with pytest.raises(Refused, match="没有编号"):
        bring(world, run, ["paid"], other)
    upload = bring(world, run, ["paid"])
    for stranger in (other, world.province.poster):
        assert world.act(stranger, receiving.find, arriving.RESULTS, upload.id, stranger) is None
    mine = world.county.poster
    assert world.act(mine, receiving.find, arriving.RESULTS, upload.id, mine).id == upload.id


def test_what_cannot_be_read_at_all_leaves_no_upload(world, run):
    path = world.folder / "不是回盘.txt"
    path.write_bytes(b"not a statement")
    poster = world.county.poster
    with pytest.raises(Refused):
        world.act(poster, arriving.stage, path, path.name, poster, run.id, "mt940")
    assert world.count(ResultUpload) == 0


def test_the_rows_set_aside_come_as_a_sheet_to_ask_the_bank_with(world, run):
    upload = bring(world, run, [world.answer(world.refs(run)[0], "paid", fen=1)])
    with receiving.errors_workbook(arriving.RESULTS, upload) as made:
        cells = {str(c.value) for row in openpyxl.load_workbook(made).active for c in row}
    assert {"金额与应发金额不一致", world.refs(run)[0], "搁置原因"} <= cells


def test_a_sheet_that_holds_only_the_first_of_them_says_so(world, run, monkeypatch):
    monkeypatch.setattr(foretelling, "FIRST", 1)
    upload = bring(world, run, [world.answer(ref, "paid", fen=1) for ref in world.refs(run)[:3]])
    with receiving.errors_workbook(arriving.RESULTS, upload) as made:
        cells = {str(c.value) for row in openpyxl.load_workbook(made).active for c in row}
    assert "共搁置3行，这里是前1行；登记后在“回盘明细”可以导出全部" in cells


def test_big_ones_are_read_and_taken_in_the_background(world, run):
    rows = [world.answer(ref, "paid") for ref in world.refs(run)]
    path = world.folder / "大回盘.txt"
    path.write_bytes(result_file(rows))
    with path.open("rb") as stream:
        kept = files.keep(stream)
    heard = Heard(world.county.poster)
    done = world.act(heard.actor, jobs.KINDS["stage_result"].run, heard, sha256=kept.sha256,
                     file_name=path.name, run_id=run.id, message="")  # fmt: skip
    (upload,) = world.all(ResultUpload)
    assert done.next_url == f"/resultlinegrid/uploads/{upload.id}"
    world.act(heard.actor, jobs.KINDS["take_result"].run, heard, upload_id=upload.id,
              all_or_nothing=False)  # fmt: skip
    assert [o.state for o in world.all(Attempt, run_id=run.id)] == ["paid"] * 5
    assert "第1步，共1步：逐笔对账并登记" in [sentence for _done, sentence in heard.all]


def test_comparing_costs_the_same_for_five_rows_and_for_fifty(world, statements):
    counts = []
    for school, n in ((world.school, 5), (world.second, 50)):
        start = 0 if n == 5 else 100
        world.confirmed(school, lines(n, start=start))
        run = world.checked(world.exported(world.opened()))
        with statements() as seen:
            bring(world, run, ["paid"] * n, name=f"{n}.txt")
        counts.append(len([s for s in seen if not s.startswith("SELECT attempt")]))
    assert counts[0] == counts[1]


def test_a_settled_run_takes_a_late_return_and_stands_behind_those_that_wait(world, run):
    """Money comes back weeks later, and the file has to have a door."""
    world.paid(run)
    assert world.press("settle", run, world.county.poster).moved == 1
    poster = world.county.poster
    assert [r.id for r in world.act(poster, arriving.runs_for, poster)] == [run.id]
    take(world, bring(world, run, ["returned"]))
    assert (world.fresh(run).state, world.states(run)[0]) == ("settled", "returned")
    waiting = world.checked(world.exported(world.again(run)))
    assert [r.id for r in world.act(poster, arriving.runs_for, poster)] == [waiting.id, run.id]


def test_a_run_that_nobody_checked_is_not_among_those_that_wait_for_an_answer(world, released):
    world.confirmed(world.second, lines(2, start=5))
    unchecked = world.exported(world.opened())
    poster = world.county.poster
    assert [r.id for r in world.act(poster, arriving.runs_for, poster)] == [released.id]
    with pytest.raises(Refused, match="还没有复核"):
        bring(world, unchecked, ["paid"])
    assert world.count(ResultUpload) == 0
