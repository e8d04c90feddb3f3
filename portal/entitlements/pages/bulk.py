"""One grant for many: who, what it says, how far it has come."""

import re
from collections.abc import Iterator

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs

from portal.audit.actions import Action
from portal.catalog.overview import plans_on_offer
from portal.catalog.revisions import catalog_now
from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.permissions import Permission
from portal.customers.named import tenants_named, users_named
from portal.entitlements import bulk as many
from portal.entitlements.forms import BulkForm
from portal.entitlements.pages.blueprint import bp
from portal.entitlements.pages.grants import NOTHING_KEPT, picks
from portal.entitlements.subjects import Reach, SubjectFilter, count_subjects, first_names
from portal.staff.current import current_staff
from portal.web.access import audits, requires, unaudited
from portal.web.htmx import page, page_or_fragment, see_other
from portal.web.once_forms import counted_once

MOST_SUBJECTS = 50_000
BETWEEN = re.compile(r"[\s,;]+")
PLAIN = re.compile(r"#?[0-9]+|\S+@\S+")
"""What may stand beside others on a line. An id of the product's may hold spaces and commas."""
RESULTS = {"granted": "Granted", "refused": "Refused", "waiting": "Waiting"}


@bp.get("/entitlements/bulk")
@requires(Permission.ENTITLEMENTS_GRANT)
def bulk_grants() -> Response:
    listing = many.bulk_grants(cursor=request.args.get("cursor"))
    return page("entitlements/bulk_grants.html", listing=listing)


@bp.get("/entitlements/bulk/new")
@requires(Permission.ENTITLEMENTS_GRANT)
def new_bulk_grant() -> Response:
    return _form_page(_form())


@bp.post("/entitlements/bulk/new")
@requires(Permission.ENTITLEMENTS_GRANT)
@audits(Action.ENTITLEMENTS_BULK_STARTED)
def start_bulk() -> ResponseReturnValue:
    form = _form()
    if form.validate_on_submit():
        with form.refusing():
            if there := form.led_to():
                return counted_once(there)
            bulk = many.start_bulk_grant(
                by=current_staff().actor,
                scope=form.scope.data,
                feature_name=form.feature_name.data,
                subjects=_subjects(form),
                **form.terms(),
            )
            begun = url_for("entitlements.bulk_grant", bulk_id=bulk.id)
            form.leads_to(begun)
            db.session.commit()
            flash("It has begun. You may leave this page.", "success")
            return see_other(begun)
    return _form_page(form, 422)


@bp.post("/entitlements/bulk/preview")
@requires(Permission.ENTITLEMENTS_GRANT)
@unaudited(NOTHING_KEPT)
def preview_bulk() -> Response:
    form, reach, names = _form(), None, None
    form.reason.validators = ()  # may be written last
    if form.validate_on_submit():
        with form.refusing():
            subjects = _subjects(form)
            reach = count_subjects(scope=form.scope.data, subjects=subjects)
            if not isinstance(subjects, SubjectFilter):
                names = first_names(scope=form.scope.data, ids=subjects)
    return _form_page(form, 200 if reach is not None else 422, reach, names)


@bp.get("/entitlements/bulk/<int:bulk_id>")
@requires(Permission.ENTITLEMENTS_GRANT)
def bulk_grant(bulk_id: int) -> Response:
    bulk, result = many.bulk_or_404(bulk_id), request.args.get("result", "")
    return page_or_fragment(
        "entitlements/bulk_grant.html",
        "entitlements/_bulk_progress.html",
        bulk=bulk,
        result=result if result in RESULTS else "",
        results=list(RESULTS.items()),
        rows=many.bulk_rows(
            bulk,
            result=result if result in RESULTS else None,
            cursor=request.args.get("cursor"),
        ),
    )


def _form() -> BulkForm:
    form, catalog = BulkForm(), catalog_now()
    may_deny = current_staff().actor.may(Permission.ENTITLEMENTS_DENY)
    form.offer(catalog, only_brief=False, may_deny=may_deny)
    form.plan.choices = [
        SelectChoice("", "Nobody"),
        *(
            SelectChoice(plan.name, plan.display_name or plan.name)
            for plan in plans_on_offer(catalog)
        ),
    ]
    return form


def _subjects(form: BulkForm) -> list[int] | SubjectFilter:
    """Those who are named; where nobody is, everybody on the plan.

    Raises:
        DomainError: a word fits nobody or several, there are too many, or nobody was chosen.
    """
    words = list(dict.fromkeys(_words(form.subjects.data or "")))
    if not words and not form.plan.data:
        raise DomainError("Name somebody, or choose a plan.", field="subjects")
    if not words:
        return SubjectFilter(status="active", plan=form.plan.data, search=None)
    if len(words) > MOST_SUBJECTS:
        raise DomainError(f"Name at most {MOST_SUBJECTS:,} at once.", field="subjects")
    named = tenants_named if form.scope.data == "tenant" else users_named
    return named(words, field="subjects")


def _words(text: str) -> Iterator[str]:
    for line in text.splitlines():
        words = [word for word in BETWEEN.split(line) if word]
        yield from words if all(map(PLAIN.fullmatch, words)) else [line.strip()]


def _form_page(
    form: BulkForm,
    status: int = 200,
    reach: Reach | None = None,
    names: list[str] | None = None,
) -> Response:
    return page(
        "entitlements/new_bulk_grant.html",
        status=status,
        form=form,
        picks=picks(),
        reach=reach,
        names=names,
    )
