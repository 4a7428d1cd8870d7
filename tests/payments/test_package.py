"""What leaves the house with the bank files: papers that never change, and an archive sealed."""

from __future__ import annotations

import csv
import io
import re
import zipfile

import pytest
import pyzipper

from app.kernel import audit, clock, crypto, files, scope
from app.kernel.errors import Refused
from app.kernel.keyring import Keyring
from app.kernel.types import capitals
from app.payments import exporting, packing
from app.payments.models import PayFile, PayRun
from tests.engine import MONTHLY, OVER, Place, lines


@pytest.fixture
def shipped_run(world):
    """Five orders in the store, as the pages put them there."""

    def make(of):
        of.confirmed(of.school, lines(5))
        run = of.opened()
        from dataclasses import replace

        from app.payments.banks import shipped

        bank = replace(shipped()["pipe_gbk"], max_rows_per_file=2)
        actor = of.county.exporter
        with clock.at(OVER):
            of.act(actor, exporting.export, run, bank, exporting.folder_of(run), actor)
        return run

    return world.at("shipped_run", make)


@pytest.fixture(autouse=True)
def _inside(world):
    with scope.scope(world.county.path):
        yield


def lying(path):
    """What lies sealed there."""
    with files.opened(path) as clear:
        return clear.read()


def sealed(run):
    return io.BytesIO(lying(packing.sealed_path(run)))


def facts(run):
    return packing.facts_of(run, packing.queries.files_of(run.id))


def test_the_sheet_says_count_sum_capitals_hashes_and_hands(world, shipped_run):
    said = facts(shipped_run)
    assert (said.rows, said.fen) == (5, 5 * MONTHLY)
    assert capitals(said.fen) == "壹仟壹佰伍拾元整"
    assert said.opened_by == world.county.clerk.username
    assert said.exported_by == world.county.exporter.username
    assert [f.sha256 for f in said.files] == [f.sha256 for f in world.all(PayFile)]
    assert said.exported_at == "2026-09-24 00:05"


def test_the_sheet_is_a_pdf_with_its_chinese_inside(shipped_run):
    sheet = lying(packing.papers(shipped_run)[packing.SHEET])
    assert sheet.startswith(b"%PDF-")
    assert b"/FontFile2" in sheet
    assert len(sheet) < 100_000


def test_the_papers_are_the_same_bytes_whenever_they_are_asked_for(world, shipped_run):
    first = {n: lying(p) for n, p in packing.papers(shipped_run).items()}
    with clock.at("2027-01-01T09:00"):
        for path in packing.papers(shipped_run).values():
            path.unlink()
        assert {n: lying(p) for n, p in packing.papers(shipped_run).items()} == first


def test_the_list_of_files_adds_up(world, shipped_run):
    text = lying(packing.papers(shipped_run)[packing.LIST]).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    files = world.all(PayFile)
    assert [r[0] for r in rows[1:-1]] == [f.name for f in files]
    assert [r[3] for r in rows[1:-1]] == [f.sha256 for f in files]
    assert rows[-1][:3] == ["合计", "5", "1150.00"]


def test_the_open_archive_is_the_same_bytes_each_time_and_holds_everything(world, shipped_run):
    first = packing.whole(shipped_run).read()
    assert packing.whole(shipped_run).read() == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        names = {f.name for f in world.all(PayFile)}
        assert set(archive.namelist()) == names | {"papers/approval.pdf", "papers/manifest.csv"}
        for name in names:
            kept = exporting.folder_of(shipped_run) / name
            assert archive.read(name) == lying(kept)


def test_the_sealed_archive_opens_with_its_password_alone(shipped_run):
    made = packing.seal(shipped_run)
    assert re.fullmatch(r"(\w{5}-){3}\w{5}", made.password)
    with pyzipper.AESZipFile(sealed(shipped_run)) as archive:
        name = archive.namelist()[0]
        assert archive.getinfo(name).flag_bits & 1
        with pytest.raises(RuntimeError, match="password"):
            archive.read(name)
        archive.setpassword(b"wrong")
        with pytest.raises(RuntimeError, match="password"):
            archive.read(name)
        archive.setpassword(made.password.encode())
        assert archive.read(name) == lying(exporting.folder_of(shipped_run) / name)


def test_no_card_number_stands_in_the_sealed_archive_and_no_password_beside_it(shipped_run):
    made = packing.seal(shipped_run)
    for path in packing.folder_of(shipped_run).iterdir():
        content = lying(path)
        assert made.password.encode() not in content
        assert b"621284" not in content


