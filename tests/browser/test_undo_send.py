"""The button that takes an answer back: while it is held, and no longer."""

import re

from playwright.sync_api import expect

from portal.core.database import db
from portal.mail.models import EmailLog
from tests.browser.test_ticket import agent, at_ticket


def answered(site, context, number):
    page = at_ticket(site, context, agent(site, "Bea Agent"), number)
    page.locator("#reply-body").fill("Try again.")
    page.get_by_role("button", name="Send to customer").click()
    expect(page.locator(".message-ours")).to_have_count(1)
    return page


def test_a_key_takes_the_answer_back_and_its_text_is_there_again(site, context, number):
    page = answered(site, context, number)
    expect(page.get_by_role("button", name="Undo send")).to_be_visible()
    expect(page.locator("#announcer")).to_have_text(re.compile(r"for \d+ seconds: press U"))
    page.locator("#content").focus()
    page.keyboard.press("u")
    expect(page.locator("main")).to_contain_text("Your answer was not sent.")
    expect(page.locator("#reply-body")).to_have_value("Try again.")
    expect(page.get_by_role("button", name="Undo send")).to_have_count(0)
    with site.app.app_context():
        statuses = db.session.query(EmailLog.status).filter_by(recipient="uma@acme.test")
        assert [status for (status,) in statuses] == ["cancelled"]


def test_the_button_leaves_by_itself_and_nothing_moves(site, context, number):
    page = at_ticket(site, context, agent(site, "Bea Agent"), number)
    page.clock.install()
    page.locator("#reply-body").fill("Try again.")
    page.get_by_role("button", name="Send to customer").click()
    button = page.get_by_role("button", name="Undo send")
    button.focus()
    before = page.locator("#composer").bounding_box()["y"]
    page.clock.fast_forward(11_000)
    expect(button).to_have_count(0)
    expect(page.locator(".message-ours .message-at")).to_be_focused()
    expect(page.locator("#announcer")).to_have_text("Your answer can no longer be taken back.")
    assert abs(page.locator("#composer").bounding_box()["y"] - before) < 1


def test_the_button_works_without_javascript(site, plain_page, number):
    page = answered(site, plain_page.context, number)
    page.get_by_role("button", name="Undo send").click()
    expect(page.locator("#reply-body")).to_have_value("Try again.")
    expect(page.locator(".message-note")).to_contain_text("It was taken back before it was sent.")
