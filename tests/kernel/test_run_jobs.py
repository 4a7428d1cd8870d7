"""Background work in one process: what is asked for, by whom, and how it ends."""

from __future__ import annotations

import threading
import time

import pytest
from flask_babel import force_locale
from sqlalchemy import select

from app.kernel import clock, job_runner, jobs
from app.kernel.audit import Event
from app.kernel.db import db, writing
from app.kernel.errors import Refused
from app.kernel.job_models import Job
from app.kernel.pulse import Progress
from app.kernel.scope import current, everyone, scope
from tests.kernel import job_house
from tests.kernel.job_house import CHEN, LIN


@pytest.fixture(scope="module")
def url(empty_database):
    return empty_database("jobs")


@pytest.fixture
def eager(url):
    """Jobs run at once, where they are asked for."""
    return _open(url, eager=True)


@pytest.fixture
def queued(url):
    """Jobs wait until the test takes them."""
    return _open(url, eager=False)


def _open(url, eager, **settings):
    app = job_house.house(url, eager, **settings)
    job_house.furnish(app)
    return app


def ask(kind, actor=LIN, **args):
    """The finished (or queued) row of a job that `actor` asks for."""
    with scope(actor.org_path), writing():
        row = jobs.enqueue(kind, actor=actor, **args)
        db.session.commit()
    return again(row.id)


def again(job_id):
    with everyone("the test looks"):
        row = db.session.get_one(Job, job_id, populate_existing=True)
        db.session.expunge(row)
        db.session.rollback()
    return row


def test_a_job_runs_and_says_what_came_of_it(eager):
    with eager.app_context():
        row = ask("write_words", words=["林", "陈"])
        assert (row.state, row.sentence, row.next_url) == ("done", "写了2个字", "/words")
        assert (row.done, row.total, row.attempts, row.result) == (2, 2, 1, {"words": 2})
        assert job_house.marks() == ["林", "陈"]


def test_a_job_starts_only_after_the_commit_of_who_asked(eager):
    with eager.app_context(), scope(LIN.org_path), writing():
        jobs.enqueue("write_words", actor=LIN, words=["林"])
        db.session.rollback()
        assert job_house.marks() == []
        db.session.commit()
        assert job_house.marks() == []


def test_a_savepoint_does_not_start_a_job_early(eager):
    with eager.app_context(), scope(LIN.org_path), writing():
        with db.session.begin_nested():
            row = jobs.enqueue("write_words", actor=LIN, words=["林"])
        assert row.state == "queued"
        db.session.commit()
        assert again(row.id).state == "done"


def test_a_job_sees_what_its_owner_sees_in_their_language(eager):
    with eager.test_request_context("/"), force_locale("en"):
        row = ask("look_around", actor=CHEN)
    assert row.result == {"scope": CHEN.org_path, "locale": "en", "who": "chen"}


def test_a_job_asked_for_outside_a_request_speaks_the_language_of_the_house(eager):
    with eager.app_context():
        assert ask("look_around").result["locale"].startswith("zh")


def test_the_scope_of_who_asked_is_back_after_an_eager_job(eager):
    with eager.app_context(), scope(CHEN.org_path):
        ask("look_around", actor=LIN)
        assert current() == CHEN.org_path


def test_a_job_that_refuses_ends_in_that_sentence_and_writes_nothing(eager):
    with eager.app_context():
        row = ask("refuse")
        assert (row.state, row.error) == ("failed", "名单已经上报，不能再改")
        assert jobs.status(row)["sentence"] == "名单已经上报，不能再改"
        assert job_house.marks() == []


def test_a_job_that_breaks_tells_a_number_and_logs_the_rest(eager, caplog):
    with eager.app_context():
        row = ask("break_down")
        assert row.state == "failed"
        assert "数据未写入" in row.error
        reference = next(w for w in row.error.split() if w.startswith(f"{row.id}-"))
        assert reference in caplog.text
        assert "KeyError" in caplog.text
        assert "KeyError" not in row.error
        assert "350102200901011234" not in row.error
        assert job_house.marks() == []


def test_a_kind_nobody_declared_is_the_callers_mistake(eager):
    with eager.app_context(), pytest.raises(KeyError):
        jobs.enqueue("no_such_kind", actor=LIN)


def test_arguments_that_cannot_be_kept_are_the_callers_mistake(eager):
    with eager.app_context(), pytest.raises(TypeError):
        jobs.enqueue("write_words", actor=LIN, words=object())


def test_one_kind_has_one_function():
    with pytest.raises(ValueError, match="write_words"):
        jobs.job("write_words", "又一个")(lambda progress: None)


