"""The matrix: what each plan says of each feature, changed cell by cell."""

import pytest

from portal.catalog.plans import archive_plan, plan_or_404
from portal.catalog.revisions import catalog_now
from portal.catalog.snapshot import Allowance, Interval, PlanFeature
from portal.core.actor import SYSTEM
from tests.catalog.test_saving import SEEN, fields, hidden

CELL = "/catalog/matrix/basic/basic_reports"


def said(plan="basic", feature="basic_reports"):
    return catalog_now().plans[plan_or_404(plan).id].features.get(feature)


def cell(client, place, path="/catalog/matrix"):
    return " ".join(client.soup(path).select_one(f"#cell-{place}").text.split())


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("free-basic_quotes", "Included 10 a month"),
        ("free-basic_parties", "Included 50 in all"),
        ("basic-multi_user", "Included 5 in all"),
        ("basic-basic_quotes", "Included unlimited"),
        ("basic-api_access", "Level too low"),
        ("enterprise-dedicated_support", "All included"),
    ],
)
def test_a_cell_says_what_a_tenant_gets(bea_client, catalog, place, text):
    assert cell(bea_client, place) == text


def test_only_who_may_change_a_cell_finds_the_way(ann_client, bea_client, catalog):
    assert len(ann_client.soup("/catalog/matrix").select("a.plan-cell")) == 17 * 4
    assert bea_client.soup("/catalog/matrix").select("a.plan-cell") == []


@pytest.mark.parametrize(
    ("typed", "entry"),
    [
        ({"said": "level"}, None),
        ({"said": "excluded", "limit": "7"}, PlanFeature(False)),
        ({"said": "included"}, PlanFeature(True, Allowance(True))),
        ({"limit": "0"}, PlanFeature(True, Allowance(False, 0))),
        (
            {"limit": "7", "interval": "day", "is_soft": "y", "overage_cap": "3"},
            PlanFeature(True, Allowance(False, 7, Interval.DAY, True, 3)),
        ),
        (
            {"limit": "9", "rollover_min": "1", "rollover_max": "4"},
            PlanFeature(True, Allowance(False, 9, None, False, None, 1, 4)),
        ),
    ],
)
def test_a_cell_is_saved(ann_client, catalog, no_effect, typed, entry):
    answer = ann_client.submit(CELL, **fields(ann_client, CELL, **typed))
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/catalog/matrix#cell-basic-basic_reports"
    assert said() == entry
    assert ann_client.submit(CELL, **fields(ann_client, CELL)).status_code == 303
    assert said() == entry


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("said", "maybe"),
        ("limit", "-1"),
        ("limit", "1.5"),
        ("limit", str(2**53 + 1)),
        ("overage_cap", "3"),
        ("rollover_min", "9"),
        ("interval", "blue moon"),
    ],
)
def test_a_cell_that_makes_no_sense_is_refused(ann_client, catalog, field, value):
    typed = fields(ann_client, CELL, **{"limit": "5", field: value})
    assert ann_client.submit(CELL, **typed).status_code == 422
    assert catalog_now() is catalog


def test_the_effect_of_a_cell_is_seen_first(ann_client, catalog, effect):
    typed = fields(ann_client, CELL, said="excluded")
    shown = ann_client.submit(CELL, **typed)
    assert SEEN in shown.text
    assert said().is_included
    _, draft = effect[-1]
    assert not draft.plans[plan_or_404("basic").id].features["basic_reports"].is_included
    answer = ann_client.submit(CELL, **{**typed, "previewed": hidden(shown, "previewed")})
    assert answer.status_code == 303
    assert not said().is_included


def test_two_who_change_one_plan_do_not_overwrite_each_other(ann_client, catalog, no_effect):
    typed = fields(ann_client, CELL, said="excluded")
    other = "/catalog/matrix/basic/multi_user"
    ann_client.submit(other, **fields(ann_client, other, limit="6"))
    late = ann_client.submit(CELL, **typed)
    assert late.status_code == 409
    again = {**typed, "version": hidden(late, "version")}
    assert ann_client.submit(CELL, **again).status_code == 303
    assert not said().is_included
    assert said(feature="multi_user").allowance.limit == 6


def test_a_cell_leads_back_to_where_it_was_opened(ann_client, catalog, no_effect):
    for place, path in (("plan", "plans/basic"), ("feature", "features/basic_reports")):
        url = f"{CELL}?back={place}"
        answer = ann_client.submit(url, **fields(ann_client, url))
        assert answer.headers["Location"] == f"/catalog/{path}#cell-basic-basic_reports"
        assert ann_client.soup(f"/catalog/{path}").select_one("#cell-basic-basic_reports")


def test_an_archived_plan_leaves_the_matrix(ann_client, catalog):
    archive_plan(by=SYSTEM, name="basic", reason="unloved")
    heads = [head.text for head in ann_client.soup("/catalog/matrix").select("thead th")]
    assert "Basic" not in heads
    assert "Free" in heads
    assert ann_client.get(CELL).status_code == 409
