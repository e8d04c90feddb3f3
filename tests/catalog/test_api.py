"""The catalogue for programs: features and plans under /api/entitlements."""

import pytest

from portal.catalog.features import archive_feature, kill_feature
from portal.catalog.plans import archive_plan
from portal.catalog.revisions import catalog_now
from portal.core.actor import SYSTEM

URL = "/api/entitlements/features"
BODY = {"name": "box_previews", "display_name": "Box Previews", "min_plan_level": 1}


def names(client, query=""):
    return [item["name"] for item in client.get(f"{URL}{query}").get_json()["items"]]


def test_a_feature_is_told_with_the_plans_that_have_it(bea_client, catalog):
    items = {item["name"]: item for item in bea_client.get(URL).get_json()["items"]}
    assert len(items) == 17
    assert items["basic_quotes"] == {
        "name": "basic_quotes",
        "display_name": "Basic Quotes",
        "description": "Calculate a box and send the customer a quote.",
        "category": "quotes",
        "is_default": True,
        "min_plan_level": 0,
        "is_metered": True,
        "unit": "quote",
        "interval": "month",
        "is_killed": False,
        "is_archived": False,
        "plans": ["free", "basic", "professional", "enterprise"],
        "used_by": {"plans": 4},
    }
    assert items["dedicated_support"]["plans"] == ["enterprise"]


@pytest.mark.parametrize(
    ("query", "count"),
    [("?category=quotes", 3), ("?level=3", 1), ("?category=admin&level=1", 1), ("?q=quote", 3)],
)
def test_filters_narrow_the_list(bea_client, catalog, query, count):
    assert len(names(bea_client, query)) == count


def test_availability_tells_what_can_be_had(bea_client, catalog):
    kill_feature(by=SYSTEM, name="api_access", reason="leaks")
    archive_feature(by=SYSTEM, name="audit_logs", reason="unused")
    assert len(names(bea_client)) == 16
    assert names(bea_client, "?availability=killed") == ["api_access"]
    assert names(bea_client, "?availability=archived") == ["audit_logs"]
    assert len(names(bea_client, "?availability=available")) == 15
    assert len(names(bea_client, "?availability=all")) == 17


def test_pages_follow_each_other_without_a_gap(bea_client, catalog):
    found, cursor = [], ""
    while cursor is not None:
        page = bea_client.get(f"{URL}?limit=5&cursor={cursor}").get_json()
        found += [item["display_name"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert len(found) == 17
    assert found == sorted(found, key=str.casefold)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?category=shoes", 422),
        ("?level=-1", 422),
        ("?limit=101", 422),
        ("?availability=x", 422),
        ("?cursor=nothing", 400),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(bea_client, catalog, query, status):
    answer = bea_client.get(f"{URL}{query}")
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"


def test_an_empty_catalogue_is_an_empty_list(bea_client):
    assert bea_client.get(URL).get_json() == {"items": [], "next_cursor": None}
    assert bea_client.get("/api/entitlements/plans").get_json()["items"] == []


def test_a_feature_is_created(ann_client, catalog):
    answer = ann_client.call("POST", URL, BODY)
    assert answer.status_code == 201
    found = answer.get_json()
    assert found["plans"] == ["basic", "professional", "enterprise"]
    assert (found["category"], found["interval"], found["unit"]) == ("other", "month", None)
    assert "box_previews" in catalog_now().features


def test_a_name_that_is_taken_conflicts(ann_client, catalog):
    answer = ann_client.call("POST", URL, {**BODY, "name": "api_access"})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Big"),
        ("name", "x"),
        ("name", ".."),
        ("name", None),
        ("display_name", ""),
        ("display_name", "   "),
        ("category", "shoes"),
        ("min_plan_level", -1),
        ("min_plan_level", 2**70),
        ("min_plan_level", "1"),
        ("is_default", "yes"),
        ("interval", "blue moon"),
        ("is_metered", True),
    ],
)
def test_a_body_with_a_mistake_is_refused(ann_client, catalog, field, value):
    answer = ann_client.call("POST", URL, {**BODY, field: value})
    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (422, "validation_failed")
    assert problem["errors"][0]["field"] in {field, "unit"}
    assert catalog_now() is catalog


def test_only_an_admin_creates_features(bea_client, mo_client, client, catalog):
    for one, status in ((bea_client, 403), (mo_client, 403), (client, 401)):
        assert one.call("POST", URL, BODY).status_code == status
    assert client.get(URL).status_code == 401


def test_the_same_key_creates_once(ann_client, catalog):
    headers = {"Idempotency-Key": "once"}
    first = ann_client.call("POST", URL, BODY, headers=headers)
    again = ann_client.call("POST", URL, BODY, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.get_json() == first.get_json()
    other = ann_client.call("POST", URL, {**BODY, "name": "other_one"}, headers=headers)
    assert other.status_code == 409


@pytest.mark.parametrize(
    ("key", "status"), [("k" * 200, 201), ("k" * 201, 400), ("", 400), ("k\t", 400), ("\xe9", 400)]
)
def test_a_key_is_up_to_200_printable_characters(ann_client, catalog, key, status):
    answer = ann_client.call("POST", URL, BODY, headers={"Idempotency-Key": key})
    assert answer.status_code == status


def test_plans_are_told_with_what_they_say_of_every_feature(bea_client, catalog):
    items = bea_client.get("/api/entitlements/plans").get_json()["items"]
    assert [item["name"] for item in items] == ["free", "basic", "professional", "enterprise"]
    assert [item["monthly_price_cents"] for item in items] == [0, 2900, 7900, None]
    assert [len(item["features"]) for item in items] == [17] * 4
    features = {one["name"]: one for one in items[0]["features"]}
    quotes, access = features["basic_quotes"], features["api_access"]
    assert (quotes["included"], quotes["via"]) == (True, "listed")
    assert (quotes["unlimited"], quotes["limit"], quotes["interval"]) == (False, 10, "month")
    assert (access["included"], access["via"]) == (False, "level_too_low")
    assert items[0]["is_fallback"]


def test_archived_plans_are_told_when_asked_for(bea_client, catalog):
    archive_plan(by=SYSTEM, name="basic", reason="unloved")
    assert len(bea_client.get("/api/entitlements/plans").get_json()["items"]) == 3
    query = "?include_archived=true&limit=2"
    page = bea_client.get(f"/api/entitlements/plans{query}").get_json()
    assert page["items"][1]["is_archived"]
    rest = bea_client.get(f"/api/entitlements/plans{query}&cursor={page['next_cursor']}")
    assert len(rest.get_json()["items"]) == 2
