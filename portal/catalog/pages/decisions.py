"""Decisions with consequences: what they do is shown, a reason is asked, then they are done."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from flask import flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.catalog.effects import effect_of
from portal.catalog.features import (
    archive_feature,
    feature_or_404,
    kill_feature,
    revive_feature,
)
from portal.catalog.forms import ReasonForm
from portal.catalog.pages.blueprint import bp
from portal.catalog.plans import archive_plan, make_fallback, plan_or_404
from portal.catalog.revisions import catalog_now, draft_with
from portal.catalog.snapshot import Catalog
from portal.core.actor import Actor
from portal.core.database import db, looking
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.web.access import audits, requires, sudo
from portal.web.htmx import page, see_other


@dataclass(frozen=True, slots=True)
class Decision:
    """What the page says, what would change, and the deed."""

    title: str
    text: str
    button: str
    done: str
    there: str
    kind: str
    draft: Callable[[Catalog], Catalog]
    act: Callable[[Actor, ReasonForm], object]


@bp.route("/catalog/features/<name>/kill", methods=["GET", "POST"])
@requires(Permission.CATALOG_MANAGE)
@sudo
@audits(Action.FEATURE_KILLED)
def kill(name: str) -> ResponseReturnValue:
    label = feature_or_404(name).display_name
    return _decide(
        Decision(
            title=f"Switch off {label}",
            text="Everybody loses it at once, whatever their plan or a grant says.",
            button=f"Switch off {label} for everybody",
            done=f"{label} is switched off for everybody.",
            there=url_for("catalog.feature", name=name),
            kind="danger",
            draft=lambda now: _with_feature(now, name, is_killed=True),
            act=lambda by, form: kill_feature(by=by, name=name, reason=form.reason.data or ""),
        )
    )


@bp.route("/catalog/features/<name>/revive", methods=["GET", "POST"])
@requires(Permission.CATALOG_MANAGE)
@sudo
@audits(Action.FEATURE_REVIVED)
def revive(name: str) -> ResponseReturnValue:
    label = feature_or_404(name).display_name
    return _decide(
        Decision(
            title=f"Switch {label} on again",
            text="Everybody has again what their plan and their grants say.",
            button=f"Switch {label} on again",
            done=f"{label} is on again.",
            there=url_for("catalog.feature", name=name),
            kind="primary",
            draft=lambda now: _with_feature(now, name, is_killed=False),
            act=lambda by, form: revive_feature(by=by, name=name, reason=form.reason.data or ""),
        )
    )


@bp.route("/catalog/features/<name>/archive", methods=["GET", "POST"])
@requires(Permission.CATALOG_MANAGE)
@sudo
@audits(Action.FEATURE_ARCHIVED)
def retire_feature(name: str) -> ResponseReturnValue:
    label = feature_or_404(name).display_name
    return _decide(
        Decision(
            title=f"Archive {label}",
            text="Every check answers from now on that there is no such feature. Its name stays "
            "taken and its history stays. This cannot be undone.",
            button=f"Archive {label}",
            done=f"{label} is archived.",
            there=url_for("catalog.feature", name=name),
            kind="danger",
            draft=lambda now: _with_feature(now, name, is_archived=True),
            act=lambda by, form: archive_feature(by=by, name=name, reason=form.reason.data or ""),
        )
    )


@bp.route("/catalog/plans/<name>/archive", methods=["GET", "POST"])
@requires(Permission.CATALOG_MANAGE)
@sudo
@audits(Action.PLAN_ARCHIVED)
def retire_plan(name: str) -> ResponseReturnValue:
    label = plan_or_404(name).display_name
    return _decide(
        Decision(
            title=f"Archive {label}",
            text="Nobody can be put on it any more. This cannot be undone.",
            button=f"Archive {label}",
            done=f"{label} is archived.",
            there=url_for("catalog.plan", name=name),
            kind="danger",
            draft=lambda now: now,
            act=lambda by, form: archive_plan(by=by, name=name, reason=form.reason.data or ""),
        )
    )


@bp.route("/catalog/plans/<name>/make-fallback", methods=["GET", "POST"])
@requires(Permission.CATALOG_MANAGE)
@sudo
@audits(Action.PLAN_CHANGED)
def choose_fallback(name: str) -> ResponseReturnValue:
    row = plan_or_404(name)
    id_, label = row.id, row.display_name
    return _decide(
        Decision(
            title=f"Make {label} the fallback plan",
            text="Tenants without any plan, and those whose plan ends, get it from now on.",
            button=f"Make {label} the fallback plan",
            done=f"{label} is the fallback plan now.",
            there=url_for("catalog.plan", name=name),
            kind="danger",
            draft=lambda now: draft_with(now, fallback_plan_id=id_),
            act=lambda by, form: make_fallback(by=by, name=name, reason=form.reason.data or ""),
        )
    )


def _with_feature(now: Catalog, name: str, **changes: Any) -> Catalog:
    found = now.features.get(name)
    return draft_with(now, features=[replace(found, **changes)]) if found else now


def _decide(decision: Decision) -> ResponseReturnValue:
    """A refusal by the deed is a conflict, nothing that another reason could mend."""
    form, status = ReasonForm(), 200
    if form.validate_on_submit():
        decision.act(current_staff().actor, form)
        db.session.commit()
        flash(decision.done, "success")
        return see_other(decision.there)
    if form.is_submitted():
        status = 422
    db.session.rollback()  # counting customers may take a while: nothing is locked meanwhile
    with looking():
        now = catalog_now()
        effect = effect_of(now, decision.draft(now))
    return page("catalog/decide.html", status=status, form=form, decision=decision, effect=effect)
