"""What the matrix does not say: limits, sources, edges in time, and laws that always hold."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalog.snapshot import Allowance, Feature, Interval, Plan, PlanFeature
from portal.entitlements.facts import Effect, PlanStay, Subject
from portal.entitlements.resolution import explain, resolve
from tests.entitlements.worlds import DAY, FREE, NOW, Cell, override, subject

PLAIN = Cell("none", "none", "on", False, "none")
METERED = Feature("f", is_metered=True, interval=Interval.MONTH)


def limited(limit: int, **more: object) -> Allowance:
    return Allowance(is_unlimited=False, limit=limit, **more)


def metered(plan: Allowance | None = None, **overrides: object) -> Subject:
    """A subject whose plan allows so much of the feature, with these overrides."""
    listed = {"f": PlanFeature(True, plan or limited(10))}
    stay = PlanStay(5, Plan("plan", 1, listed, id=2), NOW - DAY, None)
    return replace(subject(replace(PLAIN, plan="no_sub")), stays=(stay,), **overrides)


def enabling(number: int = 1, **more: object) -> dict[str, object]:
    return {"f": (override(Effect.ENABLE, number, **more),)}


def test_the_plan_states_the_limit_of_the_tenant():
    found = resolve(METERED, "f", metered(), NOW)
    assert found.allowance == limited(10, interval=Interval.MONTH)
    assert (found.limit_scope, found.tenant_cap) == ("tenant", None)


def test_a_grant_without_a_limit_keeps_that_of_the_layer_below():
    found = resolve(METERED, "f", metered(user_overrides=enabling()), NOW)
    assert found.reason == "USER_OVERRIDE"
    assert (found.allowance.limit, found.limit_scope) == (10, "tenant")


def test_a_users_own_limit_has_a_counter_of_its_own():
    own = enabling(allowance=limited(3, interval=Interval.DAY))
    found = resolve(METERED, "f", metered(user_overrides=own), NOW)
    assert found.allowance == limited(3, interval=Interval.DAY)
    assert (found.limit_scope, found.tenant_cap) == ("user", None)


def test_a_tenants_own_limit_counts_beside_a_users():
    both = {
        "user_overrides": enabling(allowance=limited(3)),
        "tenant_overrides": enabling(2, allowance=limited(50)),
    }
    found = resolve(METERED, "f", metered(**both), NOW)
    assert (found.allowance.limit, found.tenant_cap.limit) == (3, 50)


def test_unlimited_for_the_tenant_caps_no_user():
    both = {
        "user_overrides": enabling(allowance=limited(3)),
        "tenant_overrides": enabling(2, allowance=Allowance(is_unlimited=True)),
    }
    assert resolve(METERED, "f", metered(**both), NOW).tenant_cap is None


def test_a_limit_of_nothing_is_not_unlimited():
    found = resolve(METERED, "f", metered(limited(0)), NOW)
    assert (found.allowed, found.allowance.is_unlimited, found.allowance.limit) == (True, False, 0)


def test_what_is_neither_limited_nor_metered_is_not_counted_unless_it_was_granted():
    endless, plain = Allowance(is_unlimited=True), Feature("f")
    granted = metered(user_overrides=enabling(allowance=endless))
    assert resolve(plain, "f", metered(endless), NOW).allowance is None
    assert resolve(plain, "f", metered(limited(9)), NOW).allowance.limit == 9
    assert resolve(plain, "f", granted, NOW).allowance.is_unlimited
    assert resolve(METERED, "f", metered(endless), NOW).allowance.is_unlimited


def test_a_denial_allows_no_amount():
    shut = metered(user_overrides={"f": (override(Effect.DISABLE),)})
    assert resolve(METERED, "f", shut, NOW).allowance is None


def test_the_source_says_who_when_and_why():
    given_at = NOW - 9 * DAY
    told = enabling(7, given_at=given_at, reason="Pilot")
    found = resolve(METERED, "f", metered(user_overrides=told), NOW)
    assert found.source == {
        "type": "user_entitlement",
        "id": 7,
        "by": "ops@x",
        "at": given_at,
        "reason": "Pilot",
    }


def test_what_comes_from_the_fallback_plan_says_so():
    free = replace(FREE, features={"f": PlanFeature(True, limited(10))})
    who = replace(metered(), stays=(), fallback_plan=free)
    found = resolve(METERED, "f", who, NOW)
    assert (found.reason, found.source["via"]) == ("PLAN_ENTITLEMENT", "fallback_plan")
    assert "via" not in resolve(METERED, "f", metered(), NOW).source


def test_an_override_says_that_it_bypasses_the_level():
    cell = replace(PLAIN, user="on", plan="below_level")
    trace = {step["step"]: step for step in explain(cell.feature, "f", subject(cell), NOW)}
    assert trace["user_override"]["bypassed"] == ["min_plan_level"]
    assert trace["default"] == {"step": "default", "result": "lost", "would_be": "deny"}


def test_the_trace_tells_why_a_grant_stopped_and_what_is_to_come():
    rows = (
        override(Effect.ENABLE, 1, ends_at=NOW - DAY),
        override(Effect.ENABLE, 2, ends_at=NOW, ended_by="mo@x"),
        override(Effect.ENABLE, 3, starts_at=NOW + DAY),
    )
    trace = explain(METERED, "f", metered(user_overrides={"f": rows}), NOW)
    told = {step["id"]: step for step in trace if step["step"] == "user_override"}
    assert {number: step["why"] for number, step in told.items()} == {
        1: "expired",
        2: "ended",
        3: "scheduled",
    }
    assert told[2]["ended_by"] == "mo@x"
    assert (told[1]["expired_at"], told[3]["starts_at"]) == (NOW - DAY, NOW + DAY)


def steps(who: Subject, step: str) -> list[dict[str, object]]:
    return [told for told in explain(METERED, "f", who, NOW) if told["step"] == step]


@pytest.mark.parametrize(("user", "plan"), [("on", "at_level"), ("off", "below_level")])
def test_nothing_is_bypassed_by_what_the_level_allows_or_by_a_block(user, plan):
    cell = replace(PLAIN, user=user, plan=plan)
    trace = {step["step"]: step for step in explain(cell.feature, "f", subject(cell), NOW)}
    assert "bypassed" not in trace["user_override"]


def test_what_begins_at_this_instant_is_in_force_and_told_once():
    rows = {"f": (override(Effect.ENABLE, 1, starts_at=NOW, ends_at=NOW + DAY),)}
    (told,) = steps(metered(user_overrides=rows), "user_override")
    assert (told["id"], told["result"], "why" in told) == (1, "match", False)


def test_of_what_is_past_the_latest_three_are_told_the_latest_first():
    rows = tuple(
        override(Effect.ENABLE, number, ends_at=NOW - days * DAY)
        for number, days in ((1, 3), (2, 5), (3, 1), (4, 4), (5, 2))
    )
    told = steps(metered(tenant_overrides={"f": rows}), "tenant_override")
    assert [step["id"] for step in told] == [3, 5, 1]


@pytest.mark.parametrize("span", [{"ends_at": NOW}, {"starts_at": NOW + DAY}])
def test_a_hard_denial_out_of_force_denies_nothing_and_is_no_row_of_a_layer(span):
    who = metered(user_overrides={"f": (override(Effect.HARD_DENY, 1, **span),)})
    (told,) = steps(who, "user_override")
    assert told["why"] == "none"
    assert resolve(METERED, "f", who, NOW).allowed


@pytest.mark.parametrize("scope", ["user", "tenant"])
def test_a_hard_denial_says_whose_it_is(scope):
    rows = {"f": (override(Effect.HARD_DENY, 7),)}
    found = resolve(METERED, "f", metered(**{f"{scope}_overrides": rows}), NOW)
    assert (found.reason, found.source["id"]) == ("HARD_DENY", 7)
    assert found.source["type"] == f"{scope}_entitlement"


def test_an_unknown_and_an_archived_feature_are_denied_alike():
    for feature in (None, replace(METERED, is_archived=True)):
        found = resolve(feature, "f", metered(user_overrides=enabling()), NOW)
        assert (found.allowed, found.reason) == (False, "UNKNOWN_FEATURE")


def test_the_later_of_two_stays_counts():
    stays = [PlanStay(n, Plan(f"plan{n}", n, id=n), NOW - (9 - n) * DAY, None) for n in (1, 2)]
    who = replace(metered(), stays=tuple(stays))
    assert resolve(replace(METERED, min_plan_level=2), "f", who, NOW).reason == "PLAN_LEVEL"


@pytest.mark.parametrize("scope", ["user_overrides", "tenant_overrides"])
def test_the_next_change_is_the_earliest_start_or_end_ahead(scope):
    rows = (
        override(Effect.ENABLE, 1, ends_at=NOW + 5 * DAY),
        override(Effect.DISABLE, 2, starts_at=NOW + 3 * DAY),
    )
    who = metered(**{scope: {"f": rows, "g": (override(Effect.ENABLE, ends_at=NOW + DAY),)}})
    assert resolve(METERED, "f", who, NOW).next_change_at == NOW + 3 * DAY


def test_the_end_of_a_trial_is_a_change_ahead():
    trial = PlanStay(1, FREE, NOW - DAY, NOW + 14 * DAY, "trialing")
    found = resolve(METERED, "f", replace(metered(), stays=(trial,)), NOW)
    assert found.next_change_at == NOW + 14 * DAY


hours = st.integers(-100, 100).map(lambda number: NOW + timedelta(hours=number))
allowances = st.none() | st.integers(0, 5).map(limited) | st.just(Allowance(is_unlimited=True))


@st.composite
def spans(draw: st.DrawFn) -> tuple[datetime, datetime | None]:
    start = draw(hours)
    return start, draw(st.none() | hours.filter(lambda end: end > start))


@st.composite
def rows(draw: st.DrawFn) -> tuple[object, ...]:
    found = []
    for number in range(draw(st.integers(0, 3))):
        start, end = draw(spans())
        effect = draw(st.sampled_from(Effect))
        more = {"starts_at": start, "ends_at": end, "allowance": draw(allowances)}
        found.append(override(effect, number, **more))
    return tuple(found)


@st.composite
def subjects(draw: st.DrawFn) -> Subject:
    levels = draw(st.lists(st.tuples(st.integers(0, 3), spans()), max_size=2))
    stays = [
        PlanStay(number, Plan(f"p{number}", level, id=number), *span)
        for number, (level, span) in enumerate(levels)
    ]
    return replace(
        metered(),
        stays=tuple(stays),
        fallback_plan=draw(st.none() | st.just(FREE)),
        user_overrides={"f": draw(rows())},
        tenant_overrides={"f": draw(rows())},
    )


FEATURE = replace(METERED, min_plan_level=2)


def stable(found: object) -> object:
    return replace(found, next_change_at=None)


@given(subjects(), hours, st.integers(0, 400))
def test_nothing_changes_before_the_next_change(who, at, minutes):
    """The rule of the cache: an answer is good until `next_change_at`."""
    first = resolve(FEATURE, "f", who, at)
    later = at + timedelta(minutes=minutes)
    if first.next_change_at is None or later < first.next_change_at:
        assert stable(resolve(FEATURE, "f", who, later)) == stable(first)


@given(subjects(), hours)
def test_the_next_change_lies_ahead(who, at):
    found = resolve(FEATURE, "f", who, at).next_change_at
    assert found is None or found > at


@given(subjects(), hours)
def test_a_hard_denial_in_force_always_denies(who, at):
    every = (*who.user_overrides["f"], *who.tenant_overrides["f"])
    if any(row.effect is Effect.HARD_DENY and row.is_in_force(at) for row in every):
        found = resolve(FEATURE, "f", who, at)
        assert (found.allowed, found.reason) == (False, "HARD_DENY")


@given(subjects(), hours)
def test_an_amount_belongs_to_what_is_allowed_alone(who, at):
    found = resolve(FEATURE, "f", who, at)
    assert (found.allowance is not None) == found.allowed
    if found.allowance is not None:
        assert found.allowance.interval is not None


@given(subjects(), hours)
def test_the_trace_and_the_decision_agree(who, at):
    found, trace = resolve(FEATURE, "f", who, at), explain(FEATURE, "f", who, at)
    decisive = next(step for step in trace if step["result"] in ("fail", "match"))
    if decisive["result"] == "fail":
        assert not found.allowed
    elif decisive["step"] in ("user_override", "tenant_override"):
        assert found.allowed == (decisive["effect"] == Effect.ENABLE)
        assert found.source["id"] == decisive["id"]
