"""Handing out what is held about a user, and forgetting it."""

import json
import unicodedata
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.provenance import Provenance, set_provenance
from portal.customers import cleaning, privacy
from portal.customers.cleaning import KIND
from portal.customers.models import (
    ApiToken,
    CustomerImport,
    CustomerImportRow,
    ImportStatus,
    StatusChange,
    Tenant,
    User,
    UserStatus,
)
from portal.customers.privacy import (
    NEUTRAL_NAME,
    AlreadyErased,
    erase_user,
    export_user,
    holdings,
    register_holding,
)
from portal.customers.tokens import issue_service_token, issue_user_token
from portal.customers.users import change_user, deactivate_user, upsert_user
from portal.jobs.registry import kind_named
from portal.jobs.worker import Worker
from portal.web.models import IdempotencyKey
from tests.cast import actor, make_user
from tests.customers.test_bearer import ask
from tests.customers.test_imports import kept, line, results, run, started

CANARIES = ("Zebulon Quibble", "zebulon@quibble.test", "zq-4711")


@pytest.fixture
def person(acme) -> User:
    name, email, external_id = CANARIES
    return make_user(acme, name, email=email, external_id=external_id)


def of_person(**more) -> str:
    name, email, external_id = CANARIES
    return line(user=external_id, who=name, email=email, **more)


def everything() -> str:
    """Every value of every table, as text."""
    db.session.flush()
    found = []
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(sa.select(table)):
            found += [v.decode("latin-1") if isinstance(v, bytes) else str(v) for v in row]
    return "\n".join(found)


def _tenant(person: User) -> Tenant:
    return db.session.get_one(Tenant, person.tenant_id)


def test_the_export_holds_what_every_place_knows(ann, person):
    issue_user_token(by=actor(ann), user=person, expires_in=timedelta(hours=1))
    kept(ann, of_person())
    found = export_user(by=actor(ann), user=person)
    assert set(holdings()) <= set(found)
    assert found["profile"]["email"] == person.email
    assert found["status_history"][0]["status"] == "active"
    assert len(found["api_tokens"]) == 1
    assert found["imported_lines"][0]["values"]["user_name"] == person.name
    json.dumps(found)


def test_the_export_holds_nothing_of_others_and_no_secret(ann, person, acme, birch):
    other = make_user(birch, "Zora Other", external_id=person.external_id)
    issued = issue_user_token(by=actor(ann), user=person, expires_in=timedelta(hours=1))
    issue_user_token(by=actor(ann), user=other, expires_in=timedelta(hours=1))
    text = json.dumps(export_user(by=actor(ann), user=person))
    assert "Zora" not in text
    assert issued.text not in text
    assert issued.row.secret_sha256.hex() not in text


def test_the_export_keeps_our_reasons_and_addresses_to_ourselves(ann, person):
    ours, theirs = (Provenance(ip=ip, method="POST") for ip in ("10.9.8.7", "192.0.2.7"))
    set_provenance(ours)
    deactivate_user(by=actor(ann), user=person, reason="suspected fraud, says legal")
    set_provenance(theirs)
    them = Actor(ActorType.CUSTOMER, person.id, f"user {person.id}")
    record(Action.ACCESS_DENIED, by=them, target=Target("route", "/", "/"), reason="denied")
    found = export_user(by=actor(ann), user=person)
    assert [event.get("ip") for event in found["audit_events"]] == ["192.0.2.7", None]
    text = json.dumps(found)
    assert [word for word in ("10.9.8.7", "fraud", "reason") if word in text] == []


LOOSE = unicodedata.normalize("NFD", "zoé")
OTHER_SPELLINGS = [
    {"user": LOOSE, "email": "old@acme.test"},
    {"user": "", "email": "ZOE@acme.test"},
    {"user": "zoe-2", "email": " zoe@ACME.test"},
]


@pytest.mark.parametrize("spelling", OTHER_SPELLINGS)
def test_lines_that_spell_a_person_otherwise_are_theirs(ann, acme, spelling):
    zoe = make_user(acme, "Zoe", external_id="zo\u00e9", email="zoe@acme.test")
    kept(ann, line(who="Zoe Zed", **spelling))
    assert len(export_user(by=actor(ann), user=zoe)["imported_lines"]) == 1
    erase_user(by=actor(ann), user=zoe, reason="asked")
    (row,) = db.session.scalars(sa.select(CustomerImportRow))
    assert (row.values["user_name"], row.values["user_email"], row.effect) == ("", "", "refused")


