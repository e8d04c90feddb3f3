"""A ticket's clock: published scenarios, one test for each rule, and what no history may change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.support.clock_math import (
    Clock,
    ClockState,
    Metric,
    breached,
    cancelled,
    consumed_at,
    paused,
    remaining,
    resumed,
    satisfied,
    started,
)
from tests.support.calendars import FIRST, LAST, Hours, hours, published
from tests.support.clocks import HOUR, OFFICE, at, due_of, resolution, response, through

CASES = settings(derandomize=True, deadline=None, max_examples=200)


def test_scenario_s1_time_with_the_customer_does_not_count():
    clock = through(resolution(), (paused, 7, "12:00"), (resumed, 8, "15:00"))
    assert clock.due_at == due_of("S1")
    assert clock.consumed_s == 2 * HOUR


def test_scenario_s2_a_pause_in_closed_hours_changes_nothing():
    clock = through(resolution(), (paused, 7, "18:00"), (resumed, 8, "08:00"))
    assert clock.due_at == resolution().due_at == due_of("S2")


def test_scenario_s3_pauses_add_up_to_the_second():
    clock = through(
        resolution(),
        (paused, 7, "10:15:20"),
        (resumed, 7, "11:00"),
        (paused, 7, "11:20"),
        (resumed, 7, "13:00"),
    )
    assert clock.consumed_s == 2120
    assert clock.due_at == due_of("S3")


def test_scenario_s8_each_answer_ends_a_cycle_and_thanks_do_not_matter():
    first = response()  # the customer writes again at 10:30: the oldest unanswered message counts
    assert first.due_at == due_of("S8")
    assert through(first, (satisfied, 7, "10:50")).state is ClockState.MET
    second = through(response(7, "16:30"), (cancelled, 7, "16:40"))
    assert (second.state, second.consumed_s, second.breached_at) == ("cancelled", 600, None)


def test_rule_1_a_clock_is_due_when_its_target_is_over():
    clock = resolution()
    assert (clock.state, clock.consumed_s) == (ClockState.RUNNING, 0)
    assert clock.started_at == clock.running_since == at(7, "10:00")
    assert clock.due_at == at(8, "10:00")


def test_rule_1_a_ticket_that_begins_in_a_pausing_status_starts_paused():
    clock = resolution(is_paused=True)
    assert (clock.state, clock.running_since, clock.due_at) == (ClockState.PAUSED, None, None)
    assert through(clock, (resumed, 8, "10:00")).due_at == at(9, "10:00")


@pytest.mark.parametrize("metric", [Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE])
def test_no_status_excuses_silence(metric):
    clock = response(metric=metric)
    assert through(clock, (paused, 7, "10:10")) == clock
    waiting = started(metric, at(7, "10:00"), HOUR, OFFICE, is_paused=True)
    assert waiting.state is ClockState.RUNNING


def test_rule_2_a_pause_keeps_what_was_consumed_and_nothing_is_due():
    clock = through(resolution(), (paused, 7, "12:00"))
    assert (clock.state, clock.consumed_s) == (ClockState.PAUSED, 2 * HOUR)
    assert (clock.running_since, clock.due_at, clock.warn_at) == (None, None, None)


def test_rule_2_going_from_one_pause_into_another_changes_nothing():
    clock = through(resolution(), (paused, 7, "12:00"))
    assert through(clock, (paused, 7, "14:00")) == clock


def test_rule_3_what_is_left_counts_from_the_resumption():
    clock = through(resolution(), (paused, 7, "12:00"), (resumed, 7, "14:00"))
    assert (clock.running_since, clock.due_at) == (at(7, "14:00"), at(8, "12:00"))
    assert through(clock, (resumed, 7, "15:00")) == clock


@pytest.mark.parametrize(
    ("text", "state", "breached_at"),
    [
        ("10:59:59", ClockState.MET, None),
        ("11:00:00", ClockState.MET, None),
        ("11:00:00.999", ClockState.MET, None),
        ("11:00:01", ClockState.MISSED, at(7, "11:00")),
    ],
)
def test_rule_4_an_answer_in_the_very_second_it_was_due_is_in_time(text, state, breached_at):
    clock = through(response(), (satisfied, 7, text))
    assert (clock.state, clock.breached_at) == (state, breached_at)
    assert clock.met_at == at(7, text).replace(microsecond=0)
    assert (clock.due_at, clock.running_since, clock.warn_at) == (at(7, "11:00"), None, None)


def test_rule_4_what_is_solved_while_paused_counts_its_runs_alone():
    clock = through(resolution(), (paused, 7, "12:00"), (satisfied, 30, "12:00"))
    assert (clock.state, clock.consumed_s, clock.breached_at) == (ClockState.MET, 2 * HOUR, None)


def test_rule_4_what_was_late_before_its_pause_is_missed():
    clock = through(resolution(), (paused, 8, "10:00:01"), (satisfied, 9, "12:00"))
    assert (clock.state, clock.breached_at) == (ClockState.MISSED, at(8, "10:00"))
    assert clock.consumed_s == 8 * HOUR + 1


def test_rule_5_a_breach_is_at_the_due_time_whoever_sees_it_when():
    clock = resolution()
    assert breached(clock, at(8, "10:00:00.5")) == clock
    seen = breached(clock, at(29, "03:00"))
    assert (seen.breached_at, seen.breach_reason) == (at(8, "10:00"), None)
    assert breached(seen, at(30, "03:00")) == seen
    assert replace(seen, breached_at=None) == clock, "it runs on"
    assert remaining(seen, at(8, "11:30"), OFFICE) == -1.5 * HOUR


def test_rule_5_an_answer_that_is_handled_after_a_sweep_counts_from_when_it_came():
    swept = breached(response(), at(7, "11:05"))
    assert swept.breached_at == at(7, "11:00")
    assert through(swept, (satisfied, 7, "10:58")) == through(response(), (satisfied, 7, "10:58"))


def test_rule_5_a_late_clock_that_pauses_and_goes_on_is_as_late_as_before():
    clock = through(resolution(), (paused, 8, "11:00"), (resumed, 9, "11:00"))
    assert clock.due_at == clock.breached_at == at(8, "10:00")
    assert remaining(clock, at(9, "12:00"), OFFICE) == -2 * HOUR
    assert clock.warn_at is None


def test_rule_10_once_solved_the_numbers_stand():
    clock = through(resolution(), (satisfied, 8, "12:00"))
    assert remaining(clock, at(8, "12:00"), OFFICE) == -2 * HOUR
    assert remaining(clock, at(30, "12:00"), OFFICE) == -2 * HOUR


def test_rule_11_a_warning_comes_at_its_part_of_the_target_in_business_time():
    clock = resolution()
    assert clock.warn_at == at(7, "16:00")
    assert through(clock, (paused, 7, "16:30")).warn_at is None


@pytest.mark.parametrize(("percent", "warn_at"), [(50, "14:00"), (100, "18:00"), (None, None)])
def test_rule_11_the_part_is_the_rules_own(percent, warn_at):
    clock = started(
        Metric.RESOLUTION, at(7, "10:00"), 8 * HOUR, published("always"), warn_percent=percent
    )
    assert clock.warn_at == (at(7, warn_at) if warn_at else None)


def test_rule_11_the_part_of_an_odd_target_is_rounded_up():
    assert started(Metric.RESOLUTION, at(7, "10:00"), 3, OFFICE).warn_at == at(7, "10:00:03")


def test_rule_11_a_warning_follows_the_pauses_and_is_given_at_once_when_it_is_past():
    ahead = through(resolution(), (paused, 7, "12:00"), (resumed, 8, "09:00"))
    assert ahead.warn_at == at(8, "13:00")
    past = through(resolution(), (paused, 7, "16:30"), (resumed, 8, "09:00"))
    assert past.warn_at == at(8, "09:00")


def test_cancelling_adds_up_and_clears_what_was_due():
    clock = through(resolution(), (cancelled, 7, "12:00"))
    assert (clock.state, clock.consumed_s) == (ClockState.CANCELLED, 2 * HOUR)
    assert (clock.running_since, clock.due_at, clock.warn_at) == (None, None, None)


def test_a_first_response_that_never_came_in_time_stays_missed_when_the_ticket_is_closed():
    clock = response(metric=Metric.FIRST_RESPONSE)
    assert through(clock, (cancelled, 7, "10:30")).state is ClockState.CANCELLED
    late = through(clock, (cancelled, 7, "12:00"))
    assert (late.state, late.breached_at, late.met_at) == ("missed", at(7, "11:00"), None)
    assert through(response(), (cancelled, 7, "12:00")).state is ClockState.CANCELLED


@pytest.mark.parametrize("day", [7, 8])
@pytest.mark.parametrize("end", [satisfied, cancelled])
@pytest.mark.parametrize("change", [paused, resumed, satisfied, cancelled])
def test_nothing_happens_to_a_clock_that_is_over_in_time_or_late(day, end, change):
    over = through(resolution(), (end, day, "12:00"))
    assert through(over, (change, 9, "12:00")) == over
    assert breached(over, at(30, "12:00")) == over


gaps = st.lists(st.integers(0, 40_000), min_size=1, max_size=6)
targets = st.integers(0, 30_000)


def instants_of(drawn: Hours, begin: int, steps: list[int]) -> list[datetime]:
    """When things happen, one after the other."""
    moments = [begin]
    for step in steps:
        moments.append(moments[-1] + step)
    return [drawn.instant(moment) for moment in moments]


def history(moments: list[datetime], target_s: int, calendar, sweep=lambda clock, at: clock):
    """Started, then paused and resumed in turn; the last moment is still to come."""
    clock = started(Metric.RESOLUTION, moments[0], target_s, calendar)
    for number, moment in enumerate(moments[1:-1]):
        clock = sweep(clock, moment)
        clock = (paused, resumed)[number % 2](clock, moment, calendar)
    return sweep(clock, moments[-1])


@CASES
@given(hours(), st.integers(FIRST, LAST), gaps, targets)
def test_a_clock_consumes_its_open_seconds_and_is_late_if_they_exceed_the_target(
    drawn, begin, steps, target
):
    calendar = drawn.calendar
    moments = instants_of(drawn, begin, steps)
    clock = satisfied(history(moments, target, calendar), moments[-1], calendar)
    runs = list(zip(moments[::2], moments[1::2], strict=False))
    spent = sum(calendar.elapsed(start, end) for start, end in runs)
    assert clock.consumed_s == spent
    assert spent <= target or clock.state is ClockState.MISSED
    assert spent >= target or clock.state is ClockState.MET
    if clock.breached_at:
        past = [(start, min(end, clock.breached_at)) for start, end in runs]
        assert sum(calendar.elapsed(start, end) for start, end in past) == target


@CASES
@given(hours(), st.integers(FIRST, LAST), gaps, targets, st.integers(0, 90_000))
def test_when_a_sweep_passes_changes_no_stored_value(drawn, begin, steps, target, delay):
    calendar = drawn.calendar
    moments = instants_of(drawn, begin, steps)

    def late(clock: Clock, moment: datetime) -> Clock:
        return breached(clock, moment + timedelta(seconds=delay))

    def twice(clock: Clock, moment: datetime) -> Clock:
        return breached(breached(clock, moment - timedelta(seconds=delay)), moment)

    rows = [history(moments, target, calendar, sweep) for sweep in (late, twice, lambda c, _: c)]
    for end in (paused, satisfied, cancelled):
        found = [end(row, moments[-1], calendar) for row in rows]
        assert found[0] == found[1] == found[2]


@CASES
@given(hours(), st.integers(FIRST, LAST), gaps, targets, st.integers(0, 90_000))
def test_a_pause_of_no_length_changes_nothing(drawn, begin, steps, target, later):
    calendar = drawn.calendar
    moments = instants_of(drawn, begin, [*steps, later])
    whole = history(moments[:-1], target, calendar)
    moment, end = moments[-2:]
    if whole.state is ClockState.PAUSED:
        split = paused(resumed(whole, moment, calendar), moment, calendar)
    else:
        split = resumed(paused(whole, moment, calendar), moment, calendar)
    assert split.due_at == whole.due_at
    assert consumed_at(split, end, calendar) == consumed_at(whole, end, calendar)
    assert satisfied(split, end, calendar) == satisfied(whole, end, calendar)


def test_a_clock_speaks_utc():
    clock = through(resolution(), (satisfied, 8, "12:00"))
    told = [clock.started_at, clock.due_at, clock.met_at, clock.breached_at]
    assert {instant.tzinfo for instant in told} == {UTC}