def test_sealing_again_makes_another_password_and_drops_the_first(shipped_run):
    first, second = packing.seal(shipped_run), packing.seal(shipped_run)
    assert first.password != second.password
    with pyzipper.AESZipFile(sealed(shipped_run)) as archive:
        archive.setpassword(first.password.encode())
        with pytest.raises(RuntimeError, match="password"):
            archive.read(archive.namelist()[0])


@pytest.mark.parametrize("harm", [
    lambda path: path.write_bytes(path.read_bytes() + b" "), lambda path: path.unlink(),
])  # fmt: skip
def test_a_file_that_is_not_what_was_exported_is_not_handed_out(world, shipped_run, harm):
    path = exporting.folder_of(shipped_run) / world.all(PayFile)[0].name
    before = path.read_bytes()
    harm(path)
    try:
        for hand_out in (packing.whole, packing.seal):
            with pytest.raises(Refused, match="与导出时不一致"):
                hand_out(shipped_run)
    finally:
        path.write_bytes(before)


def test_a_key_that_is_not_there_is_said_to_be_so_and_nobody_altered_the_file(world, shipped_run):
    file, ring = world.all(PayFile)[0], crypto.ring()
    crypto.configure(Keyring.fresh("sm4-gcm"))
    try:
        with pytest.raises(Refused, match="密钥不在") as refused:
            packing.bank_file(shipped_run, file)
    finally:
        crypto.configure(ring)
    assert "改动" not in refused.value.sentence


def test_no_card_number_lies_in_clear_anywhere_in_the_store(shipped_run):
    packing.whole(shipped_run).close()
    packing.seal(shipped_run)
    lies = [p for p in files.store().rglob("*") if p.is_file()]
    assert {p.name for p in exporting.folder_of(shipped_run).iterdir()} <= {p.name for p in lies}
    assert [p for p in lies if b"621284" in p.read_bytes()] == []
    assert b"621284" in lying(next(exporting.folder_of(shipped_run).iterdir()))


def test_a_package_of_before_the_sealing_is_handed_out_as_it_was(world, shipped_run):
    path = exporting.folder_of(shipped_run) / world.all(PayFile)[0].name
    before, clear = path.read_bytes(), lying(path)
    path.write_bytes(clear)
    try:
        with packing.bank_file(shipped_run, world.all(PayFile)[0]) as made:
            assert made.read() == clear
    finally:
        path.write_bytes(before)


def test_before_the_export_there_is_nothing_to_hand_out(world, waiting_run):
    with pytest.raises(Refused, match="还没有生成银行文件"):
        packing.papers(waiting_run)


# --- three people


def as_duty(place: Place, actor, duty: str):
    """The same account, which has been given another duty since."""
    other = place.actor(duty)
    return other.__class__(actor.id, actor.username, actor.name, other.role, actor.org_id,
                           actor.org_path)  # fmt: skip


def test_whoever_exported_a_run_brings_in_no_results_even_with_that_duty(world, run, tmp_path):
    hand = as_duty(world.county, world.county.exporter, "poster")
    path = tmp_path / "x.txt"
    path.write_bytes(b"")
    with pytest.raises(Refused, match="须由不同的人办理"):
        world.post(run, path, hand)


def test_whoever_checked_a_run_brings_in_no_results_even_with_that_duty(world, run, tmp_path):
    assert world.press("check", run, world.county.reviewer).moved == 1
    hand = as_duty(world.county, world.county.reviewer, "poster")
    path = tmp_path / "x.txt"
    path.write_bytes(b"")
    with pytest.raises(Refused, match="须由不同的人办理"):
        world.post(run, path, hand)


@pytest.mark.parametrize("duty", ["reviewer", "approver"])
def test_whoever_exported_or_brought_in_results_does_not_check_even_with_that_duty(
    world, run, duty
):
    """Answers were once taken before the check; who brought those in is known by the trail."""
    poster = world.county.poster
    facts = {"org_path": run.org_path, "subject": "pay_run", "subject_id": run.id}
    world.act(poster, lambda: audit.record("results", actor=poster, **facts))
    for first in (world.county.exporter, poster, world.county.clerk):
        hand = as_duty(world.county, first, duty)
        assert world.press("check", run, hand).moved == 0
    assert world.one(PayRun, id=run.id).state == "exported"
    assert world.press("check", run, world.county.actor(duty)).moved == 1
