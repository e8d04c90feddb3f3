"""Saved views: whose they are, how many, under which names, and in which order."""

import pytest

from portal.core.database import db
from portal.core.errors import NotFound
from portal.staff.identity import BadName
from portal.support.around import queue_at
from portal.support.filter_language import BadFilter, written
from portal.support.models import SavedView
from portal.support.queues import View
from portal.support.views import (
    MOST_VIEWS,
    EmptyView,
    NotYourView,
    TooManyViews,
    ViewNameTaken,
    change_view,
    move_view,
    remove_view,
    save_view,
    view_to_change,
    visible_views,
)
from tests.cast import actor, make_admin, make_user, signed_in
from tests.ledger import events
from tests.support.queue_cast import HOUR, looking, put


def save(admin, name="VIPs", query="tag:vip", **more):
    return save_view(by=actor(admin), name=name, query=query, **more)


def names(admin) -> list[str]:
    return [view.name for view in visible_views(actor(admin))]


def test_a_view_is_kept_in_its_one_written_form_with_its_event(bea):
    view = save(bea, " Hot  ones ", "PRIORITY:High  press")
    assert (view.name, view.query) == ("Hot ones", "priority:high press")
    assert events("saved_view.saved")[-1].target_label == "Hot ones"


def test_everybody_sees_shared_views_and_nobody_anothers(bea, mo):
    save(bea, "Bea’s")
    save(mo, "Mo’s")
    save(mo, "Shared", is_shared=True)
    assert names(bea) == ["Shared", "Bea’s"]
    assert names(mo) == ["Shared", "Mo’s"]


def test_only_who_manages_the_desk_touches_a_shared_view(bea, mo, ann):
    shared = save(mo, is_shared=True)
    with pytest.raises(NotYourView):
        save(bea, "Mine", is_shared=True)
    with pytest.raises(NotYourView):
        view_to_change(actor(bea), shared.id)
    assert view_to_change(actor(ann), shared.id, lock=True) is shared


def test_anothers_view_is_not_there(bea, mo):
    view = save(bea)
    for admin, number in ((mo, view.id), (bea, 0)):
        with pytest.raises(NotFound):
            view_to_change(actor(admin), number)


@pytest.mark.parametrize("more", [{}, {"is_shared": True}])
def test_a_name_is_used_once_by_an_owner_whatever_its_case(mo, more):
    save(mo, "Straße", **more)
    db.session.commit()
    with pytest.raises(ViewNameTaken):
        save(mo, "STRASSE", **more)


def test_another_owner_may_use_the_name(bea, mo):
    views = [save(bea), save(mo), save(mo, is_shared=True)]
    assert len({view.id for view in views}) == 3


@pytest.mark.parametrize(
    ("name", "query", "error"),
    [
        ("", "tag:vip", BadName),
        ("x" * 61, "tag:vip", BadName),
        ("a\u202eb", "tag:vip", BadName),
        ("VIPs", "", EmptyView),
        ("VIPs", "  ", EmptyView),
        ("VIPs", "statsu:open", BadFilter),
        ("VIPs", "x" * 501, BadFilter),
    ],
)
def test_a_view_needs_a_name_and_a_filter_that_can_be_read(bea, name, query, error):
    with pytest.raises(error):
        save(bea, name, query)


def test_a_person_has_at_most_thirty_views(bea, mo):
    for number in range(MOST_VIEWS):
        save(bea, f"View {number}")
    with pytest.raises(TooManyViews):
        save(bea, "One more")
    assert save(mo)


def test_a_view_is_renamed_and_keeps_its_place(bea):
    first, second = save(bea, "First"), save(bea, "Second")
    change_view(by=actor(bea), view=first, name="Renamed", query="is:unread")
    assert names(bea) == ["Renamed", "Second"]
    db.session.commit()
    with pytest.raises(ViewNameTaken):
        change_view(by=actor(bea), view=second, name="renamed", query="is:unread")


@pytest.mark.parametrize(
    ("name", "places", "order"),
    [("c", -1, "acb"), ("a", 1, "bac"), ("a", -1, "abc"), ("c", 1, "abc"), ("c", -9, "cab")],
)
def test_a_view_moves_within_its_list(bea, name, places, order):
    views = {one: save(bea, one) for one in "abc"}
    move_view(by=actor(bea), view=views[name], places=places)
    assert "".join(names(bea)) == order


def test_a_removed_view_leaves_its_event(bea):
    view = save(bea)
    remove_view(by=actor(bea), view=view)
    db.session.flush()
    assert names(bea) == []
    assert events("saved_view.removed")[-1].target_label == "VIPs"


def test_a_view_goes_with_its_person(bea):
    dan = make_admin("Dan Doyle")
    save(dan)
    db.session.delete(dan)
    db.session.flush()
    assert db.session.query(SavedView).count() == 0


