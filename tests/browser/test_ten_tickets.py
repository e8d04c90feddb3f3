"""An agent's morning at the demo company's desk, without a mouse."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from portal.core.database import db
from portal.customers.models import User
from portal.staff.models import Admin
from portal.support.models import SupportMessage, SupportTicket
from seeds.commands import seed_commands
from tests.browser.site import Site
from tests.conftest import make_app
from tests.support.desk import make_ticket

COUNT_POINTERS = """
addEventListener("pointerdown", () => { sessionStorage.pointers = "used"; }, true);
"""
QUESTIONS = [f"Question {number} of the morning" for number in range(10)]


@pytest.fixture(scope="module")
def company(database, tmp_path_factory):
    """A site of its own: ten of the demo company's customers have just written."""
    if database.name != "sqlite":
        pytest.skip("what keys do in a browser does not depend on the database")
    folder = tmp_path_factory.mktemp("company")
    site = Site(lambda url: make_app(database.clone(), folder, BASE_URL=url))
    done = site.app.test_cli_runner().invoke(seed_commands, ["demo"])
    assert done.exit_code == 0, done.output
    with site.app.app_context():
        people = db.session.scalars(sa.select(User).order_by(User.id).limit(len(QUESTIONS)))
        for person, subject in zip(people.all(), QUESTIONS, strict=True):
            make_ticket(person, subject=subject).assignee_id = None
        db.session.execute(sa.update(SupportTicket).values(assignee_id=None, assignee_name=None))
        db.session.commit()
    yield site
    site.stop()


@pytest.fixture
def site(company):
    return company


@pytest.fixture
def priya(context, site):
    """At her desk, with the keyboard."""
    with site.app.app_context():
        person = db.session.scalar(sa.select(Admin).filter_by(name="Priya Nair"))
        db.session.expunge(person)
    site.sign_in(context, person)
    context.add_init_script(COUNT_POINTERS)
    page = context.new_page()
    page.goto("/")
    return page


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def open_first(page):
    """From the first page to the first of the morning's tickets."""
    press(page, "g", "t")
    expect(page.locator("h1")).to_have_text("Mine")
    page.wait_for_load_state()
    press(page, "2")
    expect(page.locator("h1")).to_have_text("Unassigned")
    page.wait_for_load_state()
    press(page, "/")
    page.keyboard.type('"of the morning"')
    press(page, "Enter")
    expect(page.locator(".queue-row")).to_have_count(len(QUESTIONS))
    page.wait_for_load_state()
    press(page, "j", "Enter")


def here(page):
    """The number of the ticket before her, once its page is ready."""
    expect(page.locator("#ticket-head")).to_contain_text("of the morning")
    page.wait_for_load_state()
    return page.locator("#ticket-number").inner_text()


def went_on(page, number):
    expect(page.locator("#ticket-number")).not_to_have_text(number)


def take(page):
    press(page, "m")
    expect(page.locator("#ticket-head")).to_contain_text("Assigned to you")
    page.wait_for_load_state()


def answer_and_solve(page):
    take(page)
    press(page, "r")
    page.keyboard.type("Try it again now: e n r a s.")
    press(page, "Control+Enter")
    expect(page.locator(".message-ours")).to_contain_text("Try it again now")
    page.wait_for_load_state()
    press(page, "e")


def note_and_wait(page):
    take(page)
    press(page, "n")
    page.keyboard.type("The fuse, I think.")
    press(page, "Control+Enter")
    expect(page.locator(".message-note")).to_contain_text("The fuse, I think.")
    page.wait_for_load_state()
    press(page, "s")
    page.keyboard.type("pend")
    press(page, "Enter")
    expect(page.locator("#ticket-head")).to_contain_text("Pending")
    press(page, "Escape", "j")


def give_to_ben(page):
    press(page, "a")
    page.keyboard.type("Ben")
    press(page, "Enter")
    expect(page.locator("#ticket-head")).to_contain_text("Assigned to Ben Carter")
    page.wait_for_load_state()
    press(page, "j")


def answer_solve_and_go_on(page):
    press(page, "r")
    page.keyboard.type("Done.")
    press(page, "Control+Shift+Enter")


WORK = [answer_and_solve, note_and_wait, give_to_ben, answer_solve_and_go_on]


def test_an_agent_handles_ten_tickets_by_the_keyboard_alone(priya, site):
    open_first(priya)
    handled = []
    for turn in range(len(QUESTIONS)):
        handled.append(here(priya))
        WORK[turn % len(WORK)](priya)
        if turn < len(QUESTIONS) - 1:
            went_on(priya, handled[-1])
    press(priya, "b")
    expect(priya.locator("h1")).to_have_text("Unassigned")
    expect(priya.locator("#q")).to_have_value('"of the morning"')
    assert priya.evaluate("sessionStorage.pointers") is None
    assert len(set(handled)) == len(QUESTIONS)
    assert what_became_of(site, handled) == {"solved": 5, "pending": 3, "of Ben": 2}


def what_became_of(site, numbers):
    with site.app.app_context():
        tickets = db.session.query(SupportTicket).filter(SupportTicket.number.in_(numbers)).all()
        for ticket in tickets:
            written = db.session.query(SupportMessage.body).filter_by(ticket_id=ticket.id)
            assert written.count() == (1 if ticket.assignee_name == "Ben Carter" else 2)
        return {
            "solved": sum(ticket.status == "solved" for ticket in tickets),
            "pending": sum(ticket.status == "pending" for ticket in tickets),
            "of Ben": sum(ticket.assignee_name == "Ben Carter" for ticket in tickets),
        }
