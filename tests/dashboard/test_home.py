"""The first page: each role's own cards, and no word of what does not concern somebody."""

from datetime import timedelta

import pytest

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import record
from portal.audit.models import Alert, Verification
from portal.core import clock
from portal.core.actor import ANONYMOUS, SYSTEM
from portal.core.database import db
from portal.core.once import new_once
from portal.core.roles import Role
from portal.coupons.batches import create_batch
from portal.support.models import GoodwillGesture
from tests.cast import actor, make_admin, signed_in
from tests.coupons.conftest import make_coupon, small_terms
from tests.support.crew import make_team
from tests.support.desk import answer

CARDS = {
    Role.ADMIN: "Sign-ins, Unusual events, Engine room, The desk, Open work, Audit log",
    Role.MANAGER: "The desk, Broken promises, Open work, Unusual events, Audit log",
    Role.SUPPORT_AGENT: "My tickets, Next up, My week",
    Role.FINANCE: "Trials and coupons, Tenants by plan, Coupons",
    Role.MARKETING: "Trials and coupons, Tenants by plan, Coupons",
}


def headings(client) -> str:
    return ", ".join(heading.text.strip() for heading in client.soup("/").select("main h2"))


def card(client, title):
    """The card of this heading."""
    (heading,) = [h for h in client.soup("/").select("main h2") if h.text.strip() == title]
    return heading.find_parent("section")


@pytest.mark.parametrize("role", CARDS)
def test_each_role_has_its_own_cards_what_it_needs_first(browser_of, role):
    assert headings(browser_of(role)).startswith(CARDS[role])


def test_an_agent_is_told_which_ticket_is_next(browser_of, desk):
    rows = card(browser_of(Role.SUPPORT_AGENT), "Next up").select("li a")
    assert [row.text for row in rows] == ["The late one", "The next one", "The slow one"]
    assert rows[0]["href"] == f"/support/tickets/{desk.number}?view=mine"


def test_an_agent_without_tickets_is_offered_the_next_one(browser_of):
    assert card(browser_of(Role.SUPPORT_AGENT), "Next up").form["action"] == "/support/next"


def test_an_agent_sees_their_week_and_its_table(browser_of, staff, desk):
    answer(desk, staff[Role.SUPPORT_AGENT])
    week = card(browser_of(Role.SUPPORT_AGENT), "My week")
    today = week.select("#week tbody tr")[-1]
    assert (len(week.select("#week tbody tr")), today.td["data-value"]) == (7, "1")
    assert week.canvas["data-chart"] == "week"


def test_a_manager_sees_broken_promises_and_who_has_how_much(browser_of, desk):
    client = browser_of(Role.MANAGER)
    assert "The late one" in card(client, "Broken promises").text
    assert "The slow one" not in card(client, "Broken promises").text
    work = card(client, "Open work")
    loads = [row.get_text(" ", strip=True) for row in work.select("tbody tr")]
    assert "Snoozed tickets are counted here" in work.text
    assert loads[0] == "Bea Agent 3"
    assert "Products 3" in loads


def test_a_name_is_a_name_on_this_page_too(browser_of, staff, desk):
    make_team(name="<b>Bold</b>")
    assert "<b>Bold" not in browser_of(Role.MANAGER).get("/").text


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN, Role.FINANCE])
def test_whoever_may_approve_sees_what_waits(browser_of, role):
    assert "Coupons to decide on" not in headings(browser_of(role))
    make_coupon("HALF").status = "awaiting_approval"
    assert "HALF" in card(browser_of(role), "Coupons to decide on").text


def test_codes_that_wait_lead_to_their_page(browser_of, staff):
    by, many = actor(staff[Role.MARKETING]), small_terms(max_redemptions=1)
    terms = {"prefix": "FAIR", "terms": many, "once": new_once(), "asks_approval": True}
    batch = create_batch(by=by, count=150, **terms)
    found = card(browser_of(Role.MANAGER), "Coupons to decide on").select_one("li a")
    assert (found.text, found["href"]) == ("150 codes FAIR", f"/coupons/batches/{batch.id}")


def test_whoever_asked_is_told_that_somebody_else_decides(browser_of, staff):
    half = make_coupon("HALF")
    half.status, half.requested_by = "awaiting_approval", staff[Role.MANAGER].id
    assert "somebody else decides" in card(browser_of(Role.MANAGER), "Coupons to decide on").text


