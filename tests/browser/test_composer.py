"""What is written and not sent: nothing of it is lost, whatever happens meanwhile."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import event

from portal.core.database import db
from portal.staff.models import Admin
from portal.support.models import SupportTicket
from portal.support.suggesting import suggest
from tests.browser import hands
from tests.browser.conftest import HABITS, close
from tests.browser.test_ticket import agent, at_ticket

SENTENCE = "Use the code SORRY-20 ☂."
KEPT = "#composer-saved"


@pytest.fixture
def bea(site, context, number):
    page = at_ticket(site, context, agent(site, "Bea Agent"), number)
    page.wait_for_load_state()
    return page


def approve(site, number):
    """Somebody else puts a sentence into the reply that Bea is writing."""
    with site.app.app_context():
        ticket = db.session.query(SupportTicket).filter_by(number=number).one()
        bea = db.session.query(Admin).filter_by(name="Bea Agent").order_by(Admin.id.desc()).first()
        suggest(admin_id=bea.id, ticket=ticket, text=SENTENCE)
        db.session.commit()


def type_in(page, text):
    """Where the writer is, and wait until it is kept."""
    page.locator("#reply-body").focus()
    page.keyboard.type(text)
    expect(page.locator(KEPT)).to_have_text("")
    expect(page.locator(KEPT)).to_have_text("Draft kept")


def test_a_sentence_of_somebody_else_comes_after_what_is_typed(bea, site, number):
    body = bea.locator("#reply-body")
    type_in(bea, "Grüße. ")
    approve(site, number)
    type_in(bea, "Half")
    expect(body).to_have_value(f"Grüße. Half\n\n{SENTENCE}")
    expect(bea.locator("#announcer")).to_have_text(re.compile("came from elsewhere"))
    type_in(bea, " a sen")
    expect(body).to_have_value(f"Grüße. Half a sen\n\n{SENTENCE}")
    bea.reload()
    expect(body).to_have_value(f"Grüße. Half a sen\n\n{SENTENCE}")


def test_a_sentence_that_came_before_the_answer_was_sent_is_there_afterwards(bea, site, number):
    bea.locator("#reply-body").press_sequentially("Try again.")
    approve(site, number)
    bea.keyboard.press("Control+Enter")
    expect(bea.locator(".message-ours .message-text")).to_have_text("Try again.")
    expect(bea.locator("#reply-body")).to_have_value(SENTENCE)


@pytest.fixture
def moving(browser, site, number):
    """Bea in a train, in a browser that may complain of its connection."""
    context = browser.new_context(base_url=site.url, **HABITS)
    yield at_ticket(site, context, agent(site, "Bea Agent"), number)
    close(context)


def send_in_a_tunnel(page, text):
    page.locator("#reply-body").press_sequentially(text)
    page.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("could not be reached")
    expect(page.locator(KEPT)).to_have_text(re.compile("No connection"))
    page.context.set_offline(False)


def test_an_answer_that_could_not_be_sent_is_kept_by_leaving(moving, number):
    send_in_a_tunnel(moving, "Try again.")
    moving.goto("/support/queue/all")
    for _ in range(20):  # what is kept by leaving may come after the next page was drawn
        moving.goto(f"/support/tickets/{number}")
        if moving.locator("#reply-body").input_value():
            break
    expect(moving.locator("#reply-body")).to_have_value("Try again.")


def test_an_answer_that_could_not_be_sent_is_kept_once_there_is_a_connection(moving):
    moving.clock.install()
    send_in_a_tunnel(moving, "Try again.")
    expect(moving.locator("#reply-body")).to_be_focused()
    moving.keyboard.type(" Or not.")
    expect(moving.locator("#reply-body")).to_have_value("Try again. Or not.")
    moving.clock.fast_forward(15_000)
    expect(moving.locator(KEPT)).to_have_text("Draft kept")
    moving.keyboard.press("Control+Enter")
    expect(moving.locator(".message-ours .message-text")).to_have_text("Try again. Or not.")


def test_words_that_cannot_be_kept_hold_nobody_on_the_page(moving):
    moving.route("**/draft", lambda route: route.abort())
    moving.locator("#reply-body").press_sequentially("Try again.")
    moving.get_by_role("button", name="Take it").click()
    expect(moving.locator("#ticket-head")).to_contain_text("Assigned to you")


def come(page, held):
    """Wait for the page after the held answer: news may bring the message to the one before."""
    hands.let_go(held)
    expect(page.locator(hands.HELD)).to_have_count(0)
    page.wait_for_load_state()


def status_of(site, number):
    with site.app.app_context():
        return db.session.query(SupportTicket).filter_by(number=number).one().status


def test_whoever_types_on_while_it_is_sent_commands_nothing(bea, site, number):
    bea.clock.install()
    bea.goto(f"/support/tickets/{number}?view=all")
    bea.locator("#reply-body").press_sequentially("Try again.")
    held = hands.hold(bea, "**/reply")
    bea.keyboard.press("Control+Enter")
    expect(bea.locator(hands.HELD)).to_be_attached()
    expect(bea.locator("#reply-form")).to_have_attribute("aria-busy", "true")
    bea.clock.pause_at(bea.evaluate("Date.now() + 1000"))
    bea.keyboard.type(" Or e")
    expect(bea.locator("#reply-body")).to_have_value("Try again.")
    come(bea, held)
    bea.keyboard.type("lse e")
    bea.clock.fast_forward(1_100)
    bea.keyboard.press("n")
    expect(bea.locator("#note-body")).to_be_focused()
    assert status_of(site, number) == "open"


def test_no_key_commands_while_an_answer_is_on_its_way(bea, site, number):
    bea.locator("#reply-body").fill("Try again.")
    held = hands.hold(bea, "**/reply")
    bea.get_by_role("button", name="Send to customer").click()
    expect(bea.locator(hands.HELD)).to_be_attached()
    bea.locator("#content").focus()
    bea.keyboard.press("e")
    expect(bea.locator("#solve")).not_to_have_attribute("data-sent", "yes")
    come(bea, held)
    expect(bea.locator(".message-ours")).to_be_visible()
    assert status_of(site, number) == "open"


def test_an_answer_that_was_refused_can_be_changed(bea):
    bea.locator("#reply-body").fill(" ")
    bea.keyboard.press("Control+Enter")
    expect(bea.locator("#reply-form [role=alert]")).to_be_focused()
    bea.locator("#reply-body").fill("Try again.")
    bea.keyboard.press("Control+Enter")
    expect(bea.locator(".message-ours")).to_be_visible()


@pytest.fixture
def full_disk(site):
    """Every connection that is made from now on refuses to write."""

    def refuse(connection, _):
        connection.execute("PRAGMA query_only = ON")

    with site.app.app_context():
        engine = db.engine
    event.listen(engine, "connect", refuse)
    engine.dispose()
    yield
    event.remove(engine, "connect", refuse)
    engine.dispose()


def test_who_cannot_save_reads_why_and_loses_nothing(moving, full_disk):
    moving.locator("#reply-body").fill("Try again.")
    moving.get_by_role("button", name="Send to customer").click()
    expect(moving.locator("#toasts")).to_contain_text("The database takes no changes")
    expect(moving.locator("#reply-body")).to_have_value("Try again.")
