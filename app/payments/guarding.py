"""What the database itself refuses, whoever asks: paying more than is due, taking back more than
was paid.

An order is for what its payment owes, a payment for what its line says, a line that is being paid
keeps its amount; the recoveries of a payment never exceed what arrived. That an order is alone
while it may still arrive is a unique index (models.py). Laid when the tables are made, and by the
migration that brought them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import DDL, event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Table

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


def _sqlite() -> Iterator[str]:
    def trigger(name: str, when: str, condition: str, says: str) -> str:
        return (
            f"CREATE TRIGGER {name} AFTER {when} "
            f"BEGIN SELECT RAISE(ABORT, '{says}') WHERE {condition}; END"
        )

    for table, (other, key, fen, says) in UNLIKE.items():
        differs = f"NEW.fen <> (SELECT {fen} FROM {other} WHERE id = NEW.{key})"  # noqa: S608
        for verb, when in (("made", "INSERT"), ("changed", f"UPDATE OF fen, {key}")):
            yield trigger(f"{table}_{verb}_due", f"{when} ON {table}", differs, says)
    paid = "EXISTS (SELECT 1 FROM payment WHERE line_id = NEW.id)"
    yield trigger("aid_line_keeps_amount", "UPDATE OF amount_fen ON aid_line "
                  "WHEN OLD.amount_fen <> NEW.amount_fen", paid, BEING_PAID)  # fmt: skip
    for verb, when, row in (
        ("made", "INSERT ON recovery", "NEW"),
        ("changed", "UPDATE OF fen, payment_id, state ON recovery", "NEW"),
        ("unpaid", "UPDATE OF state, fen, payment_id ON attempt WHEN OLD.state = 'paid'", "OLD"),
        ("gone", "DELETE ON attempt WHEN OLD.state = 'paid'", "OLD"),
    ):
        over = RECOVERED.format(its=f"{row}.payment_id")
        yield trigger(f"recovery_{verb}_within_paid", when, over, TOO_MUCH)


def _postgresql() -> Iterator[str]:
    """Sets are checked as sets: a run of 50,000 orders costs one join, not 50,000 calls."""
    for table, (other, key, fen, says) in UNLIKE.items():
        yield _function(
            f"{table}_is_due", "",
            f"EXISTS (SELECT 1 FROM fresh JOIN {other} ON {other}.id = fresh.{key} "  # noqa: S608
            f"WHERE fresh.fen <> {other}.{fen})", says,
        )  # fmt: skip
        yield (
            f"CREATE TRIGGER {table}_made_due AFTER INSERT ON {table} REFERENCING NEW TABLE AS "
            f"fresh FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_due()"
        )
        yield _function(
            f"{table}_stays_due", "",
            f"NEW.fen <> (SELECT {fen} FROM {other} WHERE id = NEW.{key})", says,  # noqa: S608
        )  # fmt: skip
        yield _row(f"{table}_changed_due", f"UPDATE OF fen, {key} ON {table}",
                          f"{table}_stays_due")  # fmt: skip
    yield _function("aid_line_keeps_amount", "",
                               "EXISTS (SELECT 1 FROM payment WHERE line_id = NEW.id)",
                               BEING_PAID)  # fmt: skip
    yield _row(
        "aid_line_keeps_amount", "UPDATE OF amount_fen ON aid_line", "aid_line_keeps_amount",
        "OLD.amount_fen <> NEW.amount_fen",
    )  # fmt: skip
    yield from _recoveries()


def _recoveries() -> Iterator[str]:
    """The payment is held while its recoveries are added up: two at once see each other."""
    for row in ("NEW", "OLD"):
        its = f"{row}.payment_id"
        hold = f"PERFORM 1 FROM payment WHERE id = {its} FOR NO KEY UPDATE;"
        yield _function(f"recovery_within_paid_{row.lower()}", hold,
                                    RECOVERED.format(its=its), TOO_MUCH)  # fmt: skip
    for verb, when, row, only in (
        ("made", "INSERT ON recovery", "new", ""),
        ("changed", "UPDATE OF fen, payment_id, state ON recovery", "new", ""),
        ("unpaid", "UPDATE OF state, fen, payment_id ON attempt", "old", "OLD.state = 'paid'"),
        ("gone", "DELETE ON attempt", "old", "OLD.state = 'paid'"),
    ):
        yield _row(f"recovery_{verb}_within_paid", when,
                               f"recovery_within_paid_{row}", only)  # fmt: skip


def _function(name: str, first: str, condition: str, says: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{first} IF {condition} THEN RAISE EXCEPTION '{says}' USING ERRCODE = "
        "'check_violation'; END IF; RETURN NULL; END $$"
    )


def _row(name: str, when: str, function: str, only: str = "") -> str:
    only = f"WHEN ({only}) " if only else ""
    return f"CREATE TRIGGER {name} AFTER {when} FOR EACH ROW {only}EXECUTE FUNCTION {function}()"


TRIGGERS = (
    ("attempt_made_due", "attempt"), ("attempt_changed_due", "attempt"),
    ("payment_made_due", "payment"), ("payment_changed_due", "payment"),
    ("aid_line_keeps_amount", "aid_line"),
    ("recovery_made_within_paid", "recovery"), ("recovery_changed_within_paid", "recovery"),
    ("recovery_unpaid_within_paid", "attempt"), ("recovery_gone_within_paid", "attempt"),
)  # fmt: skip
RULES = {"sqlite": list(_sqlite()), "postgresql": list(_postgresql())}


def _ddl(statement: str) -> DDL:
    return DDL(statement)  # type: ignore[no-untyped-call]


def guard(recovery: Table) -> None:
    """The rules are laid when this table is made, which comes after those it points at."""
    for dialect, rules in RULES.items():
        for rule in rules:
            event.listen(recovery, "after_create", _ddl(rule).execute_if(dialect=dialect))


def lay(connection: Connection) -> None:
    """The rules hold from here on; for migrations."""
    for rule in RULES[connection.dialect.name]:
        connection.execute(_ddl(rule))


def lift(connection: Connection) -> None:
    """They hold no more; for migrations, and for a test that breaks what they keep."""
    on = " ON {0}" if connection.dialect.name == "postgresql" else ""
    for name, table in TRIGGERS:
        connection.execute(_ddl(f"DROP TRIGGER {name}{on.format(table)}"))
