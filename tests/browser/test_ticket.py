"""Answering a ticket by the keyboard alone, beside somebody else, and with a thumb."""

import re

import pytest
from playwright.sync_api import expect

from portal.core.database import db
from portal.support.models import SupportMessage, SupportTicket, TicketEvent
from tests.support.desk import customer_writes, make_agent


def agent(site, name):
    admin = site.person(name, is_second_factor_on=True)
    with site.app.app_context():
        make_agent(admin)
        db.session.commit()
    return admin


def at_ticket(site, context, admin, number):
    site.sign_in(context, admin)
    page = context.new_page()
    page.goto(f"/support/tickets/{number}?view=all")
    return page


def look(page):
    """What the page does every 15 seconds. Its first time, after half a second, comes before."""
    news = page.locator("#ticket-news")
    expect(news).not_to_have_attribute("hx-trigger", re.compile("load"))
    news.dispatch_event("look")


@pytest.fixture
def bea(site, context, number):
    return at_ticket(site, context, agent(site, "Bea Agent"), number)


def bodies(site, number):
    with site.app.app_context():
        query = db.session.query(SupportMessage.body).join(SupportTicket)
        return [body for (body,) in query.filter_by(number=number).order_by(SupportMessage.id)][1:]


def customer(site, number, body):
    with site.app.app_context():
        customer_writes(db.session.query(SupportTicket).filter_by(number=number).one(), body)
        db.session.commit()


def test_an_answer_by_the_keyboard_alone(bea, site, number):
    bea.keyboard.press("r")
    expect(bea.locator("#reply-body")).to_be_focused()
    bea.keyboard.type("Try again: r n a s z e.")
    bea.keyboard.press("Control+Enter")
    expect(bea.locator(".message-ours .message-text")).to_have_text("Try again: r n a s z e.")
    assert bodies(site, number) == ["Try again: r n a s z e."]


def test_a_note_tags_and_a_status_by_the_keyboard_alone(bea, site, number):
    bea.keyboard.press("n")
    bea.keyboard.type("The fuse.")
    bea.keyboard.press("Control+Enter")
    expect(bea.locator(".message-note")).to_contain_text("Internal")
    bea.keyboard.press("t")
    bea.keyboard.type("vip")
    bea.keyboard.press("Enter")
    expect(bea.locator(".chip")).to_have_text("vip")
    bea.keyboard.press("Escape")
    bea.locator("#content").focus()
    bea.keyboard.press("s")
    expect(bea.locator("#field-status")).to_be_focused()
    bea.keyboard.type("p")
    bea.keyboard.press("Enter")
    expect(bea.locator("#ticket-head")).to_contain_text("Pending")
    expect(bea.locator("#field-status")).to_be_focused()


def test_the_keys_stand_in_the_list_and_rest_while_somebody_writes(bea):
    bea.locator("#content").focus()
    bea.keyboard.press("?")
    dialog = bea.get_by_role("dialog", name="Keyboard shortcuts")
    for words in ("Reply", "Note", "Assign to me", "Snooze", "Solve and next", "Send what is"):
        expect(dialog).to_contain_text(words)
    bea.keyboard.press("Escape")
    bea.locator("#field-tag").click()
    bea.keyboard.type("rnez")
    expect(bea.locator("#field-tag")).to_have_value("rnez")


def test_snoozing_and_solving_by_the_keyboard_alone(bea, number):
    bea.locator("#content").focus()
    bea.keyboard.press("z")
    bea.keyboard.press("Enter")
    expect(bea.locator("#ticket-head")).to_contain_text("Snoozed until")
    bea.get_by_role("button", name="Wake it").click()
    expect(bea.locator("#ticket-head")).not_to_contain_text("Snoozed")
    bea.locator("#content").focus()
    with bea.expect_response(re.compile(f"{number}/status")) as answered:
        bea.keyboard.press("e")
    assert answered.value.status == 303
    expect(bea).not_to_have_url(re.compile(number))
    bea.wait_for_load_state()


def test_what_is_typed_keeps_itself_and_is_there_after_a_reload(bea, site):
    bea.keyboard.press("r")
    bea.keyboard.type("Half a sen")
    expect(bea.locator("#composer-saved")).to_have_text("Draft kept", timeout=8_000)
    bea.reload()
    expect(bea.locator("#reply-body")).to_have_value("Half a sen")


def test_half_an_answer_is_there_after_another_form_was_sent(bea):
    bea.locator("#reply-body").press_sequentially("Half a sen")
    bea.get_by_role("button", name="Watch", exact=True).click()
    expect(bea.locator("#people + form")).to_contain_text("Watched by you")
    expect(bea.locator("#reply-body")).to_have_value("Half a sen")
    bea.locator("#reply-body").fill("Half a sentence")
    bea.locator("#field-assignee").select_option(index=1)
    expect(bea.locator("#ticket-head")).not_to_contain_text("Nobody")
    expect(bea.locator("#reply-body")).to_have_value("Half a sentence")


def test_half_an_answer_is_there_after_a_note_was_added(bea):
    bea.locator("#reply-body").press_sequentially("Half a sen")
    bea.locator("#content").focus()
    bea.keyboard.press("n")
    bea.keyboard.type("The fuse.")
    bea.keyboard.press("Control+Enter")
    expect(bea.locator(".message-note")).to_contain_text("The fuse.")
    expect(bea.locator("#reply-body")).to_have_value("Half a sen")
    expect(bea.locator("#note-body")).to_have_value("")


def test_two_people_see_each_other(bea, site, number, open_context):
    mo = at_ticket(site, open_context(), agent(site, "Mo Manager"), number)
    look(mo)
    bea.keyboard.press("r")
    bea.keyboard.type("Look")
    look(bea)
    expect(bea.locator("#ticket-news")).to_contain_text("Mo Manager has this open")
    mo.reload()
    expect(mo.locator("#ticket-news")).to_contain_text("Bea Agent")


