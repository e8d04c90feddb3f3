"""What cannot be taken back lightly: sudo, a reason, and what it does."""

import pytest

from portal.catalog.plans import plan_or_404
from portal.catalog.revisions import catalog_now
from portal.catalog.signals import plan_in_use

KILL = "/catalog/features/api_access/kill"


def api_access():
    return catalog_now().features["api_access"]


def test_danger_asks_for_proof_first(ann_client, catalog):
    assert ann_client.get(KILL).status_code == 403
    assert ann_client.submit(KILL, reason="leaks").status_code == 403
    assert not api_access().is_killed


def test_the_kill_switch_says_whom_it_hits_and_is_red(ann_proven, catalog, effect):
    page = ann_proven.soup(KILL)
    assert "412 users in 37 tenants" in page.select_one("#effect").text
    button = page.select_one("main button.btn-danger")
    assert button.text == "Switch off API Access for everybody"


def test_the_kill_switch_goes_off_and_on_again(ann_proven, catalog):
    assert ann_proven.submit(KILL, reason="leaks").status_code == 303
    assert api_access().is_killed
    assert "Switched off for everybody." in ann_proven.get("/catalog/features/api_access").text
    assert ann_proven.submit(KILL, reason="leaks").status_code == 409
    ann_proven.submit("/catalog/features/api_access/revive", reason="mended")
    assert not api_access().is_killed


@pytest.mark.parametrize(
    "path",
    [
        "features/api_access/kill",
        "features/api_access/revive",
        "features/api_access/archive",
        "plans/basic/archive",
        "plans/basic/make-fallback",
    ],
)
@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_without_a_reason_nothing_happens(ann_proven, catalog, path, reason):
    assert ann_proven.submit(f"/catalog/{path}", reason=reason).status_code == 422
    assert catalog_now() is catalog


def test_an_archived_feature_is_listed_only_when_asked_for(ann_proven, catalog):
    ann_proven.submit("/catalog/features/api_access/archive", reason="unused")
    assert "API Access is archived." in ann_proven.get("/catalog/plans").text
    assert "API Access" not in ann_proven.get("/catalog/features").text
    assert "API Access" in ann_proven.get("/catalog/features?state=archived").text
    assert ann_proven.get("/catalog/features/api_access").status_code == 200
    assert ann_proven.get("/catalog/features/api_access/edit").status_code == 409
    assert "API Access" not in ann_proven.get("/catalog/matrix").text


def test_a_plan_that_tenants_are_on_stays(ann_proven, catalog):
    def one(plan_id):
        return 1

    with plan_in_use.connected_to(one):
        answer = ann_proven.submit("/catalog/plans/basic/archive", reason="unloved")
    assert (answer.status_code, "1 tenant is on Basic" in answer.text) == (409, True)
    assert plan_or_404("basic").archived_at is None


def test_the_fallback_plan_changes_hands(ann_proven, catalog):
    ann_proven.submit("/catalog/plans/basic/make-fallback", reason="a gift")
    assert catalog_now().fallback_plan.name == "basic"
    answer = ann_proven.submit("/catalog/plans/basic/archive", reason="oops")
    assert answer.status_code == 409
    assert ann_proven.submit("/catalog/plans/free/archive", reason="gone").status_code == 303
    assert "Archived" in ann_proven.get("/catalog/plans").text