def test_a_view_is_saved_from_the_present_filter_and_opens_as_a_queue(bea_client, acme):
    put(make_user(acme), subject="urgent one", priority="urgent")
    put(make_user(acme, "Otto"), subject="other")
    link = bea_client.soup("/support/queue/all?q=priority:urgent").find(
        "a", string="Save as a view"
    )
    form = bea_client.soup(link["href"]).select_one("main form")
    assert form.select_one("[name=q]")["value"] == "priority:urgent"
    answer = bea_client.submit("/support/views/new", name="Hot", q="priority:urgent")
    soup = bea_client.soup(answer.location)
    assert soup.h1.get_text() == "Hot"
    assert [one.get_text() for one in soup.select(".queue-link")] == ["urgent one"]
    assert soup.select_one(".desk-views [aria-current] .desk-count").get_text() == "1"


def test_a_view_that_looks_into_texts_shows_no_count(bea_client, bea):
    view = save(bea, "Words", "invoice")
    soup = bea_client.soup("/support/queue/all")
    assert soup.select_one(f"#count-view-{view.id}").get_text() == ""


def test_the_queue_of_an_address_is_found_again(bea, mo):
    view = save(bea)
    found = queue_at(looking(bea), key=f"view-{view.id}", text="is:unread")
    assert written(found.own + found.narrowed) == "tag:vip is:unread"
    assert queue_at(looking(mo), key="mine", text="").view is View.MINE
    with pytest.raises(NotFound):
        queue_at(looking(mo), key=f"view-{view.id}", text="")


def test_another_persons_view_is_no_queue(mo, bea_client):
    assert bea_client.get(f"/support/queue/view-{save(mo).id}").status_code == 404


def test_a_refusal_stands_on_the_form_with_what_was_typed(bea_client, bea):
    save(bea)
    answer = bea_client.submit("/support/views/new", name="vips", q="statsu:x")
    assert answer.status_code == 422
    assert "Did you mean “status:”?" in answer.text
    answer = bea_client.submit("/support/views/new", name="vips", q="tag:x")
    assert "There is a view of this name already." in answer.text


def test_an_agent_is_offered_no_shared_view_and_cannot_force_one(bea_client, mo_client, bea):
    assert 'name="is_shared"' not in bea_client.get("/support/views/new").text
    assert 'name="is_shared"' in mo_client.get("/support/views/new").text
    bea_client.submit("/support/views/new", name="VIPs", q="tag:vip", is_shared="y")
    assert visible_views(actor(bea))[0].owner_id == bea.id


def test_the_pages_change_move_and_remove_a_view(bea_client, bea):
    one, two = save(bea, "One"), save(bea, "Two")
    bea_client.submit(f"/support/views/{one.id}", name="Uno", q="tag:b")
    assert bea_client.submit(f"/support/views/{two.id}/move", direction="up").status_code == 303
    assert names(bea) == ["Two", "Uno"]
    assert bea_client.submit(f"/support/views/{two.id}/move").status_code == 400
    bea_client.submit(f"/support/views/{two.id}/remove")
    assert names(bea) == ["Uno"]


def test_a_shared_view_is_refused_to_an_agent_on_every_page(app, bea, mo):
    shared, client = save(mo, is_shared=True), signed_in(app, bea)
    assert client.get(f"/support/views/{shared.id}").status_code == 403
    for verb in ("", "/move", "/remove"):
        answer = client.submit(
            f"/support/views/{shared.id}{verb}", name="x", q="tag:x", direction="up"
        )
        assert answer.status_code == 403
    assert "Edit" not in client.soup("/support/views").select_one("main").get_text()


def test_the_filter_of_a_queue_goes_along_from_ticket_to_ticket(bea_client, acme):
    una = make_user(acme, "Una User")
    first, _, third = (
        put(una, subject=name, due_in=HOUR * n, priority="low" if n == 2 else "high")
        for n, name in enumerate(("one", "two", "three"), start=1)
    )
    row = bea_client.soup("/support/queue/all?q=priority:high").select_one(".queue-link")
    head = bea_client.soup(row["href"]).select_one("#ticket-head")
    back = f"/support/queue/all?q=priority%3Ahigh#ticket-{first.number}"
    assert head.select_one(".breadcrumb a")["href"] == back
    found = bea_client.get(head.select_one("#next")["href"])
    assert found.location == f"/support/tickets/{third.number}?view=all~priority%3Ahigh"
    form = {name["name"]: name["value"] for name in head.select("#solve input[type=hidden]")}
    form["view"] = "all~no:such(filter"
    found = bea_client.submit(f"/support/tickets/{first.number}/status", **form)
    assert found.location.startswith("/support/tickets/")
