"""Random months: whatever people and banks do, and in whatever order, the money is conserved.

Schools upload, remove and upload again; the bureau overrules every objection of the rules, so that
double listings reach the money; cards change, students are held; runs are opened, voided, exported
with and without the funds for it, answered in parts, in other orders, twice, by naming failures
only, with wrong amounts and foreign rows among them, and paid again; what was paid comes back or
is recovered. Processes are killed between two statements; on PostgreSQL two people press at once.
Beside all this a bank is played that knows what it really paid. After every step the books are
right; at the end everything that can be paid is paid, and nobody has the same month twice.

A moment of this runs with the other tests; `make campaign` runs it for as long as one likes.
"""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from app.kernel import clock
from app.payments.models import Attempt, Payment, PayRun, Recovery
from app.publicity.models import AidLine
from app.registry.models import CardChange, CoveredMonth
from tests.payments.season import SPRING, everything_paid
from tests.payments.season_accidents import Accidents
from tests.payments.season_lists import Lists
from tests.payments.season_money import LATER, Money
from tests.payments.season_truths import Seen, Truths

LONG = float(os.environ.get("CAMPAIGN_MINUTES", "0")) * 60
USUAL = {
    "deadline": None, "suppress_health_check": list(HealthCheck),
    "phases": (Phase.generate,),  # a failing month is short enough to read as it is
}  # fmt: skip


class Spring(Lists, Money, Accidents, Truths):
    """All of it, and an end at which nothing waits for ever."""

    def teardown(self):
        if hasattr(self, "bank"):
            self.lift_all()
            for _round in range(12):
                if not self.everybody_works():
                    break
            self.nothing_waits()

    def everybody_works(self):
        """One round: open, export, answer truly (nothing fails any more), pay again, settle."""
        world, moved = self.world, 0
        for bureau in (world.county, world.other):
            moved += sum(self.attempted(world.opened, bureau, month) for month in SPRING)
        moved += self.recoveries_end() + self.cards_are_decided()
        for run in world.all(PayRun):
            if run.state == "open":
                bank = self.profile(2, "gb18030")
                moved += self.attempted(self.exported, run, bank, "款项在途")
            self.hear_new(everything_paid)
            moved += self.whole_truth(run)
            if world.fresh(run).state != "void":
                moved += self.attempted(world.again, run)
        return moved

    def whole_truth(self, run):
        """Whatever our books do not know yet is told."""
        known = [a for a in self.world.all(Attempt, run_id=run.id) if a.ref in self.bank.truth]
        behind = [a for a in known if a.state != self.bank.truth[a.ref] and not self.kept(a)]
        if behind:
            self.tell(run, [self.told(a.ref) for a in behind])
        return bool(behind)

    def kept(self, order):
        """The student gave it back before the bank did: nothing moves any more."""
        return any(r.state == "repaid" for r in
                   self.world.all(Recovery, payment_id=order.payment_id))  # fmt: skip

    def recoveries_end(self):
        waiting = [r for r in self.world.all(Recovery) if r.state not in ("repaid", "void")]
        for row in waiting:
            with clock.at(LATER):
                reviewer = self.world.place(row.bureau_id).reviewer
                assert self.world.press("void", row, reviewer).moved == 1
        return len(waiting)

    def cards_are_decided(self):
        waiting = self.world.all(CardChange, state="asked")
        for asked in waiting:
            reviewer = self.world.place(asked.school_id).reviewer
            assert self.world.press("decline_card", asked, reviewer).moved == 1
        return len(waiting)

    def nothing_waits(self):
        seen = Seen(self.world)
        paid = {a.payment_id for a in seen.orders(state="paid")}
        assert paid == {p.id for p in seen[Payment] if seen.lines[p.line_id].state == "normal"}
        covered = {(c.person_id, c.month) for c in seen[CoveredMonth]}
        served = {p.line_id for p in seen[Payment]}
        for its in seen[AidLine]:
            if its.state == "normal" and its.list_id in seen.confirmed and its.id not in served:
                wanted = {(its.person_id, m) for m in its.first_month.until(its.last_month)}
                assert wanted & covered, "a line that could be paid was left waiting"
        for run in seen[PayRun]:
            self.explain(run)
            self.world.press("check", run, self.bureau_of(run).reviewer)
            self.world.press("settle", run, self.bureau_of(run).poster)
        assert {r.state for r in self.world.all(PayRun)} <= {"settled", "void"}
        self.everything_is_right()


def play(world, **wanted):
    """Some seasons; how many steps they had."""
    machine = type("OneSpring", (Spring,), {"world": world})
    run_state_machine_as_test(machine, settings=settings(**(USUAL | wanted)))
    return machine.steps


def test_money_is_conserved_whatever_happens(world):
    play(world, max_examples=12, stateful_step_count=40, derandomize=True)


@pytest.mark.skipif(not LONG, reason="asked for by CAMPAIGN_MINUTES (make campaign)")
@pytest.mark.timeout(LONG * 2 + 600)
def test_money_is_conserved_for_as_long_as_one_likes(world, capsys):
    ends, steps, seasons = time.monotonic() + LONG, 0, 0
    while time.monotonic() < ends:
        steps += play(world, max_examples=10, stateful_step_count=80, print_blob=True)
        seasons += 10
        with capsys.disabled():
            print(f"campaign: {seasons} seasons, {steps} steps", flush=True)  # noqa: T201
