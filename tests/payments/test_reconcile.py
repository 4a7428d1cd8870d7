"""The books on a page: a number leads to just the rows it counts, and a row to its whole way."""

from __future__ import annotations

import csv
import html
import io
import re

import pytest
from sqlalchemy import func, select, update

from app.accounts.models import Org, Post
from app.kernel import clock, scope, triggers
from app.kernel.db import db, writing
from app.payments import tracing
from app.payments.behind import PARTS
from app.payments.models import Attempt, PayFile, Payment, PayRun
from app.publicity.models import AidLine, AidList
from app.registry.models import Programme
from tests import world

BOOKS = "/duegrid/reconcile"
ENDS = [part for part in PARTS.labels if part != "payable"]
"""Where the money of a line can stand: one of these for each line."""
ALL = f"{BOOKS}?month="
NUMBER = re.compile(
    r'<a class="total" href="([^"]+)">(?:(?!</a>).)*?([\d,]+) 笔</small>', re.DOTALL
)
CELL = re.compile(
    r'<td class="is-number[^>]*><a href="([^"]+)">(?:(?!</td>).)*?([\d,]+) 笔', re.DOTALL
)
FOUND = re.compile(r"共 <strong>([\d,]+)")
DUTIES = ("clerk", "reviewer", "approver", "exporter", "poster")
READERS = [*(f"fujian_{d}" for d in DUTIES), world.QISHAN_CLERK, world.QISHAN_REVIEWER]


@pytest.fixture
def tables(living):
    """The tables as they are; no page is asked for inside."""
    with living.staff.app_context(), scope.everyone("a test looks at everything"):
        yield


@pytest.fixture
def ask(living):
    """The first thing a statement finds; what it changes, it changes for good."""

    def run(statement):
        with living.staff.app_context(), scope.everyone("a test looks"), writing():
            done = db.session.execute(statement)
            found = done.scalars().first() if statement.is_select else None
            db.session.commit()
        return found

    return run


@pytest.fixture
def unguarded(living):
    """The database refuses such rows; here they stand as if it never had."""

    def lift():
        with living.staff.app_context(), writing():
            triggers.lift(db.session.connection(), "recovery")
            db.session.commit()

    return lift


@pytest.fixture
def org(ask):
    return lambda code: ask(select(Org.id).where(Org.code == code))


def rows_behind(client, url: str) -> int:
    """How many rows the list behind a number says it has."""
    page = client.get(html.unescape(url))
    assert page.status_code == 200, url
    if "/rungrid/" in url or "/listgrid/" in url:
        return -1  # whole runs and lists: they count less than their lines
    return int(FOUND.search(page.text)[1].replace(",", ""))


def numbers(page: str) -> dict[str, int]:
    found = [*NUMBER.findall(page), *CELL.findall(page)]
    return {url: int(n.replace(",", "")) for url, n in found}


@pytest.mark.parametrize("username", READERS)
def test_whoever_handles_lists_or_money_reads_the_books(living, client_of, username):
    page = client_of(username).get(BOOKS)
    assert page.status_code == 200
    assert "所列等式全部成立" in page.text
    assert f'href="{BOOKS}"' in client_of(username).get("/").text


@pytest.mark.parametrize("username", [world.SYSADMIN, world.SECADMIN, world.AUDITOR])
def test_administrators_read_no_books(living, client_of, username):
    client = client_of(username)
    assert client.get(BOOKS).status_code == 403
    assert client.get("/duegrid/list/").status_code == 403
    assert BOOKS not in client.get("/").text


@pytest.mark.parametrize(("username", "args"), [
    ("fujian_reviewer", "?month="), ("fujian_reviewer", "?month=2026-09"),
    (world.MINHOU_CLERK, "?month=2026-09"), (world.QISHAN_CLERK, "?month="),
    (world.QISHAN_CLERK, "?month=2026-09"), ("fujian_reviewer", "?month=&by=programme"),
])  # fmt: skip
def test_every_number_leads_to_as_many_rows(living, client_of, username, args):
    client = client_of(username)
    found = numbers(client.get(BOOKS + args).text)
    told = {url: (n, rows_behind(client, url)) for url, n in found.items()}
    assert not {url: pair for url, pair in told.items() if pair[1] not in (pair[0], -1)}
    assert sum(seen > 0 for _n, seen in told.values()) >= 5


