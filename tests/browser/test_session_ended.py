"""The session ends while somebody types: the text stays in the page, and they go on with it."""

import pytest
from playwright.sync_api import expect

from portal.core import clock
from portal.core.database import db
from portal.staff.models import Admin, AdminSession
from tests.browser.hands import sign_out
from tests.browser.test_ticket import agent, at_ticket

TEXT = "A long answer that nobody wants to type twice."


def end_sessions(site, person):
    with site.app.app_context():
        db.session.query(AdminSession).filter_by(admin_id=person.id).update(
            {"revoked_at": clock.now(), "revoke_reason": "test"}
        )
        db.session.commit()


def stored(page):
    return page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")


@pytest.fixture
def late(site, context, number):
    """Bea, her answer typed and her session over, and the page after she pressed the button."""
    bea = agent(site, "Bea Agent")
    page = at_ticket(site, context, bea, number)
    page.locator("#reply-body").fill(TEXT)
    end_sessions(site, bea)
    # A click that no dialog is in the way of: what the page asks by itself may open it first.
    page.get_by_role("button", name="Send to customer").dispatch_event("click")
    expect(page.get_by_role("dialog", name="Your session ended")).to_be_visible()
    return bea, page


def test_the_text_stays_and_is_sent_after_signing_in_again(site, context, late):
    bea, page = late
    assert TEXT not in stored(page)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#again-state")).to_have_text("You are not signed in yet.")
    site.sign_in(context, bea)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#reply-body")).to_have_value(TEXT)
    page.get_by_role("button", name="Send to customer").click()
    expect(page.locator(".message-ours")).to_contain_text(TEXT)


def test_somebody_else_who_signs_in_does_not_send_it(site, context, late):
    _, page = late
    site.sign_in(context, agent(site, "Mo Manager"))
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#again-state")).to_contain_text("Somebody else")
    expect(page.locator("#reply-body")).to_have_value(TEXT)


def test_the_link_leads_to_a_sign_in_in_another_tab(context, late):
    _, page = late
    with context.expect_page() as opened:
        page.get_by_role("link", name="Sign in in a new tab").click()
    expect(opened.value).to_have_title("Sign in · BoxCostPro")
    expect(page.locator("#reply-body")).to_have_value(TEXT)


def test_an_old_page_asks_before_its_form_takes_it_away(site, context):
    fay = site.person("Fay Finance", is_second_factor_on=True)
    site.sign_in(context, fay)
    page = context.new_page()
    page.clock.install()
    page.goto("/account/preferences")
    page.get_by_label("Name").fill("Fay Longer")
    end_sessions(site, fay)
    page.clock.fast_forward(6 * 60_000)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog", name="Your session ended")).to_be_visible()
    site.sign_in(context, fay)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("saved")).to_be_visible()
    assert name_of(site, fay) == "Fay Longer"


def test_whoever_signs_in_again_in_another_tab_loses_nothing_here(site, context):
    fay = site.person("Fay Tabs", is_second_factor_on=True)
    site.sign_in(context, fay)
    page, other = context.new_page(), context.new_page()
    page.goto("/account/preferences")
    page.get_by_label("Name").fill("Fay Two Tabs")
    other.goto("/")
    sign_out(other)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog", name="Your session ended")).to_be_visible()
    site.sign_in(context, fay)
    other.goto("/")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("saved")).to_be_visible()
    assert name_of(site, fay) == "Fay Two Tabs"


def test_without_javascript_the_form_comes_back(site, plain_page):
    fay = site.person("Fay Finance", is_second_factor_on=True)
    site.sign_in(plain_page.context, fay)
    plain_page.goto("/account/preferences")
    plain_page.get_by_label("Name").fill("Fay Again")
    end_sessions(site, fay)
    plain_page.get_by_role("button", name="Save").click()
    expect(plain_page.locator("h1")).to_have_text("Your session ended")
    site.sign_in(plain_page.context, fay)
    plain_page.get_by_role("button", name="Go on").click()
    expect(plain_page.locator(".kept-text").first).to_have_text("Fay Again")
    plain_page.get_by_role("button", name="Send it").click()
    expect(plain_page.get_by_text("saved")).to_be_visible()
    assert name_of(site, fay) == "Fay Again"


def name_of(site, person):
    with site.app.app_context():
        return db.session.get_one(Admin, person.id).name
