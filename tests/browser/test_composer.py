"""What is written and not sent: nothing of it is lost, whatever happens meanwhile."""

import re

import pytest
from playwright.sync_api import expect

from portal.core.database import db
from portal.staff.models import Admin
from portal.support.models import SupportTicket
from portal.support.suggesting import suggest
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
