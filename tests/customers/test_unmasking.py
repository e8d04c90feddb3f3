"""The address of a customer's user is masked; who has it shown stands in the log."""

from datetime import timedelta

import pytest
import time_machine

from portal.audit.actions import Action
from portal.audit.browsing import body_of
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.errors import Denied
from portal.core.permissions import Permission
from portal.core.roles import Role
from portal.customers.naming import checked_address, masked
from portal.customers.tokens import issue_staff_token
from portal.customers.unmasking import unmask_to_edit
from portal.staff.identity import BadEmail
from portal.staff.roles import PERMISSIONS
from tests.cast import actor, make_admin, make_user, signed_in
from tests.client import parsed
from tests.customers.test_bearer import ask
from tests.ledger import events

ADDRESS, MASKED = "uma@acme.test", "u•••@acme.test"
UNMASKED = Action.CUSTOMER_PII_UNMASKED
FROM_HTMX = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}
ONE_USER = "/api/customers/tenants/acme/users/uma"


@pytest.fixture
def uma(acme):
    return make_user(acme)


@pytest.fixture
def meg(app):
    return make_admin("Meg Marketing", Role.MARKETING, is_second_factor_on=True)


@pytest.fixture
def meg_client(app, meg):
    return signed_in(app, meg)


def page_of(user):
    return f"/customers/users/{user.id}"


def buttons(page):
    return [one.get_text() for one in page.select("#user-address button")]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (ADDRESS, MASKED),
        ("u@acme.test", "•••@acme.test"),
        ("um@acme.test", MASKED),
        ("ünal@köln.test", "ü•••@köln.test"),
        ("😀😀@acme.test", "😀•••@acme.test"),
        ('"uma user"@acme.test', MASKED),
        ('"u"@acme.test', "•••@acme.test"),
        ('"u@home"@acme.test', MASKED),
        ("@acme.test", "•••@acme.test"),
        ("no address", "•••"),
        ("", "•••"),
        (MASKED, MASKED),
    ],
)
def test_a_mask_leaves_the_domain_and_a_first_letter_that_is_not_all(address, shown):
    assert masked(address) == shown


def test_a_masked_address_is_taken_for_nobodys(app):
    with pytest.raises(BadEmail, match="Write the whole one"):
        checked_address(MASKED)


@pytest.mark.parametrize("role", list(Role))
def test_every_page_masks_the_address_for_every_role(app, uma, acme, role):
    client = signed_in(app, make_admin("Some Body", role, is_second_factor_on=True))
    for url in ("/customers?tab=users", f"/customers/tenants/{acme.id}", page_of(uma)):
        text = client.soup(url).select_one("main").get_text()
        assert ("Uma User" in text, MASKED in text, ADDRESS in text) == (True, True, False)
    assert events(UNMASKED) == []


@pytest.mark.parametrize("text", [ADDRESS, "uma@ac", "UMA@ACME.TEST"])
def test_an_address_still_finds_its_user_and_stays_masked(bea_client, uma, text):
    answer = bea_client.get(f"/customers?tab=users&q={text}", headers={"HX-Request": "true"})
    cells = [cell.get_text() for cell in parsed(answer).select("#user-rows td")]
    assert cells[:2] == ["Uma User", MASKED]


@pytest.mark.parametrize("role", list(Role))
def test_whoever_may_see_it_has_it_shown_by_one_button(app, uma, role):
    client = signed_in(app, make_admin("Some Body", role, is_second_factor_on=True))
    may_see = role is not Role.MARKETING
    assert buttons(client.soup(page_of(uma))) == (["Show"] if may_see else [])
    answer = client.submit(f"{page_of(uma)}/unmask")
    assert (answer.status_code, ADDRESS in answer.text) == (200 if may_see else 403, may_see)
    assert len(events(UNMASKED)) == may_see


def test_without_javascript_the_page_comes_whole_and_masked_again_when_loaded(bea_client, uma):
    shown = parsed(bea_client.submit(f"{page_of(uma)}/unmask"))
    assert shown.select_one("#user-address #address").get_text() == ADDRESS
    assert shown.select_one("h1").get_text().strip() == "Uma User"
    assert shown.select_one("#status-history")
    again = bea_client.soup(page_of(uma)).select_one("#user-address")
    assert (MASKED in again.get_text(), ADDRESS in again.decode()) == (True, False)


def test_htmx_gets_the_address_alone_with_a_button_that_copies(bea_client, uma):
    data = {"csrf_token": bea_client.form_token()}
    answer = bea_client.post(f"{page_of(uma)}/unmask", data=data, headers=FROM_HTMX)
    piece = parsed(answer)
    assert piece.select_one("body > *")["id"] == "user-address"
    assert piece.select_one("nav, h1") is None
    assert piece.select_one("#address").get_text() == ADDRESS
    assert piece.select_one("[data-copy=address]")
    assert answer.headers["Cache-Control"] == "no-store"


