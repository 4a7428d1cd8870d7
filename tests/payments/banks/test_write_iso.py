"""pain.001 against the official schema, with its totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.payments.banks import write_package
from tests.payments.banks.cast import RUN, line, lines, only_file, profile
from tests.payments.banks.schemas import schema

if TYPE_CHECKING:
    from pathlib import Path

PAIN = "pain.001.001.03"


def test_the_message_is_valid_and_its_totals_are_the_lines(tmp_path: Path) -> None:
    people = [*lines(20), line(21, cnaps=None, purpose="", holder_name="A&B <公司>", fen=1)]
    package = write_package(profile("iso20022_pain001"), people, tmp_path, RUN)
    assert package.rows == 21
    told = schema(PAIN).to_dict(str(only_file(tmp_path)))["CstmrCdtTrfInitn"]
    assert (told["GrpHdr"]["NbOfTxs"], str(told["GrpHdr"]["CtrlSum"])) == ("21", "23000.01")
    payments = told["PmtInf"][0]["CdtTrfTxInf"]
    assert [p["PmtId"]["EndToEndId"] for p in payments] == [p.ref for p in people]
    assert payments[20]["Cdtr"]["Nm"] == "A&B <公司>"
    assert "CdtrAgt" not in payments[20]
    assert str(sum(p["Amt"]["InstdAmt"]["$"] for p in payments)) == "23000.01"


def test_the_schema_itself_finds_a_wrong_message(tmp_path: Path) -> None:
    write_package(profile("iso20022_pain001"), [line()], tmp_path, RUN)
    path = only_file(tmp_path)
    path.write_text(path.read_text("utf-8").replace("<PmtMtd>TRF", "<PmtMtd>XXX"), "utf-8")
    assert not schema(PAIN).is_valid(str(path))


@pytest.mark.parametrize(
    "changes",
    [{"ref": "R" * 36}, {"ref": ""}, {"holder_name": "张" * 141}, {"holder_name": "张\x0b三"},
     {"card_no": "6" * 35}, {"holder_name": "张\ufffe"}],
    ids=lambda c: next(iter(c)),
)  # fmt: skip
def test_what_the_schema_would_refuse_is_set_aside(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    people = [line(1), line(2, **changes)]
    package = write_package(profile("iso20022_pain001"), people, tmp_path, RUN)
    assert (package.rows, len(package.unable)) == (1, 1)
    schema(PAIN).validate(str(only_file(tmp_path)))
