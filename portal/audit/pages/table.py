"""The events of the present filters as a file for a spreadsheet."""

from flask import request
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.audit.filters import Filters
from portal.audit.pages.blueprint import bp
from portal.audit.scope import Reach, reach_of
from portal.audit.spreadsheet import csv_of, note_csv
from portal.core import clock
from portal.core.database import db
from portal.core.permissions import Permission
from portal.web.access import acting, audits, demand_proof, requires
from portal.web.csv import MEDIA_TYPE
from portal.web.downloads import streamed
from portal.web.times import reader_zone


@bp.get("/audit/events.csv")
@requires(Permission.AUDIT_OWN)
@audits(Action.AUDIT_CSV_EXPORTED)
def table() -> ResponseReturnValue:
    """Who took what is noted before a line is sent. Events of others need a fresh proof."""
    refusal = None if reach_of(acting()) is Reach.OWN else demand_proof()
    if refusal is not None:
        return refusal
    by, filters, zone = acting(), Filters.of(request.args), reader_zone()
    note_csv(by=by, filters=filters)
    db.session.commit()
    name = f"audit-{filters.log}-{clock.now().astimezone(zone):%Y-%m-%d}.csv"
    lines = csv_of(by=by, filters=filters, zone=zone)
    return streamed(lines, filename=name, media_type=MEDIA_TYPE)
