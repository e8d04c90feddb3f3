"""A change that customers feel is seen before it is saved, and never over somebody else's."""

import pytest

from portal.catalog.features import feature_or_404, terms_of
from portal.catalog.plans import plan_or_404
from portal.catalog.revisions import catalog_now

EDIT = "/catalog/features/api_access/edit"
SEEN = "412 users in 37 tenants lose it"


def fields(client, url, **changes):
    """What the form would send: its own values, with some typed over."""
    form = client.soup(url).select_one("main form")
    values = {one["name"]: one.text.strip() for one in form.select("textarea")}
    for one in form.select("input"):
        if one["type"] not in {"checkbox", "radio"} or one.has_attr("checked"):
            values[one["name"]] = one.get("value", "")
    for one in form.select("select"):
        chosen = one.select_one("option[selected]") or one.select_one("option")
        values[one["name"]] = chosen["value"]
    return {**values, **changes}


def hidden(answer, name):
    text = answer.text.partition(f'name="{name}"')[2]
    return text.partition('value="')[2].partition('"')[0]


def level():
    return catalog_now().features["api_access"].min_plan_level


def test_the_effect_is_shown_before_anything_is_saved(ann_client, catalog, effect):
    answer = ann_client.submit(EDIT, **fields(ann_client, EDIT, min_plan_level="3"))
    assert (answer.status_code, SEEN in answer.text) == (200, True)
    assert 'value="3"' in answer.text
    assert catalog_now() is catalog
    now, draft = effect[-1]
    assert now is catalog
    assert draft.features["api_access"].min_plan_level == 3


def test_what_was_seen_is_saved(ann_client, catalog, effect):
    typed = fields(ann_client, EDIT, min_plan_level="3")
    seen = hidden(ann_client.submit(EDIT, **typed), "previewed")
    answer = ann_client.submit(EDIT, **{**typed, "previewed": seen})
    assert answer.status_code == 303
    assert level() == 3


def test_another_change_than_the_seen_one_is_shown_first(ann_client, catalog, effect):
    typed = fields(ann_client, EDIT, min_plan_level="3")
    seen = hidden(ann_client.submit(EDIT, **typed), "previewed")
    answer = ann_client.submit(EDIT, **{**typed, "min_plan_level": "1", "previewed": seen})
    assert SEEN in answer.text
    assert level() == 2


def test_what_nobody_feels_is_saved_at_once(ann_client, catalog, effect):
    typed = fields(ann_client, EDIT, display_name="Open Doors")
    assert ann_client.submit(EDIT, **typed).status_code == 303
    assert catalog_now().features["api_access"].display_name == "Open Doors"


def test_a_preview_can_be_asked_for_anything(ann_client, catalog, no_effect):
    typed = fields(ann_client, EDIT, display_name="Open Doors")
    answer = ann_client.submit(EDIT, **typed, step="preview")
    assert "Nobody’s access changes." in answer.text
    assert catalog_now() is catalog


def test_where_nobody_counts_customers_nothing_is_shown(ann_client, catalog, no_effect):
    typed = fields(ann_client, EDIT, min_plan_level="3")
    assert ann_client.submit(EDIT, **typed).status_code == 303
    assert level() == 3


def test_who_was_too_late_keeps_what_they_typed_and_sees_what_stands(
    ann_client, catalog, no_effect
):
    typed = fields(ann_client, EDIT, display_name="Mine", min_plan_level="3")
    ann_client.submit(EDIT, **{**typed, "display_name": "Theirs", "min_plan_level": "2"})
    late = ann_client.submit(EDIT, **typed)
    assert late.status_code == 409
    assert 'value="Mine"' in late.text
    assert "Label: Theirs" in late.text
    again = {**typed, "version": hidden(late, "version")}
    assert ann_client.submit(EDIT, **again).status_code == 303
    assert feature_or_404("api_access").display_name == "Mine"


