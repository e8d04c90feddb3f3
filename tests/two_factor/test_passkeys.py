"""Registering, naming and removing passkeys, on pages and over JSON."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.config import settings
from portal.core.database import db
from portal.mail.models import EmailLog
from portal.staff.models import Admin, AdminSession
from portal.two_factor.backup_codes import code_set
from portal.two_factor.models import Passkey, PasskeyChallenge
from portal.two_factor.passkeys import MOST
from portal.two_factor.upkeep import sweep
from portal.web.access import SessionState
from tests.cast import signed_in, sudo_until, trusted
from tests.two_factor.authenticator import BACKED_UP, BACKUP_ELIGIBLE, PRESENT, Authenticator, raw
from tests.two_factor.conftest import give_authenticator, with_password
from tests.two_factor.passkey_steps import API, add, give_passkey, name_of, options, passkey_of


@pytest.fixture
def proven(app, bea_enrolled):
    """Bea's browser, minutes after she proved her second factor."""
    return trusted(app, bea_enrolled)


@pytest.fixture
def newcomer(app, moment):
    """The browser of somebody who must enrol."""
    return signed_in(app, with_password("Cy Outsider"), state=SessionState.MUST_ENROL, amr="pwd")


def events(action):
    return db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == action)).all()


def reasons():
    return sorted(event.reason for event in events("passkey.refused"))


def mails():
    return [mail.template for mail in db.session.query(EmailLog).order_by(EmailLog.id)]


def test_several_are_kept_with_what_is_told_of_them(proven, bea):
    device, answer = add(proven, "Laptop", Authenticator(PRESENT | BACKUP_ELIGIBLE | BACKED_UP))
    assert (answer.status_code, answer.get_json()["passkey"]["label"]) == (201, "Laptop")
    add(proven, "Blue key")
    kept = passkey_of(device)
    assert (kept.admin_id, kept.transports, kept.sign_count) == (bea.id, ["internal"], 0)
    assert (kept.is_discoverable, kept.is_backup_eligible, kept.is_backed_up) == (True,) * 3
    items = proven.get(API).get_json()["items"]
    assert [one["label"] for one in items] == ["Laptop", "Blue key"]
    labels = {event.target_label for event in events("passkey.registered")}
    assert labels == {"Laptop", "Blue key"}
    assert mails() == ["passkey_added"] * 2


def test_the_options_name_the_host_of_the_settings_and_exclude_what_is_there(proven):
    device, _ = add(proven)
    found = options(proven, "register")
    assert (found["rp"]["id"], found["attestation"]) == ("localhost", "none")
    assert [one["id"] for one in found["excludeCredentials"]] == [name_of(device)]
    assert (len(raw(found["challenge"])), len(raw(found["user"]["id"]))) == (32, 32)
    assert found["user"]["id"] == options(proven, "register")["user"]["id"]


def test_another_host_header_changes_nothing(proven):
    headers = {"X-Forwarded-Host": "evil.test"}
    answer = proven.call("POST", f"{API}/register/options", {}, headers=headers)
    assert answer.get_json()["rp"]["id"] == "localhost"


def test_the_first_factor_lets_a_newcomer_in_with_ten_codes(newcomer):
    cy = db.session.query(Admin).one()
    other = signed_in(newcomer.application, cy)
    _, answer = add(newcomer)
    assert (answer.status_code, len(answer.get_json()["backup_codes"])) == (201, 10)
    assert newcomer.get("/account/passkeys").status_code == 200
    assert other.get("/account/passkeys").status_code == 303
    assert db.session.query(Admin).one().is_second_factor_on
    state = db.session.query(AdminSession).filter_by(revoked_at=None).one()
    assert (state.state, state.amr) == ("active", "pwd passkey")


def test_a_page_registers_as_well(newcomer):
    device = Authenticator()
    made = device.make(options(newcomer, "register"))
    url = "/account/passkeys/new"
    answer = newcomer.submit(url, credential=json.dumps(made), label="  Work   laptop ")
    assert (answer.status_code, answer.text.count("<li>")) == (200, 10)
    assert passkey_of(device).label == "Work laptop"


