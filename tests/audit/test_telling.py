"""Every event is told in a plain sentence, whatever its body holds or misses."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.audit.actions import Action
from portal.audit.sentences import SENTENCES
from portal.audit.telling import quoted_reason, told
from portal.core.actor import SYSTEM
from portal.entitlements.grants import grant_tenant_feature
from tests.cast import actor, make_user
from tests.ledger import events

UTC_ZONE = ZoneInfo("UTC")
ANN = {"type": "admin", "id": 1, "label": "ann@x"}
TWO = {"EUR": 900, "USD": 1000}
BEA = {"type": "admin", "id": "2", "label": "bea@x"}


def tell(action, zone=UTC_ZONE, **more):
    body = {"action": action, "actor": ANN, "target": BEA, "changes": [], "meta": {}, **more}
    return told(body, zone)


def change(field, old=None, new=None):
    return [{"field": field, "old": old, "new": new}]


def test_every_action_has_a_sentence():
    assert set(SENTENCES) == set(Action)


def test_a_grant_says_what_to_whom_and_until_when(catalog, acme, ann):
    until = datetime(2099, 12, 12, 23, tzinfo=UTC)
    terms = {"quota_limit": 20, "expires_at": until, "feature_name": "custom_reports"}
    grant_tenant_feature(by=actor(ann), tenant=acme, **terms)
    body = json.loads(events(Action.ENTITLEMENT_GRANTED)[-1].canonical)
    assert told(body, UTC_ZONE) == "granted Custom Reports to Acme, 20 a month until 12 Dec 2099"
    assert told(body, ZoneInfo("Europe/Berlin")).endswith("until 13 Dec 2099")


@pytest.mark.parametrize(
    ("sentence", "given"),
    [
        (
            "changed the role of bea@x from support agent to manager",
            ("staff.role_changed", {"changes": change("role", "support_agent", "manager")}),
        ),
        ("turned the second factor of bea@x on", ("totp.enabled", {})),
        ("turned the second factor on", ("totp.enabled", {"target": {**ANN, "id": "1"}})),
        ("signed in (Firefox)", ("session.opened", {"meta": {"device": "Firefox"}})),
        (
            "put bea@x on the plan Basic on trial until 1 Mar 2026",
            (
                "subscription.plan_changed",
                {
                    "changes": [
                        *change("plan", None, "basic"),
                        *change("trial_ends_at", None, "2026-03-01T00:00:00Z"),
                    ]
                },
            ),
        ),
        (
            "took API Access back from bea@x",
            ("entitlement.revoked", {"meta": {"feature_name": "api_access"}}),
        ),
        ("assigned the ticket bea@x to nobody", ("ticket.assigned", {"changes": change("team")})),
        (
            "changed the plan bea@x (a 1, b from 1 to 2, c without 3 and 1 more)",
            (
                "plan.changed",
                {
                    "changes": [
                        *change("a", None, 1),
                        *change("b", 1, 2),
                        *change("c", 3),
                        *change("d", 4),
                    ]
                },
            ),
        ),
    ],
)
def test_a_sentence_names_what_matters(sentence, given):
    action, more = given
    assert tell(action, **more) == sentence


@pytest.mark.parametrize(
    ("said", "changes"),
    [
        ("share from 50 % to 12.5 %", change("basis_points", 5000, 1250)),
        (
            "redeem by from 30 Dec 2026 23:30 to 1 Jan 2027 00:00",
            change("redeem_by", "2026-12-30T22:30:00.000000Z", "2026-12-31T23:00:00.000000Z"),
        ),
        ("amounts from 5.00 USD to 9.00 EUR or 10.00 USD", change("amounts", {"USD": 500}, TWO)),
        ("min amounts 2,900 JPY", change("min_amounts", {}, {"JPY": 2900})),
        ("basis points", change("basis points")),
        ("redeem by 2026", change("redeem_by", None, "2026")),
        ("share much", change("basis_points", None, "much")),
        ("amounts USD: much", change("amounts", None, {"USD": "much"})),
    ],
)
def test_moments_shares_and_amounts_are_told_as_people_write_them(said, changes):
    berlin = ZoneInfo("Europe/Berlin")
    assert tell("coupon.changed", berlin, changes=changes) == f"changed the coupon bea@x ({said})"


def test_what_was_made_just_then_is_not_told_field_by_field():
    changes = [one for field in "abcd" for one in change(field, None, 1)]
    assert tell("plan.changed", changes=changes) == "changed the plan bea@x"


def test_an_action_of_another_version_is_told_by_its_name():
    assert tell("dragon.tamed") == "dragon.tamed: bea@x"
    assert tell("dragon.tamed", target=None) == "dragon.tamed"


def test_no_value_turns_the_words_around_it():
    changes = change("role", "support\u202eagent", "manager")
    said = tell("staff.role_changed", target={**BEA, "label": "bea\u202e@x"}, changes=changes)
    assert said == "changed the role of bea@x from supportagent to manager"


def test_a_reason_that_the_sentence_tells_is_not_quoted_again():
    assert quoted_reason("session.password_refused", "wrong password") is None
    assert quoted_reason("tenant.closed", "gave up") == "gave up"


def test_a_reason_that_is_a_code_is_quoted_as_words():
    assert quoted_reason("staff.disabled", "recovery_cancelled") == "recovery cancelled"
    assert quoted_reason("staff.disabled", "asked by a_b, twice") == "asked by a_b, twice"
    assert quoted_reason("staff.disabled", None) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(["actor", "target", "changes", "meta", "reason", "occurred_at", "other"])


@given(st.sampled_from(list(Action)), st.dictionaries(NAMES, VALUES))
def test_no_body_breaks_a_sentence(action, body):
    assert told({"action": action.value, **body}, UTC_ZONE).strip()


@given(st.sampled_from(list(Action)), VALUES)
def test_no_value_of_a_change_breaks_a_sentence(action, value):
    changes = [
        value,
        *change("grant", None, value),
        *change("status", value, value),
        {"field": value},
    ]
    assert tell(action.value, changes=changes, meta={"feature_name": value, "target": value})


def test_a_user_of_a_customer_is_told_by_number_alone(acme, catalog):
    uma = make_user(acme, "Uma User")
    grant_tenant_feature(by=SYSTEM, tenant=acme, feature_name="api_access")
    assert uma.name not in events(Action.ENTITLEMENT_GRANTED)[-1].canonical.decode()
