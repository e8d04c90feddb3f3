"""Two people in two browsers: one lost everything, the other lets her in, a day passes between."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from portal.core.database import db
from portal.core.roles import Role
from portal.staff.models import Admin
from tests.browser import hands
from tests.browser.people import enrolled_with_key
from tests.browser.phone import Phone
from tests.cast import PASSWORD
from tests.two_factor.recovery_steps import CODE, STATEMENT, STOP

DAY = timedelta(hours=24)


@pytest.fixture
def cast_of_two(site):
    """Ann with her phone, who may approve; Bea, whose phone is in the river."""
    ann, key = enrolled_with_key(site, "Ann Admin", Role.ADMIN)
    bea, _ = enrolled_with_key(site, "Bea Agent", Role.SUPPORT_AGENT)
    return ann, Phone(key), bea


@pytest.fixture(params=[True, False], ids=["with scripts", "without"])
def her_page(open_context, request):
    return open_context(java_script_enabled=request.param).new_page()


def newest_mail(site, email):
    """What the worker does now, and the newest mail to this address."""
    done = site.app.test_cli_runner().invoke(args=["worker", "--once"])
    assert done.exit_code == 0, done.output
    return site.mail_text(site.mails_to(email)[-1])


def ask(page, bea):
    hands.give_password(page, bea)
    page.get_by_role("link", name="I lost my device").click()
    expect(page.locator("h1")).to_have_text("Lost your device?")
    page.get_by_role("button", name="I lost everything").click()
    expect(page.locator("main")).to_contain_text("Not yet")


def approve(page, ann, phone, bea):
    """Once proven, a short statement is refused and a full one taken."""
    hands.give_password(page, ann)
    hands.send(page, totp_code=phone.code())
    hands.expect_home(page, ann)
    page.goto("/staff/recovery")
    page.get_by_role("link", name=bea.name).first.click()
    hands.send(page, "Approve: it is Bea Agent", statement="Sure it is her")


def prove(page, phone):
    hands.send(page, sudo_totp_code=phone.code())
    expect(page.locator(".field-error")).to_contain_text("Say in 20 to 1000 characters")
    hands.send(page, "Approve: it is Bea Agent", statement=STATEMENT)


@pytest.mark.each_database
def test_who_lost_everything_is_let_in_by_another_after_a_day(
    her_page, page, site, wait, cast_of_two
):
    ann, phone, bea = cast_of_two
    ask(her_page, bea)
    wait(timedelta(seconds=30))
    approve(page, ann, phone, bea)
    wait(timedelta(seconds=30))
    prove(page, phone)
    expect(page.locator("main")).to_contain_text("The waiting time runs")
    assert "is approved" in newest_mail(site, bea.email)
    hands.give_password(her_page, bea)
    her_page.goto("/sign-in/lost-device")
    expect(her_page.locator("main")).to_contain_text("a day from now")

    wait(DAY)
    code = CODE.search(newest_mail(site, bea.email))[0]
    come_back(her_page, bea, code)


def come_back(page, bea, code):
    hands.give_password(page, bea)
    page.get_by_role("link", name="I lost my device").click()
    hands.send(page, recovery_code=code, password=PASSWORD)
    expect(page).to_have_url(re.compile("/account/two-factor/enrol"))
    page.goto("/customers")
    expect(page).to_have_url(re.compile("/account/two-factor/enrol"))
    hands.enrol(page)
    hands.expect_home(page, bea)


def test_the_owner_stops_it_by_the_mail_and_the_admin_sees_why(
    her_page, page, site, wait, cast_of_two
):
    ann, phone, bea = cast_of_two
    ask(her_page, bea)
    her_page.goto(STOP.search(newest_mail(site, bea.email))[1])
    her_page.get_by_role("button", name="It was not me: stop it").click()
    expect(her_page.locator("body")).to_contain_text("frozen until an admin opens it again")
    with site.app.app_context():
        assert db.session.get(Admin, bea.id).disabled_at is not None
    wait(timedelta(seconds=30))
    hands.give_password(page, ann)
    hands.send(page, totp_code=phone.code())
    hands.expect_home(page, ann)
    page.goto(f"/staff/{bea.id}")
    expect(page.locator("main")).to_contain_text("the account was frozen")
