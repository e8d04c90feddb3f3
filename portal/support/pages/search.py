"""Finding tickets by their words."""

from flask import Response, request

from portal.core import clock
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.support.filter_language import EVERYTHING, LONGEST, BadFilter, parse
from portal.support.filtering import Looking
from portal.support.pages.blueprint import bp
from portal.support.searching import search
from portal.web.access import requires
from portal.web.htmx import page_or_fragment
from portal.web.times import reader_zone

LAST_PAGE = 16


@bp.get("/support/search")
@requires(Permission.TICKETS_VIEW)
def find() -> Response:
    text = request.args.get("q", "").strip()[: 2 * LONGEST]
    number = min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)
    asked, fault = EVERYTHING, None
    try:
        asked = parse(text)
    except BadFilter as error:
        fault = error
    actor = current_staff().actor
    looking = Looking(actor, reader_zone(), clock.now())
    return page_or_fragment(
        "support/search.html",
        "support/_search_results.html",
        status=422 if fault else 200,
        q=text,
        fault=fault,
        results=search(by=actor, asked=asked, looking=looking, page=number),
    )