def test_only_lines_of_lists_on_notice_are_due(living, client_of, ask):
    """A draft owes nobody anything; the page of its line stays."""
    books = AidLine.aid_list.has(AidList.state.in_(("published", "confirmed")))
    draft = ask(select(AidLine.id).where(~books))
    assert rows_behind(client_of("fujian_clerk"), "/duegrid/list/") == ask(
        select(func.count(AidLine.id)).where(books)
    )
    assert client_of("fujian_clerk").get(f"/duegrid/show/{draft}").status_code == 200


@pytest.mark.parametrize("username", ["fujian_reviewer", world.MINHOU_CLERK, world.QISHAN_CLERK])
def test_each_line_says_where_its_money_went_and_can_be_asked_for_by_it(
    living, client_of, ask, username
):
    client, every = client_of(username), rows_behind(client_of(username), "/duegrid/list/")
    found = {}
    for part in ENDS:
        page = client.get(f"/duegrid/list/?_flt_0_part={part}&psize_DueGrid=100").text
        found[part] = rows_behind(client, f"/duegrid/list/?_flt_0_part={part}")
        said = re.findall(r'data-label="去向"><div><span[^>]*>([^<]+)', page)
        assert set(said) <= {str(PARTS.labels[part])}
        assert len(said) == min(found[part], 100)
    assert sum(found.values()) == every
    assert found["paid"]
    page = client.get("/duegrid/list/?_flt_0_part=paid").text
    runs = set(re.findall(r'data-label="批次"><div>(.*?)</td>', page, re.DOTALL))
    assert runs
    assert all(("/rungrid/show/" in told) is (username != world.QISHAN_CLERK) for told in runs)
    assert all(re.search(r"#\d+ · 已", told) for told in runs)


def test_where_the_money_went_is_exported_with_it(living, client_of, statements):
    client = client_of("fujian_reviewer")
    with statements() as seen:
        file = client.post("/duegrid/export?format=csv&_flt_0_part=paid").data.decode("utf-8-sig")
    head, first, *_rest = csv.reader(io.StringIO(file))
    told = dict(zip(head, first, strict=True))
    assert told["去向"] == "已到账"
    assert re.fullmatch(r"#\d+ · .+", told["批次"])
    assert len(seen) < 20


def test_a_school_of_a_bureau_is_two_presses_away(living, client_of, org):
    client, bureau, school = client_of("fujian_clerk"), org(world.MINHOU), org(world.QISHAN)
    months = client.get(ALL).text
    assert f"{BOOKS}?month=2026-09" in months
    bureaus = html.unescape(client.get(f"{BOOKS}?month=2026-09").text)
    assert f"{BOOKS}?month=2026-09&org={bureau}" in bureaus
    schools = html.unescape(client.get(f"{BOOKS}?month=2026-09&org={bureau}").text)
    assert f"{BOOKS}?month=2026-09&org={school}" in schools
    own = client.get(f"{BOOKS}?month=2026-09&org={school}").text
    assert numbers(own)
    assert all(rows_behind(client, url) in (n, -1) for url, n in numbers(own).items())


def test_the_books_are_told_by_programme_and_narrowed_to_one(living, client_of, ask):
    client = client_of("fujian_clerk")
    grant, free = (ask(select(Programme.id).where(Programme.code == code))
                   for code in ("GRANT", "TUITION_FREE"))  # fmt: skip
    every = client.get(f"{BOOKS}?month=2026-09").text
    parts = html.unescape(client.get(f"{BOOKS}?month=2026-09&by=programme").text)
    assert f"{BOOKS}?month=2026-09&programme={grant}" in parts
    narrowed = client.get(f"{BOOKS}?month=2026-09&programme={grant}").text
    assert "所列等式全部成立" in narrowed
    found = numbers(narrowed)
    assert all(f"_flt_0_programme={grant}" in html.unescape(url) for url in found)
    assert all(rows_behind(client, url) in (n, -1) for url, n in found.items())
    assert sorted(found.values()) == sorted(numbers(every).values())
    assert not numbers(client.get(f"{BOOKS}?month=2026-09&programme={free}").text)


