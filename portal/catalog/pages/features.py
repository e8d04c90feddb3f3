"""Features: the list, one of them, and their forms."""

from typing import Any

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.catalog.features import (
    change_feature,
    create_feature,
    feature_or_404,
    proposed_feature,
    terms_of,
)
from portal.catalog.forms import FeatureForm, NewFeatureForm
from portal.catalog.models import FeatureRow
from portal.catalog.overview import (
    CATEGORIES,
    Availability,
    Cell,
    FeatureSearch,
    availability_of,
    features_page,
    including,
    plans_on_offer,
)
from portal.catalog.pages.blueprint import bp
from portal.catalog.pages.saving import Saving, form_page, may_manage, refuse_stale
from portal.catalog.refusals import Archived
from portal.catalog.revisions import catalog_now, draft_with, feature_of
from portal.catalog.snapshot import Feature
from portal.core.database import db
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.web.access import audits, requires
from portal.web.htmx import page, page_or_fragment, see_other
from portal.web.paging import PAGE_SIZE

TRAIL = ("catalog.features", "Features")


@bp.get("/catalog")
@requires(Permission.CATALOG_VIEW)
def overview() -> ResponseReturnValue:
    return see_other(url_for("catalog.features"))


@bp.get("/catalog/features")
@requires(Permission.CATALOG_VIEW)
def features() -> Response:
    given, catalog = request.args, catalog_now()
    names = {"text": "q", "category": "category", "level": "level", "availability": "state"}
    search = FeatureSearch.of(**{key: given.get(name, "") for key, name in names.items()})
    found = features_page(catalog, search, cursor=given.get("cursor"), limit=PAGE_SIZE)
    offered = plans_on_offer(catalog)
    return page_or_fragment(
        "catalog/features.html",
        "catalog/_features.html",
        listing=found,
        rows=[(one, availability_of(one), len(including(one, offered))) for one in found.items],
        search=search,
        categories=CATEGORIES,
        levels=_levels(catalog.features.values()),
        states=[(state.value, state.label) for state in Availability],
        may_manage=may_manage(),
    )


def _levels(features: Any) -> list[tuple[int, str]]:
    return [(level, f"Level {level}") for level in sorted({one.min_plan_level for one in features})]


@bp.get("/catalog/features/<name>")
@requires(Permission.CATALOG_VIEW)
def feature(name: str) -> Response:
    row, catalog = feature_or_404(name), catalog_now()
    found = feature_of(row)
    return page(
        "catalog/feature.html",
        feature=found,
        row=row,
        state=availability_of(found),
        cells=[Cell.of(plan, found) for plan in plans_on_offer(catalog)],
        may_manage=may_manage() and row.archived_at is None,
        may_audit=current_staff().actor.may(Permission.AUDIT_ALL),
    )


@bp.route("/catalog/new-feature", methods=["GET", "POST"])
@requires(Permission.CATALOG_MANAGE)
@audits(Action.FEATURE_CREATED)
def new_feature() -> ResponseReturnValue:
    form = NewFeatureForm()
    saving = Saving(form)
    if form.validate_on_submit():
        with saving:
            name, terms = form.name.data or "", form.terms()
            proposed = proposed_feature(None, name, terms)
            if saving.is_seen(lambda now: draft_with(now, features=[proposed])):
                row = create_feature(by=current_staff().actor, name=name, terms=terms)
                db.session.commit()
                return _done(row.name, f"{row.display_name} is in the catalogue.")
    return form_page(form, saving, TRAIL, "New feature", url_for("catalog.features"))


@bp.route("/catalog/features/<name>/edit", methods=["GET", "POST"])
@requires(Permission.CATALOG_MANAGE)
@audits(Action.FEATURE_CHANGED)
def edit_feature(name: str) -> ResponseReturnValue:
    row = _changeable(name)
    form = FeatureForm(data=_values(row))
    saving = Saving(form)
    if form.validate_on_submit():
        with saving:
            refuse_stale(form, row)
            terms, version = form.terms(), form.expected_version()
            if saving.is_seen(
                lambda now: draft_with(now, features=[_proposed(now.features.get(name), form)])
            ):
                change_feature(by=current_staff().actor, name=name, version=version, terms=terms)
                db.session.commit()
                return _done(name, f"{terms.display_name} is saved.")
    title = f"Change {row.display_name}"
    there = url_for("catalog.feature", name=name)
    return form_page(form, saving, TRAIL, title, there, saving.differences(_values(row)))


def _proposed(now: Feature | None, form: FeatureForm) -> Feature:
    return proposed_feature(now, now.name if now else "", form.terms())


def _changeable(name: str) -> FeatureRow:
    row = feature_or_404(name)
    if row.archived_at is not None:
        raise Archived(f"{row.display_name} is archived, so it is not changed any more.")
    return row


def _values(row: FeatureRow) -> dict[str, Any]:
    terms = terms_of(row)
    values = {name: getattr(terms, name) for name in terms.__slots__}
    return {**values, "interval": terms.interval.value, "version": str(row.version)}


def _done(name: str, text: str) -> ResponseReturnValue:
    flash(text, "success")
    return see_other(url_for("catalog.feature", name=name))
