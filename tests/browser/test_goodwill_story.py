"""A customer may not, an agent makes it good, a manager proves it, and it ends by itself."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from portal.audit.sequencing import sequence_all
from portal.catalog.plans import plan_named
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from portal.customers.tokens import issue_user_token
from portal.entitlements.expiry import note_expired
from portal.subscriptions.assignments import assign_plan
from portal.support.models import GoodwillGesture
from seeds.catalog import seed_catalog
from tests.audit.sealed import seal
from tests.browser import hands
from tests.browser.people import enrolled
from tests.cast import make_tenant, make_user

REPORTS = "Custom Reports"
CHECK = "/api/entitlements/me/check-access"
AFTER_THE_END = timedelta(days=14, seconds=5)


class Customer:
    """Uma of a company on Basic, whose product speaks to the API for her."""

    def __init__(self, page, site):
        with site.app.app_context():
            seed_catalog()
            number = next(site.numbers)
            tenant = make_tenant(f"Acme {number}", external_id=f"story-{number}")
            assign_plan(by=SYSTEM, tenant=tenant, plan=plan_named("basic"))
            user = make_user(tenant)
            issued = issue_user_token(by=SYSTEM, user=user, expires_in=timedelta(days=30))
            db.session.commit()
            self.name, token = tenant.name, issued.text
        self.request, self.headers = page.request, {"Authorization": f"Bearer {token}"}

    def opens(self, subject: str) -> str:
        body = {"subject": subject, "body": "It says that I may not.", "category": "problem"}
        answer = self.request.post("/api/support/tickets", data=body, headers=self.headers)
        assert answer.status == 201, answer.text()
        return str(answer.json()["number"])

    def may_use(self, name: str) -> bool:
        body = {"feature_name": name}
        answer = self.request.post(CHECK, data=body, headers=self.headers)
        assert answer.status == 200, answer.text()
        return bool(answer.json()["allowed"])


@pytest.fixture
def bea(site):
    return enrolled(site, "Bea Agent", Role.SUPPORT_AGENT)


@pytest.fixture
def agent(context, site, bea):
    """Bea's window."""
    site.sign_in(context, bea)
    return context.new_page()


@pytest.fixture
def manager(open_context, site):
    """Mo's window, of another browser."""
    window = open_context()
    site.sign_in(window, enrolled(site, "Mo Manager", Role.MANAGER))
    return window.new_page()


@pytest.fixture
def customer(open_context, site):
    return Customer(open_context().new_page(), site)


@pytest.mark.each_database
def test_from_a_customers_question_to_the_proof_of_what_was_given(
    site, customer, bea, agent, manager, wait
):
    number = customer.opens("Custom Reports do not open")
    assert not customer.may_use("custom_reports")
    sees_why(agent, number)
    makes_it_good(agent, number, kind="feature", feature_name="custom_reports", feature_days="14")
    assert customer.may_use("custom_reports")
    makes_it_good(agent, number, kind="coupon", percent="20")
    code = sends_what_stands_in_the_reply(agent)
    finds_both_in_the_log(site, manager, number, code)
    wait(AFTER_THE_END)
    assert not customer.may_use("custom_reports")
    site.sign_in(agent.context, bea)
    shows_the_end(site, agent, number)


def sees_why(page, number):
    page.goto(f"/support/tickets/{number}")
    panel = page.locator("#customer-panel")
    expect(panel).to_contain_text("Basic")
    expect(panel.locator("li", has_text=REPORTS).first).to_contain_text("Not allowed")
    panel.get_by_role("link", name=f"Why? {REPORTS}").click()
    hands.arrive(page, f"Uma User may not use {REPORTS}")
    expect(page.locator("#why")).to_contain_text("Professional")


def makes_it_good(page, number, *, kind, **fields):
    """From the ticket, with whatever stood in the reply kept."""
    page.goto(f"/support/tickets/{number}")
    page.get_by_role("link", name="Make it good", exact=True).click()
    page.locator(f'[name="kind"][value="{kind}"]').check()
    for name, value in fields.items():
        field = page.locator(f"#{name}")
        field.select_option(value) if name.endswith("_name") else field.fill(value)
    page.locator("#reason").fill("the page was shut for a week")
    expect(page.locator("#goodwill-value")).to_contain_text("USD")
    page.get_by_role("button", name="Give it").click()
    expect(page).to_have_url(re.compile(rf"/support/tickets/{number}"))
    expect(page.locator("#reply-body")).to_have_value(re.compile("As an apology"))


def sends_what_stands_in_the_reply(page) -> str:
    """Both sentences, in the order in which they were given; the code of the coupon."""
    text = page.locator("#reply-body").input_value()
    found = re.search(r"SORRY-[2-9A-Z]{5}-[2-9A-Z]{5}", text)
    assert found is not None
    assert text.index("14 days of Custom Reports") < found.start()
    page.get_by_role("button", name="Send to customer").click()
    expect(page.locator("#messages")).to_contain_text(found.group())
    return found.group()


def finds_both_in_the_log(site, page, number, code):
    """From the ticket to the gesture, to all of the ticket, to the proof of one event."""
    with site.app.app_context():
        seal(None)
    page.goto(f"/support/tickets/{number}")
    page.locator("#ticket-goodwill").get_by_role("link", name="A coupon of 20 %").click()
    expect(page.locator("#goodwill-target")).to_have_text(code)
    page.get_by_role("link", name=f"All of {number} in the audit log").click()
    for words in (f"granted {REPORTS} to", code, "14 days of Custom Reports"):
        expect(page.locator(".event", has_text=words).first).to_be_visible()
    for words in (f"granted {REPORTS} to", f"coupon {code}"):
        verifies(page, page.locator(".event", has_text=words).first)


def verifies(page, event):
    log = page.url
    page.goto(f"{event.locator('.event-link').get_attribute('href')}/proof")
    expect(page.locator("#proof")).to_contain_text("Verified.")
    page.goto(log)


def shows_the_end(site, page, number):
    """The worker notes it; the ticket says so, and its gesture that its time is over."""
    with site.app.app_context():
        note_expired({})
        db.session.commit()
        sequence_all()
        ids = sa.select(sa.func.max(GoodwillGesture.id)).filter_by(kind="feature")
        gesture = db.session.scalar(ids)
    page.goto(f"/support/tickets/{number}")
    expect(page.locator("#messages")).to_contain_text(f"{REPORTS} ended for Uma User.")
    page.goto(f"/support/goodwill/{gesture}")
    expect(page.locator("main .facts")).to_contain_text("Over")