def test_two_workers_never_claim_the_same_job(queued):
    with queued.app_context():
        wanted = {ask("write_words", words=[str(n)]).id for n in range(6)}
    claimed, start = [], threading.Barrier(4)

    def grab():
        with queued.app_context():
            start.wait()
            while ticket := job_runner.claim():
                claimed.append(ticket.id)

    threads = [threading.Thread(target=grab) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(claimed) == len(set(claimed))
    assert set(claimed) == wanted


def test_jobs_run_in_the_order_they_were_asked_for(queued):
    with queued.app_context():
        for word in ("一", "二", "三"):
            ask("write_words", words=[word])
        for _ in range(4):
            job_runner.work()
        assert job_house.marks() == ["一", "二", "三"]


def test_a_broker_out_of_reach_delays_a_job_and_breaks_nothing(url, caplog):
    """The row is the truth: the message that was to wake a worker is only lost."""
    app = _open(url, eager=False, CELERY_BROKER_URL="redis://127.0.0.1:1/0")
    with app.app_context():
        row = ask("write_words", words=["林"])
        assert row.state == "queued"
        assert "broker is out of reach" in caplog.text
        job_runner.work()
        assert again(row.id).state == "done"


def test_a_queued_job_can_be_cancelled_and_leaves_a_trace(queued):
    with queued.app_context():
        row = ask("write_words", words=["林"])
        with scope(LIN.org_path):
            jobs.cancel(row, actor=LIN)
        job_runner.work()
        assert again(row.id).state == "cancelled"
        assert job_house.marks() == []
        with everyone("the test looks"):
            trace = db.session.scalars(select(Event)).one()
        assert (trace.verb, trace.subject_id, trace.actor) == ("cancel_job", row.id, "lin")


def test_a_finished_job_cannot_be_cancelled(eager):
    with eager.app_context():
        row = ask("write_words", words=["林"])
        with scope(LIN.org_path), pytest.raises(Refused, match="已经结束"):
            jobs.cancel(row, actor=LIN)
        assert again(row.id).state == "done"


def test_a_job_that_nobody_takes_up_says_so_after_a_minute(queued):
    with queued.app_context():
        with clock.at("2026-09-01 09:00:00"):
            row = ask("write_words", words=["林"])
            assert jobs.status(row)["sentence"] == ""
        with clock.at("2026-09-01 09:01:01"):
            assert "后台服务没有运行" in jobs.status(row)["sentence"]


def test_only_who_asked_finds_the_job(queued):
    with queued.app_context():
        row = ask("write_words", words=["林"])
        with scope(LIN.org_path):
            assert jobs.find(row.id, LIN).id == row.id
            assert jobs.find(row.id, CHEN) is None
        with scope(CHEN.org_path):
            assert jobs.find(row.id, LIN) is None


def test_a_worker_taken_for_dead_cannot_write_after_all(queued):
    """It was only slow: its job has been given away, so its writes are rolled back."""
    with queued.app_context():
        row = ask("write_words", words=["林"])
        slow = job_runner.claim()
        _age(row.id)
        assert jobs.sweep() == 1
        other = job_runner.claim()
        assert (other.id, other.attempt) == (row.id, 2)
        job_runner.run(slow)
        assert job_house.marks() == []
        assert again(row.id).state == "running"
        job_runner.run(other)
        assert job_house.marks() == ["林"]
        assert again(row.id).state == "done"


def test_a_dead_workers_job_is_tried_again_and_then_ends_in_a_sentence(queued):
    with queued.app_context():
        row = ask("write_words", words=["林"])
        for state in ("queued", "failed"):
            job_runner.claim()
            assert jobs.sweep() == 0
            _age(row.id)
            assert jobs.sweep() == 1
            assert again(row.id).state == state
        told = jobs.status(again(row.id))
        assert told["over"]
        assert told["sentence"] == "后台任务被中断，数据未写入，请重新提交。"


def test_the_page_that_asks_finds_out_that_the_worker_is_dead(queued):
    with queued.app_context():
        row = ask("write_words", words=["林"])
        job_runner.claim()
        _age(row.id)
        jobs.status(again(row.id))
        assert again(row.id).state == "queued"


def _age(job_id):
    """The job's last sign of life lies a minute back."""
    with writing(), db.engine.begin() as connection:
        old = jobs.alive_now() - 60
        connection.execute(jobs.JOB.update().where(jobs.JOB.c.id == job_id).values(heartbeat=old))


@pytest.fixture
def night(monkeypatch):
    """Words are written every night at half past one."""
    monkeypatch.setattr(jobs, "KINDS", dict(jobs.KINDS))
    monkeypatch.setattr(job_runner, "KINDS", jobs.KINDS)
    jobs.NIGHTLY.clear()

    @jobs.nightly(1, 30, "night_word", "夜班")
    def night_word(progress):
        job_house.write(clock.today().isoformat())

    yield
    jobs.NIGHTLY.clear()


def test_nightly_work_is_asked_for_once_a_night(eager, night):
    with eager.app_context():
        for moment in ("2026-09-01 01:29", "2026-09-01 01:30", "2026-09-01 01:31"):
            with clock.at(moment):
                job_runner.tick()
        assert job_house.marks() == ["2026-09-01"]


def test_a_night_slept_through_is_made_up_for_in_the_morning(eager, night):
    with eager.app_context(), clock.at("2026-09-02 08:00"):
        job_runner.tick()
        job_runner.tick()
        assert job_house.marks() == ["2026-09-02"]


def test_two_clocks_at_once_ask_for_one_night(eager, night):
    """The second finds the key taken although its own look came too early to see it."""
    with eager.app_context(), clock.at("2026-09-02 08:00"), everyone("the clock"), writing():
        job_runner._ask_once("night_word", "night_word 2026-09-02")
        job_runner._ask_once("night_word", "night_word 2026-09-02")
        assert job_house.marks() == ["2026-09-02"]


def test_progress_reckons_the_time_that_is_left():
    progress = Progress(LIN, _began=time.monotonic() - 30)
    assert progress.seconds_left is None
    progress.step(300, 400, "第三段")
    assert progress.seconds_left == 10
