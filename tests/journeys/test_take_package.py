"""The package on the run's page: who may take it, and a password that is seen once."""

from __future__ import annotations

import html
import io
import re

import pytest
import pyzipper
from sqlalchemy import select

from app.accounts.models import Org
from app.kernel import audit, files, scope
from app.kernel.db import db
from app.kernel.sealed_files import MAGIC
from app.payments.models import PayRun
from tests import world

PAPERS = ("approval", "manifest")
UNCHECKED = "银行文件由另一人复核之后才能下载、送银行"


@pytest.fixture
def run(living):
    """思明's run, exported and waiting for a second person."""
    with living.staff.app_context(), scope.everyone("a test looks"):
        bureau = select(Org.id).where(Org.code == world.SIMING).scalar_subquery()
        found = select(PayRun.id).where(PayRun.bureau_id == bureau, PayRun.state == "exported")
        number = db.session.scalar(found)
        db.session.rollback()
    return f"/rungrid/{number}"


@pytest.fixture
def checked(sits, run):
    """The same run after a second person's check."""
    sits("siming_approver").presses(f"/rungrid/action/check/{run.rpartition('/')[2]}", page_of(run))
    return run


def file_of(person, run):
    """The address of the run's first bank file, as the checker's page has it."""
    return re.search(rf"{run}/file/\d+", person.opens(page_of(run)).source)[0]


def refusals(living, run):
    """Account, door and sentence of whatever was refused at this run, as the trail has it."""
    with living.staff.app_context(), scope.everyone("a test looks"):
        t = audit.Event.__table__
        kept = select(t.c.actor, t.c.subject, t.c.note).order_by(t.c.id).where(
            t.c.verb == "refused", t.c.subject_id == int(run.rpartition("/")[2]))  # fmt: skip
        found = db.session.execute(kept).all()
        db.session.rollback()
    return [tuple(row) for row in found]


def page_of(run):
    return run.replace("/rungrid/", "/rungrid/show/")


def test_the_run_says_whom_it_waits_for_but_not_to_himself(sits, run):
    said = "由思明区教育局的主管部门复核或主管部门审批办理「复核银行文件」"
    told = {duty: said in sits(f"siming_{duty}").opens(page_of(run)).words.replace("厦门市", "")
            for duty in ("clerk", "exporter", "reviewer", "approver")}  # fmt: skip
    assert told == {"clerk": True, "exporter": True, "reviewer": False, "approver": False}


@pytest.mark.parametrize("duty", ["exporter", "reviewer", "approver"])
def test_who_made_and_who_checks_take_the_papers(sits, run, duty):
    person = sits(f"siming_{duty}")
    assert all(person.opens(page_of(run)).offers(f"{run}/{paper}") for paper in PAPERS)
    sheet = person.client.post(f"{run}/approval")
    assert (sheet.status_code, sheet.mimetype) == (200, "application/pdf")
    assert person.client.post(f"{run}/approval").data == sheet.data


def test_who_made_the_files_takes_none_before_the_check(living, sits, run):
    exporter, checker = sits("siming_exporter"), sits("siming_reviewer")
    page, file = exporter.opens(page_of(run)), file_of(checker, run)
    assert UNCHECKED in page.words
    for address in (file, f"{run}/whole", f"{run}/seal", f"{run}/sealed"):
        assert not page.offers(address)
        refused = exporter.client.post(address, headers={"Accept": "application/json"})
        assert (refused.status_code, UNCHECKED in refused.json["error"]) == (409, True)
        assert "attachment" not in refused.headers.get("Content-Disposition", "")
    told = refusals(living, run)
    doors = [f"RunGrid.{door}" for door in ("file", "whole", "seal", "sealed")]
    assert [(who, door) for who, door, _said in told] == [("siming_exporter", d) for d in doors]
    assert all(UNCHECKED in said for _who, _door, said in told)


@pytest.mark.parametrize("duty", ["reviewer", "approver"])
def test_who_checks_sees_what_he_signs(living, sits, run, duty):
    person = sits(f"siming_{duty}")
    page = person.opens(page_of(run))
    assert UNCHECKED not in page.words
    for address in (file_of(person, run), f"{run}/whole"):
        assert page.offers(address)
        assert "attachment" in person.client.post(address).headers["Content-Disposition"]
    with living.staff.app_context(), scope.everyone("a test looks"):
        t = audit.Event.__table__
        taken = (
            select(t.c.subject)
            .order_by(t.c.id)
            .where(t.c.verb == "download", t.c.actor == f"siming_{duty}", t.c.outcome == audit.OK)
        )
        assert db.session.scalars(taken).all()[-2:] == ["pay_file", "pay_run"]
        db.session.rollback()


