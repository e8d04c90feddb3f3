"""Saved views forget an erased user, and keep what else they ask."""

import pytest

from portal.core.database import db
from portal.customers.privacy import erase_user
from portal.support.models import SavedView
from portal.support.views import save_view
from tests.cast import actor, make_user


@pytest.fixture
def erase(acme, ann):
    """What is left of a view after Zebulon Quibble was erased; None: it is removed."""

    def erased(query, name="Mornings"):
        zeb = make_user(acme, "Zebulon Quibble", email="zeb.q@quibble.test")
        saved = save_view(by=actor(ann), name=name, query=query)
        erase_user(by=actor(ann), user=zeb, reason="They asked")
        db.session.commit()
        return db.session.query(SavedView).filter_by(id=saved.id).one_or_none()

    return erased


@pytest.mark.parametrize(
    "part",
    [
        "requester:zeb",
        "requester:zeb.q@quibble.test",
        'requester:"Zebulon Quibble",others',
        "quibble",
        "-ZEBULON",
        '"letter of Zebulon Quibble"',
        '"to zeb.q@quibble.test"',
        'tag:"zebulon quibble"',
    ],
)
def test_the_part_that_names_them_goes_and_the_rest_stays(erase, part):
    assert erase(f"status:open {part} tag:vip").query == "status:open tag:vip"


@pytest.mark.parametrize("query", ["requester:zebulon", "quibble zebulon", "zebulon sort:newest"])
def test_a_view_of_nothing_but_them_is_removed(erase, query):
    assert erase(query) is None


@pytest.mark.parametrize("query", ["requester:olga tag:vip", "quibblers", "assignee:zeb"])
def test_a_view_of_others_stays_as_it_is(erase, query):
    assert erase(query).query == query


@pytest.mark.parametrize("query", ["sort:newest", "status:new", "is:unread", "channel:web"])
def test_the_words_of_the_language_name_nobody(acme, ann, query):
    called = make_user(acme, query.partition(":")[2])
    view = save_view(by=actor(ann), name="Mornings", query=query)
    erase_user(by=actor(ann), user=called, reason="They asked")
    assert db.session.get_one(SavedView, view.id).query == query


def test_a_name_that_says_theirs_is_neutral_from_then_on(erase):
    view = erase("status:open", name="All of zebulon quibble")
    assert view.name == f"View {view.id}"
    assert "quibble" not in view.name_key


def test_a_view_that_cannot_be_read_any_more_is_removed_if_it_names_them(acme, ann, erase):
    old = save_view(by=actor(ann), name="Old", query="tag:a")
    other = save_view(by=actor(ann), name="Other", query="tag:b")
    old.query, other.query = "color:red quibble", "color:red"
    db.session.commit()
    gone = old.id
    erase("status:open")
    assert db.session.query(SavedView).filter_by(id=gone).one_or_none() is None
    assert other.query == "color:red"
