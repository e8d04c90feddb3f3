"""The language of the queues' filters: what it reads, what it refuses, and how it writes back."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.support.filter_language import (
    EVERYTHING,
    MOST_PARTS,
    BadFilter,
    Filter,
    Property,
    Words,
    parse,
    written,
)
from portal.support.filter_values import FIELDS, Field

WHOLE = (
    "status:open,pending tenant:acme assignee:me priority:high,urgent team:billing "
    "category:access channel:api tag:vip plan:enterprise requester:una@x created:<7d "
    "updated:>2026-01-01 due:<2h due:breached is:unread is:snoozed is:open has:attachment "
    '-tag:spam TCK-2026-000123 words "a phrase"'
)


def test_the_whole_language_is_read_and_written_as_it_stands():
    assert written(parse(WHOLE)) == WHOLE
    assert len(parse(WHOLE).parts) == 22


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ()),
        (" \t\n ", ()),
        ("press", (Words("press"),)),
        ('"blue   screen"', (Words("blue screen", is_phrase=True),)),
        ('-"blue screen"', (Words("blue screen", is_phrase=True, is_not=True),)),
        ("-spam", (Words("spam", is_not=True),)),
        ("-", (Words("-"),)),
        ("- x", (Words("-"), Words("x"))),
        ('12"x10"', (Words('12"x10"'),)),
        ("12:30", (Words("12:30"),)),
        ("STATUS:On-Hold", (Property("status", ("on_hold",)),)),
        ("status:open,open,new", (Property("status", ("open", "new")),)),
        ('tenant:"Acme, Inc",birch', (Property("tenant", ("Acme, Inc", "birch")),)),
        (r'tag:"a\"b\\"', (Property("tag", ('a"b\\',)),)),
        ("created:<07D", (Property("created", ("<7d",)),)),
        ("👩‍🔧 tag:🔥", (Words("👩‍🔧"), Property("tag", ("🔥",)))),
        ("a\x00b\ud800", (Words("a"), Words("b"))),
    ],
)
def test_a_text_is_read(text, parts):
    assert parse(text) == Filter(parts)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("a statsu:open", 3, "“statsu:” is no filter. Did you mean “status:”?"),
        ("http://x", 1, "“http:” is no filter. Put it in quotes to look for the words."),
        ("due:soon", 5, "“due:” takes <2h, >1d, breached or none, not “soon”."),
        ("sort:best", 6, "“sort:” takes due, newest, oldest, updated or quiet, not “best”."),
        ("sort:newst", 6, "Did you mean “newest”?"),
        ("a -sort:due", 3, "“sort:” takes one value, and no minus."),
        ("sort:due,quiet", 1, "“sort:” takes one value, and no minus."),
        ("due:breach", 5, "Did you mean “breached”?"),
        ("status:opne", 8, "Did you mean “open”?"),
        ("status:deleted", 8, "“status:” takes new, open, pending"),
        ("status:", 1, "“status:” takes new, open"),
        ("status:open,", 1, "“status:” takes new, open"),
        ("tenant: acme", 1, "“tenant:” takes how a tenant's name begins, or its id."),
        ("created:2026-02-30", 9, "takes <7d, >12h"),
        ("created:<0d", 9, "takes <7d, >12h"),
        ("created:<99999d", 9, "takes <7d, >12h"),
        ("created:9999-12-31", 9, "takes <7d, >12h"),
        ('new "press', 5, "This quotation mark has no other"),
        ('new ""', 5, "There is nothing between these quotation marks."),
        ('tag:"a"b', 5, "Put a space or a comma after the quotation mark."),
        (f"tag:{'x' * 121}", 5, "Use at most 120 characters here."),
        ("x" * 501, 501, "Use at most 500 characters."),
        (f'"{"x" * 248}"' * 2, 1, "Use at most 500 characters."),  # with the space between them
        ("x " * 31, 61, "Use at most 30 parts."),
    ],
)
def test_an_error_says_what_is_wrong_where_and_what_would_be_right(text, place, said):
    with pytest.raises(BadFilter) as caught:
        parse(text)
    assert said in caught.value.message
    assert (caught.value.place, caught.value.end > caught.value.start) == (place, True)


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS.keys())
def test_the_example_of_every_property_is_right(field: Field):
    assert written(parse(field.example)) == field.example


def test_a_part_is_taken_out_by_its_place():
    narrowed = parse("status:open press tag:vip")
    assert written(narrowed.without(1)) == "status:open tag:vip"


def test_a_filter_knows_what_it_asks_for():
    narrowed = parse("is:snoozed -status:open press")
    assert narrowed.asks_for("is", "snoozed")
    assert narrowed.asks_for("status")
    assert not narrowed.asks_for("press")
    assert not narrowed.asks_for("status", "open")
    assert not EVERYTHING.asks_for("status")


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("status:new", True),
        ("press status:open,new", True),
        ("status:open,new,closed", False),
        ("-status:open", False),
        ("status:closed is:open", False),
        ("is:open", False),
        ("", False),
    ],
)
def test_a_filter_knows_whether_it_asks_for_nothing_else(text, is_so):
    assert parse(text).asks_only_for("status", ("new", "open")) is is_so


def test_filters_are_put_together_in_their_order():
    assert parse("b") + parse("a b") == parse("b a b")


def test_a_text_may_be_as_long_as_its_limit():
    for text in ("x" * 500, f'"{"x" * 248}"{"y" * 250}'[:499]):
        assert len(written(parse(text))) == 500


NEAR_MISSES = st.lists(
    st.sampled_from([*FIELDS, *'"-:,\\ <>', "open", "me", "7d", "2026-01-31", "🔥", "x"])
).map("".join)


@given(st.one_of(st.text(max_size=600), NEAR_MISSES))
@example('"a"' * 170)
@example("\\" * 250 + '"')
@example('tag:"' + "\\\\" * 60 + '"')
def test_any_text_is_read_or_refused_and_what_was_read_is_written_the_same(text):
    found, error = read(text)
    if error is not None:
        assert 0 <= error.start < error.end <= len(text)
        return
    assert len(found.parts) <= MOST_PARTS
    assert parse(written(found)) == found
    assert written(parse(written(found))) == written(found)


def read(text):
    """What was read, and what was refused: one of them is None."""
    try:
        return parse(text), None
    except BadFilter as error:
        return None, error
