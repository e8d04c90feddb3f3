"""Taking evidence out of the log: what is wanted, in plain words, then one zip."""

from flask import Response, request
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.audit.bundles import BundleWriter
from portal.audit.export_forms import ExportForm
from portal.audit.exports import Asked, ExportKind
from portal.audit.filters import Filters
from portal.audit.handing_out import handed_out
from portal.audit.pages.addresses import LABELS_OF_FIELDS, chips_of, url_of
from portal.audit.pages.blueprint import bp
from portal.core.permissions import Permission
from portal.web.access import acting, audits, requires, sudo
from portal.web.downloads import streamed
from portal.web.htmx import page
from portal.web.times import reader_zone


@bp.route("/audit/export", methods=["GET", "POST"])
@requires(Permission.AUDIT_EXPORT)
@sudo
@audits(Action.AUDIT_EXPORTED)
def export() -> ResponseReturnValue:
    """The filters are those of the address, as the log has them."""
    form, filters = ExportForm(), Filters.of(request.args)
    if form.validate_on_submit():
        with form.refusing():
            return _download(_asked(form, filters))
    return page(
        "audit/export.html",
        status=422 if form.errors or filters.faults else 200,
        form=form,
        filters=filters,
        faults=filters.faults,
        labels=LABELS_OF_FIELDS,
        chips=list(chips_of(filters)),
        here=url_of(filters, "audit.export"),
        back=url_of(filters),
    )


def _asked(form: ExportForm, filters: Filters) -> Asked:
    numbers = {name: form[name].data for name in ("first", "last", "since")}
    return Asked(ExportKind(form.kind.data), filters, reader_zone(), **numbers)


def _download(asked: Asked) -> Response:
    """Recorded and committed before the first byte is sent; sent while it is read."""
    name, bundle = handed_out(by=acting(), asked=asked)
    return streamed(BundleWriter(bundle).parts(), filename=name, media_type="application/zip")