def test_the_page_opens_at_the_latest_month(client_of, ask):
    shown = AidList.state.in_(("published", "confirmed"))
    latest = ask(select(AidList.month).where(shown).order_by(AidList.month.desc()).limit(1))
    page = client_of("fujian_clerk").get(BOOKS).text
    assert f'name="month" value="{latest}"' in page
    assert 'name="month" value=""' in client_of("fujian_clerk").get(ALL).text


def test_before_the_first_list_the_page_says_so(stage, client_of):
    with clock.at(world.NOW):
        stage.at("fujian", world.load)
        assert "还没有公示或确认的名单" in client_of("fujian_clerk").get(BOOKS).text


def test_another_places_books_are_not_there(living, client_of, org):
    far, strange = org(world.SIMING), org(world.LUJIANG)
    for key in (far, strange, 999_999):
        assert client_of(world.MINHOU_CLERK).get(f"{BOOKS}?org={key}").status_code == 404


@pytest.mark.parametrize("args", ["month=2026-13", "month=x", "org=x", "org=-1"])
def test_what_no_page_would_ask_is_refused(living, client_of, args):
    assert client_of("fujian_clerk").get(f"{BOOKS}?{args}").status_code == 400


@pytest.mark.parametrize(("who", "args"), [
    ("fujian_clerk", ""), ("fujian_clerk", "?month="), ("fujian_clerk", "?month=2026-09"),
    ("fujian_clerk", "?month=2026-09&org={minhou}"), (world.QISHAN_CLERK, "?month=2026-09"),
])  # fmt: skip
def test_the_page_costs_few_statements(living, client_of, org, statements, who, args):
    client, minhou = client_of(who), org(world.MINHOU)
    with statements() as seen:
        assert client.get(BOOKS + args.format(minhou=minhou)).status_code == 200
    assert len(seen) <= 6, seen


def test_what_does_not_hold_is_said_with_the_row(client_of, ask, unguarded):
    pk = ask(select(Payment.line_id).order_by(Payment.id).limit(1))
    unguarded()
    ask(update(Payment.__table__).where(Payment.line_id == pk).values(fen=Payment.fen + 100))
    page = client_of("fujian_reviewer").get(ALL).text
    assert "有 3 条等式不成立" in page
    assert f"/duegrid/show/{pk}" in page
    assert "3 条不成立" in page


def test_even_when_all_is_wrong_the_page_costs_few_statements(
    client_of, ask, statements, unguarded
):
    unguarded()
    for model, wrong in ((AidList, {"total_fen": AidList.total_fen + 1}),
                         (Payment, {"fen": Payment.fen + 1, "person_id": Payment.person_id + 1}),
                         (PayRun, {"line_count": PayRun.line_count + 1}),
                         (PayFile, {"fen": PayFile.fen + 1})):  # fmt: skip
        ask(update(model.__table__).values(wrong))
    client = client_of("fujian_reviewer")
    with statements() as seen:
        page = client.get(ALL).text
    assert "有 8 条等式不成立" in page
    assert len(seen) <= 10, len(seen)


@pytest.fixture
def tried_twice(ask):
    """An order that failed and whose payment was then paid."""
    again = select(Attempt.payment_id).where(Attempt.no == 2, Attempt.state == "paid")
    return ask(select(Attempt).where(Attempt.payment_id.in_(again), Attempt.no == 1)
               .order_by(Attempt.id).limit(1))  # fmt: skip


