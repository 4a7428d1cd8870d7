"""Every sentence of ours has an English one beside it, with the same places to fill in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from flask_babel import force_locale

from app.kernel.i18n import _n, kept, remembering, retold
from app.payments.banks import shipped

ROOT = Path(__file__).parents[2]
PLACE = re.compile(r"%\(\w+\)[sd]")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
NARROW = re.compile(r"[\u4e00-\u9fff」”》〕][,;:()]|[,;:()][\u4e00-\u9fff「“《〔]")
KEYWORDS = {"_": None, "_l": None, "_n": (1, 1), "gettext": None}
KEPT_CHINESE = {"财", "错误原因", "年", "月", "日", "是", "否"}
"""Chinese that an English sentence quotes: a file's column, a document, a way to write a date."""


def catalogue(language: str):
    """Each sentence and what is said for it; of one that counts, the form for many."""
    return {chinese: forms[-1] for chinese, forms in forms_in(language).items()}


def forms_in(language: str):
    """What is said for each sentence; what is marked as a guess is not said at all."""
    with (ROOT / f"translations/{language}/LC_MESSAGES/messages.po").open("rb") as file:
        return {m.id[0] if m.pluralizable else m.id: m.string if m.pluralizable else (m.string,)
                for m in read_po(file) if m.id and not m.fuzzy}  # fmt: skip


@pytest.fixture(scope="module")
def english():
    return catalogue("en")


@pytest.fixture(scope="module")
def said():
    """Every sentence the source says, collected as `make translations` does."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(
        str(ROOT),
        methods,
        options,
        keywords=KEYWORDS,
        directory_filter=lambda d: Path(d).name not in {".venv", "tests"},
    )
    words = (message for _file, _line, message, _comments, _context in found)
    return {word if isinstance(word, str) else word[0] for word in words}


def test_the_source_is_read_at_all(said):
    assert len(said) > 900
    assert {"上报", "登录", "公示栏"} <= said


def test_every_sentence_is_said_in_english(said, english):
    assert sorted(s for s in said if not english.get(s)) == []


def test_nothing_stands_in_the_catalogue_that_nobody_says(said, english):
    assert sorted(set(english) - said) == []


def test_the_places_to_fill_in_are_the_same(english):
    different = {
        m: t for m, t in english.items() if sorted(PLACE.findall(m)) != sorted(PLACE.findall(t))
    }
    assert different == {}


def test_the_form_for_one_fills_in_the_same_places_and_is_another():
    counted = {m: forms for m, forms in forms_in("en").items() if len(forms) > 1}
    assert len(counted) > 5
    for one, many in counted.values():
        assert one
        assert one != many
        assert sorted(PLACE.findall(one)) == sorted(PLACE.findall(many))


def test_one_payment_is_told_as_one(staff):
    with staff.test_request_context(), force_locale("en"):
        told = [_n("%(n)s 笔", n) for n in (0, 1, 2, 1234)]
        assert [_n("笔", n) for n in (1, 2)] == ["payment", "payments"]
    assert told == ["0 payments", "1 payment", "2 payments", "1,234 payments"]
    assert [_n("%(n)s 笔", n) for n in (1, 1234)] == ["1 笔", "1,234 笔"]


def test_what_was_kept_of_a_count_is_told_again_as_one(staff):
    with staff.test_request_context():
        with force_locale("zh"), remembering():
            told = [kept(_n("%(n)s 笔", n)) for n in (1, 2)]
        with force_locale("en"):
            assert [retold(what) for what in told] == ["1 payment", "2 payments"]


def test_english_is_english(english):
    left = {m: t for m, t in english.items() if CHINESE.search(quoted_out(t))}
    assert left == {}


def quoted_out(sentence: str) -> str:
    for words in sorted(KEPT_CHINESE, key=len, reverse=True):
        sentence = sentence.replace(words, "")
    return re.sub(r"教厅函〔\d+〕\d+号|教[^,;.) ]*〔\d+〕\d+号", "", sentence)


def test_the_frameworks_sentences_are_chinese():
    words = catalogue("zh")
    assert words["Access is Denied"]
    assert all(CHINESE.search(t) for t in words.values())


def test_chinese_sentences_hold_chinese_punctuation(said):
    """A half-width comma between Chinese words reads as a slip, and looks like one."""
    assert sorted(s for s in {*said, *catalogue("zh").values()} if narrow(s)) == []


def test_the_formats_that_come_with_the_platform_hold_chinese_punctuation():
    words = {sentence for made in shipped().values() for sentence in (made.title, made.note)}
    assert len(words) > 10
    assert [sentence for sentence in words if narrow(sentence)] == []


def narrow(sentence: str) -> bool:
    return bool(CHINESE.search(sentence) and NARROW.search(PLACE.sub("某", sentence)))


def test_a_half_width_comma_would_be_noticed():
    assert narrow("没有写入,请重试")
    assert narrow("%(n)s笔:%(why)s")
    assert not narrow("应写成 1,150.00 的样子，见 A:B")


def test_a_missing_place_would_be_noticed():
    assert PLACE.findall("共%(n)s行") != PLACE.findall("rows")
