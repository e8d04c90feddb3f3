"""Making tokens, showing them once, taking them back."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.errors import Conflict, NotFound
from portal.core.permissions import Permission
from portal.core.tokens import token_sha256
from portal.customers.models import ApiToken, TokenKind
from portal.customers.scopes import NEVER_LENT, Scope, lendable, permissions_of_scopes
from portal.customers.token_text import LENGTH, public_id_of
from portal.customers.tokens import (
    BadToken,
    issue_service_token,
    issue_staff_token,
    issue_user_token,
    revoke_token,
    token_or_404,
)
from portal.web.idempotency import SEALED
from portal.web.models import IdempotencyKey
from tests.cast import actor, make_user, trusted
from tests.customers.test_bearer import ask


def service(ann, **more):
    return issue_service_token(
        by=actor(ann), **{"name": "Product", "scopes": ["customers:write"], **more}
    )


@pytest.fixture
def bea_proven(app, bea):
    return trusted(app, bea)


def test_only_a_hash_of_the_text_is_kept(ann):
    issued = service(ann)
    assert len(issued.text) == LENGTH == 62
    assert issued.row.secret_sha256 == token_sha256(issued.text)
    assert public_id_of(issued.text) == issued.row.public_id


def test_one_wrong_character_is_noticed_without_a_query(ann):
    text = service(ann).text
    for place in range(len(text)):
        wrong = "x" if text[place] != "x" else "y"
        assert public_id_of(text[:place] + wrong + text[place + 1 :]) is None


def test_making_one_is_recorded_without_the_secret(ann):
    issued = service(ann, networks=["192.0.2.7/24"])
    query = sa.select(AuditEvent).filter_by(action="token.issued")
    event = db.session.scalars(query).one()
    assert event.target_id == issued.row.public_id
    assert issued.text.encode() not in event.canonical
    assert b"192.0.2.0/24" in event.canonical


def test_a_wrapped_network_is_kept_as_the_one_inside(ann):
    issued = service(ann, networks=["::ffff:192.0.2.0/120", "192.0.2.0/24"])
    assert issued.row.networks == ["192.0.2.0/24"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["staff:manage"]}, "scopes"),
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "a\x1b[2J"}, "name"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"networks": ["here"]}, "networks"),
        ({"networks": [f"192.0.2.{n}" for n in range(51)]}, "networks"),
    ],
)
def test_what_is_not_right_is_refused(ann, more, field):
    with pytest.raises(BadToken) as refusal:
        service(ann, **more)
    assert refusal.value.field == field


def test_a_staff_token_never_may_more_than_its_person(bea):
    for permission in (Permission.CUSTOMERS_SUSPEND, *NEVER_LENT):
        with pytest.raises(BadToken):
            issue_staff_token(by=actor(bea), name="Mine", permissions=[permission.value])


def test_no_token_reaches_people_factors_or_tokens():
    reached = permissions_of_scopes([scope.value for scope in Scope])
    lent_but_for_minting = NEVER_LENT - {Permission.USER_TOKENS_MINT}
    assert reached & lent_but_for_minting == set()


@pytest.mark.parametrize("life", [timedelta(seconds=59), timedelta(days=366), timedelta(0)])
def test_a_user_token_lives_a_minute_to_a_year(ann, acme, life):
    with pytest.raises(BadToken):
        issue_user_token(by=actor(ann), user=make_user(acme), expires_in=life)


def test_nothing_acts_for_an_erased_user(ann, acme):
    user = make_user(acme, erased_at=clock.now())
    with pytest.raises(Conflict):
        issue_user_token(by=actor(ann), user=user, expires_in=timedelta(hours=1))


def test_revoking_twice_is_one_event(ann):
    token = service(ann).row
    assert revoke_token(by=actor(ann), token=token)
    assert not revoke_token(by=actor(ann), token=token)
    assert (token.revoked_by, token.revoked_at is not None) == (ann.id, True)


def test_another_persons_token_is_not_there(ann, bea):
    token = service(ann).row
    with pytest.raises(NotFound):
        token_or_404(token.public_id, by=actor(bea))


# pages


def rows(client, path="/tokens"):
    return [row.get_text(" ", strip=True) for row in client.soup(path).select("#token-rows tr")]


def test_the_list_shows_one_kind_at_a_time(ann_client, ann, acme):
    service(ann)
    issue_user_token(by=actor(ann), user=make_user(acme), expires_in=timedelta(hours=1))
    assert len(rows(ann_client)) == 1
    assert "Product" in rows(ann_client)[0]
    assert "what the user may" in rows(ann_client, "/tokens?kind=user")[0]
    assert rows(ann_client, "/tokens?kind=staff") == []


def test_an_agent_sees_only_their_own(bea_client, ann, bea):
    service(ann)
    issue_staff_token(by=actor(ann), name="Ann's", permissions=["customers.view"])
    issue_staff_token(by=actor(bea), name="Bea's", permissions=["customers.view"])
    shown = rows(bea_client, "/tokens?kind=service")
    assert len(shown) == 1
    assert "Bea's" in shown[0]


def test_the_list_is_narrowed_by_state_and_text(ann_client, ann, acme):
    revoke_token(by=actor(ann), token=service(ann, name="Old one").row)
    gone = service(ann, name="Gone one").row
    gone.expires_at = clock.now() - timedelta(days=1)
    live = service(ann, name="Live 100%").row
    for state, name in [("active", "Live"), ("expired", "Gone"), ("revoked", "Old")]:
        (shown,) = rows(ann_client, f"/tokens?state={state}")
        assert name in shown
    assert len(rows(ann_client, "/tokens?q=one")) == 2
    assert len(rows(ann_client, "/tokens?q=%25")) == 1
    assert len(rows(ann_client, f"/tokens?q={live.public_id}")) == 1
    assert rows(ann_client, "/tokens?q=nothing") == []


def test_a_users_tokens_are_found_by_number(ann_client, ann, acme):
    user = make_user(acme)
    issue_user_token(by=actor(ann), user=user, expires_in=timedelta(hours=1))
    assert len(rows(ann_client, f"/tokens?kind=user&q={user.id}")) == 1
    for number in ("99999999999999999999", f"{0:012}{10**20 - 1}"):
        assert ann_client.get(f"/tokens?kind=user&q={number}").status_code == 200
        assert rows(ann_client, f"/tokens?kind=user&q={number}") == []


SENT = {"name": "Product", "scopes": ["customers:read", "audit:read"], "days": "30"}


def test_a_token_is_shown_once_and_works(client, ann_proven):
    answer = ann_proven.submit("/tokens/service", **SENT, networks="", once="abcd1234")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    shown = answer.text.split('data-value="')[1].split('"')[0]
    assert shown.startswith("bop_abcd1234_")
    assert ask(client, shown).status_code == 403
    again = ann_proven.submit("/tokens/service", **SENT, networks="", once="abcd1234")
    assert again.status_code == 422
    assert "shown only once" in again.text
    assert db.session.query(ApiToken).count() == 1


def test_making_one_asks_for_a_proof(ann_client):
    answer = ann_client.submit("/tokens/service", **SENT)
    assert answer.status_code == 403
    assert db.session.query(ApiToken).count() == 0
    assert answer.text.count('name="scopes"') >= 2


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"scopes": []}, {"scopes": ["all"]}, {"days": "1000"}, {"networks": "nowhere"}],
)
def test_a_wrong_form_is_shown_again(ann_proven, wrong):
    answer = ann_proven.submit("/tokens/service", **{**SENT, **wrong})
    assert answer.status_code == 422
    assert db.session.query(ApiToken).count() == 0


def test_a_tampered_nonce_is_refused(ann_proven):
    answer = ann_proven.submit("/tokens/service", **SENT, once="../../..")
    assert answer.status_code == 422


def test_an_agent_lends_a_token_what_they_may(bea_proven, bea):
    page = bea_proven.soup("/tokens/own")
    offered = {box["value"] for box in page.select('input[name="permissions"]')}
    assert "customers.view" in offered
    assert not offered & {"customers.suspend", "tokens.own", "account.own"}
    sent = {"name": "Script", "permissions": ["customers.view"], "days": "7"}
    assert bea_proven.submit("/tokens/own", **sent).status_code == 200
    token = db.session.query(ApiToken).one()
    assert (token.kind, token.admin_id, token.scopes) == (
        TokenKind.STAFF,
        bea.id,
        ["customers.view"],
    )
    assert "See tenants and their users" in rows(bea_proven)[0]


def test_many_permissions_fold_into_their_number(ann_client, bea):
    lent = [permission for permission in Permission if permission in lendable(bea.role)]
    issue_staff_token(by=actor(bea), name="All", permissions=lent)
    (folded,) = ann_client.soup("/tokens?kind=staff").select("#token-rows details")
    shown = [one.get_text() for one in folded.select("li")]
    assert folded.summary.get_text() == f"{len(lent)} permissions"
    assert sorted(shown) == sorted(permission.meaning for permission in lent)


def test_an_agent_makes_no_service_token(bea_proven):
    assert bea_proven.submit("/tokens/service", **SENT).status_code == 403
    assert bea_proven.get("/tokens/service").status_code == 403


def test_a_token_is_revoked_from_the_list(client, ann_proven, ann):
    issued = service(ann)
    answer = ann_proven.submit(f"/tokens/{issued.row.public_id}/revoke")
    assert answer.status_code == 303
    assert ask(client, issued.text).status_code == 401


def test_revoking_what_is_not_there_is_a_404(bea_proven, ann):
    issued = service(ann)
    for public_id in (issued.row.public_id, "00000000", "x"):
        assert bea_proven.submit(f"/tokens/{public_id}/revoke").status_code == 404


# the API


def mint(client, ann, path, body, **headers):
    text = service(ann).text
    sent = {"Authorization": f"Bearer {text}", **headers}
    return client.post(f"/api/customers/users/{path}/tokens", json=body, headers=sent)


def test_the_product_mints_a_token_for_a_user(client, ann, acme):
    user = make_user(acme)
    answer = mint(client, ann, user.id, {"expires_in": 600})
    assert answer.status_code == 201
    body = answer.get_json()
    assert set(body) == {"token", "expires_at"}
    assert body["expires_at"].endswith("Z")
    row = db.session.scalars(sa.select(ApiToken).filter_by(kind=TokenKind.USER)).one()
    assert row.user_id == user.id
    assert row.expires_at - row.created_at == timedelta(seconds=600)
    assert ask(client, body["token"]).status_code == 403


@pytest.mark.parametrize("life", [0, 59, -1, 30 * 86400 + 1, 10**30, "600", 1.5, None, True])
def test_a_life_that_is_not_one_is_refused(client, ann, acme, life):
    answer = mint(client, ann, make_user(acme).id, {"expires_in": life})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "expires_in"


def test_a_life_that_is_not_said_is_an_hour(client, ann, acme):
    answer = mint(client, ann, make_user(acme).id, {})
    assert answer.status_code == 201
    row = db.session.scalars(sa.select(ApiToken).filter_by(kind=TokenKind.USER)).one()
    assert row.expires_at - row.created_at == timedelta(hours=1)


def test_what_a_service_token_minted_is_revoked_with_it(client, ann, acme):
    user, first, other = make_user(acme), service(ann), service(ann)
    minted = []
    for by in (first, other):
        headers = {"Authorization": f"Bearer {by.text}"}
        path = f"/api/customers/users/{user.id}/tokens"
        minted.append(client.post(path, json={}, headers=headers).get_json()["token"])
    minted.append(issue_user_token(by=actor(ann), user=user, expires_in=timedelta(hours=1)).text)
    revoke_token(by=actor(ann), token=first.row)
    assert [public_ids(revoked) for revoked in (True, False)] == [
        {first.row.public_id, public_id_of(minted[0])},
        {other.row.public_id, *map(public_id_of, minted[1:])},
    ]
    me = [
        client.get("/api/entitlements/me/features", headers={"Authorization": f"Bearer {text}"})
        for text in minted
    ]
    assert [answer.status_code for answer in me] == [401, 200, 200]
    event = db.session.scalars(sa.select(AuditEvent).filter_by(action="token.revoked")).one()
    assert json.loads(event.canonical)["meta"] == {"minted_tokens": 1}


def public_ids(is_revoked):
    found = ApiToken.revoked_at.is_not(None) if is_revoked else ApiToken.revoked_at.is_(None)
    return set(db.session.scalars(sa.select(ApiToken.public_id).where(found)))


def test_a_token_that_was_revoked_meanwhile_mints_nothing(ann, acme):
    issued = service(ann)
    program = Actor(ActorType.API_TOKEN, issued.row.id, "Product")
    revoke_token(by=actor(ann), token=issued.row)
    with pytest.raises(Conflict):
        issue_user_token(by=program, user=make_user(acme), expires_in=timedelta(hours=1))


def test_minting_for_nobody_is_a_404(client, ann):
    assert mint(client, ann, 10**6, {}).status_code == 404


def test_minting_needs_its_scope(client, ann, acme):
    text = service(ann, scopes=["customers:read"]).text
    path = f"/api/customers/users/{make_user(acme).id}/tokens"
    answer = client.post(path, json={}, headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 403
    assert answer.get_json()["code"] == "permission_denied"


def test_a_person_who_mints_proves_themselves(ann_client, acme):
    path = f"/api/customers/users/{make_user(acme).id}/tokens"
    answer = ann_client.call("POST", path, {"expires_in": 600})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "sudo_required")


def test_the_same_key_gives_the_same_token_and_keeps_it_sealed(client, ann, acme):
    user, text = make_user(acme), service(ann).text
    sent = {"Authorization": f"Bearer {text}", "Idempotency-Key": "one"}
    path = f"/api/customers/users/{user.id}/tokens"
    first, second = (client.post(path, json={}, headers=sent) for _ in range(2))
    assert second.get_json() == first.get_json()
    assert second.headers["Idempotent-Replayed"] == "true"
    kept = db.session.scalar(sa.text("SELECT answer FROM idempotency_keys"))
    assert first.get_json()["token"].encode() not in bytes(kept)


def test_an_answer_that_no_key_opens_is_not_carried_out_twice(client, ann, acme):
    user, text = make_user(acme), service(ann).text
    sent = {"Authorization": f"Bearer {text}", "Idempotency-Key": "one"}
    path = f"/api/customers/users/{user.id}/tokens"
    client.post(path, json={}, headers=sent)
    before = db.session.scalar(sa.select(sa.func.count(ApiToken.id)))
    for kept in (SEALED + b"gone\0" + bytes(40), SEALED):
        db.session.execute(sa.update(IdempotencyKey).values(answer=kept))
        again = client.post(path, json={}, headers=sent)
        assert (again.status_code, again.get_json()["code"]) == (409, "conflict")
        assert "carried out before" in again.get_json()["detail"]
    assert db.session.scalar(sa.select(sa.func.count(ApiToken.id))) == before
