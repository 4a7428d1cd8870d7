"""What schools and bureaus do in a random season before money moves: lists, lines, holds, cards."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from app.kernel import clock, scope
from app.kernel.db import db
from app.publicity.models import AidLine, AidList, Finding
from app.publicity.workflow import FINDINGS
from app.registry import card_changes
from app.registry.models import CardChange, Enrolment, Hold
from tests.engine import OVER, card, line, lines, student
from tests.payments.season import PEOPLE, Season, months, picks, rarely, rows, schools

RANKS = ["draft", "submitted", "published", "confirmed"]


class Lists(Season):
    """The bureau overrules every objection of the rules: the money must protect itself."""

    @initialize(lists=st.lists(st.tuples(schools, months, rows), min_size=2, max_size=4))
    def begin(self, lists):
        self.start()
        for school in ("school", "far"):
            self.world.enrol(getattr(self.world, school), lines(PEOPLE))
        for school, month, said in lists:
            self.upload(school, month, said, "SUPPLEMENT", sure=True)

    @rule(school=schools, month=months, said=rows, sure=st.booleans(),
          kind=st.sampled_from(["REGULAR", "SUPPLEMENT"]))  # fmt: skip
    def upload(self, school, month, said, kind, sure):
        """A file comes in; a sure list goes straight to its end."""
        world, made = self.world, []
        if not self.attempted(
            lambda: made.append(world.draft(getattr(world, school), month, kind))
        ):
            return
        world.fill(made[0], [self.row(month, *row) for row in said])
        if sure:
            self.overrule(made[0])
            world.through(made[0])

    @precondition(lambda self: self.some(AidList, "draft", "submitted", "published"))
    @rule(pick=picks, state=st.sampled_from(RANKS[1:]))
    def list_goes_on(self, pick, state):
        target = self.one_of(pick, AidList, "draft", "submitted", "published")
        if target is None or target.state == state or not target.line_count:
            return
        if target.state == "draft":
            self.overrule(target)
        if RANKS.index(target.state) < RANKS.index(state):
            self.world.through(target, state)

    def overrule(self, target):
        actor = self.world.bureau_at(target).approver
        with scope.scope(actor.org_path):
            FINDINGS.take("overrule", Finding.list_id == target.id, actor, "核实无误")
            db.session.commit()

    @precondition(lambda self: self.some(AidLine, "normal", "objected"))
    @rule(pick=picks, step=st.sampled_from(["remove", "object", "dismiss"]))
    def line_is_decided(self, pick, step):
        found = self.one_of(pick, AidLine, "normal", "objected")
        if found is not None:
            target = self.world.one(AidList, id=found.list_id)
            self.world.press(step, found, self.world.bureau_at(target).approver)

    @precondition(lambda self: self.some(AidList, "submitted", "published"))
    @rule(pick=picks, step=st.sampled_from(["withdraw", "send_back", "recall"]))
    def list_goes_back(self, pick, step):
        target = self.one_of(pick, AidList, "submitted", "published")
        if target is None:
            return
        school = self.world.place(target.school_id)
        actor = school.reviewer if step == "recall" else self.world.bureau_at(target).approver
        self.world.press(step, target, actor)

    # --- holds and cards

    @rule(who=st.integers(0, PEOPLE - 1), month=months, ends=st.booleans(), really=rarely)
    def hold(self, who, month, ends, really):
        if really:
            self.world.hold(line(student(who)), month, month if ends else None)

    @precondition(lambda self: self.some(Hold, "on"))
    @rule()
    def lift_all(self):
        for held in self.world.all(Hold, state="on"):
            assert self.world.press("lift", held, self.world.county.reviewer).moved == 1

    @rule(school=st.sampled_from(["school", "far"]), who=st.integers(0, PEOPLE - 1),
          whose=st.integers(0, PEOPLE + 3))  # fmt: skip
    def ask_for_a_card(self, school, who, whose):
        clerk = getattr(self.world, school).clerk
        enrolled = self.world.one(Enrolment, school_id=clerk.org_id, name=student(who).name)
        with clock.at(OVER):
            self.attempted(self.world.act, clerk, card_changes.ask, enrolled, card(whose), "lost",
                           clerk)  # fmt: skip

    @precondition(lambda self: self.some(CardChange, "asked"))
    @rule(pick=picks, step=st.sampled_from(["accept_card", "accept_card", "decline_card"]))
    def card_is_decided(self, pick, step):
        asked = self.one_of(pick, CardChange, "asked")
        if asked is not None:
            reviewer = self.world.place(asked.school_id).reviewer
            with clock.at(OVER):
                self.attempted(self.world.press, step, asked, reviewer)