def test_a_line_with_an_address_that_they_had_is_theirs_once_it_was_taken_in(ann, person):
    old = person.email
    run(started(ann, line(user="other-id", who="Z", email=old)))
    db.session.query(User).filter_by(external_id="other-id").one().email_key = "freed"
    change_user(by=actor(ann), user=person, name=person.name, email="new@acme.test")
    waiting = kept(ann, line(user="brand-new", who="Nina New", email=old))
    assert len(export_user(by=actor(ann), user=person)["imported_lines"]) == 1
    erase_user(by=actor(ann), user=person, reason="asked")
    assert results(waiting) == ["create"]


def test_no_line_is_theirs_by_an_address_that_another_had_as_well(ann, person, acme):
    wes, old = make_user(acme, "Wes Third", email="w@new.test"), person.email
    change_user(by=actor(ann), user=person, name=person.name, email="new@acme.test")
    for address in (old, "w@newer.test"):
        change_user(by=actor(ann), user=wes, name=wes.name, email=address)
    run(started(ann, line(user="wes", who="Wes Third", email=old)))
    assert export_user(by=actor(ann), user=person)["imported_lines"] == []


def test_a_line_of_whoever_shares_the_address_stays_theirs(ann, person, acme, birch):
    make_user(acme, "Zora Other", email=person.email)
    kept(ann, line(user="zora", who="Zora Other", email=person.email))
    kept(ann, line(tenant="birch", name="Birch", user="x", who="Zora", email=person.email))
    assert export_user(by=actor(ann), user=person)["imported_lines"] == []


def test_a_room_above_adds_what_it_holds(ann, person, monkeypatch):
    monkeypatch.setattr(privacy, "_places", [])
    erased = []
    register_holding("tickets", lambda user: [{"of": user.id}], erase=erased.append)
    assert export_user(by=actor(ann), user=person)["tickets"] == [{"of": person.id}]
    erase_user(by=actor(ann), user=person, reason="asked")
    assert erased == [person]


def test_erasing_leaves_nothing_of_the_person_anywhere(ann, person):
    issue_user_token(by=actor(ann), user=person, expires_in=timedelta(hours=1))
    run(started(ann, of_person(name="Acme")))
    upsert_user(
        by=actor(ann),
        tenant=_tenant(person),
        external_id=person.external_id,
        name="Zebulon Quibble II",
        email=person.email,
    )
    erase_user(by=actor(ann), user=person, reason="asked by mail")
    kept_text = everything()
    assert [canary for canary in CANARIES if canary in kept_text] == []
    assert "Zebulon" not in kept_text


def test_the_row_stays_under_its_number(ann, person):
    number, version = person.id, _tenant(person).entitlement_version
    erase_user(by=actor(ann), user=person, reason="asked")
    found = db.session.get_one(User, number)
    assert (found.name, found.status) == (NEUTRAL_NAME, UserStatus.INACTIVE)
    assert (found.erased_by, found.erased_at is not None) == (ann.id, True)
    assert _tenant(found).entitlement_version == version + 1
    changes = db.session.scalars(sa.select(StatusChange.status).filter_by(user_id=number)).all()
    assert changes == ["active", "inactive"]


def test_the_ledger_says_who_by_number_alone(ann, person):
    before = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEvent))
    erase_user(by=actor(ann), user=person, reason="asked")
    events = db.session.scalars(sa.select(AuditEvent)).all()
    assert len(events) == before + 1
    assert events[-1].target_label == f"user {person.id}"
    assert events[-1].reason == "asked"


def test_an_erased_users_tokens_are_dead_at_once(client, ann, person):
    text = issue_user_token(by=actor(ann), user=person, expires_in=timedelta(hours=1)).text
    assert ask(client, text).status_code == 403
    erase_user(by=actor(ann), user=person, reason="asked")
    assert ask(client, text).status_code == 401
    token = db.session.scalars(sa.select(ApiToken)).one()
    assert (token.revoked_at is not None, token.last_used_ip) == (True, None)


def test_nobody_is_erased_twice(ann, person):
    erase_user(by=actor(ann), user=person, reason="asked")
    with pytest.raises(AlreadyErased):
        erase_user(by=actor(ann), user=person, reason="asked")


def test_the_external_id_is_free_for_a_new_person(ann, person, acme):
    external_id = person.external_id
    erase_user(by=actor(ann), user=person, reason="asked")
    fresh, is_new = upsert_user(
        by=actor(ann), tenant=acme, external_id=external_id, name="New", email="n@acme.test"
    )
    assert is_new
    assert fresh.id != person.id


def test_a_product_cannot_block_an_erasure_by_its_ids(ann, person, acme):
    make_user(acme, "Other Person", external_id=f"erased-{person.id}")
    erase_user(by=actor(ann), user=person, reason="asked")
    assert person.external_id.startswith(f"erased-{person.id}-")


