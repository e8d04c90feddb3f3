"""The portal's first job, as a person does it: from a password to ten codes, and in again."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser import hands

NEXT_CODE = timedelta(seconds=30)
BACKUP_CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4})+")


@pytest.mark.each_database
def test_a_newcomer_enrols_by_the_picture_and_signs_in_again_by_each_factor(page, site, wait):
    bea = site.person("Bea Agent")
    hands.give_password(page, bea)
    expect(page).to_have_url(re.compile("/account/two-factor/enrol"))
    phone, codes = hands.enrol(page)
    assert phone.label == f"BoxCostPro:{bea.email}"
    assert (len(set(codes)), phone.issuer) == (10, "BoxCostPro")
    assert all(BACKUP_CODE.fullmatch(code) for code in codes)
    hands.expect_home(page, bea)
    hands.sign_out(page)
    wait(NEXT_CODE)
    hands.give_password(page, bea)
    hands.send(page, totp_code=phone.code())
    hands.expect_home(page, bea)
    hands.sign_out(page)
    use_a_backup_code_twice(page, bea, codes[3])


def use_a_backup_code_twice(page, bea, code):
    sign_in_with_backup_code(page, bea, code)
    hands.expect_home(page, bea)
    hands.sign_out(page)

    sign_in_with_backup_code(page, bea, code)
    expect(page.locator(".error-summary")).to_be_focused()
    page.goto("/account/security")
    expect(page).to_have_url(re.compile("/sign-in/second-factor"))


def sign_in_with_backup_code(page, admin, code):
    hands.give_password(page, admin)
    page.get_by_role("link", name="backup code").click()
    hands.send(page, backup_code=code)
