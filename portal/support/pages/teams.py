"""Teams: the list, a new one, one of them."""

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.core.staleness import fingerprint
from portal.staff.current import current_staff
from portal.support.agent_forms import TeamForm
from portal.support.agent_list import agent_choices
from portal.support.models import SupportTeam
from portal.support.pages.blueprint import bp
from portal.support.team_list import teams_list
from portal.support.teams import (
    archive_team,
    as_words,
    change_team,
    create_team,
    team_or_404,
    terms_of,
)
from portal.web.access import audits, requires
from portal.web.htmx import page, see_other


@bp.get("/support/teams")
@requires(Permission.TICKETS_VIEW)
def teams() -> Response:
    return page(
        "support/teams.html",
        listing=teams_list(cursor=request.args.get("cursor")),
        may_manage=current_staff().actor.may(Permission.SUPPORT_MANAGE),
    )


@bp.get("/support/teams/new")
@requires(Permission.SUPPORT_MANAGE)
def new_team() -> Response:
    is_first = not teams_list().items
    form = TeamForm(formdata=None, data={"is_default": is_first})
    return page("support/new_team.html", form=form.offer(agent_choices()))


@bp.post("/support/teams/new")
@requires(Permission.SUPPORT_MANAGE)
@audits(Action.TEAM_SAVED)
def add_team() -> ResponseReturnValue:
    form = TeamForm().offer(agent_choices())
    if form.validate_on_submit():
        with form.refusing():
            made = create_team(by=current_staff().actor, terms=form.terms())
            db.session.commit()
            flash(f"{made.name} is a team now.", "success")
            return see_other(url_for("support.team", team_id=made.id))
    return page("support/new_team.html", status=422, form=form)


@bp.get("/support/teams/<int:team_id>")
@requires(Permission.TICKETS_VIEW)
def team(team_id: int) -> Response:
    found = team_or_404(team_id)
    terms = terms_of(found)
    values = {
        "name": terms.name,
        "strategy": terms.strategy,
        "is_sticky": terms.is_sticky,
        "is_default": terms.is_default,
        "categories": list(terms.categories),
        "lead_id": str(terms.lead_id or ""),
        "member_ids": list(terms.member_ids),
        "idle_minutes": terms.idle_minutes,
        "seen": _seen(found),
    }
    return _page(found, TeamForm(formdata=None, data=values).offer(agent_choices()))


def _page(found: SupportTeam, form: TeamForm, status: int = 200) -> Response:
    return page(
        "support/team.html",
        status=status,
        team=found,
        row=next(iter(teams_list(team_id=found.id).items)),
        form=form,
        may_manage=current_staff().actor.may(Permission.SUPPORT_MANAGE),
    )


def _seen(found: SupportTeam) -> str:
    return fingerprint(*as_words(terms_of(found)))


@bp.post("/support/teams/<int:team_id>/edit")
@requires(Permission.SUPPORT_MANAGE)
@audits(Action.TEAM_SAVED)
def save_team(team_id: int) -> ResponseReturnValue:
    form, found = TeamForm().offer(agent_choices()), team_or_404(team_id)
    if form.validate_on_submit():
        with form.refusing():
            seen = str(form.seen.data or "")
            change_team(by=current_staff().actor, team=found, terms=form.terms(), seen=seen)
            db.session.commit()
            flash(f"{found.name} is saved.", "success")
            return see_other(url_for("support.team", team_id=team_id))
    form.present_url = url_for("support.team", team_id=team_id)
    return _page(found, form, 422)


@bp.post("/support/teams/<int:team_id>/archive")
@requires(Permission.SUPPORT_MANAGE)
@audits(Action.TEAM_ARCHIVED)
def archive(team_id: int) -> ResponseReturnValue:
    found = team_or_404(team_id)
    moved = archive_team(by=current_staff().actor, team=found)
    db.session.commit()
    count = "1 ticket" if moved == 1 else f"{moved} tickets"
    flash(f"{found.name} is archived. {count} moved.", "success")
    return see_other(url_for("support.teams"))
