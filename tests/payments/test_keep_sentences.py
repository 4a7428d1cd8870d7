"""What the platform itself says in the books is said in the language of whoever reads it."""

from __future__ import annotations

import re

from flask_babel import force_locale as language
from sqlalchemy import String, select, type_coerce, update

from app.kernel import files, scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.types import aloud, at_rest
from app.payments import arriving, queries
from app.payments.models import Attempt, ResultLine, ResultUpload
from tests.engine import line, lines, student
from tests.payments.test_export import RARE
from tests.payments.test_follow_cards import close_card, order
from tests.payments.test_speak_for_the_rest import all_went_well, failures_only

CHINESE = re.compile(r"[\u4e00-\u9fff]")
NO_CARD = "银行卡已停用，没有在用的卡"


def read_in(code, read):
    with language(code):
        return read()


def asides(world, taken):
    return lambda: [r.reason_text for r in world.all(ResultLine, file_id=taken.id)]


def test_a_card_closed_under_an_english_clerk_is_told_in_chinese(world, waiting_run):
    close_card(world)
    with language("en"):
        run = world.exported(waiting_run)
    assert read_in("zh", lambda: order(world, run).reason_text) == NO_CARD
    english = read_in("en", lambda: order(world, run).reason_text)
    assert english
    assert not CHINESE.search(english)


def test_what_a_bank_cannot_take_is_told_in_the_readers_language(world):
    world.confirmed(world.school, [*lines(2), line(student(2), name=RARE, holder_name=RARE)])
    with language("en"):
        run = world.exported(world.opened())
    for read in (lambda: queries.unable(run.id), lambda: queries.at_a_glance(run.id).unable):
        with scope.everyone("a test reads"):
            (chinese,), (english,) = (read_in(code, read) for code in ("zh", "en"))
        assert f"{RARE}: 第 3 笔：户名里的" in chinese
        assert f"{RARE}: Payment 3: Account holder " in english


def test_a_file_set_aside_says_why_in_the_readers_language(world):
    world.confirmed(world.school, lines(3))
    with language("en"):
        run = world.exported(world.opened(), bank=failures_only())
        taken = all_went_well(world, run, "回盘.txt", count=2)
    (chinese,), (english,) = (read_in(c, asides(world, taken)) for c in ("zh", "en"))
    assert "总计，银行 2 笔、460.00 元，我方 3 笔、690.00 元" in chinese
    assert "460.00" in english
    assert not CHINESE.search(english)


def test_a_row_nobody_can_read_is_told_in_the_readers_language(world, released):
    path = world.folder / "回盘.txt"
    path.write_bytes(b"H|1|1.00\r\n1|x\r\nT|1|1.00|1|1.00\r\n")
    with language("en"):
        taken = world.post(released, path)
    chinese = read_in("zh", asides(world, taken))
    assert "第 2 行列数不够" in chinese
    assert not any(CHINESE.search(s) for s in read_in("en", asides(world, taken)))


def test_what_is_foretold_is_shown_in_the_readers_language(world, released):
    path = world.folder / "回盘.txt"
    path.write_bytes(b"H|1|1.00\r\n1|x\r\n")
    poster = world.county.poster
    with path.open("rb") as stream:
        files.keep(stream)
    with language("en"):
        world.act(poster, arriving.stage, path, path.name, poster, released.id)
    (upload,) = world.all(ResultUpload)
    with language("zh"):
        assert "第 2 行列数不够" in {
            r["reason_text"] for r in arriving.RESULTS.preview(upload)["aside"]
        }


def test_the_banks_own_words_stay_as_they_came(world, released):
    with scope.everyone("a test breaks in"):
        said = 'Name mismatch {"msgid": "x"}'
        db.session.execute(update(Attempt).values(reason_text=said))
        db.session.commit()
    with language("zh"):
        assert {o.reason_text for o in world.all(Attempt, run_id=released.id)} == {said}


def test_no_words_of_a_bank_pass_for_a_sentence_of_ours():
    told = at_rest("\x02" + '{"msgid": "已到账", "values": {}}')
    assert told == aloud(told) == '{"msgid": "已到账", "values": {}}'
    assert aloud("\x02no sentence") == "no sentence"
    assert len(at_rest("长" * 300)) == 200


def test_the_trail_is_told_in_the_readers_language(world):
    world.confirmed(world.school, lines(3))
    with language("en"):
        run = world.exported(world.opened(), bank=failures_only())
        all_went_well(world, run, "回盘.txt")
    for code, told in (("zh", "没有逐行列出的3笔"), ("en", "3 ")):
        assert told in read_in(code, lambda: world.all(Event, verb="results")[-1].note)


def test_notes_of_old_stay_as_they_were(world, waiting_run):
    row = select(Event).where(Event.verb == "open")
    with scope.everyone("a test reads"):
        (event,) = db.session.scalars(row)
        raw = db.session.scalar(select(type_coerce(Event.note, String)).where(Event.id == event.id))
    assert event.note == raw == ""
