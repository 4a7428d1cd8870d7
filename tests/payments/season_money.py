"""What bureaus, bank and treasury do in a random season: runs, answers, returns, recoveries."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from app.kernel import clock, scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.payments import funds, recovering
from app.payments.banks import file_sha256
from app.payments.models import (
    Attempt,
    FundArrival,
    Payment,
    PayRun,
    Recovery,
    ResultFile,
    ResultLine,
)
from app.payments.workflow import ANSWERS
from app.publicity.models import AidLine
from app.registry.models import Card, Hold
from app.registry.service import programme
from tests.payments.season import SPRING, Season, bureaus, mostly_paid, picks, rarely

ARRIVED = dt.date(2026, 9, 20)
LATER = "2026-10-20T10:00"
BACK = dt.date(2026, 10, 19)
SENT = ("exported", "checked", "settled")
RECOVERY_STEPS = {
    "draft": ("submit_recovery", "clerk"),
    "submitted": ("agree_recovery", "approver"),
}
STRANGER = {"seq": 999, "name": "某某", "card": "6212****0000", "fen": 100, "ref": "R0-0-0",
            "outcome": "paid", "reason": "", "bank_ref": "", "day": ""}  # fmt: skip


class Money(Season):
    """Runs are opened, voided, exported, answered in parts and twice, and paid again."""

    # --- opening

    @rule(bureau=bureaus)
    def open(self, bureau):
        for month in SPRING:
            self.ordering(self.world.opened, getattr(self.world, bureau), month)

    @precondition(lambda self: self.some(Attempt, "failed", "returned"))
    @rule(pick=picks)
    def again(self, pick):
        run = self.one_of(pick, PayRun, *SENT)
        if run is not None:
            self.ordering(self.world.again, run)

    def ordering(self, verb, *given):
        """New orders go to the card of today, and to nobody on hold."""
        before = {a.id for a in self.world.all(Attempt)}
        went = self.attempted(verb, *given)
        fresh = [a for a in self.world.all(Attempt) if a.id not in before]
        assert bool(fresh) == went
        cards = {c.person_id: c.id for c in self.world.all(Card, state="active")}
        holds = self.world.all(Hold, state="on")
        owed = {p.id: p for p in self.world.all(Payment)}
        lines = {x.id: x for x in self.world.all(AidLine)}
        for order in fresh:
            person = owed[order.payment_id].person_id
            its = lines[owed[order.payment_id].line_id]
            assert order.card_id == cards.get(person, its.card_id)
            assert not any(overlaps(h, its) for h in holds if h.person_id == person)
        return went

    @precondition(lambda self: self.some(PayRun, "open"))
    @rule(pick=picks, really=rarely)
    def void(self, pick, really):
        run = self.one_of(pick, PayRun, "open")
        if really and run is not None:
            assert self.world.press("void", run, self.bureau_of(run).clerk).moved == 1

    # --- exporting, and the funds for it

    @precondition(lambda self: self.some(PayRun, "open"))
    @rule(pick=picks, rows_per_file=st.integers(1, 3), decided=st.booleans(), whole=st.booleans())
    def export(self, pick, rows_per_file, decided, whole):
        """Over the funds at hand it goes by a decision only, and the trail tells it."""
        run = self.one_of(pick, PayRun, "open")
        if run is None:
            return
        with scope.everyone("a test looks"):
            known = funds.of_run(run)
        short = known.short_of(run.total_fen) if known else 0
        bank = self.profile(rows_per_file, lists="ALL" if whole else "FAILED_ONLY")
        decision = "款项在途" if decided else ""
        went = self.attempted(self.exported, run, bank, decision)
        told = [e.fen for e in self.world.all(Event, verb="overdraw", subject_id=run.id)]
        assert told == ([short] if went and short else [])
        assert not (went and short and not decided)
        self.hear_new(mostly_paid(pick))

    @rule(bureau=bureaus, fen=st.integers(1, 300_000), step=st.sampled_from(
        ["", "confirm_funds", "confirm_funds", "strike_funds"]), really=rarely)  # fmt: skip
    def funds_come(self, bureau, fen, step, really):
        if not really:
            return
        place = getattr(self.world, bureau)
        with clock.at("2026-09-23T10:00"):
            row = self.world.act(place.clerk, lambda: funds.arrive(FundArrival(
                programme_id=programme("GRANT").id, source="county", fen=fen,
                arrived_on=ARRIVED, document_no="闽财教指〔2026〕8号"), place.clerk))  # fmt: skip
            if step:
                assert self.world.press(step, row, place.reviewer).moved == 1

    @precondition(lambda self: self.some(FundArrival, "arrived"))
    @rule(pick=picks)
    def funds_are_struck(self, pick):
        row = self.one_of(pick, FundArrival, "arrived")
        if row is not None:
            reviewer = self.world.place(row.bureau_id).reviewer
            assert self.world.press("strike_funds", row, reviewer).moved == 1

    # --- the bank's answer

    @precondition(lambda self: self.some(PayRun, "exported", "checked"))
    @rule(data=st.data())
    def answer(self, data):
        """Part of the truth, some of it still in doubt, some rows twice, some of them spoilt."""
        run = self.one_of(data.draw(picks), PayRun, "exported", "checked")
        if run is None:
            return
        if self.names_failures_only(run):
            self.tell_failures(run, spoilt=data.draw(rarely))
            return
        refs = [a.ref for a in self.world.all(Attempt, run_id=run.id) if a.ref in self.bank.truth]
        told = data.draw(st.lists(st.sampled_from(refs), max_size=6)) if refs else []
        doubts = data.draw(st.sets(st.sampled_from(refs))) if refs else set()
        rows = [self.told(ref, ref in doubts) for ref in told]
        if rows:
            spoilt = data.draw(st.sampled_from([{}, {"fen": 7}, {"card": "6212****9999"}]))
            rows[-1] = rows[-1] | spoilt
        if data.draw(st.booleans()):
            rows.append(STRANGER)
        self.tell(run, rows)

    @precondition(lambda self: self.bank.files)
    @rule(pick=picks)
    def same_file_again(self, pick):
        """Nothing new is posted unless something stood in its way before and does no more."""
        run_id, path = self.bank.files[pick % len(self.bank.files)]
        before = self.orders()
        known = self.world.count(ResultFile, run_id=run_id, sha256=file_sha256(path))
        put_off = self.world.count(ResultLine, run_id=run_id, why="recovered")
        taken = self.world.post(self.world.one(PayRun, id=run_id), path)
        if known and not put_off:
            assert taken.posted == 0
            assert self.orders() == before

    def orders(self):
        return sorted((a.ref, a.state, a.bank_ref, a.arrived_on) for a in self.world.all(Attempt))

    @precondition(lambda self: self.some(Attempt, "paid"))
    @rule(pick=picks)
    def money_comes_back(self, pick):
        """A success that was told turns into a return, which is told at once."""
        order = self.one_of(pick, Attempt, "paid")
        if order is not None:
            self.bank.truth[order.ref] = "returned"
            self.tell(self.run_of(order), [self.told(order.ref)])

    @precondition(lambda self: self.some(PayRun, "exported", "checked"))
    @rule(pick=picks)
    def run_goes_on(self, pick):
        """Checked, explained and settled, as far as it may be."""
        run = self.one_of(pick, PayRun, "exported", "checked")
        if run is not None:
            open_orders = self.world.count(Attempt, run_id=run.id, state="sent")
            open_orders += self.world.count(Attempt, run_id=run.id, state="unknown")
            self.explain(run)
            self.world.press("check", run, self.bureau_of(run).reviewer)
            out = self.world.press("settle", run, self.bureau_of(run).poster)
            assert out.moved == (0 if open_orders else 1), out.refused

    def explain(self, run):
        bureau = self.bureau_of(run)
        with scope.scope(bureau.path):
            ANSWERS.take("explain", ResultLine.run_id == run.id, bureau.reviewer, "已与银行核对")
            db.session.commit()

    # --- taken back from the student

    @precondition(lambda self: self.some(Attempt, "paid"))
    @rule(pick=picks, fen=st.integers(1, 80_000))
    def recover(self, pick, fen):
        order = self.one_of(pick, Attempt, "paid")
        if order is None:
            return
        clerk = self.bureau_of(self.run_of(order)).clerk
        owed = self.world.one(Payment, id=order.payment_id)
        its = self.world.one(AidLine, id=owed.line_id)
        left = order.fen - self.live(order.payment_id)
        with clock.at(LATER):
            went = self.attempted(self.world.act, clerk, lambda: recovering.begin(
                db.session.get(Attempt, order.id), fen, its.first_month, its.last_month, "left",
                "已退学", clerk))  # fmt: skip
        assert went == (fen <= left)

    def live(self, payment_id):
        """How much of the payment is being taken back, or is back."""
        return sum(r.fen for r in self.world.all(Recovery, payment_id=payment_id)
                   if r.state != "void")  # fmt: skip

    @precondition(lambda self: self.some(Recovery, "draft", "submitted", "agreed"))
    @rule(pick=picks, other=st.sampled_from(["", "", "void", "return_recovery"]))
    def recovery_goes_on(self, pick, other):
        row = self.one_of(pick, Recovery, "draft", "submitted", "agreed")
        if row is None:
            return
        bureau = self.world.place(row.bureau_id)
        with clock.at(LATER):
            if other:
                self.world.press(other, row, bureau.reviewer)
            elif row.state == "agreed":
                self.world.act(bureau.poster, recovering.receive, row, "闽财缴〔2026〕0011",
                               BACK, bureau.poster)  # fmt: skip
            else:
                step, duty = RECOVERY_STEPS[row.state]
                assert self.world.press(step, row, bureau.actor(duty)).moved == 1


def overlaps(held, its):
    return held.first_month <= its.last_month and (
        held.last_month is None or held.last_month >= its.first_month
    )
