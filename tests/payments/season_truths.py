"""What must hold after every step of a random season, counted from the rows as they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from hypothesis.stateful import invariant
from sqlalchemy import select

from app.kernel import scope
from app.payments import conserving
from app.payments.models import (
    NOT_CARRIED,
    Attempt,
    PayFile,
    Payment,
    PayRun,
    Recovery,
    ResultFile,
    ResultLine,
)
from app.payments.sums import Chosen
from app.publicity.models import AidLine, AidList
from app.publicity.seal import differing
from app.registry.models import Card, CoveredMonth
from tests.payments.season import Season


@dataclass
class Seen:
    """The tables as they are now, each read once."""

    world: object

    def __getitem__(self, model):
        return self._read(model)

    def _read(self, model):
        known = self.__dict__.setdefault("known", {})
        if model not in known:
            known[model] = self.world.all(model)
        return known[model]

    @cached_property
    def lines(self):
        return {x.id: x for x in self[AidLine]}

    @cached_property
    def owed(self):
        return {p.id: p for p in self[Payment]}

    @cached_property
    def confirmed(self):
        return {x.id for x in self[AidList] if x.state == "confirmed"}

    def months(self, owed):
        its = self.lines[owed.line_id]
        return its.first_month.until(its.last_month)

    def orders(self, **like):
        return [a for a in self[Attempt] if all(getattr(a, k) == v for k, v in like.items())]


class Truths(Season):
    """Every equation of the books, and beside them what a person would check by hand."""

    @invariant()
    def everything_is_right(self):
        type(self).steps += 1
        seen = Seen(self.world)
        self.payments_are_confirmed_lines_and_hold_their_months(seen)
        self.only_what_failed_is_followed_by_another_order(seen)
        self.orders_never_change_what_was_sent(seen)
        self.runs_files_and_answers_add_up(seen)
        self.our_books_say_nothing_the_bank_did_not(seen)
        self.nobody_really_has_the_same_month_twice(seen)
        self.nothing_is_taken_back_twice(seen)
        self.cards_have_one_owner(seen)
        self.the_books_agree()

    def payments_are_confirmed_lines_and_hold_their_months(self, seen):
        held = [(c.person_id, c.month) for c in seen[CoveredMonth]]
        assert len(held) == len(set(held))
        wanted = set()
        for owed in seen[Payment]:
            its = seen.lines[owed.line_id]
            if its.state == "removed":
                assert {a.state for a in seen.orders(payment_id=owed.id)} <= {"failed", "returned"}
                continue
            assert its.state == "normal"
            assert its.list_id in seen.confirmed
            assert owed.fen == its.amount_fen
            wanted |= {(owed.person_id, m) for m in seen.months(owed)}
        assert wanted == set(held)

    def only_what_failed_is_followed_by_another_order(self, seen):
        mine = {p.id: [] for p in seen[Payment]}
        for order in sorted(seen[Attempt], key=lambda a: a.no):
            mine[order.payment_id].append(order)
        for owed in seen[Payment]:
            orders = mine[owed.id]
            assert [a.no for a in orders] == list(range(1, owed.attempt_no + 1))
            assert {a.state for a in orders[:-1]} <= {"failed", "returned"}
            assert {a.fen for a in orders} == {owed.fen}

    def orders_never_change_what_was_sent(self, seen):
        """An order that went out keeps its card, name and sum, whatever becomes of the card."""
        for order in seen[Attempt]:
            if order.state == "waiting":
                continue
            now = (order.card_id, order.card_mask, order.name, order.fen)
            before = self.frozen.setdefault(order.ref, now)
            assert before == now, (order.ref, order.state, before, now)

    def runs_files_and_answers_add_up(self, seen):
        for run in seen[PayRun]:
            mine = seen.orders(run_id=run.id)
            if run.state != "void":
                figures = (len(mine), sum(a.fen for a in mine))
                assert figures == (run.line_count, run.total_fen)
            if run.state not in ("open", "void"):
                carried = [a.fen for a in mine if a.reason != NOT_CARRIED]
                files = [f for f in seen[PayFile] if f.run_id == run.id]
                assert sum(f.row_count for f in files) == len(carried)
                assert sum(f.fen for f in files) == sum(carried)
        for taken in seen[ResultFile]:
            assert taken.posted + taken.same + taken.aside == taken.row_count

    def our_books_say_nothing_the_bank_did_not(self, seen):
        put_off = {r.attempt_id for r in seen[ResultLine] if r.why == "recovered"}
        for order in seen[Attempt]:
            truth = self.bank.truth.get(order.ref)
            match order.state:
                case "waiting":
                    assert truth is None
                case "failed" if order.reason == NOT_CARRIED:
                    assert truth is None
                case "paid" if truth == "returned":
                    assert order.id in put_off or order.ref in self.bank.untold
                case "paid" | "failed" | "returned":
                    assert truth == order.state

    def nobody_really_has_the_same_month_twice(self, seen):
        got = Counter()
        for order in seen[Attempt]:
            if self.bank.truth.get(order.ref) == "paid":
                owed = seen.owed[order.payment_id]
                got.update((owed.person_id, m) for m in seen.months(owed))
        assert all(times == 1 for times in got.values())

    def nothing_is_taken_back_twice(self, seen):
        taken = Counter()
        for row in seen[Recovery]:
            if row.state != "void":
                taken[row.payment_id] += row.fen
        for payment_id, fen in taken.items():
            arrived = seen.orders(payment_id=payment_id, state="paid")
            assert fen <= sum(a.fen for a in arrived)

    def cards_have_one_owner(self, seen):
        active = [c for c in seen[Card] if c.state == "active"]
        assert len({c.person_id for c in active}) == len(active)
        assert len({c.card_index for c in active}) == len(active)
        assert not [c for c in seen[Card] if c.state == "next"]

    def the_books_agree(self):
        with scope.everyone("a test looks"):
            sheet = conserving.books(Chosen(), "month")
            assert sheet.holds, [e for e in sheet.total if not e.holds]
            assert all(e.holds for row in sheet.rows.values() for e in row)
            assert differing(select(AidList.__table__.c.id)) == []