def test_an_open_screen_alone_adds_nothing(bea_here, app, bea):
    refused = bea_here.call("POST", f"{API}/register/options", {})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "sudo_required")
    page = bea_here.get("/account/passkeys/new")
    assert page.location == "/account/sudo?next=/account/passkeys/new"
    assert db.session.query(Passkey).count() == 0


def test_a_password_alone_adds_nothing_beside_a_factor(app, bea_enrolled):
    client = signed_in(app, bea_enrolled, sudo_until=sudo_until(), sudo_method="password")
    assert client.call("POST", f"{API}/register/options", {}).status_code == 403


@pytest.mark.parametrize("lie", [{"origin": "https://evil.test"}, {"host": "evil.test"}])
def test_a_key_for_another_site_is_refused(proven, lie):
    _, answer = add(proven, device=Authenticator(**lie))
    assert (answer.status_code, answer.get_json()["code"]) == (401, "invalid_code")
    assert reasons() == ["registration"]
    assert db.session.query(Passkey).count() == 0


def test_a_challenge_is_good_once_even_after_a_failure(proven):
    device = Authenticator()
    asked = options(proven, "register")
    bad = {"credential": Authenticator(origin="https://evil.test").make(asked), "label": "x"}
    good = {"credential": device.make(asked), "label": "x"}
    url = f"{API}/register/verify"
    assert [proven.call("POST", url, body).status_code for body in (bad, good)] == [401, 401]
    assert reasons() == ["no_challenge", "registration"]


def test_a_challenge_waits_five_minutes(proven, moment):
    asked = options(proven, "register")
    moment.shift(timedelta(minutes=5))
    body = {"credential": Authenticator().make(asked), "label": "x"}
    assert proven.call("POST", f"{API}/register/verify", body).status_code == 401


def test_what_nobody_answered_is_swept_out(proven, moment):
    options(proven, "register")
    sweep({})
    assert db.session.query(PasskeyChallenge).count() == 1
    moment.shift(timedelta(minutes=5))
    sweep({})
    assert db.session.query(PasskeyChallenge).count() == 0


def test_a_key_that_is_here_already_is_nobodys_second(app, proven, ann):
    device, _ = add(proven)
    give_authenticator(ann)
    hers = trusted(app, ann)
    _, answer = add(hers, device=device)
    assert answer.status_code == 401
    assert reasons() == ["known_credential"]


def test_an_id_longer_than_any_authenticator_makes_is_refused(proven):
    _, answer = add(proven, device=Authenticator(id=bytes(1024)))
    assert (answer.status_code, reasons()) == (401, ["registration"])


def test_what_is_no_credential_at_all_is_refused(proven):
    options(proven, "register")
    for sent in ({}, {"id": "\ud800"}, {"response": {"transports": [{}]}}, {"rawId": "x" * 20_000}):
        body = {"credential": sent, "label": "x"}
        assert proven.call("POST", f"{API}/register/verify", body).status_code == 401


def test_an_operator_takes_passkeys_away_too(own_app):
    with own_app.app_context():
        give_passkey(with_password("Bea Agent"))
        db.session.commit()
    words = ["staff", "reset-2fa", "bea@boxcostpro.test", "--reason", "phone lost", "--yes"]
    assert own_app.test_cli_runner().invoke(args=words).exit_code == 0
    with own_app.app_context():
        assert db.session.query(Passkey).count() == 0
        assert not db.session.query(Admin).one().is_second_factor_on


def test_twenty_are_enough(proven, bea_enrolled):
    for number in range(MOST):
        give_passkey(bea_enrolled, f"Key {number}")
    answer = proven.call("POST", f"{API}/register/options", {})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "conflict")


@pytest.mark.parametrize("label", ["", " ", "x" * 65, "a\u202eb"])
def test_a_name_that_no_page_can_show_is_refused(proven, bea_enrolled, label):
    give_passkey(bea_enrolled)
    key = db.session.query(Passkey).one().id
    answer = proven.call("PATCH", f"{API}/{key}", {"label": label})
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (422, "label")
    assert proven.submit(f"/account/passkeys/{key}/rename", label=label).status_code == 422


def test_renaming_leaves_what_it_was_called(bea_here, bea):
    give_passkey(bea)
    key = db.session.query(Passkey).one().id
    answer = bea_here.submit(f"/account/passkeys/{key}/rename", label="Old laptop")
    assert (answer.status_code, answer.location) == (303, "/account/passkeys")
    event = events("passkey.renamed")[0]
    changes = json.loads(event.canonical)["changes"]
    assert changes == [{"field": "label", "old": "Laptop", "new": "Old laptop"}]


