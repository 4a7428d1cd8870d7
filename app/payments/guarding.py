"""What the database itself refuses, whoever asks: paying more than is due, taking back more than
was paid.

An order is for what its payment owes, a payment for what its line says, a line that is being paid
keeps its amount; the recoveries of a payment never exceed what arrived. That an order is alone
while it may still arrive is a unique index (models.py). Laid when the tables are made, and by the
migration that brought them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.kernel.triggers import Rules, Trigger, aborting, function_of, raising

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHER_SUM = "an order is for what its payment owes"
NOT_DUE = "a payment is for what its line says"
BEING_PAID = "a line that is being paid keeps its amount"
TOO_MUCH = "more is recovered than was paid"
UNLIKE = {
    "attempt": ("payment", "payment_id", "fen", OTHER_SUM),
    "payment": ("aid_line", "line_id", "amount_fen", NOT_DUE),
}
"""Table -> (the one it pays for, its key there, the sum there, what is said)."""
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
    for table, (other, key, fen, says) in UNLIKE.items():
        differs = f"NEW.fen <> (SELECT {fen} FROM {other} WHERE id = NEW.{key})"  # noqa: S608
        for verb, when in (("made", "INSERT"), ("changed", f"UPDATE OF fen, {key}")):
            yield Trigger(f"{table}_{verb}_due", f"AFTER {when}", table, aborting(says, differs))
    yield Trigger("aid_line_keeps_amount", "AFTER UPDATE OF amount_fen", "aid_line",
                  f"WHEN {OTHER_AMOUNT} {aborting(BEING_PAID, IS_PAID)}")  # fmt: skip
    for verb, when, table, row in WITHIN_PAID:
        over = aborting(TOO_MUCH, RECOVERED.format(its=f"{row}.payment_id"))
        then = f"WHEN {ONLY[row]} {over}" if ONLY[row] else over
        yield Trigger(f"recovery_{verb}_within_paid", f"AFTER {when}", table, then)


def _postgresql() -> Iterator[Trigger]:
    """Sets are checked as sets: a run of 50,000 orders costs one join, not 50,000 calls."""
    for table, (_other, key, _fen, _says) in UNLIKE.items():
        yield Trigger(f"{table}_made_due", "AFTER INSERT", table,
                      "REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT "
                      f"EXECUTE FUNCTION {table}_is_due()")  # fmt: skip
        yield _row(f"{table}_changed_due", f"UPDATE OF fen, {key}", table, f"{table}_stays_due")
    yield _row("aid_line_keeps_amount", "UPDATE OF amount_fen", "aid_line",
               "aid_line_keeps_amount", OTHER_AMOUNT)  # fmt: skip
    for verb, when, table, row in WITHIN_PAID:
        yield _row(f"recovery_{verb}_within_paid", when, table,
                   f"recovery_within_paid_{row.lower()}", ONLY[row])  # fmt: skip


def _functions() -> Iterator[str]:
    """What the triggers of PostgreSQL call. The payment is held while its recoveries are added up:
    two at once see each other."""
    for table, (other, key, fen, says) in UNLIKE.items():
        joined = f"SELECT 1 FROM fresh JOIN {other} ON {other}.id = fresh.{key}"  # noqa: S608
        yield _refusing(f"{table}_is_due", f"EXISTS ({joined} WHERE fresh.fen <> {other}.{fen})",
                        says)  # fmt: skip
        due = f"SELECT {fen} FROM {other} WHERE id = NEW.{key}"  # noqa: S608
        yield _refusing(f"{table}_stays_due", f"NEW.fen <> ({due})", says)
    yield _refusing("aid_line_keeps_amount", IS_PAID, BEING_PAID)
    for row in ("NEW", "OLD"):
        its = f"{row}.payment_id"
        yield _refusing(f"recovery_within_paid_{row.lower()}", RECOVERED.format(its=its), TOO_MUCH,
                        f"PERFORM 1 FROM payment WHERE id = {its} FOR NO KEY UPDATE; ")  # fmt: skip


def _refusing(name: str, condition: str, says: str, first: str = "") -> str:
    body = f"{first}IF {condition} THEN {raising(says)} END IF; RETURN NULL;"
    return function_of(name, body)


def _row(name: str, when: str, table: str, function: str, only: str = "") -> Trigger:
    only = f"WHEN ({only}) " if only else ""
    return Trigger(name, f"AFTER {when}", table,
                   f"FOR EACH ROW {only}EXECUTE FUNCTION {function}()")  # fmt: skip


RULES = Rules(tuple(_sqlite()), tuple(_postgresql()), tuple(_functions()))
"""To be laid when the table of recoveries is made, the last of those they speak of."""
