"""What happened in the small Fujian's last months, told up to this very hour.

Earlier months are over: paid, answered by the bank, the first one's failures paid again. The last
one stands on the notice board or waits for money; in the present one the schools are at work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import update

from app.kernel import clock
from app.kernel.db import db
from app.kernel.types import YearMonth
from app.registry import absences
from app.registry.models import Enrolment
from app.world.beside import (
    ask_for_card,
    change_card_of_failed,
    fund,
    recover,
    renew_card,
    tell_state,
)
from app.world.days import Days
from app.world.departments import tell_rolls
from app.world.formats import tell_formats
from app.world.founding import school_year
from app.world.mistakes import REMEMBERED, on_new_card, questionable
from app.world.places import CAPITAL
from app.world.roster import due, granted, on_leave, roster, row_of
from app.world.verifying import tell_verification

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from app.world.deeds import Deeds
    from app.world.roster import Row

RONGJIANG, AOFENG, QISHAN, LANXI = "3635000001", "3635000002", "3635000003", "3635000004"
YURONG, LUJIANG, HAITAN, WUYI = "3635000005", "3635000006", "3635000007", "3635000008"
MINHOU, SIMING, PINGTAN = "350121", "350203", "FJ9001"
PAID_AGAIN = (CAPITAL, MINHOU)

LAST_MONTH = {
    RONGJIANG: (5, 4, 2), AOFENG: (12, 11, 10, 2), QISHAN: (4, 3, 1), LANXI: (10, 9, 8),
    YURONG: (6, 5, 3), LUJIANG: (12, 11, 10, 3), HAITAN: (12, 11, 10, 4), WUYI: (3, 2, 1),
}  # fmt: skip
"""How many working days ago a school's list of last month was uploaded, submitted, published,
confirmed; five working days lie between the last two. 兰溪's is due to be confirmed."""
STEPS = ("upload", "submit", "publish", "confirm")


class Deed(NamedTuple):
    """Something done at a moment; `turn` keeps the order within the moment."""

    at: dt.datetime
    turn: int
    act: Callable[..., Any]
    what: tuple[Any, ...]
    how: dict[str, Any]


class Story:
    """Deeds are noted in any order and done in that of their moments."""

    def __init__(self, deeds: Deeds, days: Days, months: list[YearMonth]) -> None:
        self.deeds, self.days, self.months = deeds, days, months
        self.noted: list[Deed] = []
        self.students = roster()
        self.fen = {month: due(month) for month in months}

    def note(self, at: dt.datetime, act: Callable[..., Any], *what: Any, **how: Any) -> None:
        self.noted.append(Deed(at, len(self.noted), act, what, how))

    def live(self) -> None:
        """Everything noted is done, each deed under the clock of its moment."""
        for deed in sorted(self.noted, key=lambda d: d[:2]):
            with clock.at(deed.at):
                deed.act(*deed.what, **deed.how)

    def rows(self, school: str, month: YearMonth) -> list[Row]:
        """The month's list of the school as it should be."""
        fen = self.fen[month]
        return [row_of(s, month, fen) for s in granted(self.students[school], month)]

    def upload(self, at: dt.datetime, school: str, month: YearMonth) -> None:
        self.note(at, self.deeds.upload, school, month, self.rows(school, month))


def tell(deeds: Deeds, months: list[YearMonth]) -> None:
    """The months have been lived through; the last two are still going on."""
    story = Story(deeds, Days(), months)
    for month in months[:-2]:
        _past(story, month)
    for month in months[-2:-1]:
        _last(story, month)
    for month in months[-1:]:
        _present(story, month)
    _summers(story)
    if len(months) > REMEMBERED:
        _leave(story)
        lucky = granted(story.students[RONGJIANG], months[1])[2]
        story.note(story.days.of_month(months[1], 2, 10), renew_card, deeds, lucky)
    tell_rolls(story)
    if len(months) > 2:
        tell_formats(story, MINHOU)
    tell_verification(story)
    story.live()


def _past(story: Story, month: YearMonth) -> None:
    """Everything a month needs, by its fifteenth working day."""

    def day(count: int, hour: float) -> dt.datetime:
        return story.days.of_month(month, count, hour)

    deeds, first, last = story.deeds, month == story.months[0], month == story.months[-3]
    for n, school in enumerate(story.students):
        hour = 9 + n / 6
        story.upload(day(3, hour), school, month)
        story.note(day(4, hour), deeds.move, "submit", school, month)
        story.note(day(5, hour), deeds.move, "publish", school, month)
    story.note(day(11, 0.1), deeds.confirm_all)
    for n, bureau in enumerate(sorted({deeds.bureaus[s] for s in story.students})):
        hour = 9 + n / 6
        _pay(story, bureau, month, [day(d, hour) for d in (12, 13, 14)],
             unknown=last and bureau == CAPITAL)  # fmt: skip
        if not last:
            story.note(day(14, hour + 1), deeds.settle, bureau, month)
        if first and bureau == MINHOU:
            story.note(day(2, 10), fund, deeds, MINHOU, "central", 60_000, "闽财教指〔2026〕8号")
            story.note(day(2, 11), fund, deeds, MINHOU, "county", 20_000, "侯财教〔2026〕15号")
            story.note(day(14, hour + 1.5), change_card_of_failed, deeds, QISHAN)
            story.note(
                day(15, hour + 5),
                recover,
                deeds,
                MINHOU,
                QISHAN,
                6000,
                "当月按旧班级名册多发60元",
                done=True,
            )
        if first and bureau in PAID_AGAIN:
            story.note(day(14, hour + 2), deeds.open_again, bureau, month)
            _ship(story, bureau, month, [day(d, hour + 3) for d in (14, 15, 15)], failures=False)
            story.note(day(15, hour + 4), deeds.settle, bureau, month)


