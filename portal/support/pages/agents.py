"""Agents: the list, one of them, and their own switch."""

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.permissions import Permission
from portal.core.staleness import fingerprint
from portal.staff.current import current_staff
from portal.support.agent_forms import AgentForm, SignatureForm
from portal.support.agent_list import agent_row, agents_list, team_choices
from portal.support.agents import (
    Switched,
    as_words,
    change_agent,
    change_signature,
    may_switch,
    profile_of,
    set_availability,
)
from portal.support.models import SupportAgent
from portal.support.pages.blueprint import bp
from portal.support.roster import agent_or_404
from portal.support.shifts import write_week
from portal.support.words import Availability
from portal.web.access import audits, requires
from portal.web.htmx import page, page_or_fragment, see_other
from portal.web.urls import safe_next


def _actor() -> Actor:
    return current_staff().actor


@bp.get("/support/agents")
@requires(Permission.TICKETS_VIEW)
def agents() -> Response:
    chosen, teams = request.args.get("team", type=int), team_choices()
    team_id = chosen if chosen in dict(teams) else None
    return page_or_fragment(
        "support/agents.html",
        "support/_agents.html",
        listing=agents_list(team_id=team_id, cursor=request.args.get("cursor")),
        teams=teams,
        team_id=team_id,
        me_id=current_staff().id,
    )


@bp.get("/support/agents/<int:agent_id>")
@requires(Permission.TICKETS_VIEW)
def agent(agent_id: int) -> Response:
    return _page(agent_or_404(agent_id))


def _page(
    found: SupportAgent,
    *,
    form: AgentForm | None = None,
    signing: SignatureForm | None = None,
    status: int = 200,
) -> Response:
    by = _actor()
    return page(
        "support/agent.html",
        status=status,
        agent=found,
        row=agent_row(found.id),
        form=form or _filled(found),
        signing=signing or SignatureForm(formdata=None, data={"signature": found.signature}),
        may_manage=by.may(Permission.SUPPORT_MANAGE),
        may_switch=may_switch(by, found.id),
        is_self=by.id == found.id,
        hours=write_week(profile_of(found).shifts),
    )


def _filled(found: SupportAgent) -> AgentForm:
    profile = profile_of(found)
    values = {
        "capacity": profile.capacity,
        "skills": list(profile.skills),
        "languages": ", ".join(profile.languages),
        "ignores_shifts": profile.ignores_shifts,
        **write_week(profile.shifts),
        "seen": _seen(found),
    }
    return AgentForm(formdata=None, data=values)


def _seen(found: SupportAgent) -> str:
    return fingerprint(*as_words(profile_of(found)))


@bp.post("/support/agents/<int:agent_id>/edit")
@requires(Permission.SUPPORT_MANAGE)
@audits(Action.AGENT_CHANGED)
def save_agent(agent_id: int) -> ResponseReturnValue:
    form, found = AgentForm(), agent_or_404(agent_id)
    if form.validate_on_submit():
        with form.refusing():
            seen = str(form.seen.data or "")
            change_agent(by=_actor(), agent_id=agent_id, profile=form.profile(), seen=seen)
            db.session.commit()
            return _done(agent_id, "The agent is saved.")
    form.present_url = url_for("support.agent", agent_id=agent_id)
    return _page(found, form=form, status=422)


@bp.post("/support/agents/<int:agent_id>/signature")
@requires(Permission.TICKETS_REPLY)
@audits(Action.AGENT_CHANGED)
def save_signature(agent_id: int) -> ResponseReturnValue:
    form, found = SignatureForm(), agent_or_404(agent_id)
    if form.validate_on_submit():
        with form.refusing():
            text = str(form.signature.data or "")
            change_signature(by=_actor(), agent_id=agent_id, signature=text)
            db.session.commit()
            return _done(agent_id, "The signature is saved.")
    return _page(found, signing=form, status=422)


@bp.post("/support/agents/<int:agent_id>/availability")
@requires(Permission.TICKETS_REPLY)
@audits(Action.AGENT_AVAILABILITY_CHANGED)
def switch_agent(agent_id: int) -> ResponseReturnValue:
    """From any page: `next` says where to go back to."""
    switched = set_availability(
        by=_actor(),
        agent_id=agent_id,
        availability=request.form.get("availability", ""),
        hands_back="hands_back" in request.form,
    )
    db.session.commit()
    flash(_what_happened(switched), "success")
    here = url_for("support.agent", agent_id=agent_id)
    return see_other(safe_next(request.form.get("next"), here))


def _what_happened(switched: Switched) -> str:
    is_self = switched.agent.id == current_staff().id
    who = "You are" if is_self else "The agent is"
    if switched.agent.availability == Availability.AVAILABLE:
        more = f" and got {_tickets(switched.received)}" if switched.received else ""
        return f"{who} available{more}."
    count = len(switched.handed_back)
    more = f" {_tickets(count)} went back to the queue." if count else ""
    return f"{who} away.{more}"


def _tickets(count: int) -> str:
    return "1 ticket" if count == 1 else f"{count} tickets"


def _done(agent_id: int, text: str) -> ResponseReturnValue:
    flash(text, "success")
    return see_other(url_for("support.agent", agent_id=agent_id))
