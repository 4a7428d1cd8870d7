"""What the database holds, and what comes back from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.kernel import crypto, types
from app.kernel.keyring import Keyring
from app.kernel.types import (
    BankCard,
    BlindIndex,
    Fen,
    IdNumber,
    Month,
    OrgPath,
    PersonName,
    YearMonth,
    within,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# A type without a cache key makes every statement that names it compile anew.
pytestmark = pytest.mark.filterwarnings("error::sqlalchemy.exc.SAWarning")

ID = "350102200812010015"
PEOPLE = sa.Table(
    "types_stored_person",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("id_no", IdNumber()),
    sa.Column("card_no", BankCard()),
    sa.Column("id_index", BlindIndex(), unique=True),
    sa.Column("name", PersonName()),
    sa.Column("paid", Fen()),
    sa.Column("month", Month()),
    sa.Column("org_path", OrgPath(), index=True),
)
COLUMN = PEOPLE.c


@pytest.fixture
def db(database_url: str) -> Iterator[sa.Connection]:
    crypto.configure(Keyring.fresh())
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        PEOPLE.create(connection)
        yield connection
        connection.rollback()
        PEOPLE.drop(connection, checkfirst=True)
        connection.commit()
    engine.dispose()
    crypto.configure(None)


def add(db: sa.Connection, **values: object) -> None:
    db.execute(PEOPLE.insert().values(**values))


def test_a_number_rests_encrypted_and_comes_back_plain(db: sa.Connection) -> None:
    add(db, id_no=ID, card_no=None)
    raw = db.scalar(sa.select(sa.type_coerce(COLUMN.id_no, sa.LargeBinary)))
    assert ID.encode() not in bytes(raw)
    assert db.scalar(sa.select(COLUMN.id_no)) == ID
    assert db.scalar(sa.select(COLUMN.card_no)) is None


def test_a_sealed_number_is_found_by_its_index_only(db: sa.Connection) -> None:
    add(db, id_no=ID, id_index=IdNumber.index(ID))
    assert db.scalar(sa.select(COLUMN.id_no).where(COLUMN.id_index == IdNumber.index(ID))) == ID
    for compare in (
        lambda: COLUMN.id_no == ID,
        lambda: COLUMN.id_no.in_([ID]),
        lambda: COLUMN.id_no.like("35%"),
    ):
        with pytest.raises(TypeError, match="blind index"):
            compare()


def test_a_sealed_number_may_be_asked_whether_it_is_there(db: sa.Connection) -> None:
    add(db, id_no=ID)
    count = sa.select(sa.func.count()).select_from(PEOPLE)
    assert db.scalar(count.where(COLUMN.card_no.is_(None))) == 1
    assert db.scalar(count.where(COLUMN.card_no == None)) == 1  # noqa: E711
    assert db.scalar(count.where(COLUMN.id_no.is_not(None))) == 1


def test_the_same_number_in_two_columns_has_two_indexes() -> None:
    crypto.configure(Keyring.fresh())
    assert IdNumber.index(ID) != BankCard.index(ID)
    crypto.configure(None)


def test_money_adds_up_to_whole_fen(db: sa.Connection) -> None:
    add(db, paid=115000)
    add(db, paid=1)
    total = db.scalar(sa.select(sa.func.sum(COLUMN.paid)))
    assert total == 115001
    assert type(total) is int
    assert db.scalar(sa.select(sa.func.sum(COLUMN.paid)).where(COLUMN.id < 0)) is None


@pytest.mark.parametrize("amount", [11.5, "1150"])
def test_money_that_is_not_whole_fen_never_reaches_the_table(
    db: sa.Connection, amount: object
) -> None:
    with pytest.raises(sa.exc.StatementError, match="whole fen"):
        add(db, paid=amount)


def test_a_month_comes_back_as_a_month_and_is_counted_in_sql(db: sa.Connection) -> None:
    september = YearMonth.parse("2026-09")
    add(db, month=september)
    kept = db.scalar(sa.select(COLUMN.month).where(COLUMN.month >= september))
    assert isinstance(kept, YearMonth)
    assert str(kept) == "2026-09"
    assert str(db.scalar(sa.select(COLUMN.month + 5))) == "2027-02"


def test_a_place_sees_what_lies_below_it_and_nothing_beside_it(db: sa.Connection) -> None:
    paths = ["/1/", "/1/4/", "/1/4/17/", "/1/40/", "/1/4", "/1/5/", "/2/1/4/"]
    for path in paths:
        add(db, org_path=path)
    seen = db.scalars(sa.select(COLUMN.org_path).where(within(COLUMN.org_path, "/1/4/"))).all()
    assert sorted(seen) == ["/1/4/", "/1/4/17/"]
    assert len(db.scalars(sa.select(COLUMN.id).where(within(COLUMN.org_path, "/"))).all()) == 7


def test_two_people_with_one_index_are_not_stored(db: sa.Connection) -> None:
    add(db, id_index=IdNumber.index(ID))
    with pytest.raises(sa.exc.IntegrityError):
        add(db, id_index=IdNumber.index(ID))


CONCRETE = [
    kind
    for kind in (getattr(types, name) for name in types.__all__)
    if isinstance(kind, type) and issubclass(kind, types.Rule) and kind.code
]


@pytest.mark.parametrize("kind", CONCRETE)
def test_every_type_lets_statements_be_cached(kind: type[types.Rule[object]]) -> None:
    assert kind.__dict__["cache_ok"] is True


def test_every_type_has_a_code_of_its_own() -> None:
    assert len({kind.code for kind in CONCRETE}) == len(CONCRETE) == 13