def _pay(story: Story, bureau: str, month: YearMonth, days: list[dt.datetime], **how: Any) -> None:
    """A run over the month's confirmed lists has gone to the bank and come back."""
    story.note(days[0], story.deeds.open_run, bureau, month)
    _ship(story, bureau, month, days, **how)


def _ship(story: Story, bureau: str, month: YearMonth, days: list[dt.datetime], **how: Any) -> None:
    exported, checked, answered = days
    story.note(exported, story.deeds.export, bureau, month)
    story.note(checked, story.deeds.check, bureau, month)
    story.note(answered, story.deeds.post, bureau, month, **how)


def _last(story: Story, month: YearMonth) -> None:
    """Some lists on the notice board, one confirmed, one with the bank, one line objected to."""
    deeds, before = story.deeds, story.days.before
    for n, (school, days) in enumerate(LAST_MONTH.items()):
        hour = 9 + n / 6
        story.upload(before(days[0], hour), school, month)
        for step, ago in zip(STEPS[1:], days[1:], strict=False):
            story.note(before(ago, hour), deeds.move, step, school, month)
    story.note(before(1, 15), deeds.object_to, QISHAN, month, 4, "电话反映：该生本学期未到校上课")
    story.note(before(2, 14), deeds.open_run, SIMING, month)
    story.note(before(2, 13), fund, deeds, SIMING, "province", 1_000, "闽财教指〔2026〕21号")
    story.note(
        before(2, 15),
        deeds.export,
        SIMING,
        month,
        decision="中央资金文件已下达、款项在途，由区财政先行垫付",
    )
    story.note(before(3, 14), deeds.open_run, PINGTAN, month)
    story.note(before(3, 15), deeds.export, PINGTAN, month)
    story.note(before(2, 16), deeds.check, PINGTAN, month)


def _present(story: Story, month: YearMonth) -> None:
    """A draft with findings, one waiting for the bureau, one sent back, one begun, nobody's."""
    deeds, lately = story.deeds, story.days.lately
    for hours, school in ((28, RONGJIANG), (27, AOFENG), (5, YURONG)):
        story.upload(lately(month, hours), school, month)
    own, others = story.students[QISHAN], story.students[LANXI]
    held = granted(own, month)[1]
    story.note(lately(month, 7), deeds.hold, MINHOU, held, "重复享受，核查期间暂停")
    if len(story.months) > 1:
        wrong = questionable(own, others, story.months, story.fen[month])
        story.note(lately(month, 4), deeds.upload, QISHAN, month, wrong)
    story.note(lately(month, 26), deeds.move, "submit", RONGJIANG, month)
    story.note(lately(month, 25.5), deeds.move, "submit", AOFENG, month)
    story.note(lately(month, 6), deeds.move, "send_back", AOFENG, month,
               note="有3名学生的班级与学籍不一致，请核对后重新上报")  # fmt: skip
    story.note(
        lately(month, 2.5),
        fund,
        deeds,
        MINHOU,
        "province",
        15_000,
        "闽财教指〔2026〕30号",
        checked=False,
    )
    if len(story.months) > 2:
        story.note(
            lately(month, 2), recover, deeds, MINHOU, QISHAN, 5000, "核查发现多发50元", done=False
        )
    asking = on_new_card(own, month)
    story.note(lately(month, 6), ask_for_card, deeds, QISHAN, asking.enrolment_id)
    story.note(lately(month, 8), deeds.report_nobody, HAITAN, month)
    story.note(lately(month, 7), deeds.move, "submit", HAITAN, month)


def _leave(story: Story) -> None:
    """One student is on leave and comes back; his list of today claims a month of the leave."""
    student = on_leave(story.students[QISHAN], story.months)
    for month, state in zip(story.months[::2], ("休学", "复学"), strict=False):
        at = story.days.of_month(month, 2, 9)
        story.note(at, tell_state, story.deeds, student, state, month)


def _summers(story: Story) -> None:
    """In each July that the story passes, the third grade leaves."""
    for july in _julys(story.months[0], clock.this_month()):
        story.note(clock.moment_of(july.first_day), _graduate, july)


def _julys(first: YearMonth, last: YearMonth) -> Iterator[YearMonth]:
    return (m for m in first.until(last) if m.month == 7 and m > first)


def _graduate(july: YearMonth) -> None:
    came = YearMonth.at(school_year(july) - 2, 9)
    still_here = (Enrolment.enrolled_in == came, Enrolment.state.in_(("01", "05")))
    db.session.execute(update(Enrolment).where(*still_here).values(state="07", left_in=july))
    absences.begin((Enrolment.state == "07") & (Enrolment.left_in == july))
