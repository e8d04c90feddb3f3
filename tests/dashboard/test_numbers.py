"""Each number opens the list that it counts, and both say the same."""

from datetime import timedelta
from functools import partial

import pytest

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import record
from portal.catalog.plans import plan_named
from portal.core import clock
from portal.core.actor import ANONYMOUS, SYSTEM
from portal.core.database import db
from portal.core.once import new_once
from portal.core.roles import Role
from portal.coupons.batches import create_batch
from portal.jobs.models import Job, JobStatus
from portal.mail.models import EmailLog, MailStatus
from portal.subscriptions.assignments import assign_plan
from portal.support.models import SupportTicket
from seeds.catalog import seed_catalog
from tests.cast import actor, make_admin, make_tenant
from tests.client import parsed
from tests.coupons.conftest import make_coupon, small_terms
from tests.support.desk import answer

ROWS = (
    *("#people-rows tr", "#trial-rows tr", "#on-plan-rows tr", "#job-rows tr", "#mail-rows tr"),
    "#coupon-rows tr",
    *(".queue-row", "li.event", "main table tbody tr"),
)


def opened(client, url: str) -> int:
    """How many rows the list at this address has."""
    answered = client.get(url)
    assert answered.status_code == 200, url
    page = parsed(answered)
    found = [page.select(rows) for rows in ROWS]
    return len(next(filter(None, found), []))


def tiles(client) -> dict[str, tuple[str, str]]:
    """What each tile says, by its label, and where it leads."""
    return {
        tile.select_one(".tile-label").text: (tile.select_one(".tile-count").text, tile["href"])
        for tile in client.soup("/").select("a.tile")
    }


def numbers(client) -> dict[str, int]:
    """Every other number of the page that is a link, by its address."""
    links = client.soup("/").select("main section.card a[href]")
    return {link["href"]: int(link.text) for link in links if link.text.isdigit()}


def check_all(client, found: dict[str, int]) -> None:
    assert {url: opened(client, url) for url in found} == found


@pytest.mark.parametrize("role", [Role.SUPPORT_AGENT, Role.MANAGER, Role.ADMIN])
def test_the_tiles_of_the_desk_agree_with_its_queues(browser_of, desk, role):
    client = browser_of(role)
    queues = {url: int(n) for n, url in tiles(client).values() if url.startswith("/support")}
    assert sum(queues.values()) >= 6
    check_all(client, queues)


def test_snoozed_tickets_are_in_no_number_of_the_queues(browser_of, desk):
    desk.snoozed_until = clock.now() + timedelta(hours=1)
    found = tiles(browser_of(Role.SUPPORT_AGENT))
    assert (found["My overdue"][0], found["All of mine"][0]) == ("0", "2")


def test_the_week_agrees_with_the_reports(browser_of, staff, desk):
    bea, client = staff[Role.SUPPORT_AGENT], browser_of(Role.SUPPORT_AGENT)
    answer(desk, bea)
    answer(desk, bea, body="And this.")
    with clock.standing_at(clock.now() - timedelta(days=3)):
        answer(db.session.query(SupportTicket).filter_by(subject="The slow one").one(), bea)
    desk.status, desk.is_open, desk.solved_at = "solved", False, clock.now()
    found = {url: n for url, n in numbers(client).items() if "/support/reports/" in url}
    assert sorted(found.values()) == [1, 1, 1]
    check_all(client, found)


def test_a_ticket_that_is_nobodys_work_any_more_is_in_no_week(browser_of, staff, desk):
    answer(desk, staff[Role.SUPPORT_AGENT])
    desk.status, desk.is_open = "spam", False
    assert not numbers(browser_of(Role.SUPPORT_AGENT))


def test_the_week_leaves_out_no_other_ticket_for_one_that_is_no_work(browser_of, staff, desk):
    bea = staff[Role.SUPPORT_AGENT]
    slow = db.session.query(SupportTicket).filter_by(subject="The slow one").one()
    for ticket in (desk, slow):
        answer(ticket, bea)
    with clock.standing_at(clock.now() - timedelta(days=2)):
        answer(desk, bea, body="Before.")
    desk.status, desk.is_open = "spam", False
    found = numbers(browser_of(Role.SUPPORT_AGENT))
    assert [n for url, n in found.items() if "/support/reports/" in url] == [1]


def test_the_load_agrees_with_the_reports(browser_of, desk):
    client = browser_of(Role.MANAGER)
    found = {url: n for url, n in numbers(client).items() if "/tickets/open" in url}
    assert sorted(found.values()) == [3, 3]
    check_all(client, found)


def test_the_numbers_of_people_agree_with_their_list(browser_of, staff):
    make_admin("Cy Outsider")
    make_admin("Ina Invited", joined_at=None)
    make_admin("Gus Gone", disabled_at=clock.now())
    browser_of(Role.FINANCE)
    client = browser_of(Role.ADMIN)
    found = {url: int(n) for n, url in tiles(client).values() if n.isdigit() and "/staff" in url}
    assert sorted(found.values()) == [1, 1, 2]
    check_all(client, found)
    assert tiles(client)["5 of 6 people have a second factor"][0] == "83 %"


