"""Chinese unless somebody asks for English; the choice stays in the browser."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["staff", "public"])
def browser(request, town, stage):
    return getattr(stage, request.param).test_client()


def first_page(browser) -> str:
    return browser.get("/", follow_redirects=True).text


def test_it_is_chinese_at_first_whatever_the_browser_asks(browser):
    page = browser.get("/", follow_redirects=True, headers={"Accept-Language": "en"}).text
    assert '<html lang="zh-CN"' in page


def test_english_is_chosen_and_stays_and_can_be_left(browser):
    browser.get("/lang/en")
    assert '<html lang="en"' in first_page(browser)
    assert '<html lang="en"' in first_page(browser)
    browser.get("/lang/zh_CN")
    assert '<html lang="zh-CN"' in first_page(browser)


def test_both_faces_offer_the_choice(browser):
    assert 'href="/lang/en"' in first_page(browser)


@pytest.mark.parametrize("lang", ["de", "zh", "%2e%2e", "en'--"])
def test_another_language_is_no_page(browser, lang):
    assert browser.get(f"/lang/{lang}").status_code == 404
    assert '<html lang="zh-CN"' in first_page(browser)


def test_a_switch_never_leads_off_the_site(browser):
    answer = browser.get("/lang/en", headers={"Referer": "https://evil.example/"})
    assert answer.headers["Location"] in {"/", "/lang/en"}


def test_the_door_speaks_english(town):
    browser = town.browser()
    browser.get("/lang/en")
    page = browser.post("/login/", data={"username": "lin", "password": "wrong"}).text
    assert "Wrong user name or password" in page
