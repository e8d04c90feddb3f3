"""The events of the present filters as a file for a spreadsheet."""

from collections.abc import Iterator

from flask import Flask, Response, current_app, request

from portal.audit.actions import Action
from portal.audit.filters import Filters
from portal.audit.pages.blueprint import bp
from portal.audit.spreadsheet import csv_of, note_csv
from portal.core import clock
from portal.core.database import db
from portal.core.permissions import Permission
from portal.web.access import acting, audits, requires
from portal.web.times import reader_zone


@bp.get("/audit/events.csv")
@requires(Permission.AUDIT_OWN)
@audits(Action.AUDIT_CSV_EXPORTED)
def table() -> Response:
    """Who took what is noted before a line is sent."""
    by, filters, zone = acting(), Filters.of(request.args), reader_zone()
    note_csv(by=by, filters=filters)
    db.session.commit()
    lines = csv_of(by=by, filters=filters, zone=zone)
    name = f"audit-{filters.log}-{clock.now().astimezone(zone):%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    return Response(_sent(app, lines), headers=headers, content_type="text/csv; charset=utf-8")


def _sent(app: Flask, lines: Iterator[str]) -> Iterator[str]:
    """Read while it is sent, in a context of its own: that of the request has ended."""
    with app.app_context():
        yield from lines
