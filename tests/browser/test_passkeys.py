"""Passkeys in a real Chromium, which keeps them in an authenticator of its own making."""

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from portal.audit.models import AuditEvent
from portal.core.database import db
from portal.core.roles import Role
from portal.two_factor.models import Passkey
from tests.browser import hands

INTERNAL = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
SECURITY_KEY = INTERNAL | {"transport": "usb"}


class Drawer:
    """The authenticators at hand; exactly one of them is plugged in."""

    def __init__(self, context, page):
        self.session = context.new_cdp_session(page)
        self.session.send("WebAuthn.enable")
        self.kept = {}
        self.here = ""

    def plug_in(self, name, options=INTERNAL):
        """Another device takes the place of the one before, with the keys that it made."""
        if self.here:
            self.kept[self.here] = (self.options, self.credentials())
            self.session.send("WebAuthn.removeVirtualAuthenticator", self._id())
        added = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self.here, self.options, self.id = name, options, added["authenticatorId"]
        for credential in self.kept.get(name, (None, []))[1]:
            told = {**self._id(), "credential": credential}
            self.session.send("WebAuthn.addCredential", told)

    def credentials(self):
        return self.session.send("WebAuthn.getCredentials", self._id())["credentials"]

    def _id(self):
        return {"authenticatorId": self.id}


@pytest.fixture
def drawer(context, page):
    found = Drawer(context, page)
    found.plug_in("laptop")
    return found


def add(page, label):
    page.goto("/account/passkeys/new")
    page.get_by_label("Name").fill(label)
    page.get_by_role("button", name="Create passkey").click()


def alone(page):
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()


def reasons(site, action):
    with site.app.app_context():
        found = db.session.scalars(sa.select(AuditEvent.reason).where(AuditEvent.action == action))
        return list(found)


@pytest.mark.each_database
def test_two_passkeys_sign_in_second_and_alone_and_one_is_removed(page, site, drawer):
    bea = site.person("Bea Agent")
    hands.give_password(page, bea)
    page.get_by_role("link", name="Use a passkey instead").click()
    page.get_by_label("Name").fill("Work laptop")
    page.get_by_role("button", name="Create passkey").click()
    expect(page.locator("#backup-codes li")).to_have_count(10)
    add_a_second_one(page, drawer)
    hands.sign_out(page)

    hands.give_password(page, bea)
    page.get_by_role("button", name="Use passkey").click()
    hands.expect_home(page, bea)
    hands.sign_out(page)

    drawer.plug_in("laptop")
    alone(page)
    hands.expect_home(page, bea)
    remove_the_blue_key(page)


def add_a_second_one(page, drawer):
    """It needs a fresh proof, which the first one gives."""
    page.goto("/account/passkeys/new")
    expect(page).to_have_url(re.compile("/account/sudo"))
    page.get_by_role("button", name="Use passkey and go on").click()
    expect(page.get_by_role("heading", name="Add a passkey")).to_be_visible()
    drawer.plug_in("blue key", SECURITY_KEY)
    page.get_by_label("Name").fill("Blue key")
    page.get_by_role("button", name="Create passkey").click()
    expect(page.locator("#passkeys tbody tr")).to_have_count(2)


def test_a_file_behind_a_proof_by_passkey_begins_by_itself(page, site, drawer):
    hands.give_password(page, site.person("Mo Manager", Role.MANAGER))
    page.get_by_role("link", name="Use a passkey instead").click()
    page.get_by_role("button", name="Create passkey").click()
    expect(page.locator("#backup-codes li")).to_have_count(10)
    page.goto(f"/account/sudo?next={site.place_of_file()}")
    with page.expect_download():
        page.get_by_role("button", name="Use passkey and go on").click()
    expect(page.locator("h1")).to_have_text("Your file is on its way")


def remove_the_blue_key(page):
    page.goto("/account/passkeys")
    page.get_by_role("button", name="Remove Blue key").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Use passkey and go on").click()
    rows = page.locator("#passkeys tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Work laptop")


def test_a_copy_that_counted_less_is_refused_by_the_page(page, site, drawer):
    bea = site.person("Bea Agent", is_second_factor_on=False)
    hands.give_password(page, bea)
    page.get_by_role("link", name="Use a passkey instead").click()
    page.get_by_role("button", name="Create passkey").click()
    expect(page.locator("#backup-codes li")).to_have_count(10)
    with site.app.app_context():
        db.session.execute(
            sa.update(Passkey).where(Passkey.admin_id == bea.id).values(sign_count=99)
        )
        db.session.commit()
    page.goto("/account/security")
    hands.sign_out(page)
    alone(page)
    expect(page.locator(".error-summary")).to_contain_text("That passkey was not accepted")
    assert "sign_count" in reasons(site, "passkey.refused")


def test_a_refused_dialog_leaves_the_other_ways(page, site, drawer):
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("[data-passkey-error]")).to_contain_text("No passkey was used")


def test_without_javascript_the_other_ways_stand_there(plain_page, site, page, drawer):
    bea = site.person("Bea Agent")
    hands.give_password(page, bea)
    page.get_by_role("link", name="Use a passkey instead").click()
    page.get_by_role("button", name="Create passkey").click()
    expect(page.locator("#backup-codes li")).to_have_count(10)
    plain_page.goto("/sign-in")
    expect(plain_page.get_by_role("button", name="passkey")).to_have_count(0)
    hands.give_password(plain_page, bea)
    expect(plain_page.locator("main")).to_contain_text("Passkeys need JavaScript")
    expect(plain_page.get_by_role("link", name="Use a backup code instead")).to_be_visible()
