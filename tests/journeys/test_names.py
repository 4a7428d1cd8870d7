"""Who signed a row stands on the page as a person, not as an account."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.accounts.models import Post
from app.kernel import scope
from app.kernel.db import db
from app.payments.models import PayRun, ResultFile
from app.publicity.models import Upload
from tests import world


@pytest.fixture
def name_of(living):
    with living.staff.app_context(), scope.everyone("a test looks"):
        names = {p.username: p.name for p in db.session.scalars(select(Post))}
        db.session.rollback()
    return names


@pytest.fixture
def latest(living):
    """`latest(model, column)`: the last row that an account of somebody signed."""

    def find(model, column):
        with living.staff.app_context(), scope.everyone("a test looks"):
            found = select(model).join(Post, Post.username == column).order_by(model.id.desc())
            row = db.session.scalars(found).first()
            db.session.expunge(row)
            db.session.rollback()
            return row

    return find


def test_the_page_of_a_run_names_who_opened_it(sits, latest, name_of):
    run = latest(PayRun, PayRun.created_by)
    page = sits("fujian_reviewer").opens(f"/rungrid/show/{run.id}")
    assert name_of[run.created_by] in page.words
    assert run.created_by not in page.words


def test_the_files_of_a_run_name_who_brought_them(sits, latest, name_of):
    file = latest(ResultFile, ResultFile.by)
    page = sits("fujian_reviewer").opens(f"/rungrid/show/{file.run_id}")
    assert name_of[file.by] in page.words
    assert file.by not in page.words


def test_an_upload_names_who_sent_it(sits, latest, name_of):
    upload = latest(Upload, Upload.by)
    clerk = sits(upload.by)
    for page in (f"/listgrid/uploads/{upload.id}", "/listgrid/upload"):
        words = clerk.opens(page).words
        assert name_of[upload.by] in words
        assert upload.by not in words


def test_a_list_names_who_drew_up_its_rows(sits, name_of):
    words = sits(world.FUZHOU_EXPORTER).opens("/layoutgrid/list/").words
    others = {name for account, name in name_of.items()
              if account.endswith("_exporter") and account != world.FUZHOU_EXPORTER}  # fmt: skip
    assert any(name in words for name in others)
    assert "_exporter" not in words
