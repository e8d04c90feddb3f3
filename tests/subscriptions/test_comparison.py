"""What a change of plan changes, in words."""

import pytest

from portal.catalog.snapshot import Allowance, Catalog, Feature, Interval, Plan, PlanFeature
from portal.subscriptions.comparison import Difference, differences

FEATURE = Feature("calls", min_plan_level=9, is_metered=True, display_name="Calls")
NOTHING = Plan("none", 1)


def selling(limit: int | None, interval: Interval | None = None) -> Plan:
    """None: without a limit."""
    allowance = None if limit is None else Allowance(False, limit, interval)
    return Plan("some", 1, {"calls": PlanFeature(True, allowance)})


def changes(before: Plan | None, after: Plan | None, feature: Feature = FEATURE):
    return differences(Catalog(1, {feature.name: feature}, {}, None), before, after)


@pytest.mark.parametrize(
    ("before", "after", "texts", "is_gain"),
    [
        (NOTHING, selling(0), ("Not included", "0 a month"), True),
        (selling(2000), selling(10), ("2,000 a month", "10 a month"), False),
        (selling(10), selling(None), ("10 a month", "Unlimited"), True),
        (selling(5), selling(5, Interval.HOUR), ("5 a month", "5 an hour"), None),
        (selling(5, Interval.NEVER), None, ("5 in all", "Not included"), False),
    ],
)
def test_each_feature_that_differs_is_told_with_which_of_the_two_is_more(
    before, after, texts, is_gain
):
    assert changes(before, after) == [Difference("Calls", *texts, is_gain)]


def test_what_stays_as_it_was_is_not_told():
    assert changes(selling(5), selling(5, Interval.MONTH)) == []


def test_without_a_plan_there_is_what_everybody_has():
    feature = Feature("help", is_default=True)
    excluded = Plan("none", 1, {"help": PlanFeature(is_included=False)})
    assert changes(None, excluded, feature) == [
        Difference("help", "Included", "Not included", is_gain=False)
    ]