def test_each_look_leaves_one_event_that_says_of_whom_but_not_what(bea_client, bea, uma, acme):
    for _ in range(2):
        bea_client.submit(f"{page_of(uma)}/unmask")
    found = events(UNMASKED)
    assert len(found) == 2
    body = body_of(found[0].canonical)
    assert body["target"] == {"type": "user", "id": str(uma.id), "label": f"user {uma.id}"}
    assert (body["actor"]["id"], body["tenant_id"], body["severity"]) == (bea.id, acme.id, "notice")
    assert b"uma@" not in b"".join(event.canonical for event in found)


def test_a_look_is_told_in_the_log_and_is_no_recent_change(mo_client, uma, acme):
    mo_client.submit(f"{page_of(uma)}/unmask")
    told = f"looked at the e-mail address of user {uma.id}"
    assert told in mo_client.get(f"/audit?target_type=user&target_id={uma.id}").text
    for url in (page_of(uma), f"/customers/tenants/{acme.id}"):
        assert told not in mo_client.get(url).text


def test_whoever_may_not_see_it_is_refused_and_that_is_recorded(meg_client, meg, uma):
    answer = meg_client.submit(f"{page_of(uma)}/unmask")
    assert (answer.status_code, ADDRESS in answer.text) == (403, False)
    (event,) = events(Action.ACCESS_DENIED)
    assert (event.actor_id, event.outcome, events(UNMASKED)) == (meg.id, "denied", [])


def test_of_nobody_and_of_an_erased_user_nothing_is_shown(bea_client, uma):
    uma.erased_at, uma.email = clock.now(), f"erased-{uma.id}@erased.invalid"
    page = bea_client.soup(page_of(uma))
    assert (buttons(page), page.select_one("#user-address").get_text(strip=True)) == ([], "none")
    assert "erased.invalid" not in bea_client.get("/customers?tab=users").text
    for url in (f"{page_of(uma)}/unmask", "/customers/users/99999/unmask"):
        assert bea_client.submit(url).status_code == 404
    assert bea_client.get(f"{page_of(uma)}/edit").status_code == 404
    assert events(UNMASKED) == []


def test_no_look_is_had_without_the_form_token(bea_client, uma):
    assert bea_client.post(f"{page_of(uma)}/unmask").status_code in {400, 403}
    assert events(UNMASKED) == []


def test_the_form_of_a_user_shows_the_address_and_that_is_a_look(bea_client, bea, uma):
    field = bea_client.soup(f"{page_of(uma)}/edit").select_one("[name=email]")
    assert field["value"] == ADDRESS
    (event,) = events(UNMASKED)
    assert (event.actor_id, event.target_id) == (bea.id, str(uma.id))
    assert event.tenant_id == uma.tenant_id


def test_opening_the_form_is_noted_once_in_five_minutes_a_person_and_user(
    bea_client, mo_client, uma, acme
):
    vic = make_user(acme, "Vic Visitor")
    for client, user in ((bea_client, uma), (bea_client, uma), (mo_client, uma), (bea_client, vic)):
        client.get(f"{page_of(user)}/edit")
    assert len(events(UNMASKED)) == 3
    with time_machine.travel(clock.now() + timedelta(minutes=5, seconds=1), tick=False):
        bea_client.get(f"{page_of(uma)}/edit")
    assert len(events(UNMASKED)) == 4


def test_whoever_may_write_but_not_see_gets_no_form(meg_client, uma, monkeypatch):
    more = PERMISSIONS[Role.MARKETING] | {Permission.CUSTOMERS_WRITE}
    monkeypatch.setitem(PERMISSIONS, Role.MARKETING, more)
    assert "/edit" not in meg_client.get(page_of(uma)).text
    answer = meg_client.get(f"{page_of(uma)}/edit")
    assert (answer.status_code, ADDRESS in answer.text) == (403, False)
    assert (len(events(Action.ACCESS_DENIED)), events(UNMASKED)) == (1, [])


def test_the_deed_asks_for_the_permission_itself(uma):
    by = Actor(ActorType.ADMIN, 1, "x", None, frozenset({Permission.CUSTOMERS_WRITE}))
    with pytest.raises(Denied):
        unmask_to_edit(by=by, user=uma)


@pytest.mark.parametrize(("role", "shown"), [(Role.MARKETING, MASKED), (Role.FINANCE, ADDRESS)])
def test_over_json_a_person_sees_what_their_role_may(app, uma, role, shown):
    client = signed_in(app, make_admin("Some Body", role, is_second_factor_on=True))
    assert client.get(ONE_USER).get_json()["email"] == shown
    (listed,) = client.get("/api/customers/users?tenant=acme").get_json()["items"]
    assert listed["email"] == shown


@pytest.mark.parametrize(
    ("lent", "shown"), [((), MASKED), ((Permission.CUSTOMERS_UNMASK,), ADDRESS)]
)
def test_a_persons_token_sees_it_where_that_was_lent(client, bea, uma, lent, shown):
    permissions = [Permission.CUSTOMERS_VIEW, *lent]
    text = issue_staff_token(by=actor(bea), name="Mine", permissions=permissions).text
    assert ask(client, text, ONE_USER).get_json()["email"] == shown