def test_an_answer_that_crosses_another_waits_for_its_writer(bea, site, number):
    bea.locator("#reply-form input[type=file]").set_input_files(
        {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"x"}
    )
    bea.keyboard.press("r")
    bea.keyboard.type("Try this.")
    customer(site, number, "It works again!")
    bea.keyboard.press("Control+Enter")
    stale = bea.locator(".stale")
    expect(stale).to_be_focused()
    expect(stale.locator(".message-text")).to_have_text("It works again!")
    expect(bea.locator("#reply-body")).to_have_value("Try this.")
    stale.get_by_role("button", name="Keep editing").click()
    expect(bea.locator("#reply-body")).to_be_focused()
    bea.keyboard.type(" Good!")
    bea.keyboard.press("Control+Enter")
    expect(bea.locator(".message-ours .message-text")).to_have_text(re.compile("Good!"))


def test_sending_anyway_sends_once(bea, site, number):
    bea.keyboard.press("r")
    bea.keyboard.type("Try this.")
    customer(site, number, "It works again!")
    bea.keyboard.press("Control+Enter")
    bea.get_by_role("button", name="Send anyway").click()
    expect(bea.locator(".message-ours")).to_have_count(1)
    assert bodies(site, number) == ["It works again!", "Try this."]


def test_news_come_in_at_the_end_and_move_nothing(bea, site, number):
    for turn in range(12):
        customer(site, number, f"Line {turn}. " * 30)
    bea.reload()
    bea.keyboard.press("r")
    bea.keyboard.type("I am wri")
    before = bea.locator("#composer").bounding_box()["y"]
    customer(site, number, "One more. " * 60)
    look(bea)
    expect(bea.locator("#messages > .message")).to_have_count(14)
    expect(bea.locator("#announcer")).to_have_text("New message from Uma User")
    expect(bea.locator("#reply-body")).to_be_focused()
    expect(bea.locator("#reply-body")).to_have_value("I am wri")
    assert abs(bea.locator("#composer").bounding_box()["y"] - before) < 3


def test_somebody_elses_change_of_the_same_field_is_said_at_it(bea, site, number, open_context):
    mo = at_ticket(site, open_context(), agent(site, "Mo Manager"), number)
    mo.locator("#field-priority").select_option("high")
    expect(mo.locator("#ticket-head")).to_contain_text("High")
    bea.locator("#field-category").select_option("billing")
    expect(bea.locator("#ticket-fields .alert")).to_have_count(0)
    bea.reload()
    bea.locator("#field-priority").focus()  # who is at work in the fields keeps them
    mo.locator("#field-priority").select_option("low")
    expect(mo.locator("#ticket-head")).not_to_contain_text("High")
    bea.locator("#field-priority").select_option("urgent")
    expect(bea.locator("#ticket-fields .alert")).to_contain_text("changed the priority to “low”")
    expect(bea.locator("#field-priority")).to_have_value("urgent")


def test_a_thumb_answers_notes_and_assigns_at_360_pixels(site, number, open_context):
    context = open_context(viewport={"width": 360, "height": 740})
    page = at_ticket(site, context, agent(site, "Bea Agent"), number)
    bar = page.get_by_role("navigation", name="This ticket")
    bar.get_by_role("link", name="Note").click()
    expect(page.locator("#note-body")).to_be_focused()
    page.keyboard.type("From the train.")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".message-note")).to_contain_text("From the train.")
    bar.get_by_role("link", name="Assign").click()
    expect(page.locator("#field-assignee")).to_be_in_viewport()


def test_an_answer_and_a_note_without_javascript(site, number, plain_page):
    site.sign_in(plain_page.context, agent(site, "Bea Agent"))
    plain_page.goto(f"/support/tickets/{number}")
    plain_page.locator("#reply-body").fill("Try again.")
    plain_page.locator(".more-ways summary").click()
    plain_page.get_by_role("button", name="Send as pending").click()
    expect(plain_page.locator("#ticket-head")).to_contain_text("Pending")
    plain_page.get_by_text("Note", exact=True).first.click()
    plain_page.locator("#note-body").fill("The fuse.")
    plain_page.get_by_role("button", name="Add note").click()
    expect(plain_page.locator(".message-note")).to_contain_text("The fuse.")
    plain_page.locator("#field-priority").select_option("high")
    plain_page.get_by_role("button", name="Set priority").click()
    expect(plain_page.locator("#ticket-head")).to_contain_text("High")
    assert bodies(site, number) == ["Try again.", "The fuse."]


def test_keys_step_through_a_field_and_only_the_last_value_counts(bea, site, number):
    bea.locator("#content").focus()
    bea.keyboard.press("s")
    before = bea.locator("#field-status").input_value()
    bea.keyboard.press("ArrowDown")
    bea.keyboard.press("ArrowDown")
    bea.keyboard.press("Escape")
    expect(bea.locator("#field-status")).to_have_value(before)
    bea.locator("#field-priority").focus()
    bea.keyboard.type("low")
    bea.keyboard.press("ArrowDown")
    bea.keyboard.press("ArrowDown")
    expect(bea.locator("#announcer")).to_have_text(re.compile("Enter saves"))
    bea.keyboard.press("Tab")
    expect(bea.locator("#ticket-head")).to_contain_text("High")
    with site.app.app_context():
        ticket = db.session.query(SupportTicket).filter_by(number=number).one()
        kinds = db.session.query(TicketEvent.kind, TicketEvent.new).filter_by(ticket_id=ticket.id)
        assert [new for kind, new in kinds if kind in {"priority", "status"}][-1:] == ["high"]