@pytest.mark.parametrize("version", ["", "x", "-1", "99999999999999", "²"])
def test_a_version_that_was_tampered_with_is_stale(ann_client, catalog, no_effect, version):
    typed = fields(ann_client, EDIT, display_name="Mine", version=version)
    assert ann_client.submit(EDIT, **typed).status_code == 409


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("display_name", ""),
        ("min_plan_level", "-1"),
        ("min_plan_level", "x"),
        ("category", "shoes"),
        ("interval", "blue moon"),
        ("description", "x" * 501),
    ],
)
def test_a_form_with_a_mistake_changes_nothing(ann_client, catalog, field, value):
    answer = ann_client.submit(EDIT, **fields(ann_client, EDIT, **{field: value}))
    assert answer.status_code == 422
    assert catalog_now() is catalog


def test_what_is_counted_needs_a_unit(ann_client, catalog):
    typed = fields(ann_client, EDIT, is_metered="y", unit="")
    assert "Say what is counted." in ann_client.submit(EDIT, **typed).text


def test_a_new_feature_begins_with_its_name(ann_client, catalog, no_effect):
    typed = fields(
        ann_client, "/catalog/new-feature", name="box_previews", display_name="Box Previews"
    )
    first = ann_client.soup("/catalog/new-feature").select_one("main input:not([type=hidden])")
    assert first["name"] == "name"
    answer = ann_client.submit("/catalog/new-feature", **typed)
    assert answer.headers["Location"] == "/catalog/features/box_previews"
    twice = ann_client.submit("/catalog/new-feature", **typed)
    assert (twice.status_code, "There is a feature of this name" in twice.text) == (409, True)
    assert terms_of(feature_or_404("box_previews")).category == "other"


@pytest.mark.parametrize(
    ("currency", "price", "cents"),
    [("USD", "29", 2900), ("USD", "1,029.50", 102950), ("jpy", "2900", 2900), ("KWD", "9.5", 9500)],
)
def test_prices_are_typed_as_people_write_them(ann_client, catalog, currency, price, cents):
    url = "/catalog/plans/basic/edit"
    typed = fields(ann_client, url, currency=currency, monthly_price=price, annual_price="")
    assert ann_client.submit(url, **typed).status_code == 303
    row = plan_or_404("basic")
    assert (row.monthly_price_cents, row.annual_price_cents) == (cents, None)
    assert len(catalog_now().plans[row.id].features) == 7


@pytest.mark.parametrize(
    ("currency", "price"),
    [("JPY", "29.50"), ("USD", "1.999"), ("USD", "-1"), ("USD", "NaN"), ("ZZZ", "1"), ("USD", "x")],
)
def test_a_price_that_cannot_be_paid_is_refused(ann_client, catalog, currency, price):
    url = "/catalog/plans/basic/edit"
    typed = fields(ann_client, url, currency=currency, monthly_price=price)
    assert ann_client.submit(url, **typed).status_code == 422


def test_prices_show_as_many_decimals_as_the_currency_has(ann_client, catalog):
    url = "/catalog/plans/basic/edit"
    for currency, text in (("JPY", "2,900 JPY"), ("KWD", "2,900.000 KWD")):
        ann_client.submit(url, **fields(ann_client, url, currency=currency, monthly_price="2900"))
        assert text in ann_client.get("/catalog/plans/basic").text
    assert "by agreement" in ann_client.get("/catalog/plans/enterprise").text
    assert "0.00 USD" in ann_client.get("/catalog/plans").text


def test_a_new_plan_may_begin_like_another(ann_client, catalog):
    typed = fields(ann_client, "/catalog/new-plan", name="team", display_name="Team", level="1")
    ann_client.submit("/catalog/new-plan", **{**typed, "like": "basic"})
    row = plan_or_404("team")
    basic = next(plan for plan in catalog.plans.values() if plan.name == "basic")
    assert catalog_now().plans[row.id].features == basic.features


def test_a_plan_that_was_changed_meanwhile_is_stale(ann_client, catalog, no_effect):
    url = "/catalog/plans/basic/edit"
    typed = fields(ann_client, url, level="5")
    ann_client.submit(url, **{**typed, "level": "4"})
    late = ann_client.submit(url, **typed)
    assert (late.status_code, "Level: 4" in late.text) == (409, True)
