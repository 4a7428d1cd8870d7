"""What the database itself refuses, whoever asks: paying more than is due, taking back more than
was paid.

An order is for what its payment owes, to a card of the student it is for; a payment is for what its
line says: the same person, the same programme, the same sum; a month is locked for whom its payment
pays. A payment stays while there is
an order for it, and a line that is being paid keeps its amount; the recoveries of a payment never
exceed what arrived. That an order is alone while it may still arrive is a unique index (models.py).
Laid when the tables are made, and by the migration that brought them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app.kernel.triggers import Rules, Trigger, aborting, function_of, raising

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHER_SUM = "an order is for what its payment owes, to a card of whom it is for"
NOT_DUE = "a payment is for what its line says"
BEING_PAID = "a line that is being paid keeps its amount"
TOO_MUCH = "more is recovered than was paid"
OTHER_MONTH = "a month is locked for whom its payment pays"


class Owed(NamedTuple):
    """What a row of a table is measured by: rows of other tables, each with what it has to do with
    the row, `it`; and what is true of them all then, `same`. Asked again when one of `columns`
    changes; `says` what is wrong."""

    others: dict[str, str]
    same: str
    columns: str
    says: str


OWED = {
    "attempt": Owed(
        {"payment p": "p.id = it.payment_id", "card c": "c.id = it.card_id"},
        "p.fen = it.fen AND p.person_id = c.person_id", "fen, payment_id, card_id", OTHER_SUM),
    "payment": Owed(
        {"aid_line l": "l.id = it.line_id", "aid_list a": "a.id = l.list_id"},
        "l.amount_fen = it.fen AND l.person_id = it.person_id AND a.programme_id = it.programme_id",
        "fen, line_id, person_id, programme_id", NOT_DUE),
    "covered_month": Owed(
        {"payment p": "p.id = it.payment_id"},
        "p.person_id = it.person_id AND p.programme_id = it.programme_id",
        "payment_id, person_id, programme_id", OTHER_MONTH),
}  # fmt: skip
"""By table: what its rows stand for."""
ORDERED = "EXISTS (SELECT 1 FROM attempt WHERE payment_id = OLD.id)"
IS_ORDERED = "a payment stays as long as there is an order for it"
RECOVERED = (
    "(SELECT coalesce(sum(fen), 0) FROM recovery WHERE payment_id = {its} AND state <> 'void')"
    " > (SELECT coalesce(sum(fen), 0) FROM attempt WHERE payment_id = {its} AND state = 'paid')"
)
OTHER_AMOUNT = "OLD.amount_fen <> NEW.amount_fen"
IS_PAID = "EXISTS (SELECT 1 FROM payment WHERE line_id = NEW.id)"
WAS_PAID = "OLD.state = 'paid'"
WITHIN_PAID = (
    ("made", "INSERT", "recovery", "NEW"),
    ("changed", "UPDATE OF fen, payment_id, state", "recovery", "NEW"),
    ("unpaid", "UPDATE OF state, fen, payment_id", "attempt", "OLD"),
    ("gone", "DELETE", "attempt", "OLD"),
)
"""(name, when, on which table, the row whose payment is added up): after a change of orders only
those count that were paid before it."""
ONLY = {"NEW": "", "OLD": WAS_PAID}


def _sqlite() -> Iterator[Trigger]:
    for table, owed in OWED.items():
        odd = _odd(owed).replace("it.", "NEW.")
        for verb, when in (("made", "INSERT"), ("changed", f"UPDATE OF {owed.columns}")):
            yield Trigger(f"{table}_{verb}_due", f"AFTER {when}", table, aborting(owed.says, odd))
    yield Trigger("aid_line_keeps_amount", "AFTER UPDATE OF amount_fen", "aid_line",
                  f"WHEN {OTHER_AMOUNT} {aborting(BEING_PAID, IS_PAID)}")  # fmt: skip
    yield Trigger("payment_kept", "AFTER DELETE", "payment", aborting(IS_ORDERED, ORDERED))
    for verb, when, table, row in WITHIN_PAID:
        over = aborting(TOO_MUCH, RECOVERED.format(its=f"{row}.payment_id"))
        then = f"WHEN {ONLY[row]} {over}" if ONLY[row] else over
        yield Trigger(f"recovery_{verb}_within_paid", f"AFTER {when}", table, then)


def _postgresql() -> Iterator[Trigger]:
    """Sets are checked as sets: a run of 50,000 orders costs one join, not 50,000 calls."""
    for table, owed in OWED.items():
        yield Trigger(f"{table}_made_due", "AFTER INSERT", table,
                      "REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT "
                      f"EXECUTE FUNCTION {table}_is_due()")  # fmt: skip
        yield _row(f"{table}_changed_due", f"UPDATE OF {owed.columns}", table,
                   f"{table}_stays_due")  # fmt: skip
    yield _row("aid_line_keeps_amount", "UPDATE OF amount_fen", "aid_line",
               "aid_line_keeps_amount", OTHER_AMOUNT)  # fmt: skip
    yield _row("payment_kept", "DELETE", "payment", "payment_is_kept")
    for verb, when, table, row in WITHIN_PAID:
        yield _row(f"recovery_{verb}_within_paid", when, table,
                   f"recovery_within_paid_{row.lower()}", ONLY[row])  # fmt: skip


def _functions() -> Iterator[str]:
    """What the triggers of PostgreSQL call. The payment is held while its recoveries are added up:
    two at once see each other."""
    for table, owed in OWED.items():
        beside = " ".join(f"LEFT JOIN {other} ON {on}" for other, on in owed.others.items())
        fresh = f"EXISTS (SELECT 1 FROM fresh it {beside} WHERE ({owed.same}) IS NOT TRUE)"  # noqa: S608
        yield _refusing(f"{table}_is_due", fresh, owed.says)
        yield _refusing(f"{table}_stays_due", _odd(owed).replace("it.", "NEW."), owed.says)
    yield _refusing("aid_line_keeps_amount", IS_PAID, BEING_PAID)
    yield _refusing("payment_is_kept", ORDERED, IS_ORDERED)
    for row in ("NEW", "OLD"):
        its = f"{row}.payment_id"
        yield _refusing(f"recovery_within_paid_{row.lower()}", RECOVERED.format(its=its), TOO_MUCH,
                        f"PERFORM 1 FROM payment WHERE id = {its} FOR NO KEY UPDATE; ")  # fmt: skip


def _odd(owed: Owed) -> str:
    """The row `it` stands for nothing, or for something else."""
    right = " AND ".join([*owed.others.values(), owed.same])
    return f"NOT EXISTS (SELECT 1 FROM {', '.join(owed.others)} WHERE {right})"  # noqa: S608


def _refusing(name: str, condition: str, says: str, first: str = "") -> str:
    body = f"{first}IF {condition} THEN {raising(says)} END IF; RETURN NULL;"
    return function_of(name, body)


def _row(name: str, when: str, table: str, function: str, only: str = "") -> Trigger:
    only = f"WHEN ({only}) " if only else ""
    return Trigger(name, f"AFTER {when}", table,
                   f"FOR EACH ROW {only}EXECUTE FUNCTION {function}()")  # fmt: skip


RULES = Rules(tuple(_sqlite()), tuple(_postgresql()), tuple(_functions()))
"""To be laid when the table of recoveries is made, the last of those they speak of."""
