"""Features across plans, and the form of one cell."""

from dataclasses import replace
from typing import Any

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.catalog.forms import CellForm, cell_values
from portal.catalog.models import PlanTemplate
from portal.catalog.overview import CATEGORIES, Cell, cell_or_404, plans_on_offer
from portal.catalog.pages.blueprint import bp
from portal.catalog.pages.saving import Saving
from portal.catalog.plan_features import plainly
from portal.catalog.plan_rules import check_entry
from portal.catalog.plans import plan_or_404, set_plan_feature
from portal.catalog.refusals import Archived
from portal.catalog.revisions import catalog_now, draft_with
from portal.catalog.snapshot import Catalog, PlanFeature
from portal.core.database import db
from portal.core.permissions import Permission
from portal.core.staleness import Stale
from portal.staff.current import current_staff
from portal.web.access import audits, requires
from portal.web.htmx import page, see_other

BACK = {"plan": "catalog.plan", "feature": "catalog.feature"}


@bp.get("/catalog/matrix")
@requires(Permission.CATALOG_VIEW)
def matrix() -> Response:
    catalog = catalog_now()
    offered = plans_on_offer(catalog)
    shelves = [
        (
            label,
            [
                (one, [Cell.of(plan, one) for plan in offered])
                for one in catalog.features.values()
                if one.category == category and not one.is_archived
            ],
        )
        for category, label in CATEGORIES
    ]
    return page(
        "catalog/matrix.html",
        plans=offered,
        shelves=[(label, rows) for label, rows in shelves if rows],
        may_manage=current_staff().actor.may(Permission.CATALOG_MANAGE),
    )


@bp.route("/catalog/matrix/<plan_name>/<feature_name>", methods=["GET", "POST"])
@requires(Permission.CATALOG_MANAGE)
@audits(Action.PLAN_CHANGED)
def cell(plan_name: str, feature_name: str) -> ResponseReturnValue:
    found = cell_or_404(catalog_now(), plan_name, feature_name)
    row = _changeable(found)
    said = found.plan.features.get(feature_name)
    form = CellForm(data={**cell_values(said), "version": str(row.version)})
    form.offer(found.feature)
    saving = Saving(form)
    if form.validate_on_submit():
        with saving:
            entry, version = form.entry(), form.expected_version()
            if version != row.version:
                raise Stale(f"{row.display_name} was changed meanwhile. Compare, then save again.")
            check_entry(feature_name, entry)
            if saving.is_seen(lambda now: _draft(now, found, entry)):
                set_plan_feature(
                    by=current_staff().actor,
                    plan_name=plan_name,
                    version=version,
                    feature_name=feature_name,
                    said=entry,
                )
                db.session.commit()
                return _done(found)
    return _cell_page(found, form, saving, {**cell_values(said), "version": str(row.version)})


def _changeable(found: Cell) -> PlanTemplate:
    row = plan_or_404(found.plan.name)
    if row.archived_at is not None or found.feature.is_archived:
        raise Archived("What is archived is not changed any more.")
    return row


def _draft(now: Catalog, found: Cell, entry: PlanFeature | None) -> Catalog:
    plan = now.plans[found.plan.id]
    features = {name: said for name, said in plan.features.items() if name != found.feature.name}
    if entry is not None:
        features[found.feature.name] = plainly(entry)
    return draft_with(now, plans=[replace(plan, features=features)])


def _cell_page(found: Cell, form: CellForm, saving: Saving, present: dict[str, Any]) -> Response:
    return page(
        "catalog/edit.html",
        status=saving.status,
        form=form,
        title=f"{found.feature.display_name} on {found.plan.display_name}",
        trail=[(url_for("catalog.matrix"), "Matrix")],
        there=_back(found),
        effect=saving.effect,
        differences=saving.differences(present),
    )


def _done(found: Cell) -> ResponseReturnValue:
    flash(f"{found.feature.display_name} on {found.plan.display_name} is saved.", "success")
    return see_other(_back(found))


def _back(found: Cell) -> str:
    """Where the cell was opened from, at the cell itself."""
    place = request.args.get("back", "")
    name = {"plan": found.plan.name, "feature": found.feature.name}.get(place)
    there = url_for(BACK[place], name=name) if name else url_for("catalog.matrix")
    return f"{there}#{found.id}"
