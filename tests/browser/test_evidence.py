"""A manager's session: from a question to evidence that a stranger can check, in eight clicks."""

import pytest
from playwright.sync_api import Page, expect

from portal.audit.keys import public_keys
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from portal.entitlements.grants import grant_tenant_feature
from seeds.catalog import seed_catalog
from tests.audit.bundling import manifest_of, run
from tests.browser.people import enrolled_with_key
from tests.browser.test_without_javascript import code_after
from tests.cast import actor, make_tenant

MOST_CLICKS = 8
COUNT_CLICKS = """
addEventListener("click", (event) => {
    if (event.detail > 0) sessionStorage.clicks = 1 + Number(sessionStorage.clicks ?? 0);
}, true);
"""


@pytest.fixture
def granted(site):
    """Acme got custom reports, and something else, from an admin."""
    ann = site.person("Ann Admin", Role.ADMIN)
    site.app.test_cli_runner().invoke(args=["audit", "init"])  # refused where there is a key
    with site.app.app_context():
        seed_catalog()
        number = next(site.numbers)
        acme = make_tenant(f"Acme {number}", external_id=f"acme-{number}")
        for feature in ("custom_reports", "api_access"):
            grant_tenant_feature(by=actor(ann), tenant=acme, feature_name=feature, reason="a fair")
        grant_tenant_feature(by=SYSTEM, tenant=acme, feature_name="audit_logs")
        db.session.commit()
        return acme.name, ann.email


@pytest.fixture
def mo(page, site) -> tuple[Page, str]:
    person, secret = enrolled_with_key(site, "Mo Manager", Role.MANAGER)
    site.sign_in(page.context, person)
    page.context.add_init_script(COUNT_CLICKS)
    page.goto("/")
    return page, secret


def test_from_a_question_to_a_verified_bundle(site, granted, mo, tmp_path):
    acme, giver = granted
    page, secret = mo
    page.get_by_role("link", name="Customers", exact=True).click()
    page.get_by_role("link", name=acme, exact=True).click()
    page.get_by_role("link", name="All events in the audit log").click()
    page.get_by_role("textbox", name="Feature").fill("custom reports")
    page.keyboard.press("Enter")
    expect(page.locator(".event")).to_have_count(1)
    expect(page.locator(".event")).to_contain_text(f"{giver} granted Custom Reports to {acme}")
    page.get_by_role("link", name="Export evidence").click()
    page.locator("[name=sudo_totp_code]").fill(code_after(secret))
    page.keyboard.press("Enter")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the bundle").click()
    assert int(page.evaluate("sessionStorage.clicks")) <= MOST_CLICKS
    verified(site, download.value.path(), tmp_path)


def verified(site, path, folder) -> None:
    """As an auditor does it, with the key from the installation and nothing but Python."""
    with site.app.app_context():
        key = str(public_keys()[0])
    checked = run(folder, str(path), "--pubkey", key, "--json")
    assert (checked.code, checked.answer.get("faults")) == (0, []), checked.text + checked.errors
    assert manifest_of(path.read_bytes())["events"] == 1
