"""Saved views: whose they are, under which names, and what becomes of their filters."""

import pytest

from portal.audit.actions import Action
from portal.audit.views import (
    MOST_VIEWS,
    BadView,
    BadViewName,
    NotYourView,
    TooManyViews,
    ViewNameTaken,
    remove_view,
    rename_view,
    save_view,
    view_or_404,
    visible_views,
)
from portal.core.errors import NotFound
from tests.audit.log_cast import ids, put
from tests.cast import actor
from tests.ledger import events

DENIED = "outcome=denied&range=7d"


def save(admin, name="Denials", query=DENIED, **more):
    return save_view(by=actor(admin), name=name, query=query, **more)


def names(admin) -> list[str]:
    return [view.name for view in visible_views(actor(admin))]


def test_a_view_keeps_its_filters_in_one_form_with_its_event(mo):
    view = save(mo, "  Bad   days ", "q=&range=7d&log=admin-logins&outcome=denied&foo=1")
    assert (view.name, view.query) == ("Bad days", "log=admin-logins&outcome=denied&range=7d")
    event = events(Action.AUDIT_VIEW_SAVED)[-1]
    assert (event.target_label, event.target_type) == ("Bad days", "audit_view")


def test_a_rename_and_a_removal_leave_their_events(mo):
    view = rename_view(by=actor(mo), view=save(mo), name="Refusals")
    remove_view(by=actor(mo), view=view)
    assert b'"old":"Denials"' in events(Action.AUDIT_VIEW_SAVED)[-1].canonical
    assert events(Action.AUDIT_VIEW_REMOVED)[-1].target_label == "Refusals"
    assert names(mo) == []


def test_shared_views_are_known_to_those_who_read_it_all(mo, ann, bea):
    shared, own = save(mo, "Shared", is_shared=True), save(mo, "Own")
    assert (names(mo), names(ann), names(bea)) == (["Shared", "Own"], ["Shared"], [])
    for view in (shared, own):
        with pytest.raises(NotFound):
            view_or_404(by=actor(bea), view_id=view.id)
    with pytest.raises(NotFound):
        view_or_404(by=actor(ann), view_id=own.id)
    with pytest.raises(NotYourView):
        save(bea, is_shared=True)


def test_an_owner_has_each_name_once_in_whatever_case(mo, bea):
    save(mo, "Straße")
    with pytest.raises(ViewNameTaken):
        save(mo, "STRASSE")
    save(bea, "Straße")
    save(mo, "Straße", is_shared=True)
    with pytest.raises(ViewNameTaken):
        save(mo, "straße", is_shared=True)


def test_there_is_an_end_to_views(mo):
    for number in range(MOST_VIEWS):
        save(mo, f"View {number}")
    with pytest.raises(TooManyViews):
        save(mo, "One more")


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\u202eb", "a\x07b"])
def test_a_name_that_no_page_shows_is_refused(mo, name):
    with pytest.raises(BadViewName):
        save(mo, name)


@pytest.mark.parametrize("query", ["", "log=everything", "from=yesterday", "ip=x", "foo=1"])
def test_filters_that_mean_nothing_are_refused(mo, query):
    with pytest.raises(BadView):
        save(mo, query=query)


def test_a_view_is_saved_opened_renamed_and_removed_by_its_pages(mo_client, mo, ann):
    event = put(ann, "2026-03-01 09:00")
    log = mo_client.soup("/audit?action=staff.invited&q=bea")
    form = mo_client.soup(log.find("a", string="Save as a view")["href"])
    query = form.select_one("[name=query]")["value"]
    answer = mo_client.submit("/audit/views/new", name="Invited", query=query, is_shared="y")
    assert ids(mo_client.soup(answer.location)) == [event]
    view = visible_views(actor(mo))[0]
    assert (view.owner_id, view.query) == (None, "q=bea&action=staff.invited")
    mo_client.submit(f"/audit/views/{view.id}", name="Who came")
    assert "Who came" in mo_client.get("/audit/views").text
    mo_client.submit(f"/audit/views/{view.id}/remove")
    assert names(mo) == []


def test_a_refusal_keeps_what_was_typed(mo_client):
    answer = mo_client.submit("/audit/views/new", name="x" * 70, query=DENIED)
    assert answer.status_code == 422
    assert "x" * 70 in answer.text
    assert "outcome=denied" in answer.text


def test_an_agents_view_shows_own_events_alone(bea_client, bea, ann):
    put(ann, "2026-03-01 09:00")
    hers = put(bea, "2026-03-01 09:00")
    answer = bea_client.submit("/audit/views/new", name="All", query="action=staff.invited")
    assert ids(bea_client.soup(answer.location)) == [hers]
    assert bea_client.submit("/audit/views/99").status_code == 404