def test_nobody_reaches_another_persons_passkeys(proven, ann):
    give_passkey(ann)
    key = db.session.query(Passkey).one().id
    assert proven.call("PATCH", f"{API}/{key}", {"label": "x"}).status_code == 404
    assert proven.call("DELETE", f"{API}/{key}").status_code == 404
    assert proven.get(f"/account/passkeys/{key}/rename").status_code == 404
    assert proven.submit(f"/account/passkeys/{key}/remove").status_code == 404


def test_removing_needs_fresh_proof(bea_here, bea):
    give_passkey(bea)
    key = db.session.query(Passkey).one().id
    assert bea_here.submit(f"/account/passkeys/{key}/remove").status_code == 403
    assert bea_here.call("DELETE", f"{API}/{key}").get_json()["code"] == "sudo_required"
    assert db.session.query(Passkey).count() == 1


def test_removing_one_of_two_factors_leaves_the_other(proven, app, bea_enrolled):
    give_passkey(bea_enrolled)
    other = signed_in(app, bea_enrolled)
    key = db.session.query(Passkey).one().id
    answer = proven.submit(f"/account/passkeys/{key}/remove")
    assert (answer.status_code, answer.location) == (303, "/account/passkeys")
    assert db.session.get(Admin, bea_enrolled.id).is_second_factor_on
    assert proven.get("/account/security").status_code == 200
    assert other.get("/account/security").status_code == 303
    assert events("passkey.removed")[0].target_label == "Laptop"
    assert mails() == ["passkey_removed"]


def test_after_the_last_factor_the_role_asks_for_another(app, moment, bea):
    give_passkey(bea)
    client = signed_in(app, bea, sudo_until=sudo_until(), sudo_method="passkey")
    key = db.session.query(Passkey).one().id
    answer = client.call("DELETE", f"{API}/{key}")
    assert answer.get_json()["next"] == "enrol"
    assert client.get("/account/security").location == "/account/two-factor/enrol"
    assert not db.session.get(Admin, bea.id).is_second_factor_on


def test_an_authenticator_can_go_while_a_passkey_stays(proven, bea_enrolled):
    give_passkey(bea_enrolled)
    assert proven.call("POST", "/api/admin/2fa/disable", {}).get_json() | {"csrf_token": ""} == {
        "enabled": False,
        "csrf_token": "",
    }
    assert db.session.get(Admin, bea_enrolled.id).is_second_factor_on
    found = proven.get("/api/admin/2fa/status").get_json()
    assert (found["enabled"], [one["type"] for one in found["methods"]]) == (True, ["passkey"])


def test_an_authenticator_joins_a_passkey(app, moment, bea):
    give_passkey(bea)
    client = signed_in(app, bea, sudo_until=sudo_until(), sudo_method="passkey")
    assert client.get("/account/two-factor/enrol").status_code == 200
    assert client.call("POST", "/api/admin/2fa/enable", {"method": "totp"}).status_code == 200


def test_the_pages_show_what_there_is(bea_here, bea):
    assert "No passkey yet" in bea_here.get("/account/passkeys").text
    give_passkey(bea, "Blue key")
    assert bea_here.soup("/account/passkeys").select_one("#passkeys tbody tr td").text.split() == [
        "Blue",
        "key",
        "Signs",
        "in",
        "alone",
    ]
    assert code_set(bea.id).total == 0


@pytest.mark.parametrize("url", ["http://192.0.2.7", "http://[::1]:8443", "http://portal.test"])
def test_a_portal_without_a_safe_host_name_offers_none(newcomer, client, monkeypatch, url):
    found = settings()
    monkeypatch.setitem(
        newcomer.application.extensions, "portal_settings", replace(found, base_url=url)
    )
    assert newcomer.call("POST", f"{API}/register/options", {}).status_code == 409
    assert newcomer.get("/account/passkeys/new").status_code == 409
    assert client.call("POST", f"{API}/sign-in/options", {}).status_code == 409
    assert "passkey-alone" not in client.get("/sign-in").text
