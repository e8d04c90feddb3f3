"""A line of a queue is drawn once, and anew whenever it says something else."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.core import clock
from portal.support.around import Looker
from portal.support.due_words import DueChip
from portal.support.pages import lines
from portal.support.queue_rows import QueueRow
from portal.support.queues import Queue, View, tickets_in
from portal.web.times import Instant
from tests.cast import make_user
from tests.support.queue_cast import HOUR, looking, put

LATER = Instant("2030-01-01T09:00:00+00:00", "1 Jan 2030, 09:00:00 UTC", "3 years from now")
OTHERS = {
    "tags": ("other",),
    "snoozed_until": LATER,
    "due": DueChip("danger", "9h overdue", datetime(2030, 1, 1, tzinfo=UTC)),
    "due_at": LATER,
    "last_message_at": LATER,
    "is_here": False,
}


@pytest.fixture
def row(app, acme, bea):
    put(make_user(acme), due_in=2 * HOUR)
    (found,) = tickets_in(Queue.of(View.ALL), looking(bea)).items
    return found


def line(row, *, place="view=all", may_reply=True, **lookers) -> str:
    looks = {row.id: [Looker(name, False) for name in lookers]}
    return lines.drawn([row], place=place, lookers=looks if lookers else {}, may_reply=may_reply)


def test_a_line_that_says_the_same_is_not_drawn_again(row):
    line(row)
    before = lines._line.cache_info()
    assert line(row._replace()) == line(row)
    after = lines._line.cache_info()
    assert (after.hits, after.misses) == (before.hits + 2, before.misses)


@pytest.mark.parametrize("name", [name for name in QueueRow._fields if name != "id"])
def test_a_line_that_says_anything_else_is_drawn_anew(row, name):
    line(row)
    misses = lines._line.cache_info().misses
    line(row._replace(**{name: OTHERS.get(name, f"another {name}")}))
    assert lines._line.cache_info().misses == misses + 1


def test_who_looks_and_who_reads_is_part_of_a_line(row):
    plain = line(row)
    assert "Ada is looking" in line(row, Ada=True)
    assert "Bob is looking" in line(row, Bob=True)
    assert "checkbox" not in line(row, may_reply=False)
    assert "view=mine" in line(row, place="view=mine")
    assert line(row) == plain


def test_what_passes_by_itself_changes_a_line(row, bea):
    later = looking(bea, now=clock.now() + timedelta(hours=1))
    (aged,) = tickets_in(Queue.of(View.ALL), later).items
    assert "1h 59m left" in line(row)
    assert "59m left" in line(aged)
    assert "1h 59m" not in line(aged)


def test_a_line_has_no_more_indentation_than_it_needs(row):
    assert "\n " not in line(row._replace(subject="a  b"))
    assert ">a  b</a>" in line(row._replace(subject="a  b"))
