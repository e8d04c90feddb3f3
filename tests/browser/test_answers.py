"""Many tickets changed at once and back again, and prepared answers by the keyboard."""

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from portal.core.database import db
from portal.core.roles import Role
from portal.customers.models import User
from portal.support.bulk_work import work_off
from portal.support.canned import create_answer
from portal.support.models import BulkChange, SupportTicket
from tests.browser import hands
from tests.cast import actor, make_tenant, make_user
from tests.support.desk import make_ticket
from tests.support.queue_cast import put_many

MANY = 500
LATER = 700_000
"""Numbers that no other test of the site gives away."""


@pytest.fixture
def bea(site):
    return site.person("Bea Agent", Role.SUPPORT_AGENT, is_second_factor_on=True)


@pytest.fixture
def tenant(site):
    """A tenant with five hundred open tickets; its name finds them."""
    name = f"Bulk{next(site.numbers)}"
    with site.app.app_context():
        sample = make_ticket(make_user(make_tenant(name)), subject="One of many")
        first = LATER + sample.id
        put_many(sample, MANY - 1, number=lambda place: f"TCK-2002-{first + place:06}")
        db.session.commit()
    return name


def work(site, batches=99):
    """So many batches of the latest change, as the worker does them."""
    with site.app.app_context():
        bulk_id = db.session.scalar(sa.select(sa.func.max(BulkChange.id)))
        for _ in range(batches):
            work_off({"bulk_id": bulk_id})
            db.session.commit()
            if db.session.get_one(BulkChange, bulk_id).status == "done":
                return


def statuses(site, tenant):
    with site.app.app_context():
        query = sa.select(SupportTicket.status).where(SupportTicket.tenant_name == tenant)
        return set(db.session.scalars(query.distinct()))


def ask(page, tenant):
    """Every ticket of the tenant is to be solved."""
    page.goto(f"/support/queue/all?q=tenant:{tenant}")
    page.locator("[name=ticket]").first.check()
    page.get_by_label("All that match, on every page").check()
    page.get_by_label("New status").select_option("solved")
    page.get_by_role("button", name="Change…").click()
    hands.arrive(page, f"Change {MANY} tickets?")
    expect(page.locator("main")).to_contain_text("Sets the status to solved.")
    page.get_by_role("button", name=f"Change {MANY} tickets").click()


def test_five_hundred_are_solved_before_ones_eyes_and_come_back(page, context, site, bea, tenant):
    site.sign_in(context, bea)
    ask(page, tenant)
    summary = page.locator("#bulk-summary")
    expect(summary).to_contain_text(f"0 of {MANY} looked at")
    work(site, 2)
    expect(summary).to_contain_text(f"200 of {MANY} looked at, 200 done")
    work(site)
    expect(summary).to_contain_text(f"{MANY} done, finished")
    assert statuses(site, tenant) == {"solved"}
    page.get_by_role("button", name=re.compile("Take change .* back")).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("Take change|Yes|OK")).click()
    expect(summary).to_contain_text(f"0 of {MANY} looked at")
    work(site)
    expect(summary).to_contain_text(f"{MANY} done, finished")
    assert statuses(site, tenant) == {"new"}


def test_they_are_solved_without_javascript_too(plain_page, site, bea, tenant):
    site.sign_in(plain_page.context, bea)
    ask(plain_page, tenant)
    work(site)
    plain_page.reload()
    expect(plain_page.locator("#bulk-summary")).to_contain_text(f"{MANY} done, finished")


def at_ticket(site, person):
    """A ticket with an answer prepared for it, and its address."""
    with site.app.app_context():
        ticket = make_ticket(make_user(make_tenant(f"Fill{next(site.numbers)}"), "Uma User"))
        for name in ("Fuse", "Paper"):
            create_answer(by=actor(person), name=name, body=f"{name}, {{requester_first_name}}.")
        db.session.commit()
        assert db.session.get(User, ticket.requester_id)
        return f"/support/tickets/{ticket.number}"


def test_a_slash_in_an_empty_reply_chooses_an_answer(page, context, site, bea):
    site.sign_in(context, bea)
    page.goto(at_ticket(site, bea))
    body = page.locator("#reply-body")
    body.press("/")
    page.keyboard.type("pap")
    expect(page.locator("#answers [data-fill]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(body).to_have_value("Paper, Uma.")
    expect(body).to_be_focused()
    body.press("/")
    expect(body).to_have_value("Paper, Uma./")


def test_who_is_quicker_than_the_list_gets_the_answer_whose_name_they_typed(
    page, context, site, bea
):
    site.sign_in(context, bea)
    page.goto(at_ticket(site, bea))
    body = page.locator("#reply-body")
    body.press("/")
    expect(page.locator("#answers [data-fill]")).to_have_count(2)
    page.keyboard.type("pap")
    page.keyboard.press("Enter")
    expect(body).to_have_value("Paper, Uma.")


def test_enter_leaves_the_ticket_for_no_answer_of_a_name_that_none_has(page, context, site, bea):
    site.sign_in(context, bea)
    page.goto(at_ticket(site, bea))
    page.locator("#reply-body").press("/")
    page.keyboard.type("zebra")
    expect(page.locator("#answers")).to_contain_text("No answer has this name.")
    page.keyboard.press("Enter")
    expect(page.locator("#answer-search-field")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#reply-body")).to_be_focused()


def test_an_answer_is_chosen_without_javascript(plain_page, site, bea):
    site.sign_in(plain_page.context, bea)
    plain_page.goto(at_ticket(site, bea))
    plain_page.get_by_text("Prepared answers").click()
    plain_page.get_by_role("link", name="Show all answers").click()
    plain_page.get_by_role("link", name="Fuse").click()
    expect(plain_page.locator("#reply-body")).to_have_value("Fuse, Uma.")
