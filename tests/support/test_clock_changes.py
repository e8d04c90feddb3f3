"""When target, calendar or ticket change midway: time consumed stays, and so does a breach."""

from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.support.clock_changes import (
    OnChange,
    OnReopen,
    begun_earlier,
    recalendared,
    reopened,
    retargeted,
    superseded,
)
from portal.support.clock_math import (
    ClockState,
    Metric,
    Run,
    breached,
    cancelled,
    consumed_at,
    paused,
    remaining,
    resumed,
    satisfied,
    started,
)
from tests.support.calendars import FIRST, LAST, hours, published
from tests.support.clocks import HOUR, OFFICE, at, due_of, resolution, response, through

LUNCH = published("lunch")
CASES = settings(derandomize=True, deadline=None, max_examples=200)


def to(target_s: int, **more):
    return partial(retargeted, target_s=target_s, warn_percent=75, **more)


def test_scenario_s4a_time_so_far_counts_against_the_shorter_target():
    clock = through(resolution(), (to(4 * HOUR), 7, "13:00"))
    assert clock.due_at == due_of("S4a")
    assert (clock.started_at, clock.breached_at) == (at(7, "10:00"), None)
    assert consumed_at(clock, at(7, "13:00"), OFFICE) == 3 * HOUR


def test_scenario_s6_time_as_solved_does_not_count_after_a_reopening():
    solved = through(resolution(), (satisfied, 7, "15:00"))
    clock = through(solved, (reopened, 12, "11:00"))
    assert clock.due_at == due_of("S6")
    assert (clock.state, clock.met_at, clock.consumed_s) == ("running", None, 5 * HOUR)


def test_rule_6_the_old_row_gives_way_with_what_it_consumed():
    old = through(resolution(), (superseded, 7, "13:00"))
    assert (old.state, old.consumed_s, old.due_at) == (ClockState.SUPERSEDED, 3 * HOUR, None)
    assert through(old, (superseded, 8, "13:00"), (to(HOUR), 8, "13:00")) == old


def test_rule_6_a_target_that_is_behind_us_was_breached_when_it_was_reached():
    clock = through(resolution(), (to(2 * HOUR), 7, "13:00"))
    assert clock.due_at == clock.breached_at == at(7, "12:00")
    assert (clock.breach_reason, clock.warn_at) == ("target_changed", None)
    assert through(clock, (satisfied, 7, "13:30")).state is ClockState.MISSED


def test_rule_6_a_target_reached_this_very_second_is_breached():
    clock = through(resolution(), (to(3 * HOUR), 7, "13:00"))
    assert (clock.breached_at, clock.breach_reason) == (at(7, "13:00"), "target_changed")


@pytest.mark.parametrize(
    ("target_s", "reached"), [(1800, "10:30"), (5400, "12:00"), (7200, "12:30"), (9000, "14:30")]
)
def test_rule_6_a_target_reached_in_an_earlier_run_was_breached_then(target_s, reached):
    spans = (("10:00", "11:00"), ("11:30", "12:30"))
    runs = [Run(at(7, start), at(7, end), OFFICE) for start, end in spans]
    pauses = [(paused, 7, "11:00"), (resumed, 7, "11:30"), (paused, 7, "12:30")]
    clock = through(resolution(), *pauses, (resumed, 7, "14:00"))
    assert through(clock, (to(target_s, runs=runs), 7, "15:00")).breached_at == at(7, reached)


def test_rule_6_without_the_earlier_runs_it_was_breached_as_the_present_one_began():
    clock = through(resolution(), (paused, 7, "12:00"), (resumed, 7, "14:00"))
    assert through(clock, (to(HOUR), 7, "15:00")).breached_at == at(7, "14:00")


@pytest.mark.parametrize("on_change", OnChange)
def test_rule_6_a_recorded_breach_is_not_erased_by_a_longer_target(on_change):
    clock = through(response(), (to(4 * HOUR, on_change=on_change), 7, "12:00"))
    assert clock.breached_at == at(7, "11:00")
    assert clock.due_at == at(7, "14:00" if on_change is OnChange.KEEP else "16:00")
    assert breached(clock, at(8, "10:00")) == clock
    late = through(clock, (satisfied, 7, "12:30"))
    assert (late.state, late.breach_reason) == (ClockState.MISSED, None)


