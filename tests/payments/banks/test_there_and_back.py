"""Every line goes to the bank once, and every answer comes back once, wherever a block of lines or
rows ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.payments.banks import (
    Outcome,
    lot,
    read_results,
    shipped,
    table_results,
    tables,
    write_package,
)
from app.payments.banks.simulator import Answer, make_result_file
from tests.payments.banks.cast import RUN, line, profile

if TYPE_CHECKING:
    from pathlib import Path

    from app.payments.banks import Profile

PERSON = st.tuples(
    st.sampled_from([115_000, 115_000, 1, 0, 400_000]),
    st.sampled_from(["张三", "张三", "李 四", "陈䶮", "合计", "T", ""]),
    st.booleans(),
    st.sampled_from([Outcome.PAID, Outcome.FAILED]),
)
Person = tuple[int, str, bool, Outcome]


@pytest.fixture(scope="module", params=[1, 2, 3, 5], ids="{} at a time".format)
def together(request):
    """So many lines or rows are in a block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lot, "SIZE", request.param)
        patch.setattr(tables, "TOGETHER", request.param)
        patch.setattr(table_results, "TOGETHER", request.param)
        yield


@pytest.mark.usefixtures("together")
@pytest.mark.parametrize("name", sorted(shipped()))
@settings(max_examples=15, deadline=None)
@given(people=st.lists(PERSON, max_size=14), least=st.integers(1, 3), spare=st.integers(0, 3))
def test_every_line_goes_out_once_and_its_answer_comes_back_once(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    people: list[Person],
    least: int,
    spare: int,
) -> None:
    made = profile(name, min_rows_per_file=least, max_rows_per_file=2 * least + spare)
    everybody = [line(n, fen=fen, holder_name=holder, same_bank=same)
                 for n, (fen, holder, same, _said) in enumerate(people, 1)]  # fmt: skip
    folder = tmp_path_factory.mktemp("there")
    package = write_package(made, everybody, folder / "out", RUN)
    left = [ref for ref, _why in package.unable]
    sent = [each for each in everybody if each.ref not in left]
    assert (len(set(left)), package.rows) == (len(left), len(sent))
    assert package.fen == sum(each.fen for each in sent)

    said = {each.ref: people[each.seq - 1][3] for each in sent}
    make_result_file(made, [Answer(each, said[each.ref]) for each in sent], folder / "back")
    assert told(made, folder / "back") == sorted((each.card_no, said[each.ref]) for each in sent)


def told(made: Profile, path: Path) -> list[tuple[str, Outcome]]:
    """The cards of the answers, of which nobody has two here, and what became of each."""
    reading = read_results(made, path)
    found = sorted((each.card, each.outcome) for each in reading.lines)
    assert reading.problems == []
    assert made.results is None or not made.results.control or reading.control
    return found
