"""Teams: made, changed and archived."""

import pytest

from portal.core.database import db
from portal.core.errors import NotFound
from portal.core.staleness import Stale
from portal.staff.identity import BadName
from portal.support.models import TicketEvent
from portal.support.statuses import set_status
from portal.support.teams import (
    BadTerms,
    CategoryTaken,
    DefaultTeam,
    TeamNameTaken,
    Terms,
    archive_team,
    change_team,
    create_team,
    members_of,
    team_or_404,
)
from portal.support.words import Category, Status, Strategy
from tests.cast import actor, make_user
from tests.ledger import events
from tests.support.crew import hire, make_team
from tests.support.desk import make_ticket


def test_a_team_is_made_with_its_members_and_lead(mo):
    one = hire("One Agent")
    terms = Terms("Money", Strategy.ROUND_ROBIN, categories=["billing"], lead_id=one.id)
    team = create_team(by=actor(mo), terms=terms)
    assert (team.name, team.lead_id, members_of(team.id)) == ("Money", one.id, [])
    change_team(by=actor(mo), team=team, terms=terms)  # as it is
    assert [event.target_label for event in events("team.saved")] == ["Money"]


def test_a_team_that_begins_to_assign_gives_out_what_waits(acme, mo):
    one, team = hire("One Agent"), make_team(strategy=Strategy.MANUAL)
    ticket = make_ticket(make_user(acme))
    terms = Terms("Desk", Strategy.LEAST_LOADED, is_default=True, member_ids=[one.id])
    change_team(by=actor(mo), team=team, terms=terms)
    assert (members_of(team.id), ticket.assignee_id) == ([one.id], one.id)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"name": " "}, BadName),
        ({"name": "x" * 81}, BadName),
        ({"name": "front DESK"}, TeamNameTaken),
        ({"strategy": "lottery"}, BadTerms),
        ({"categories": ["knitting"]}, BadTerms),
        ({"categories": ["billing"]}, CategoryTaken),
        ({"lead_id": 999}, BadTerms),
        ({"member_ids": [999]}, BadTerms),
    ],
)
def test_a_team_that_cannot_be_is_not_made(mo, values, error):
    make_team(categories=["billing"])
    with pytest.raises(error):
        create_team(by=actor(mo), terms=Terms(**{"name": "New", **values}))


def test_somebody_who_is_gone_is_neither_lead_nor_new_member(mo):
    gone = hire("One Agent", is_active=False)
    for values in ({"lead_id": gone.id}, {"member_ids": [gone.id]}):
        with pytest.raises(BadTerms):
            create_team(by=actor(mo), terms=Terms("New", **values))


def test_a_member_who_is_away_from_work_for_a_while_stays_one(mo):
    one, two = hire("One Agent", is_active=False), hire("Two Agent")
    team = make_team(one, two)
    change_team(by=actor(mo), team=team, terms=Terms("Desk", is_default=True))
    assert members_of(team.id) == [one.id]


def test_there_is_one_default_team_and_never_none_by_a_change(mo):
    old = make_team()
    new = create_team(by=actor(mo), terms=Terms("New", is_default=True))
    db.session.refresh(old)
    assert (old.is_default, new.is_default) == (False, True)
    with pytest.raises(DefaultTeam):
        change_team(by=actor(mo), team=new, terms=Terms("New"))
    with pytest.raises(DefaultTeam):
        archive_team(by=actor(mo), team=new)


def test_two_who_edit_one_team_are_told(mo):
    team = make_team()
    with pytest.raises(Stale):
        change_team(by=actor(mo), team=team, terms=Terms("X", is_default=True), seen="long ago")


def test_what_an_archived_team_works_on_goes_to_the_default_team(acme, mo, bea):
    default = make_team(strategy=Strategy.MANUAL)
    team = make_team(name="Money", is_default=False, categories=["billing"], strategy="manual")
    user = make_user(acme)
    left, solved, closed = (make_ticket(user, category=Category.BILLING) for _ in range(3))
    set_status(by=actor(bea), ticket=solved, status=Status.SOLVED)
    for status in (Status.SOLVED, Status.CLOSED):
        set_status(by=actor(bea), ticket=closed, status=status)
    assert archive_team(by=actor(mo), team=team) == 2
    db.session.expire_all()
    assert [t.team_id for t in (left, solved, closed)] == [default.id, default.id, team.id]
    event = db.session.query(TicketEvent).filter_by(ticket_id=left.id, cause="team_archived").one()
    assert (event.kind, event.old, event.new) == ("team", "Money", "Front desk")


def test_an_archived_team_is_gone_and_its_name_is_free(mo):
    team = make_team(is_default=False)
    archive_team(by=actor(mo), team=team)
    with pytest.raises(NotFound):
        team_or_404(team.id)
    with pytest.raises(NotFound):
        archive_team(by=actor(mo), team=team)
    assert create_team(by=actor(mo), terms=Terms("Front desk")).id != team.id
