"""A queue by the keyboard, and a list that stands still while new tickets come."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from portal.core import clock
from portal.core.database import db
from portal.core.roles import Role
from portal.customers.models import User
from portal.support.models import SupportTicket
from tests.browser import hands
from tests.cast import make_tenant, make_user
from tests.support.desk import make_agent
from tests.support.queue_cast import put, put_many

HOUR = timedelta(hours=1)
# Once what the list itself asked for has come, or was given up.
NOTES_ENDS = """document.addEventListener("htmx:afterRequest", event => {
  if (event.detail.elt.id === "queue-rows") document.body.dataset.ended = "";
})"""
REFRESH = "htmx.trigger('#queue-rows', 'refresh')"
PLACES = (
    """[...document.querySelectorAll(".queue-row")].map(row => row.getBoundingClientRect().top)"""
)


class Desk:
    """Three tickets of a tenant of their own, in the order in which they are due."""

    def __init__(self, site):
        self.site, self.name = site, f"Desk{next(site.numbers)}"
        with site.app.app_context():
            self.user_id = make_user(make_tenant(self.name)).id
            db.session.commit()
        self.numbers = [self.add(f"Ticket {n}", HOUR * n) for n in (1, 2, 3)]
        self.path = f"/support/queue/all?q=tenant:{self.name}"

    def add(self, subject, due_in) -> str:
        with self.site.app.app_context():
            user = db.session.get_one(User, self.user_id)
            number = put(user, subject=subject, due_in=due_in).number
            db.session.commit()
            return number

    def change(self, number, **values) -> None:
        with self.site.app.app_context():
            ticket = db.session.query(SupportTicket).filter_by(number=number).one()
            for name, value in values.items():
                setattr(ticket, name, value)
            db.session.commit()


@pytest.fixture
def desk(site):
    return Desk(site)


@pytest.fixture
def queue(page, context, site, desk):
    """Bea at a queue of three tickets."""
    bea = site.person("Bea Agent", Role.SUPPORT_AGENT, is_second_factor_on=True)
    with site.app.app_context():
        make_agent(bea)
        db.session.commit()
    site.sign_in(context, bea)
    page.goto(desk.path)
    return page


def link(queue, number):
    return queue.locator(f"#ticket-{number} .queue-link")


def shown(queue):
    return queue.locator(".queue-row").evaluate_all("rows => rows.map(row => row.id.slice(7))")


def test_j_and_k_go_down_and_up_and_stay_at_the_ends(queue, desk):
    for key, place in (("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1), ("k", 0), ("k", 0)):
        queue.keyboard.press(key)
        expect(link(queue, desk.numbers[place])).to_be_focused()


def test_x_selects_and_the_bar_says_how_many(queue, desk):
    expect(queue.locator("#bulk-bar")).to_be_hidden()
    for key in "jxjx":
        queue.keyboard.press(key)
    expect(queue.locator("#bulk-count")).to_have_text("2 selected")
    queue.keyboard.press("x")
    expect(queue.locator("[name=ticket]:checked")).to_have_count(1)
    queue.get_by_label("All that match, on every page").check()
    expect(queue.locator("#bulk-count")).to_have_text("All selected")


def test_m_takes_the_ticket_of_the_row_and_stays_in_the_list(queue, desk):
    queue.keyboard.press("j")
    queue.keyboard.press("m")
    expect(queue.locator(f"#ticket-{desk.numbers[0]} .queue-assignee")).to_have_text("Bea Agent")
    expect(link(queue, desk.numbers[0])).to_be_focused()
    expect(queue.locator(".toast-item")).to_have_count(0)


@pytest.mark.parametrize("key", ["o", "Enter"])
def test_a_key_opens_the_ticket_of_the_row(queue, desk, key):
    queue.keyboard.press("j")
    queue.keyboard.press(key)
    expect(queue).to_have_url(re.compile(f"/support/tickets/{desk.numbers[0]}.*view=all"))


def test_no_key_does_anything_while_somebody_types_or_wants_none(queue, desk):
    queue.keyboard.press("/")
    queue.keyboard.type("jxo")
    expect(queue.locator("#q")).to_have_value("jxo")
    queue.evaluate("localStorage.setItem('portal.shortcuts', 'off')")
    queue.locator("h1").click()
    queue.keyboard.press("j")
    expect(link(queue, desk.numbers[0])).not_to_be_focused()


def test_the_list_of_keys_tells_those_of_the_page(queue):
    queue.keyboard.press("?")
    dialog = queue.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_contain_text("Assign it to me")
    expect(dialog).to_contain_text("Go to Customers")


def test_a_poll_moves_no_row_and_the_button_brings_the_new_ones(queue, desk):
    queue.keyboard.press("j")
    queue.keyboard.press("x")
    early = desk.add("Brand new", timedelta(minutes=5))
    desk.change(desk.numbers[1], status="solved", is_open=False)
    desk.change(desk.numbers[2], subject="Ticket 3, changed")
    places = queue.evaluate(PLACES)
    queue.evaluate(REFRESH)
    button = queue.get_by_role("link", name="Show 1 new ticket")
    expect(button).to_be_visible()
    assert (shown(queue), queue.evaluate(PLACES)) == (desk.numbers, places)
    expect(link(queue, desk.numbers[0])).to_be_focused()
    expect(queue.locator("[name=ticket]:checked")).to_have_value(desk.numbers[0])
    expect(queue.locator(f"#ticket-{desk.numbers[1]}")).to_contain_text("No longer in this view")
    expect(link(queue, desk.numbers[2])).to_have_text("Ticket 3, changed")
    button.click()
    expect(button).to_have_count(0)
    assert shown(queue) == [early, desk.numbers[0], desk.numbers[2]]


def test_an_older_list_that_comes_late_takes_no_new_ticket_away(queue, desk):
    early = desk.add("Brand new", timedelta(minutes=5))
    queue.evaluate(REFRESH)
    button = queue.get_by_role("link", name="Show 1 new ticket")
    expect(button).to_be_visible()
    queue.evaluate(NOTES_ENDS)
    held = hands.hold(queue, re.compile("shown="))
    queue.evaluate(REFRESH)
    expect(queue.locator(hands.HELD)).to_be_attached()
    button.click()
    expect(link(queue, early)).to_be_visible()
    hands.let_go(held)
    expect(queue.locator("body[data-ended]")).to_be_attached()
    assert shown(queue) == [early, *desk.numbers]


def test_the_page_asks_again_every_fifteen_seconds(queue, desk):
    queue.clock.install()
    queue.reload()
    for count in (1, 2):
        desk.add("New", timedelta(minutes=count))
        queue.clock.run_for(16_000)
        expect(queue.locator("#queue-fresh a")).to_contain_text(f"Show {count} new")


def test_a_queue_is_filtered_and_opened_without_javascript(plain_page, site, desk):
    bea = site.person("Bea Agent", Role.SUPPORT_AGENT, is_second_factor_on=True)
    site.sign_in(plain_page.context, bea)
    plain_page.goto("/support/queue/all")
    hands.send(plain_page, "Filter", q=f"tenant:{desk.name}")
    expect(plain_page.locator(".queue-row")).to_have_count(3)
    plain_page.get_by_role("link", name="Ticket 2").click()
    expect(plain_page).to_have_url(re.compile(f"/support/tickets/{desk.numbers[1]}"))


@pytest.fixture
def second_page(queue, desk, site):
    """Fifty tickets stand before the three."""
    with site.app.app_context():
        sample = db.session.query(SupportTicket).filter_by(number=desk.numbers[0]).one()
        first = 50 * next(site.numbers)
        put_many(
            sample,
            50,
            number=lambda place: f"TCK-2002-{first + place:06}",
            queue_at=lambda place: clock.now() - HOUR * place,
        )
        db.session.commit()
    queue.reload()
    queue.get_by_role("link", name="Later").click()
    expect(queue.locator(".queue-row")).to_have_count(3)
    queue.wait_for_load_state()
    return queue


def test_b_leads_back_to_the_page_and_the_row_of_the_queue(second_page, desk):
    place = second_page.url
    second_page.keyboard.press("j")
    second_page.keyboard.press("j")
    second_page.keyboard.press("o")
    expect(second_page.locator("#ticket-number")).to_have_text(desk.numbers[1])
    second_page.wait_for_load_state()  # keys work once its scripts are there
    second_page.keyboard.press("b")
    expect(link(second_page, desk.numbers[1])).to_be_focused()
    assert parse_qs(urlsplit(second_page.url).query) == parse_qs(urlsplit(place).query)


def test_b_leads_to_the_row_after_a_ticket_that_left_the_queue(second_page, desk):
    link(second_page, desk.numbers[1]).click()
    expect(second_page.locator("#ticket-number")).to_have_text(desk.numbers[1])
    second_page.wait_for_load_state()  # keys work once its scripts are there
    desk.change(desk.numbers[1], status="solved", is_open=False)
    second_page.keyboard.press("b")
    expect(link(second_page, desk.numbers[2])).to_be_focused()


def test_b_leads_to_the_row_also_where_the_queue_was_never_open(queue, desk):
    queue.goto(f"/support/tickets/{desk.numbers[2]}?view=all~tenant:{desk.name}")
    queue.keyboard.press("b")
    expect(link(queue, desk.numbers[2])).to_be_focused()


def test_an_order_is_chosen_by_the_keyboard(queue, desk):
    queue.locator(".desk-sort summary").focus()
    queue.keyboard.press("Enter")
    queue.keyboard.press("Tab")
    expect(queue.get_by_role("link", name="Due first")).to_be_focused()
    queue.keyboard.press("Tab")
    queue.keyboard.press("Enter")
    expect(queue.locator(".desk-sort summary")).to_contain_text("Newest first")
    queue.wait_for_load_state()
    assert shown(queue) == desk.numbers[::-1]


def test_the_orders_are_left_by_escape_and_by_going_elsewhere(queue, desk):
    opener, orders = queue.locator(".desk-sort summary"), queue.locator(".desk-sort-list")
    opener.click()
    queue.keyboard.press("Tab")
    queue.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(orders).to_be_hidden()
    opener.click()
    queue.get_by_role("heading", level=1).click()
    expect(orders).to_be_hidden()
    opener.click()
    queue.get_by_label("Filter these tickets").focus()
    expect(orders).to_be_hidden()