def test_the_numbers_of_jobs_and_mails_agree_with_their_lists(browser_of):
    now = clock.now()
    job = {"kind": "x", "payload": {}, "run_at": now, "created_at": now}
    mail = {"template": "x", "recipient": "a@b.test", "subject": "x", "carries_secret": False}
    mail |= {"next_attempt_at": now, "created_at": now}
    db.session.add_all([Job(**job, status=JobStatus.FAILED), Job(**job), Job(**job)])
    for place, status in enumerate((MailStatus.FAILED, MailStatus.UNKNOWN, MailStatus.UNKNOWN)):
        db.session.add(EmailLog(**mail, message_id=f"<{place}@x>", status=status))
    client = browser_of(Role.ADMIN)
    found = {url: n for url, n in numbers(client).items() if "/operations" in url}
    assert sorted(found.values()) == [1, 1, 2, 2]
    check_all(client, found)


def test_the_numbers_of_events_agree_with_the_log(browser_of):
    with clock.standing_at(clock.now() - timedelta(hours=3)):
        record(Action.SESSION_PASSWORD_REFUSED, by=ANONYMOUS, outcome=Outcome.FAILURE)
        record(Action.POLICY_CHANGED, by=SYSTEM)
        record(Action.DATA_KEYS_ROTATED, by=SYSTEM)
    with clock.standing_at(clock.now() - timedelta(hours=25)):
        record(Action.POLICY_CHANGED, by=SYSTEM)
    client = browser_of(Role.ADMIN)
    found = {url: n for url, n in numbers(client).items() if url.startswith("/audit?")}
    assert list(found.values()) == [1, 1, 1]
    check_all(client, found)


def on_trial(name: str, ends_in: timedelta) -> None:
    with clock.standing_at(clock.now() - timedelta(days=30)):
        tenant, plan = make_tenant(name), plan_named("professional")
        end = clock.now() + timedelta(days=30) + ends_in
        assign_plan(by=SYSTEM, tenant=tenant, plan=plan, trial_ends_at=end)


def test_the_numbers_of_plans_and_trials_agree_with_their_lists(browser_of):
    seed_catalog()
    for name, days in (("Acme", 3), ("Birch", 13), ("Cedar", 20), ("Dogwood", -1)):
        on_trial(name, timedelta(days=days))
    client = browser_of(Role.FINANCE)
    found = {url: int(n) for n, url in tiles(client).values()} | numbers(client)
    assert sorted(found.values()) == [0, 0, 1, 1, 2, 3]
    check_all(client, found)


def test_whoever_is_on_no_plan_stands_on_the_one_that_counts_for_them(browser_of, acme, birch):
    seed_catalog()
    make_tenant("Cedar")
    put = partial(assign_plan, by=SYSTEM)
    put(tenant=acme, plan=plan_named("professional"))
    put(tenant=birch, plan=plan_named("free"))
    client, place = browser_of(Role.MARKETING), "/subscriptions/plans/"
    assert numbers(client) == {f"{place}professional": 1, f"{place}free": 2}
    column = client.soup("/customers").select("td[data-label=Plan]")
    rows = client.soup(f"{place}free").select("#on-plan-rows tr")
    assert sorted(td.text.strip() for td in column) == ["Free", "Free", "Professional"]
    assert [row.select_one("a").text for row in rows] == ["Cedar", "Birch"]
    assert "no plan of its own" in rows[0].text


def test_whoever_left_a_plan_is_not_on_it(browser_of, acme):
    seed_catalog()
    for plan in ("basic", "professional"):
        assign_plan(by=SYSTEM, tenant=acme, plan=plan_named(plan))
    found = numbers(browser_of(Role.MARKETING))
    assert found == {"/subscriptions/plans/professional": 1}


def codes_at_once(by):
    """Some that can be used, and too many to give alone: the list of coupons has none of them."""
    terms = small_terms(max_redemptions=1)
    for count in (50, 150):
        create_batch(
            by=by, once=new_once(), prefix="", count=count, terms=terms, asks_approval=count > 50
        )


def test_the_numbers_of_coupons_agree_with_their_lists(browser_of, staff):
    now = clock.now()
    for code in ("ONE", "TWO", "THREE"):
        make_coupon(code)
    make_coupon("NOT-YET", starts_at=now + timedelta(days=1))
    make_coupon("GONE", redeem_by=now + timedelta(days=1)).redeem_by = now - timedelta(days=1)
    make_coupon("USED-UP", max_redemptions=1).times_redeemed = 1
    make_coupon("HALF").status = "awaiting_approval"
    codes_at_once(actor(staff[Role.MARKETING]))
    client = browser_of(Role.MARKETING)
    found = {url: int(n) for n, url in tiles(client).values() if url.startswith("/coupons")}
    assert list(found.values()) == [3, 1]
    check_all(client, found)
