"""Reported uses: each counts once, for good, in the hour in which it happened."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
import time_machine

from portal.core.database import db
from portal.customers.tokens import issue_service_token
from portal.entitlements.models import UsageHour
from portal.entitlements.rollups import rebuild_hours, wrong_hours
from portal.entitlements.usage import Report, take_in
from portal.entitlements.usage_reports import Step, TooLong, usage_report
from tests.cast import actor, make_tenant, make_user
from tests.entitlements.test_api_quotas import Program

NOW = datetime(2026, 6, 10, 12, 30, tzinfo=UTC)
URL = "/api/entitlements/usage"


@pytest.fixture
def here(shop, client, ann):
    """A program of the product, at half past twelve."""
    scopes = ["entitlements:consume"]
    with time_machine.travel(NOW, tick=False):
        token = issue_service_token(by=actor(ann), name="Product", scopes=scopes)
        db.session.commit()
        yield Program(client, token.text)


def event(shop, number=1, **more):
    return {
        "id": f"event-{number}",
        "feature_name": "quotes",
        "tenant_id": shop.acme.id,
        "occurred_at": "2026-06-10T12:00:00Z",
        **more,
    }


def batch(here, *events):
    return here.post("/usage/batch", events=list(events)).get_json()


def hours():
    return db.session.execute(sa.select(UsageHour.events, UsageHour.total_millionths)).all()


def test_an_event_counts_once_however_often_it_is_sent(here, shop):
    assert here.post("/usage", **event(shop)).get_json()["status"] == "accepted"
    assert here.post("/usage", **event(shop, value=9)).get_json()["status"] == "duplicate"
    assert here.post("/usage", **event(shop, source="other")).get_json()["status"] == "accepted"
    assert hours() == [(2, 2_000_000)]


def test_each_event_of_a_batch_gets_its_own_answer(here, shop):
    sent = [
        (event(shop, 1), None),
        (event(shop, 2, feature_name="nonsense"), "unknown_feature"),
        (event(shop, 3, tenant_id=9999), "unknown_tenant"),
        (event(shop, 4, user_id=9999), "unknown_user"),
        (event(shop, 5, value="a lot"), "validation_failed"),
        ("not an event", "validation_failed"),
        (event(shop, 6, tenant_id=None, user_id=shop.uma.id), None),
    ]
    found = batch(here, *(each for each, _ in sent))
    assert [item.get("code") for item in found["items"]] == [code for _, code in sent]
    assert (found["accepted"], found["duplicates"], found["rejected"]) == (2, 0, 5)


def test_what_is_wrong_with_an_event_of_a_batch_is_said_by_field(here, shop):
    found = batch(here, event(shop, value="a lot", tenant_id=0), "not an event", event(shop))
    wrong, none, good = found["items"]
    assert {error["field"].partition(".")[0] for error in wrong["errors"]} == {"value", "tenant_id"}
    assert all(error["message"] for error in wrong["errors"] + none["errors"])
    assert "errors" not in good


@pytest.mark.parametrize("path", ["/usage", "/usage/batch"])
def test_a_report_is_answered_once_under_its_key(here, shop, path):
    body = event(shop) if path == "/usage" else {"events": [event(shop)]}
    first, again = here.post(path, key="k", **body), here.post(path, key="k", **body)
    assert (first.data, again.headers["Idempotent-Replayed"]) == (again.data, "true")
    assert b"accepted" in again.data
    assert here.post(path, key="k", **body, more=1).status_code == 409
    assert hours() == [(1, 1_000_000)]


def test_a_duplicate_is_a_success(here, shop):
    found = batch(here, event(shop, 1), event(shop, 1), event(shop, 2))
    assert [item["status"] for item in found["items"]] == ["accepted", "duplicate", "accepted"]
    assert batch(here, event(shop, 1), event(shop, 3))["duplicates"] == 1
    assert hours() == [(3, 3_000_000)]


@pytest.mark.parametrize(
    ("away", "code"),
    [
        (-timedelta(days=35), None),
        (-timedelta(days=35, seconds=1), "too_old"),
        (timedelta(minutes=5), None),
        (timedelta(minutes=5, seconds=1), "too_new"),
    ],
)
def test_events_are_of_the_last_35_days(here, shop, away, code):
    answer = here.post("/usage", **event(shop, occurred_at=(NOW + away).isoformat()))
    assert answer.status_code == (200 if code is None else 422)
    assert answer.get_json().get("reason") == code


def test_an_event_of_a_user_belongs_to_that_users_tenant(here, shop):
    stranger = make_user(make_tenant("Birch"), "Sid Stranger")
    answer = here.post("/usage", **event(shop, user_id=stranger.id))
    assert answer.get_json()["errors"][0]["field"] == "user_id"


@pytest.mark.parametrize("value", [-1, "-1", "1e3", "0.1234567", 1_000_000_001, 0.5, "NaN"])
def test_a_value_is_a_whole_number_or_a_decimal_string(here, shop, value):
    assert here.post("/usage", **event(shop, value=value)).status_code == 422


def test_a_batch_holds_a_thousand(here, shop):
    events = [event(shop, number, value="0.1") for number in range(1000)]
    assert batch(here, *events)["accepted"] == 1000
    assert hours() == [(1000, 100_000_000)]
    assert here.post("/usage/batch", events=[*events, event(shop)]).status_code == 422
    assert here.post("/usage/batch", events=[]).status_code == 422


def report(shop, number, at, value=1, **more):
    return Report(str(number), "s", "quotes", Decimal(value), at, tenant_id=shop.acme.id, **more)


@pytest.fixture
def reported(shop):
    with time_machine.travel(NOW, tick=False):
        day = timedelta(days=1)
        uses = [(NOW, 5), (NOW - timedelta(minutes=40), 2), (NOW - day, "2.5"), (NOW - 9 * day, 1)]
        for number, (at, value) in enumerate(uses):
            properties = {"region": "north" if number < 2 else "south"}
            take_in([report(shop, number, at, value, user_id=shop.uma.id, properties=properties)])
        db.session.commit()
    return shop


def points(shop, step, days, **more):
    span = {"since": NOW - timedelta(days=days), "until": NOW + timedelta(hours=1)}
    found = usage_report(tenant_id=shop.acme.id, feature_name="quotes", step=step, **span, **more)
    return [(point.events, str(point.total), str(point.largest), point.unique) for point in found]


def test_a_report_has_every_step(reported):
    days = points(reported, Step.DAY, 2)
    assert days == [(0, "0", "0", None), (1, "2.5", "2.5", None), (2, "7", "5", None)]
    assert points(reported, Step.HOUR, 0) == [(1, "5", "5", None), (0, "0", "0", None)]
    assert points(reported, Step.MONTH, 40)[-1] == (4, "10.5", "5", None)


def test_distinct_users_and_values_are_counted(reported):
    assert [point[3] for point in points(reported, Step.DAY, 1, unique="region")] == [1, 1]
    assert [point[3] for point in points(reported, Step.MONTH, 1, unique="region")] == [2]
    assert [point[3] for point in points(reported, Step.HOUR, 0, unique="user")] == [1, 0]


def test_the_latest_value_of_each_step_is_read_from_its_events(ann_client, reported):
    take_in([report(reported, "late", NOW - timedelta(hours=30), 8)])
    query = {"tenant_id": reported.acme.id, "feature_name": "quotes", "interval": "day"}
    span = {"from": "2026-06-08T00:00:00Z", "to": "2026-06-11T00:00:00Z"}
    found = ann_client.get(URL, query_string=query | span | {"latest": 1}).get_json()["items"]
    assert [item["latest"] for item in found] == [None, "2.5", "5"]
    plain = ann_client.get(URL, query_string=query | span).get_json()["items"]
    assert "latest" not in plain[0]


def test_a_report_that_is_too_long_is_refused(reported):
    with pytest.raises(TooLong):
        points(reported, Step.HOUR, 60)


def test_the_hours_are_those_of_the_events(reported):
    assert wrong_hours() == []
    db.session.execute(sa.update(UsageHour).values(events=9))
    assert len(wrong_hours()) == 4
    assert rebuild_hours() == 4
    assert wrong_hours() == []


def test_the_report_over_the_api(ann_client, reported):
    query = {
        "tenant_id": reported.acme.id,
        "feature_name": "quotes",
        "from": "2026-06-09T00:00:00Z",
    }
    with time_machine.travel(NOW, tick=False):
        items = ann_client.get(URL, query_string=query | {"to": "2026-06-11T00:00:00Z"})
    assert [(item["start"], item["sum"], item["max"]) for item in items.get_json()["items"]] == [
        ("2026-06-09T00:00:00Z", "2.5", "2.5"),
        ("2026-06-10T00:00:00Z", "7", "5"),
    ]
    assert ann_client.get(URL, query_string=query | {"tenant_id": 99}).status_code == 404
    strange = ann_client.get(URL, query_string=query | {"feature_name": "nonsense"})
    assert (strange.status_code, strange.get_json()["code"]) == (404, "not_found")
    assert ann_client.get(URL).status_code == 422


def test_the_commands_prove_and_mend(app, reported):
    run = app.test_cli_runner().invoke
    assert run(args=["usage", "verify"]).exit_code == 0
    db.session.execute(sa.update(UsageHour).values(total_millionths=9))
    db.session.commit()
    assert run(args=["usage", "verify"]).exit_code == 1
    assert run(args=["usage", "rebuild"]).exit_code == 0
    assert run(args=["usage", "verify"]).exit_code == 0


def test_the_counters_are_proven_by_a_command(app, shop):
    run = app.test_cli_runner().invoke
    shop.use()
    db.session.commit()
    assert run(args=["quotas", "reconcile"]).exit_code == 0
    shop.bucket().used = 2
    db.session.commit()
    found = run(args=["quotas", "reconcile"])
    assert found.exit_code == 1
    assert "used 2, ledger 1" in found.stderr
