"""A form that is sent twice, as browsers without JavaScript do, makes one thing."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent, AuditStream, Hold
from portal.core.database import db
from portal.core.roles import Role
from portal.entitlements.models import BulkGrant, BulkGrantRow
from portal.support.models import CannedReply, Macro, SlaRule
from portal.web.models import IdempotencyKey
from tests.cast import make_admin, make_tenant, signed_in, sudo_until
from tests.house.drives_levels import LEVEL
from tests.house.drives_streams import NEW
from tests.support.levels import make_calendar

ANSWER = {"name": "Thanks", "body": "Thank you."}
FORMS = {
    "/support/answers/new": (CannedReply, ANSWER, "name"),
    "/support/macros/new": (Macro, {"name": "Solve", "status": "solved"}, "name"),
    "/support/levels/new": (SlaRule, LEVEL, "name"),
    "/audit/streams/new": (AuditStream, NEW, "name"),
    "/audit/holds": (Hold, {"scope": "everything", "reason": "A court asked"}, "reason"),
    "/entitlements/bulk/new": (
        BulkGrant,
        {"scope": "tenant", "feature_name": "custom_reports", "reason": "A fair"},
        "reason",
    ),
}


@pytest.fixture
def ann_client(app, ann):
    """Ann has just proven who she is."""
    return signed_in(app, ann, sudo_until=sudo_until())


@pytest.fixture(params=FORMS)
def drawn(request, catalog, ann_client):
    """The address of a form, the table it adds to, and what is sent with it."""
    table, fields, other = FORMS[request.param]
    more = {"calendar_id": make_calendar().id, "subjects": str(make_tenant("Acme").id)}
    once = ann_client.soup(request.param).select_one("[name=once]")["value"]
    return request.param, table, {**more, **fields, "once": once}, other


def count_of(table) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(table))


def test_it_is_made_and_recorded_once(ann_client, drawn):
    place, table, fields, _ = drawn
    assert ann_client.submit(place, **fields).status_code in {200, 303}
    events = count_of(AuditEvent)
    again = ann_client.submit(place, **fields)
    assert (again.status_code, count_of(table)) == (303, 1)
    assert count_of(AuditEvent) == events
    there = ann_client.get(again.headers["Location"])
    assert (there.status_code, "It counts once." in there.text) == (200, True)


def test_the_same_form_with_other_words_is_refused_and_a_fresh_one_is_not(ann_client, drawn):
    place, table, fields, other = drawn
    ann_client.submit(place, **fields)
    refused = ann_client.submit(place, **fields | {other: "Something else"})
    assert (refused.status_code, "made something else before" in refused.text) == (422, True)
    assert count_of(table) == 1
    fresh = ann_client.soup(place).select_one("[name=once]")["value"]
    assert ann_client.submit(place, **fields | {"once": fresh}).status_code in {200, 303}
    assert count_of(table) == 2


def test_a_refusal_leaves_the_form_free(ann_client, drawn):
    place, table, fields, other = drawn
    assert ann_client.submit(place, **fields | {other: ""}).status_code == 422
    assert ann_client.submit(place, **fields).status_code in {200, 303}
    assert count_of(table) == 1


def test_what_was_typed_stands_in_no_memory_of_forms(ann_client, drawn):
    place, _, fields, other = drawn
    ann_client.submit(place, **fields)
    (kept,) = db.session.scalars(sa.select(IdempotencyKey))
    assert re.fullmatch(rb"/[a-z/]+\d*", kept.answer)
    assert str(fields[other]).encode() not in kept.answer


def test_a_bulk_grant_that_is_sent_twice_leads_to_the_one_that_runs(ann_client, catalog):
    fields = FORMS["/entitlements/bulk/new"][1] | {"subjects": str(make_tenant("Acme").id)}
    first, again = (
        ann_client.submit("/entitlements/bulk/new", once="same", **fields) for _ in range(2)
    )
    assert first.headers["Location"] == again.headers["Location"]
    assert count_of(BulkGrantRow) == 1


def test_the_key_of_a_form_is_its_persons_own(app, ann_client, mo_client):
    for client in (ann_client, mo_client):
        assert client.submit("/support/answers/new", once="same", **ANSWER).status_code == 303
    assert count_of(CannedReply) == 2


@pytest.mark.race
def test_of_two_that_are_sent_at_once_one_makes_it(own_app):
    with own_app.app_context():
        ann = make_admin("Ann", Role.ADMIN, is_second_factor_on=True)
        clients = [signed_in(own_app, ann) for _ in range(2)]
        db.session.commit()
    both_are_there = Barrier(2)

    def send(client):
        with own_app.app_context():
            client.form_token()
            both_are_there.wait()
            return client.submit("/support/answers/new", once="same", **ANSWER).status_code

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(send, clients)) == [303, 303]
    with own_app.app_context():
        assert count_of(CannedReply) == 1