@pytest.fixture
def gesture(staff, desk):
    """Bea asks for a coupon that she may not give alone."""
    now, bea = clock.now(), staff[Role.SUPPORT_AGENT]
    terms = {"kind": "coupon", "terms": {"percent": 50}, "summary": "50 % off"}
    whose = {"ticket_id": desk.id, "tenant_id": desk.tenant_id, "user_id": desk.requester_id}
    worth = {"value_cents": 5000, "currency": "USD", "month": f"{now:%Y-%m}", "reason": "Sorry"}
    asked = {"requested_by": bea.id, "requested_by_label": bea.email, "created_at": now}
    row = GoodwillGesture(**terms, **whose, **worth, **asked, status="awaiting_approval")
    db.session.add(row)
    db.session.flush()
    return row


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN])
def test_goodwill_waits_for_whoever_decides_on_it(browser_of, gesture, role):
    client = browser_of(role)
    found = card(client, "Goodwill to decide on")
    assert found.select_one("li a")["href"] == f"/support/goodwill/{gesture.id}"
    assert "bea@boxcostpro.test" in found.text
    assert "50 % off" in client.get(found.select_one(".card-footer a")["href"]).text


def test_decided_goodwill_is_no_word_any_more(browser_of, gesture):
    gesture.status = "given"
    assert "Goodwill" not in headings(browser_of(Role.MANAGER))


def test_marketing_sees_which_coupons_end_and_which_are_used(browser_of):
    make_coupon("ENDS", redeem_by=clock.now() + timedelta(days=3))
    make_coupon("LATER", redeem_by=clock.now() + timedelta(days=60))
    make_coupon("LOVED").times_redeemed = 9
    shown = card(browser_of(Role.MARKETING), "Coupons").get_text(" ", strip=True)
    assert "ENDS Ends soon" in shown
    assert "LOVED Among the most used 9 used" in shown
    assert "LATER" not in shown


def test_an_alert_waits_until_somebody_looked_at_it(browser_of):
    event = record(Action.TOTP_DISABLED, by=SYSTEM)
    about = {"rule_id": 1, "rule_name": "Factor off", "text": "A factor is off", "about": ""}
    alert = Alert(event_id=event.id, count=2, raised_at=clock.now(), **about)
    db.session.add(alert)
    assert "A factor is off" in card(browser_of(Role.MANAGER), "Unusual events").text
    alert.acknowledged_at = clock.now()
    assert "No alert waits" in card(browser_of(Role.MANAGER), "Unusual events").text


def refuse(count: int, days_ago: int = 0) -> None:
    with clock.standing_at(clock.now() - timedelta(days=days_ago)):
        for _ in range(count):
            record(Action.SESSION_PASSWORD_REFUSED, by=ANONYMOUS, outcome=Outcome.FAILURE)


def refused(client):
    link = 'a[href*="outcome=failure"]'
    return card(client, "Unusual events").select_one(link)


def test_more_refused_sign_ins_than_usual_stand_out(browser_of):
    refuse(12)
    assert "text-danger" in refused(browser_of(Role.ADMIN))["class"]
    for day in range(2, 12):
        refuse(9, days_ago=day)
    assert refused(browser_of(Role.ADMIN)).get("class") is None
    assert "usually 6" in card(browser_of(Role.ADMIN), "Unusual events").text


@pytest.mark.parametrize(("code", "word"), [(0, "Whole"), (1, "Changed"), (3, "Not provable")])
def test_the_last_verification_is_told_as_it_ended(browser_of, code, word):
    times = {"started_at": clock.now(), "finished_at": clock.now()}
    db.session.add(Verification(tree_size=5, exit_code=code, faults={}, **times))
    assert word in card(browser_of(Role.MANAGER), "Audit log").text


@pytest.mark.parametrize("role", [Role.SUPPORT_AGENT, Role.FINANCE, Role.MARKETING])
def test_nobody_hears_of_what_they_may_not_see(browser_of, role):
    told = headings(browser_of(role))
    assert not {"Engine room", "Audit log", "Unusual events", "Sign-ins"} & set(told.split(", "))


def test_whoever_has_no_second_factor_is_asked_to_set_it_up(app):
    client = signed_in(app, make_admin("Cy Outsider"))
    assert client.soup("/").select_one('main a[href="/account/two-factor/enrol"]')


def test_whoever_has_few_backup_codes_is_told(browser_of):
    page = browser_of(Role.ADMIN).soup("/")
    assert "0 backup codes are left" in page.main.text
