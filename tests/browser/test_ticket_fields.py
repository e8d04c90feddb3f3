"""The fields beside a ticket: what Enter does, and what a refusal leaves."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from portal.core import clock
from portal.core.database import db
from portal.support.models import SupportTicket
from tests.browser import hands
from tests.browser.test_ticket import agent


def at_ticket(site, page, name, number):
    site.sign_in(page.context, agent(site, name))
    page.goto(f"/support/tickets/{number}")
    page.wait_for_load_state()
    return page


@pytest.fixture(params=["page", "plain_page"], ids=["with-scripts", "without-scripts"])
def bea(site, number, request):
    return at_ticket(site, request.getfixturevalue(request.param), "Bea Agent", number)


def snooze_until(page, moment):
    if not page.locator("#field-until").is_visible():
        page.locator("#snooze summary").click()
    page.locator("#field-until").fill(f"{moment:%Y-%m-%dT%H:%M}")
    page.locator("#field-until").press("Enter")


def test_enter_in_the_time_of_a_snooze_takes_that_time(bea, site, number):
    wanted = (clock.now() + timedelta(days=9)).replace(hour=7, minute=30, second=0, microsecond=0)
    snooze_until(bea, wanted)
    expect(bea.locator("#ticket-head")).to_contain_text("Snoozed until")
    with site.app.app_context():
        ticket = db.session.query(SupportTicket).filter_by(number=number).one()
        assert ticket.snoozed_until == wanted


def test_a_refused_snooze_stays_open_with_its_time_and_the_reason(bea):
    past = clock.now() - timedelta(days=2)
    snooze_until(bea, past)
    expect(bea.locator("#snooze .field-error")).to_be_visible()
    expect(bea.locator("#field-until")).to_have_value(f"{past:%Y-%m-%dT%H:%M}")
    expect(bea.locator("#field-until")).to_have_accessible_description(
        "Choose a time between now and a year from now."
    )
    snooze_until(bea, clock.now() + timedelta(days=2))
    expect(bea.locator("#ticket-head")).to_contain_text("Snoozed until")


def test_a_choice_that_was_not_saved_can_be_sent_again(site, page, open_context, number):
    mo = at_ticket(site, open_context().new_page(), "Mo Agent", number)
    bea = at_ticket(site, page, "Bea Agent", number)
    bea.locator("#field-priority").focus()  # so that news leave it as it is
    mo.locator("#field-priority").select_option("low")
    expect(mo.locator("[name=old_priority]")).to_have_value("low")
    bea.locator("#field-priority").select_option("urgent")
    expect(bea.locator("#ticket-fields .alert")).to_contain_text("Yours was not saved")
    with bea.expect_response(re.compile("/priority$")) as answered:
        bea.get_by_role("button", name="Set priority").click()
    assert answered.value.status == 200
    expect(bea.locator("#ticket-head")).to_contain_text("Urgent")
    expect(bea.get_by_role("button", name="Set priority")).to_be_hidden()
    expect(bea.get_by_role("button", name="Set category")).to_be_hidden()


def test_watching_keeps_the_place_and_is_said(site, page, number):
    bea = at_ticket(site, page, "Bea Agent", number)
    for label, after in (("Watch", "Stop watching"), ("Stop watching", "Watch")):
        bea.evaluate("document.getElementById('announcer').textContent = ''")
        button = bea.locator("#watching").get_by_role("button", name=label, exact=True)
        button.press("Enter")
        changed = bea.locator("#watching").get_by_role("button", name=after, exact=True)
        expect(changed).to_be_focused()
        expect(bea.locator("#announcer")).to_have_text("Saved")


def test_the_focus_stays_where_a_ticket_is_snoozed_and_woken(site, page, number):
    bea = at_ticket(site, page, "Bea Agent", number)
    bea.keyboard.press("z")
    bea.keyboard.press("Enter")
    expect(bea.get_by_role("button", name="Wake it")).to_be_focused()
    bea.keyboard.press("Enter")
    expect(bea.locator("#snooze summary")).to_be_focused()


@pytest.mark.parametrize("way", ["Enter", "Tab"])
def test_the_focus_stays_where_a_subject_is_saved(site, page, number, way):
    bea = at_ticket(site, page, "Bea Agent", number)
    bea.locator("#subject summary").press("Enter")
    bea.locator("#field-subject").fill("It stopped again")
    bea.locator("#field-subject").press(way)
    if way == "Tab":
        bea.keyboard.press("Enter")
    expect(bea.locator("h1")).to_have_text("It stopped again")
    expect(bea.locator("#subject summary")).to_be_focused()


def test_a_saved_field_is_said_and_a_refused_one_is_not(site, page, number):
    bea = at_ticket(site, page, "Bea Agent", number)
    bea.locator("#field-priority").select_option("urgent")
    expect(bea.locator("#announcer")).to_have_text("Saved")
    bea.evaluate("document.getElementById('announcer').textContent = ''")
    bea.locator("#field-tag").press("Enter")
    expect(bea.locator("#ticket-fields [role=alert]")).to_contain_text("Write a tag first.")
    expect(bea.locator("#announcer")).to_have_text("")


@pytest.fixture
def two(site, page, open_context, number):
    """Bea and Mo, with the same ticket open."""
    mo = at_ticket(site, open_context().new_page(), "Mo Agent", number)
    return at_ticket(site, page, "Bea Agent", number), mo


def set_priority(page, value):
    page.locator("#field-priority").select_option(value)
    expect(page.locator("[name=old_priority]")).to_have_value(value)


def look(page):
    with page.expect_response(re.compile("/news")):
        page.evaluate("htmx.trigger('#ticket-news', 'look')")


def test_what_a_colleague_sets_is_seen_in_the_fields(two):
    bea, mo = two
    set_priority(mo, "low")
    look(bea)
    expect(bea.locator("#field-priority")).to_have_value("low")
    set_priority(bea, "urgent")  # what it was drawn from came along
    look(mo)
    expect(mo.locator("#field-priority")).to_have_value("urgent")


def test_news_that_come_late_take_nothing_back(two):
    bea, mo = two
    expect(bea.locator("#ticket-news")).not_to_have_attribute("hx-trigger", re.compile("load"))
    mo.locator("#field-category").select_option("billing")
    expect(mo.locator("[name=old_category]")).to_have_value("billing")
    held = hands.hold(bea, "**/news**")
    bea.evaluate("htmx.trigger('#ticket-news', 'look')")
    expect(bea.locator(hands.HELD)).to_be_attached()
    set_priority(bea, "urgent")
    hands.let_go(held)
    expect(bea.locator("#ticket-news.htmx-request")).to_have_count(0)
    assert "Urgent" in bea.locator("#ticket-head").inner_text()
    assert bea.locator("#field-priority").input_value() == "urgent"
    look(bea)  # what they brought besides is not lost
    expect(bea.locator("#field-category")).to_have_value("billing")


def test_of_two_fields_set_at_once_the_later_answer_counts(two):
    bea, _ = two
    held = hands.hold(bea, "**/priority")
    bea.locator("#field-priority").select_option("urgent")
    expect(bea.locator(hands.HELD)).to_be_attached()
    bea.locator("#field-category").select_option("billing")
    expect(bea.locator("[name=old_category]")).to_have_value("billing")
    with bea.expect_response("**/priority"):
        hands.let_go(held)
    expect(bea.locator("form.htmx-request")).to_have_count(0)
    assert bea.locator("#field-category").input_value() == "billing"
    assert bea.locator("#field-priority").input_value() == "urgent"


def focus_the_tags(page):
    page.locator("#field-tag").focus()


def open_the_snooze(page):
    page.locator("#snooze summary").click()
    page.evaluate("document.activeElement.blur()")


def begin_a_tag(page):
    page.fill("#field-tag", "half-writ")
    page.evaluate("document.activeElement.blur()")


@pytest.mark.parametrize("work", [focus_the_tags, open_the_snooze, begin_a_tag])
def test_fields_stay_as_they_are_while_somebody_is_at_work_in_them(two, work):
    bea, mo = two
    work(bea)
    set_priority(mo, "urgent")
    look(bea)
    expect(bea.locator("#ticket-head")).to_contain_text("Urgent")
    assert bea.locator("#field-priority").input_value() == "medium"


def test_fields_that_stayed_follow_once_nobody_is_at_work_in_them(two):
    bea, mo = two
    focus_the_tags(bea)
    set_priority(mo, "urgent")
    look(bea)
    expect(bea.locator("#ticket-head")).to_contain_text("Urgent")
    bea.evaluate("document.activeElement.blur()")
    look(bea)
    expect(bea.locator("#field-priority")).to_have_value("urgent")


def test_the_field_of_tags_offers_those_in_use(two):
    bea, _ = two
    bea.fill("#field-tag", "offered")
    bea.get_by_role("button", name="Add tag").click()
    expect(bea.locator("#ticket-fields .chips")).to_contain_text("offered")
    bea.reload()
    focus_the_tags(bea)
    expect(bea.locator("#tags-in-use option[value=offered]")).to_have_count(1)