def test_a_row_tells_its_whole_way(ask, client_of, tried_twice):
    page = client_of("fujian_reviewer").get(f"/attemptgrid/show/{tried_twice.id}").text
    second = ask(
        select(Attempt).where(Attempt.payment_id == tried_twice.payment_id, Attempt.no == 2)
    )
    for words in ("公示", "第 1 次支付", "第 2 次支付", tried_twice.ref, second.ref,
                  tried_twice.reason_text, second.bank_ref, "审核并公示", "开立支付批次",
                  "导入银行回盘", "复核银行文件", "第 1 笔"):  # fmt: skip
        assert words in page, words
    assert page.index("第 1 次支付") < page.index("第 2 次支付")


def test_a_school_reads_the_number_of_the_run_that_its_bureau_keeps(client_of, ask, org):
    path = select(Org.path).where(Org.id == org(world.QISHAN)).scalar_subquery()
    order = ask(select(Attempt).where(Attempt.org_path == path).order_by(Attempt.id).limit(1))
    page = client_of(world.QISHAN_CLERK).get(f"/attemptgrid/show/{order.id}").text
    facts = page[page.index("<dl") : page.index("</dl>")]
    assert f"#{order.run_id}" in facts
    bureaus = client_of(world.MINHOU_EXPORTER).get(f"/attemptgrid/show/{order.id}").text
    assert re.search(rf"教育局 \d{{4}}-\d\d #{order.run_id}\b", bureaus)


def test_a_school_sees_the_way_but_not_the_bureaus_people(client_of, ask, org):
    own = select(AidList.id).where(AidList.school_id == org(world.QISHAN))
    line = ask(select(AidLine.id).join(Payment, Payment.line_id == AidLine.id)
               .where(AidLine.list_id.in_(own)).order_by(AidLine.id).limit(1))  # fmt: skip
    page = client_of(world.QISHAN_CLERK).get(f"/duegrid/show/{line}").text
    assert "第 1 次支付" in page
    assert "上报" in page
    exporter = ask(select(Post).where(Post.username == world.MINHOU_EXPORTER)).name
    assert exporter not in page
    assert world.MINHOU_EXPORTER not in page
    assert "_001." not in page, "the name of a bank file is the bureau's"
    assert exporter in client_of(world.MINHOU_CLERK).get(f"/duegrid/show/{line}").text


def test_a_line_in_no_run_says_so(client_of, ask):
    line = ask(select(AidLine.id).join(AidLine.aid_list).where(AidList.state == "published"))
    page = client_of("fujian_reviewer").get(f"/duegrid/show/{line}").text
    assert "没有列入支付批次：公示中。" in page


def test_a_line_of_a_draft_is_not_said_to_be_due(client_of, ask):
    line = ask(select(AidLine.id).join(AidLine.aid_list).where(AidList.state == "draft"))
    page = client_of("fujian_reviewer").get(f"/duegrid/show/{line}").text
    assert "这一笔还没有列入支付批次。" in page


def test_the_trace_costs_the_same_for_one_order_and_for_two(tried_twice, tables, statements):
    once = db.session.scalar(select(Payment.id).where(Payment.attempt_no == 1).limit(1))
    costs = []
    for payment in (once, tried_twice.payment_id):
        db.session.expire_all()
        with statements() as seen:
            tracing.trace(Payment.id == payment)
        costs.append(len(seen))
    assert costs[0] == costs[1] <= 7


def test_places_in_files_are_those_of_the_rows_written(tables):
    """Every order of every package stands at one row of one file, and each file is full."""
    rows: dict[int, list[int]] = {}
    for payment in db.session.scalars(select(Payment)):
        for order in tracing.trace(Payment.id == payment.id).orders:
            assert (order.place is not None) == order.is_carried
            if order.place:
                rows.setdefault(order.place[0].id, []).append(order.place[1])
    counts = dict(db.session.execute(select(PayFile.id, PayFile.row_count)).all())
    assert {pk: sorted(found) for pk, found in rows.items()} == {
        pk: list(range(1, n + 1)) for pk, n in counts.items()
    }  # fmt: skip
    assert sum(counts.values()) == db.session.scalar(select(func.sum(PayFile.row_count)))
