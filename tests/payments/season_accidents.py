"""What befalls people while they work: the process is killed, or somebody else presses as well."""

from __future__ import annotations

import signal

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from app.kernel import clock
from app.payments import recovering
from app.payments.models import Attempt, PayRun, Recovery
from app.publicity.models import AidLine, AidList
from app.registry.models import CardChange
from tests.engine import OVER, result_file
from tests.payments.crossing import cross
from tests.payments.killing import DONE, everything, in_a_child
from tests.payments.season import SPRING, Season, everything_paid, picks, rarely
from tests.payments.season_money import BACK, LATER

PRESSES = ("open", "again", "export", "void", "answer", "settle", "object", "confirm", "card",
           "receive", "recovery")  # fmt: skip


class Accidents(Season):
    """A press is prepared before anything happens: its rows are those its page showed."""

    def press_of(self, kind, pick):
        """What somebody is about to do, or None where there is nothing of the kind to do."""
        return getattr(self, f"_{kind}")(pick)

    def _open(self, pick):
        bureau = self.world.county if pick % 2 else self.world.other
        return lambda: self.world.opened(bureau, SPRING[pick % 3])

    def _again(self, pick):
        run = self.one_of(pick, PayRun, "exported", "checked", "settled")
        return run and self.later(run, self.world.again)

    def _export(self, pick):
        bank = self.profile(2, lists="ALL" if pick % 3 else "FAILED_ONLY")
        run = self.one_of(pick, PayRun, "open")
        return run and self.later(run, self.exported, bank, "款项在途")

    def _void(self, pick):
        run = self.one_of(pick, PayRun, "open")
        return run and self.step("void", run, self.bureau_of(run).clerk)

    def _settle(self, pick):
        run = self.one_of(pick, PayRun, "checked")
        return run and self.step("settle", run, self.bureau_of(run).poster)

    def _answer(self, pick):
        """Part of the truth, or a success that has come back."""
        run = self.one_of(pick, PayRun, "exported", "checked", "settled")
        if run is None:
            return None
        self.world.checked(run)
        orders = [a for a in self.world.all(Attempt, run_id=run.id) if a.ref in self.bank.truth]
        for order in orders[: pick % 2]:
            if order.state == "paid":
                self.bank.truth[order.ref] = "returned"
                self.bank.untold.add(order.ref)
        refs = [a.ref for n, a in enumerate(orders) if (n + pick) % 3]
        path = self.write_answer(run, result_file([self.told(ref) for ref in refs]))
        return self.later(run, self.world.post, path)

    def _object(self, pick):
        found = self.one_of(pick, AidLine, "normal")
        if found is None:
            return None
        bureau = self.world.bureau_at(self.world.one(AidList, id=found.list_id))
        return self.step("object", found, bureau.approver)

    def _confirm(self, pick):
        found = self.one_of(pick, AidList, "published")
        return found and self.step("confirm", found, self.world.bureau_at(found).approver)

    def _card(self, pick):
        asked = self.one_of(pick, CardChange, "asked")
        return asked and self.step("accept_card", asked,
                                   self.world.place(asked.school_id).reviewer)  # fmt: skip

    def _receive(self, pick):
        row = self.one_of(pick, Recovery, "agreed")
        return row and self.later(row, self.received, self.world.place(row.bureau_id).poster)

    def received(self, row, poster):
        with clock.at(LATER):
            self.world.act(poster, recovering.receive, row, "闽财缴0012", BACK, poster)

    def _recovery(self, pick):
        row = self.one_of(pick, Recovery, "draft", "submitted", "agreed")
        return row and self.step("void", row, self.world.place(row.bureau_id).reviewer)

    def later(self, row, verb, *given, **more):
        """The verb, on that row as it stands when the press is carried out."""
        model, pk = type(row), row.id
        return lambda: verb(self.world.one(model, id=pk), *given, **more)

    def step(self, name, row, actor):
        return self.later(row, self.stepped, name, actor)

    def stepped(self, row, name, actor):
        with clock.at(OVER):
            return self.world.press(name, row, actor)

    # --- what befalls

    @rule(kind=st.sampled_from(PRESSES), pick=picks, n=st.integers(1, 40))
    def killed_in_the_middle(self, kind, pick, n):
        """Before its n-th statement; where there are fewer, it was done."""
        verb = self.press_of(kind, pick)
        if verb is None:
            return
        before = everything()
        self.world.engine.touched()
        ended = in_a_child(lambda: self.attempted(verb), n)
        assert ended in (DONE, -signal.SIGKILL), f"{kind} broke by itself before statement {n}"
        assert ended == DONE or everything() == before, f"{kind}, killed before statement {n}"
        self.hear_new(everything_paid)

    @precondition(lambda self: self.world.engine.is_postgresql)
    @rule(kinds=st.tuples(st.sampled_from(PRESSES), st.sampled_from(PRESSES)), same=rarely,
          picked=st.tuples(picks, picks), n=st.integers(1, 25))  # fmt: skip
    def two_press_at_once(self, kinds, same, picked, n):
        """The second in the middle of the first, often the very same button."""
        if same:
            kinds, picked = kinds[:1] * 2, picked[:1] * 2
        verbs = [self.press_of(kind, pick) for kind, pick in zip(kinds, picked, strict=True)]
        if None not in verbs:
            cross(self.world, *verbs, n)
            self.hear_new(everything_paid)
