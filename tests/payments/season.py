"""What a random season stands on: the world, the bank that knows the truth, and how to pick a row.

`Lists`, `Money` and `Truths` (season_*.py) say what people do and what must hold after every step;
test_conserve_money.py plays them together.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from app.kernel import clock
from app.kernel.errors import Refused
from app.kernel.types import YearMonth
from app.payments import exporting, posting
from app.payments.banks import shipped
from app.payments.models import Attempt, PayRun
from tests.engine import OVER, card, line, result_file, student

SPRING = [YearMonth.at(2026, m) for m in (4, 5, 6)]
PEOPLE = 4
RARE = "王\u4dae"
schools = st.sampled_from(["school", "second", "far"])
bureaus = st.sampled_from(["county", "other"])
months = st.sampled_from(SPRING)
picks = st.integers(0, 99)
rarely = st.integers(0, 3).map(lambda n: n == 3)
rows = st.lists(
    st.tuples(
        st.integers(0, PEOPLE - 1),  # who
        st.integers(0, 2),  # how many months back it reaches
        st.integers(1, 70001),  # how much; of several months there is a remainder
        st.integers(0, PEOPLE),  # whose card
        st.booleans(),  # a name the bank cannot write
    ),
    min_size=1, max_size=5, unique_by=lambda row: (row[0], row[1]),
)  # fmt: skip


class Bank:
    """What really happened to the orders, and the files in which it was told so far."""

    def __init__(self):
        self.truth, self.files = {}, []
        self.untold = set()
        """Returns written into a file that may never have been brought in."""

    def hear(self, refs, paid):
        for ref in refs:
            self.truth.setdefault(ref, "paid" if paid(ref) else "failed")


class Season(RuleBasedStateMachine):
    """Three months of three schools under two bureaus; every verb keeps what it did, or refuses."""

    world = None
    steps = 0
    refused = 0

    def start(self):
        self.world.anew()
        self.bank, self.frozen = Bank(), {}

    # --- doing

    def attempted(self, verb, *given, **more):
        """Whether it was done; a refusal is an answer like any other, and undoes everything."""
        try:
            verb(*given, **more)
        except Refused:
            type(self).refused += 1
            return False
        return True

    def row(self, month, who, back, fen, whose, odd):
        """What a school says in its file."""
        name = RARE if odd and who == 0 else student(who).name
        return line(student(who), name=name, holder_name=name, card_no=card(whose),
                    first_month=month - back, last_month=month, amount_fen=fen)  # fmt: skip

    def exported(self, run, bank, decision=""):
        """The run's files lie in its folder and are with the bank."""
        actor = self.bureau_of(run).exporter
        with clock.at(OVER):
            self.world.act(actor, exporting.export, run, bank, self.world.package_of(run), actor,
                           decision)  # fmt: skip

    def profile(self, rows_per_file, encoding="gbk", lists="ALL"):
        bank = shipped()["pipe_gbk"]
        return replace(bank, max_rows_per_file=rows_per_file, encoding=encoding,
                       results=replace(bank.results, lists=lists))  # fmt: skip

    def hear_new(self, paid):
        """The bank decides about every order that has reached it."""
        sent = self.world.all(Attempt, state="sent")
        self.bank.hear([a.ref for a in sent], paid)

    # --- the bank's word

    def told(self, ref, in_doubt=False):
        """The bank's true word on an order, or that it does not know yet. It never lies."""
        before = self.world.one(Attempt, ref=ref).state
        truth = self.bank.truth[ref]
        return self.world.answer(ref, "unknown" if in_doubt and before == "sent" else truth)

    def write_answer(self, run, content):
        path = self.world.folder / f"{len(self.bank.files)}.txt"
        path.write_bytes(content)
        self.bank.files.append((run.id, path))
        return path

    def tell(self, run, rows):
        """The bank's file with these rows is posted."""
        return self.post(run, self.write_answer(run, result_file(rows)))

    def post(self, run, path):
        """Nothing is posted before a second person has checked the run's files."""
        if run.state == "exported":
            actor = self.bureau_of(run).poster
            assert not self.attempted(self.world.act, actor, posting.take_results, run, path,
                                      path.name, actor)  # fmt: skip
        return self.world.post(run, path)

    def tell_failures(self, run, spoilt=False):
        """A file that names only what failed, and vouches for the rest by its totals."""
        sent = [a for a in self.world.all(Attempt, run_id=run.id) if a.ref in self.bank.truth]
        bad = [self.told(a.ref) for a in sent if self.bank.truth[a.ref] != "paid"]
        count, fen = len(sent), sum(a.fen for a in sent) + spoilt
        good = fen - sum(r["fen"] for r in bad)
        body = result_file(bad).decode("gbk").split("\r\n")[1:-2]
        tail = f"T|{count}|{fen / 100:.2f}|{count - len(bad)}|{good / 100:.2f}"
        text = "\r\n".join([f"H|{count}|{fen / 100:.2f}", *body, tail, ""])
        return self.post(run, self.write_answer(run, text.encode("gbk", "replace")))

    def names_failures_only(self, run):
        return (run.profile_data or {}).get("results", {}).get("lists") == "FAILED_ONLY"

    # --- picking

    def some(self, model, *states):
        return any(self.world.count(model, state=state) for state in states)

    def one_of(self, pick, model, *states):
        found = [row for row in self.world.all(model) if row.state in states]
        return found[pick % len(found)] if found else None

    def bureau_of(self, run):
        return self.world.place(run.bureau_id)

    def run_of(self, order):
        return self.world.one(PayRun, id=order.run_id)


def hash_of(ref):
    return sum(map(ord, ref))


def mostly_paid(pick):
    return lambda ref: (hash_of(ref) + pick) % 3


def everything_paid(_ref):
    return True
