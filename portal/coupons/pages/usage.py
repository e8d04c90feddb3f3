"""Who used which coupon: the history over all of them, and the same as a table."""

from flask import Response, request
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.coupons.pages.blueprint import bp
from portal.coupons.uses import REPORT, STATUSES, UsesSearch, csv_of, note_csv, uses_found
from portal.staff.current import current_staff
from portal.web.access import audits, requires
from portal.web.csv import MEDIA_TYPE
from portal.web.downloads import streamed
from portal.web.htmx import page_or_fragment


@bp.get("/coupons/usage")
@requires(Permission.COUPONS_VIEW)
def usage() -> Response:
    search = UsesSearch.of(request.args)
    return page_or_fragment(
        "coupons/usage.html",
        "coupons/_uses.html",
        listing=uses_found(search, cursor=request.args.get("cursor")),
        search=search,
        shows_coupon=True,
        statuses=STATUSES,
    )


@bp.get("/coupons/usage.csv")
@requires(Permission.COUPONS_VIEW)
@audits(Action.REPORT_EXPORTED)
def usage_csv() -> ResponseReturnValue:
    search = UsesSearch.of(request.args)
    note_csv(by=current_staff().actor, search=search)
    db.session.commit()
    return streamed(csv_of(search), filename=f"{REPORT}.csv", media_type=MEDIA_TYPE)