@pytest.mark.parametrize("duty", ["exporter", "reviewer", "approver"])
def test_after_the_check_who_made_and_who_checks_take_everything(sits, checked, duty):
    person = sits(f"siming_{duty}")
    assert UNCHECKED not in person.opens(page_of(checked)).words
    assert person.client.post(file_of(person, checked)).status_code == 200
    whole = person.client.post(f"{checked}/whole")
    assert whole.mimetype == "application/zip"
    assert person.client.post(f"{checked}/whole").data == whole.data


def test_a_single_bank_file_is_handed_out_as_it_was_exported_or_not_at_all(living, sits, checked):
    person = sits("siming_exporter")
    address = file_of(person, checked)
    taken = person.client.post(address)
    assert taken.status_code == 200
    folder = living.files / "runs" / checked.rpartition("/")[2]
    told = taken.headers["Content-Disposition"]
    (kept,) = [path for path in folder.iterdir() if path.name in told]
    sealed = kept.read_bytes()
    kept.write_bytes(taken.data.replace(b"0", b"1", 1))
    try:
        refused = person.client.post(address, headers={"Accept": "application/json"})
    finally:
        kept.write_bytes(sealed)
    assert refused.status_code == 409
    assert "与导出时不一致" in refused.json["error"]


def test_a_package_of_before_the_sealing_is_sealed_by_a_command_and_is_the_same(
    living, sits, checked
):
    person, run = sits("siming_exporter"), checked
    whole = person.client.post(f"{run}/whole").data
    folder, seal = living.files / "runs" / run.rpartition("/")[2], ["files", "seal"]
    with living.staff.app_context():
        for path in folder.iterdir():
            with files.opened(path) as made:
                path.write_bytes(made.read())
    assert person.client.post(f"{run}/whole").data == whole
    told = living.staff.test_cli_runner().invoke(args=seal)
    assert (told.exit_code, "新加密1个文件" in told.stdout) == (0, True)
    assert all(path.read_bytes().startswith(MAGIC) for path in folder.iterdir())
    assert person.client.post(f"{run}/whole").data == whole
    (living.files / "in" / "00").mkdir(exist_ok=True)
    wrong = living.files / "in" / "00" / ("0" * 64)
    wrong.write_bytes(b"not what the name says")
    try:
        told = living.staff.test_cli_runner().invoke(args=seal)
    finally:
        wrong.unlink()
    assert (told.exit_code, "损坏，没有改动" in told.stderr) == (1, True)


@pytest.mark.parametrize(("username", "status"), [
    ("siming_poster", 403), ("siming_clerk", 403), ("xiamen_exporter", 409),
    ("fuzhou_exporter", 404),
])  # fmt: skip
def test_nobody_else_takes_anything(sits, run, username, status):
    person = sits(username)
    doors = [f"{run}/{door}" for door in (*PAPERS, "whole", "sealed", "seal")]
    assert [person.client.post(door).status_code for door in doors] == [status] * len(doors)
    page = person.opens(page_of(run))
    assert not any(page.offers(door) for door in doors)
    assert UNCHECKED not in page.words


def test_the_password_is_seen_once_and_kept_nowhere(living, sits, checked):
    exporter, reviewer, run = sits("siming_exporter"), sits("siming_reviewer"), checked
    assert not reviewer.opens(page_of(run)).offers(f"{run}/seal")
    assert exporter.client.post(f"{run}/sealed").status_code == 404
    shown = exporter.presses(f"{run}/seal", page_of(run))
    password = html.unescape(re.search(r"<code>([\w-]{23})</code>", shown.source)[1])
    with pyzipper.AESZipFile(io.BytesIO(reviewer.client.post(f"{run}/sealed").data)) as archive:
        archive.setpassword(password.encode())
        assert archive.read("papers/approval.pdf").startswith(b"%PDF-")
    assert password not in exporter.opens(page_of(run)).source
    with living.staff.app_context(), scope.everyone("a test looks"):
        rows = db.session.execute(select(audit.Event.__table__)).all()
        assert any(row.verb == "seal_package" and row.digest for row in rows)
        assert not any(password in str(tuple(row)) for row in rows)
        db.session.rollback()


@pytest.mark.parametrize("number", ["99999999999999999999", "2147483648", "-1", "0", "abc"])
def test_an_answer_to_a_run_that_cannot_be_is_no_crash(sits, number):
    said = {"run": number, "kind": "", "file": (io.BytesIO(b"x"), "a.txt")}
    assert sits("siming_poster").client.post("/resultlinegrid/upload", data=said).status_code == 400