def test_lines_that_wait_to_be_taken_in_bring_nobody_back(ann, person):
    waiting, running = kept(ann, of_person()), started(ann, of_person(), line())
    erase_user(by=actor(ann), user=person, reason="asked")
    run(running)
    db.session.refresh(waiting)
    assert results(running) == ["refused", "create"]
    assert (running.done, running.failed, running.status) == (2, 1, ImportStatus.DONE)
    assert (waiting.failed, results(waiting)) == (1, ["refused"])
    assert "Zebulon" not in everything()


# pages


def test_a_download_is_a_file_and_is_recorded(ann_proven, person):
    answer = ann_proven.submit(f"/customers/users/{person.id}/export")
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="user-{person.id}.json"'
    )
    assert answer.get_json()["profile"]["name"] == person.name
    assert db.session.query(AuditEvent).filter_by(action="user.exported").count() == 1


def test_erasing_asks_for_the_number(ann_proven, person):
    place = f"/customers/users/{person.id}/erase"
    for number in ("", "0", str(person.id + 1)):
        assert ann_proven.submit(place, number=number, reason="asked").status_code == 422
    assert ann_proven.submit(place, number=str(person.id), reason="").status_code == 422
    assert person.erased_at is None
    answer = ann_proven.submit(place, number=str(person.id), reason="asked")
    assert (answer.status_code, person.name) == (303, NEUTRAL_NAME)
    assert ann_proven.submit(place, number=str(person.id), reason="asked").status_code == 409


@pytest.mark.parametrize("verb", ["export", "erase"])
def test_both_ask_for_a_proof(ann_client, person, verb):
    assert ann_client.submit(f"/customers/users/{person.id}/{verb}").status_code == 403
    assert ann_client.get(f"/customers/users/{person.id}/privacy").status_code == 403


@pytest.mark.parametrize("verb", ["export", "erase"])
def test_an_agent_may_neither(bea_client, person, verb):
    answer = bea_client.submit(f"/customers/users/{person.id}/{verb}", number=str(person.id))
    assert answer.status_code == 403
    assert "permission" in answer.text


def test_the_page_shows_both_ways(ann_proven, ann, person):
    page = ann_proven.soup(f"/customers/users/{person.id}/privacy")
    assert "status history" in page.text
    assert page.select_one('input[name="number"]') is not None
    erase_user(by=actor(ann), user=person, reason="x")
    page = ann_proven.soup(f"/customers/users/{person.id}/privacy")
    assert page.select_one('input[name="number"]') is None


@pytest.mark.parametrize("verb", ["privacy", "export", "erase"])
def test_nobody_is_a_404(ann_proven, verb):
    ask_for = ann_proven.get if verb == "privacy" else ann_proven.submit
    assert ask_for(f"/customers/users/99999/{verb}").status_code == 404


# the daily sweep


def sweep() -> None:
    kind_named(KIND).run({})


def aged(**days: float):
    return clock.now() - timedelta(**days)


def test_dead_tokens_and_old_answers_and_imports_are_swept_out(ann, acme):
    live, expired, revoked = (
        issue_service_token(by=actor(ann), name=name, scopes=["audit:read"]).row
        for name in ("live", "expired", "revoked")
    )
    expired.expires_at, revoked.revoked_at = aged(days=31), aged(days=31)
    old, young = kept(ann, line()), kept(ann, line())
    old.created_at = aged(days=31)
    for key, age in (("old", aged(hours=25)), ("young", aged(hours=23))):
        values = {"caller": "x:1", "route": "/", "key": key, "body_sha256": b"", "created_at": age}
        db.session.add(IdempotencyKey(**values))
    db.session.flush()
    sweep()
    assert db.session.scalars(sa.select(ApiToken.name)).all() == [live.name]
    assert db.session.scalars(sa.select(CustomerImport.id)).all() == [young.id]
    assert set(db.session.scalars(sa.select(CustomerImportRow.import_id))) == {young.id}
    assert db.session.scalars(sa.select(IdempotencyKey.key)).all() == ["young"]


def test_a_flood_of_old_answers_is_swept_out_in_small_parts(app, monkeypatch):
    monkeypatch.setattr(cleaning, "AT_ONCE", 2)
    values = {"caller": "x:1", "route": "/", "body_sha256": b"", "created_at": aged(hours=25)}
    db.session.add_all(IdempotencyKey(key=str(number), **values) for number in range(5))
    db.session.flush()
    sweep()
    assert db.session.query(IdempotencyKey).count() == 3
    db.session.commit()
    Worker(app).run_until_idle()
    assert db.session.query(IdempotencyKey).count() == 0


def test_an_import_under_way_is_not_swept_out(ann):
    found = started(ann, line())
    found.created_at = aged(days=400)
    db.session.flush()
    sweep()
    assert db.session.scalars(sa.select(CustomerImport.id)).all() == [found.id]