def test_rule_6_a_recorded_breach_is_not_put_down_to_a_shorter_target():
    clock = through(response(), (to(HOUR // 2), 7, "12:00"))
    assert (clock.breached_at, clock.breach_reason) == (at(7, "11:00"), None)


def test_rule_6_a_change_of_a_paused_clock_counts_when_it_goes_on():
    waiting = through(resolution(), (paused, 7, "12:00"))
    changed = through(waiting, (to(4 * HOUR), 7, "13:00"))
    assert (changed.state, changed.target_s, changed.due_at) == ("paused", 4 * HOUR, None)
    assert through(changed, (resumed, 7, "14:00")).due_at == at(7, "16:00")


def test_rule_6_a_target_that_a_paused_clock_had_passed_is_breached_as_it_goes_on():
    waiting = through(resolution(), (paused, 7, "12:00"), (to(HOUR), 7, "13:00"))
    assert through(waiting, (satisfied, 7, "14:00")).state is ClockState.MET
    runs = [Run(at(7, "10:00"), at(7, "12:00"), OFFICE)]
    clock = through(waiting, (partial(resumed, runs=runs), 7, "14:00"))
    assert clock.due_at == clock.breached_at == at(7, "11:00")
    assert (clock.breach_reason, clock.warn_at) == ("target_changed", None)


def test_rule_6_a_solution_within_a_target_that_was_lowered_since_breaks_it_as_it_is_reopened():
    settled = (paused, 7, "12:00"), (to(HOUR), 7, "13:00"), (satisfied, 7, "14:00")
    runs = [Run(at(7, "10:00"), at(7, "12:00"), OFFICE)]
    clock = through(resolution(), *settled, (partial(reopened, runs=runs), 8, "10:00"))
    assert (clock.breached_at, clock.breach_reason) == (at(7, "11:00"), "target_changed")


@pytest.mark.parametrize("is_paused", [False, True])
def test_rule_6_a_rule_may_start_the_clock_again(is_paused):
    before = [(paused, 7, "11:00")] if is_paused else []
    clock = through(resolution(), *before, (to(4 * HOUR, on_change=OnChange.RESTART), 7, "13:00"))
    assert (clock.started_at, clock.consumed_s) == (at(7, "13:00"), 0)
    assert clock.due_at == (None if is_paused else at(7, "17:00"))


def test_rule_6_the_warning_moves_with_the_target():
    clock = through(
        resolution(), (partial(retargeted, target_s=4 * HOUR, warn_percent=50), 7, "11:00")
    )
    assert clock.warn_at == at(7, "12:00")


def renewed(clock, day: int, text: str, target_s: int = 8 * HOUR):
    """Under the calendar with a lunch break from then on."""
    return recalendared(clock, at(day, text), OFFICE, LUNCH, target_s, warn_percent=75)


def test_rule_7_the_old_hours_count_up_to_the_edit_and_the_new_after_it():
    clock = renewed(resolution(text="12:00"), 7, "14:00")  # 2 h, as nobody had a lunch break then
    assert (clock.consumed_s, clock.running_since) == (2 * HOUR, at(7, "14:00"))
    assert clock.due_at == at(8, "12:00")  # as the next lunch begins, not as it ends
    assert remaining(clock, at(8, "10:00"), LUNCH) == 2 * HOUR


def test_rule_7_a_lower_target_of_the_new_version_was_reached_under_the_old_hours():
    clock = renewed(resolution(text="12:00"), 7, "14:00", target_s=5400)
    assert clock.due_at == clock.breached_at == at(7, "13:30")
    assert clock.breach_reason == "target_changed"


def test_rule_7_a_paused_clock_keeps_what_it_consumed():
    waiting = through(resolution(), (paused, 7, "12:30"))
    assert renewed(waiting, 7, "14:00") == waiting


def test_rule_7_an_edit_in_the_second_it_is_due_is_no_breach():
    clock = renewed(resolution(), 8, "10:00")
    assert (clock.due_at, clock.breached_at) == (at(8, "10:00"), None)


def test_rule_7_a_clock_that_was_late_stays_so():
    clock = renewed(resolution(), 8, "11:00")
    assert clock.due_at == clock.breached_at == at(8, "10:00")
    assert clock.breach_reason is None


def test_rule_8_a_resolution_that_was_missed_is_not_forgiven_by_a_reopening():
    missed = through(resolution(), (satisfied, 8, "12:00"))
    clock = through(missed, (reopened, 12, "11:00"))
    assert clock.due_at == clock.breached_at == at(8, "10:00")
    assert through(clock, (satisfied, 12, "12:00")).consumed_s == 11 * HOUR


def test_rule_8_a_rule_may_start_a_clock_of_its_own():
    missed = through(resolution(), (satisfied, 8, "12:00"))
    clock = reopened(missed, at(12, "11:00"), OFFICE, OnReopen.RESTART)
    assert clock == resolution(12, "11:00")


def test_rule_8_responses_and_clocks_that_were_not_satisfied_do_not_come_back():
    for metric in (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE):
        answered = through(response(metric=metric), (satisfied, 7, "10:30"))
        assert through(answered, (reopened, 8, "10:00")) == answered
    for clock in (resolution(), through(resolution(), (cancelled, 7, "11:00"))):
        assert through(clock, (reopened, 8, "10:00")) == clock


def test_rule_9_after_a_merge_the_older_message_is_the_one_that_waits():
    clock = begun_earlier(response(), at(7, "10:30"), OFFICE, at(7, "09:30"))
    assert clock.started_at == clock.running_since == at(7, "09:30")
    assert (clock.due_at, clock.breached_at) == (at(7, "10:30"), None)


@pytest.mark.parametrize("since", ["10:00", "10:30"])
def test_rule_9_a_merge_changes_no_clock_that_began_no_later(since):
    assert begun_earlier(response(), at(7, "11:00"), OFFICE, at(7, since)) == response()


def test_rule_9_a_merge_changes_no_clock_that_is_over_or_measures_something_else():
    for clock in (through(response(), (satisfied, 7, "10:40")), resolution()):
        assert begun_earlier(clock, at(7, "11:00"), OFFICE, at(7, "09:00")) == clock


def test_rule_9_what_was_late_before_the_merge_stays_late_since_then():
    late = begun_earlier(response(), at(7, "12:00"), OFFICE, at(7, "09:30"))
    assert late.breached_at == at(7, "11:00")
    assert late == begun_earlier(
        breached(response(), at(7, "11:30")), at(7, "12:00"), OFFICE, at(7, "09:30")
    )


moments = st.integers(0, 40_000)
targets = st.integers(0, 30_000)


@CASES
@given(hours(), st.integers(FIRST, LAST), moments, moments, targets)
def test_splitting_a_run_by_an_edit_that_changes_nothing_changes_nothing(
    drawn, begin, first, second, target
):
    calendar, split = drawn.calendar, drawn.instant(begin + first)
    whole = started(Metric.RESOLUTION, drawn.instant(begin), target, calendar)
    end = split + timedelta(seconds=second)
    same = recalendared(whole, split, calendar, calendar, target, warn_percent=75)
    kept = retargeted(whole, split, calendar, target, warn_percent=75)
    assert same.due_at == kept.due_at == whole.due_at
    rows = [satisfied(clock, end, calendar) for clock in (whole, same, kept)]
    assert rows[0] == rows[1] == rows[2]


@CASES
@given(hours(), st.integers(FIRST, LAST), moments, moments, targets, targets)
def test_a_changed_target_is_due_as_if_it_had_been_there_from_the_start(
    drawn, begin, passed, delay, target, other
):
    calendar, change = drawn.calendar, drawn.instant(begin + passed)
    old = started(Metric.RESOLUTION, drawn.instant(begin), target, calendar)
    clock = retargeted(old, change, calendar, other, warn_percent=75)
    if old.due_at >= change or other > consumed_at(old, change, calendar):
        assert clock.due_at == started(old.metric, drawn.instant(begin), other, calendar).due_at
    swept = breached(old, change + timedelta(seconds=delay))
    assert retargeted(swept, change, calendar, other, warn_percent=75) == clock
    assert superseded(swept, change, calendar) == superseded(old, change, calendar)
