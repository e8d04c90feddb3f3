"""Every flow as plain forms, in a browser that runs no JavaScript."""

import re

import pyotp
import pytest
from playwright.sync_api import expect

from portal.core import clock
from portal.core.roles import Role
from tests.browser import hands
from tests.browser.people import enrolled_with_key
from tests.cast import PASSWORD, sudo_until

NEW_PASSWORD = "seven quiet otters row upstream 7"
LINK = re.compile(r"https?://[^/\s]+(/(?:invite|reset-password)/\S+)")


@pytest.fixture
def page(plain_page):
    return plain_page


def code_after(secret: str) -> str:
    """The next code: the present one was used to set the factor up."""
    return pyotp.TOTP(secret).at(clock.now(), counter_offset=1)


def newest_link(site, email: str) -> str:
    """The address in the newest mail to a person, as the file gateway wrote it."""
    done = site.app.test_cli_runner().invoke(args=["worker", "--once"])
    assert done.exit_code == 0, done.output
    texts = [site.mail_text(path) for path in site.mails_to(email)]
    return LINK.search(texts[-1])[1]


def test_enrolling_signing_out_and_in_by_a_backup_code(page, site):
    bea = site.person("Bea Agent")
    hands.give_password(page, bea)
    _, codes = hands.enrol(page)
    hands.expect_home(page, bea)
    hands.sign_out(page)
    hands.give_password(page, bea)
    page.get_by_role("link", name="backup code").click()
    hands.send(page, backup_code=codes[0])
    hands.expect_home(page, bea)


def test_signing_in_by_the_second_factor(page, site):
    bea, secret = enrolled_with_key(site, "Bea Agent", Role.SUPPORT_AGENT)
    hands.give_password(page, bea)
    hands.send(page, totp_code=code_after(secret))
    hands.expect_home(page, bea)


def test_a_forgotten_password(page, site):
    fay = site.person("Fay Finance", Role.FINANCE)
    page.goto("/forgot-password")
    hands.send(page, email=fay.email)
    expect(page.get_by_text("a link is on its way")).to_be_visible()
    page.goto(newest_link(site, fay.email))
    hands.send(page, new_password=NEW_PASSWORD)
    hands.arrive(page, "Sign in")
    hands.give_password(page, fay, NEW_PASSWORD)
    expect(page).to_have_url(re.compile("/account/two-factor/enrol"))


def test_inviting_somebody_behind_the_proof_and_joining(page, site):
    ann, secret = enrolled_with_key(site, "Ann Admin", Role.ADMIN)
    site.sign_in(page.context, ann)
    email = f"new.{ann.email}"
    page.goto("/staff/invite")
    hands.send(page, email=email, name="Ned New", role="support_agent")
    hands.send(page, sudo_totp_code=code_after(secret))
    expect(page.locator("h1")).to_have_text("Ned New")
    hands.sign_out(page)
    page.goto(newest_link(site, email))
    hands.send(page, name="Ned Newman", new_password=NEW_PASSWORD)
    hands.arrive(page, "Sign in")
    hands.send(page, email=email, password=NEW_PASSWORD)
    expect(page).to_have_url(re.compile("/account/two-factor/enrol"))


@pytest.fixture
def ann(page, site):
    """An admin who has just proven herself."""
    person = site.person("Ann Admin", Role.ADMIN, is_second_factor_on=True)
    site.sign_in(page.context, person, sudo_until=sudo_until(), sudo_method="totp")
    return person


def test_changing_a_role_and_disabling_a_person(page, site, ann):
    cy = site.person("Cy Outsider")
    page.goto(f"/staff/{cy.id}")
    hands.send(page, "Change role", role="finance")
    expect(page.get_by_text("Cy Outsider is Finance now.")).to_be_visible()
    page.get_by_role("button", name="Disable Cy Outsider").click()
    expect(page.get_by_role("button", name="Enable Cy Outsider")).to_be_visible()


def test_ending_another_session(page, site, ann, open_context):
    site.sign_in(open_context(), ann)
    page.goto("/account/sessions")
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Test browser is signed out.")).to_be_visible()
    expect(page.get_by_role("button", name="Revoke")).to_have_count(0)


def test_the_theme_and_the_preferences(page, ann):
    page.goto("/account/preferences")
    page.get_by_label("Dark").check()
    hands.send(page, "Save preferences", name="Ann A. Admin")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.get_by_role("button", name="account menu").click()
    page.get_by_role("button", name="Light").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_new_backup_codes(page, site):
    bea, _ = enrolled_with_key(site, "Bea Agent", Role.SUPPORT_AGENT)
    site.sign_in(page.context, bea, sudo_until=sudo_until(), sudo_method="totp")
    page.goto("/account/security")
    page.get_by_role("button", name="Make new backup codes").click()
    expect(page.locator("#backup-codes li")).to_have_count(10)


def test_filtering_the_audit_log(page, site, ann):
    page.goto("/audit?log=admin-logins")
    page.locator('main [name="q"]').fill("nothing like this")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile(r"log=admin-logins.*q=nothing"))
    expect(page.get_by_text("No event fits")).to_be_visible()
    expect(page.locator("main tbody tr")).to_have_count(0)
    page.wait_for_load_state()
    assert PASSWORD not in page.content()
