"""Random months: whatever people and banks do, and in whatever order, the money is conserved.

Schools upload, remove and upload again; the bureau overrules every objection of the rules, so that
double listings reach the money; runs are opened, voided, exported, answered in parts, in other
orders, twice, with wrong amounts and foreign rows among them, and paid again. Beside all this a
bank is played that knows what it really paid. After every step the books are right; at the end
everything that can be paid is paid, and nobody has the same month twice.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update

from app.kernel import scope
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.types import YearMonth
from app.payments.models import (
    NOT_CARRIED,
    Attempt,
    PayFile,
    Payment,
    PayRun,
    ResultFile,
    ResultLine,
)
from app.payments.workflow import ANSWERS
from app.publicity.models import AidLine, AidList, Finding
from app.publicity.seal import differing
from app.publicity.workflow import FINDINGS
from app.registry.models import CoveredMonth, Hold
from tests.engine import card, line, result_file, student

SPRING = [YearMonth.at(2026, m) for m in (4, 5, 6)]
PEOPLE = 4
RARE = "王\u4dae"
schools = st.sampled_from(["school", "second", "far"])
bureaus = st.sampled_from(["county", "other"])
months = st.sampled_from(SPRING)
rarely = st.integers(0, 3).map(lambda n: n == 3)
rows = st.lists(
    st.tuples(
        st.integers(0, PEOPLE - 1),  # who
        st.integers(0, 2),  # how many months back it reaches
        st.integers(1, 3),  # how much
        st.integers(0, PEOPLE),  # whose card
        st.booleans(),  # a name the bank cannot write
    ),
    min_size=1, max_size=5, unique_by=lambda row: (row[0], row[1]),
)  # fmt: skip


class Bank:
    """What really happened to the orders, and what of it was told so far."""

    def __init__(self):
        self.truth, self.files = {}, []

    def hear(self, refs, paid):
        for ref in refs:
            self.truth.setdefault(ref, "paid" if paid(ref) else "failed")

    def holding(self):
        return {ref for ref, truth in self.truth.items() if truth == "paid"}


class Spring(RuleBasedStateMachine):
    """Three months of three schools under two bureaus."""

    world = None

    @initialize(lists=st.lists(st.tuples(schools, months, rows), min_size=2, max_size=4))
    def begin(self, lists):
        self.world.anew()
        self.bank = Bank()
        for school, month, said in lists:
            self.upload(school, month, said, "SUPPLEMENT", sure=True)

    # --- schools and bureaus

    @rule(school=schools, month=months, said=rows, sure=st.booleans(),
          kind=st.sampled_from(["REGULAR", "SUPPLEMENT"]))  # fmt: skip
    def upload(self, school, month, said, kind, sure):
        """A file comes in; a sure list goes straight to its end."""
        world = self.world
        try:
            target = world.draft(getattr(world, school), month, kind)
        except Refused:
            return
        world.fill(target, [self.said(month, *row) for row in said])
        if sure:
            self.overrule(target)
            world.through(target)

    def said(self, month, who, back, fen, whose, odd):
        name = RARE if odd and who == 0 else student(who).name
        return line(student(who), name=name, holder_name=name, card_no=card(whose),
                    first_month=month - back, last_month=month, amount_fen=fen * 100)  # fmt: skip

    @precondition(lambda self: self.some(AidList, "draft", "submitted", "published"))
    @rule(pick=st.integers(0, 99), state=st.sampled_from(["submitted", "published", "confirmed"]))
    def list_goes_on(self, pick, state):
        target = self.one_of(pick, AidList, "draft", "submitted", "published")
        if target is None or target.state == state or not target.line_count:
            return
        if target.state == "draft":
            self.overrule(target)
        ranks = ["draft", "submitted", "published", "confirmed"]
        if ranks.index(target.state) < ranks.index(state):
            self.world.through(target, state)

    def overrule(self, target):
        """Every objection of the rules is waved through: the money must protect itself."""
        actor = self.world.bureau_at(target).approver
        with scope.scope(actor.org_path):
            FINDINGS.take("overrule", Finding.list_id == target.id, actor, "核实无误")
            db.session.commit()

    @precondition(lambda self: self.some(AidLine, "normal", "objected"))
    @rule(pick=st.integers(0, 99), step=st.sampled_from(["remove", "object", "dismiss"]))
    def line_is_decided(self, pick, step):
        world = self.world
        found = self.one_of(pick, AidLine, "normal", "objected")
        if found is not None:
            target = world.one(AidList, id=found.list_id)
            world.press(step, found, world.bureau_at(target).approver)

    @precondition(lambda self: self.some(AidList, "published"))
    @rule(pick=st.integers(0, 99))
    def list_is_withdrawn(self, pick):
        target = self.one_of(pick, AidList, "published")
        if target is not None:
            self.world.press("withdraw", target, self.world.bureau_at(target).approver)

    @rule(who=st.integers(0, PEOPLE - 1), month=months, really=rarely)
    def hold(self, who, month, really):
        if really:
            self.world.hold(line(student(who)), month, month)

    @precondition(lambda self: self.some(Hold, "on"))
    @rule()
    def lift_all(self):
        with scope.everyone("a test arranges"):
            db.session.execute(update(Hold).values(state="lifted"))
            db.session.commit()

    # --- money

    @rule(bureau=bureaus)
    def open(self, bureau):
        for month in SPRING:
            refusing(self.world.opened, getattr(self.world, bureau), month)

    @precondition(lambda self: self.some(PayRun, "open"))
    @rule(pick=st.integers(0, 99), rows_per_file=st.integers(1, 3))
    def export(self, pick, rows_per_file):
        run = self.one_of(pick, PayRun, "open")
        small = self.profile(rows_per_file)
        if refusing(self.world.exported, run, bank=small):
            sent = self.world.all(Attempt, run_id=run.id, state="sent")
            self.bank.hear([a.ref for a in sent], lambda ref: (hash_of(ref) + pick) % 3)

    @precondition(lambda self: self.some(PayRun, "open"))
    @rule(pick=st.integers(0, 99), really=rarely)
    def void(self, pick, really):
        run = self.one_of(pick, PayRun, "open")
        if really:
            self.world.press("void", run, self.world.place(run.bureau_id).clerk)

    @precondition(lambda self: self.some(Attempt, "failed", "returned"))
    @rule(pick=st.integers(0, 99))
    def again(self, pick):
        run = self.one_of(pick, PayRun, "exported", "checked", "settled")
        if run is not None:
            refusing(self.world.again, run)

    # --- the bank

    @precondition(lambda self: self.some(PayRun, "exported"))
    @rule(data=st.data())
    def answer(self, data):
        """Part of the truth, some of it still in doubt, some rows twice, some of them spoilt."""
        run = self.one_of(data.draw(st.integers(0, 99)), PayRun, "exported", "checked")
        if run is None:
            return
        refs = [a.ref for a in self.world.all(Attempt, run_id=run.id) if a.ref in self.bank.truth]
        told = data.draw(st.lists(st.sampled_from(refs), max_size=6)) if refs else []
        doubts = data.draw(st.sets(st.sampled_from(refs))) if refs else set()
        rows = [self.told(ref, ref in doubts) for ref in told]
        spoilt = data.draw(st.sampled_from([{}, {"fen": 7}, {"card": "6212****9999"}]))
        if rows:
            rows[-1] = rows[-1] | spoilt
        if data.draw(st.booleans()):
            rows.append(self.stranger())
        self.tell(run, rows)

    def told(self, ref, in_doubt):
        """The bank's true word on an order, or that it does not know yet. It never lies."""
        before = self.world.one(Attempt, ref=ref).state
        truth = self.bank.truth[ref]
        return self.world.answer(ref, "unknown" if in_doubt and before == "sent" else truth)

    def stranger(self):
        return {"seq": 999, "name": "某某", "card": "6212****0000", "fen": 100, "ref": "R0-0-0",
                "outcome": "paid", "reason": "", "bank_ref": "", "day": ""}  # fmt: skip

    def tell(self, run, rows):
        path = self.world.folder / f"{len(self.bank.files)}.txt"
        path.write_bytes(result_file(rows))
        self.bank.files.append((run.id, path))
        self.world.post(run, path)

    @precondition(lambda self: self.bank.files)
    @rule(pick=st.integers(0, 99))
    def same_file_again(self, pick):
        """Nothing new is posted, whatever has happened since."""
        run_id, path = self.bank.files[pick % len(self.bank.files)]
        before = self.orders()
        taken = self.world.post(self.world.one(PayRun, id=run_id), path)
        assert taken.posted == 0
        assert self.orders() == before

    @precondition(lambda self: self.bank.holding())
    @rule(pick=st.integers(0, 99))
    def money_comes_back(self, pick):
        """A success that was told turns into a return, which is told at once."""
        known = [a.ref for a in self.world.all(Attempt, state="paid")]
        if known:
            ref = known[pick % len(known)]
            self.bank.truth[ref] = "returned"
            run = self.world.one(PayRun, id=self.world.one(Attempt, ref=ref).run_id)
            self.tell(run, [self.told(ref, in_doubt=False)])

    # --- always

    @invariant()
    def every_payment_is_one_confirmed_line_and_holds_its_months(self):
        lines = {x.id: x for x in self.world.all(AidLine)}
        confirmed = {x.id for x in self.world.all(AidList, state="confirmed")}
        held = [(c.person_id, c.month) for c in self.world.all(CoveredMonth)]
        assert len(held) == len(set(held))
        wanted = set()
        for owed in self.world.all(Payment):
            its = lines[owed.line_id]
            assert its.state == "normal"
            assert its.list_id in confirmed
            assert owed.fen == its.amount_fen
            wanted |= {(owed.person_id, m) for m in its.first_month.until(its.last_month)}
        assert wanted == set(held)

    @invariant()
    def only_what_failed_is_followed_by_another_order(self):
        orders = self.world.all(Attempt)
        for owed in self.world.all(Payment):
            mine = sorted((a for a in orders if a.payment_id == owed.id), key=lambda a: a.no)
            assert [a.no for a in mine] == list(range(1, owed.attempt_no + 1))
            assert {a.state for a in mine[:-1]} <= {"failed", "returned"}
            assert {a.fen for a in mine} == {owed.fen}

    @invariant()
    def runs_files_and_answers_add_up(self):
        orders = self.world.all(Attempt)
        for run in self.world.all(PayRun):
            mine = [a for a in orders if a.run_id == run.id]
            if run.state != "void":
                figures = (len(mine), sum(a.fen for a in mine))
                assert figures == (run.line_count, run.total_fen)
            if run.state not in ("open", "void"):
                carried = [a.fen for a in mine if a.reason != NOT_CARRIED]
                files = self.world.all(PayFile, run_id=run.id)
                assert sum(f.row_count for f in files) == len(carried)
                assert sum(f.fen for f in files) == sum(carried)
        for taken in self.world.all(ResultFile):
            assert taken.posted + taken.same + taken.aside == taken.row_count

    @invariant()
    def our_books_say_nothing_the_bank_did_not(self):
        for order in self.world.all(Attempt):
            truth = self.bank.truth.get(order.ref)
            match order.state:
                case "waiting":
                    assert truth is None
                case "failed" if order.reason == NOT_CARRIED:
                    assert truth is None
                case "paid" | "failed" | "returned":
                    assert truth == order.state

    @invariant()
    def nobody_really_has_the_same_month_twice(self):
        lines = {x.id: x for x in self.world.all(AidLine)}
        owed = {p.id: lines[p.line_id] for p in self.world.all(Payment)}
        got = Counter()
        for order in self.world.all(Attempt):
            if self.bank.truth.get(order.ref) == "paid":
                its = owed[order.payment_id]
                got.update((its.person_id, m) for m in its.first_month.until(its.last_month))
        assert all(times == 1 for times in got.values())

    @invariant()
    def every_list_fits_its_seal(self):
        with scope.everyone("a test looks"):
            assert differing(select(AidList.__table__.c.id)) == []

    # --- at the end

    def teardown(self):
        """Nothing waits for ever: everybody does his work until none is left."""
        if hasattr(self, "bank"):
            self.lift_all()
            for _round in range(12):
                if not self.everybody_works():
                    break
            self.nothing_waits()

    def everybody_works(self):
        """One round: open, export, answer truly (nothing fails any more), pay again."""
        world, moved = self.world, 0
        for bureau in (world.county, world.other):
            moved += sum(refusing(world.opened, bureau, month) for month in SPRING)
        for run in world.all(PayRun):
            if run.state == "open":
                moved += refusing(world.exported, run, bank=self.profile(2, "gb18030"))
            sent = [a for a in world.all(Attempt, run_id=run.id) if a.state in ("sent", "unknown")]
            self.bank.hear([a.ref for a in sent], lambda _ref: True)
            if sent:
                moved += 1
                self.tell(run, [self.told(a.ref, in_doubt=False) for a in sent])
            if world.fresh(run).state != "void":
                moved += refusing(world.again, run)
        return moved

    def nothing_waits(self):
        world = self.world
        paid = {a.payment_id for a in world.all(Attempt, state="paid")}
        assert paid == {p.id for p in world.all(Payment)}
        covered = {(c.person_id, c.month) for c in world.all(CoveredMonth)}
        confirmed = {x.id for x in world.all(AidList, state="confirmed")}
        served = {p.line_id for p in world.all(Payment)}
        for its in world.all(AidLine, state="normal"):
            if its.list_id in confirmed and its.id not in served:
                wanted = {(its.person_id, m) for m in its.first_month.until(its.last_month)}
                assert wanted & covered, "a line that could be paid was left waiting"
        for run in world.all(PayRun):
            if run.state == "exported":
                self.settle(run)

    def settle(self, run):
        bureau = self.world.place(run.bureau_id)
        with scope.scope(bureau.path):
            ANSWERS.take("explain", ResultLine.run_id == run.id, bureau.reviewer, "已与银行核对")
            db.session.commit()
        for step, actor in (("check", bureau.reviewer), ("settle", bureau.poster)):
            out = self.world.press(step, run, actor)
            assert out.moved == 1, out.refused

    # --- by the way

    def some(self, model, *states):
        return any(self.world.count(model, state=state) for state in states)

    def one_of(self, pick, model, *states):
        found = [row for row in self.world.all(model) if row.state in states]
        return found[pick % len(found)] if found else None

    def orders(self):
        return sorted((a.ref, a.state, a.bank_ref, a.arrived_on) for a in self.world.all(Attempt))

    def profile(self, rows_per_file, encoding="gbk"):
        from dataclasses import replace

        from app.payments.banks import shipped

        return replace(shipped()["pipe_gbk"], max_rows_per_file=rows_per_file,
                       encoding=encoding)  # fmt: skip


def hash_of(ref):
    return sum(map(ord, ref))


def refusing(verb, *given, **more):
    """Whether it was done; a refusal is an answer like any other."""
    try:
        verb(*given, **more)
    except Refused:
        return False
    return True


def test_money_is_conserved_whatever_happens(world):
    machine = type("OneSpring", (Spring,), {"world": world})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15, stateful_step_count=40, deadline=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate,),  # a failing month is short enough to read as it is
        ),
    )  # fmt: skip
