"""The list of coupons, searched as one types."""

from flask import Response, request

from portal.core.permissions import Permission
from portal.coupons.approvals import MOST_COUNTED, waiting_for
from portal.coupons.batches import batches_waiting_for
from portal.coupons.listing import Search, coupons_found
from portal.coupons.pages.blueprint import bp
from portal.coupons.standing import Standing
from portal.staff.current import current_staff
from portal.web.access import requires
from portal.web.htmx import page_or_fragment, wants_fragment
from portal.web.times import instants


@bp.get("/coupons")
@requires(Permission.COUPONS_VIEW)
def coupons() -> Response:
    search, actor = Search.of(request.args), current_staff().actor
    waiting = 0 if wants_fragment() else waiting_for(actor)
    return page_or_fragment(
        "coupons/coupons.html",
        "coupons/_coupons.html",
        listing=coupons_found(search, cursor=request.args.get("cursor")),
        search=search,
        instant=instants(),
        standings=[(each.value, each.label) for each in Standing],
        batches=0 if wants_fragment() else batches_waiting_for(actor),
        waiting=f"{MOST_COUNTED - 1}+" if waiting >= MOST_COUNTED else waiting,
        may_manage=actor.may(Permission.COUPONS_MANAGE),
    )
