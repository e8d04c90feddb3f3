"""One event whole, as a page or in the drawer of the log."""

from flask import Response

from portal.audit.browsing import WholeEvent, event_or_404
from portal.audit.differences import differences
from portal.audit.filters import Filters
from portal.audit.pages.addresses import Chip, url_of
from portal.audit.pages.blueprint import bp
from portal.audit.standing import place_of
from portal.audit.things import things_in
from portal.core.permissions import Permission
from portal.web.access import acting, requires
from portal.web.htmx import page_or_fragment
from portal.web.times import reader_zone
from portal.web.urls import external_url


@bp.get("/audit/events/<event_id>")
@requires(Permission.AUDIT_OWN)
def event(event_id: str) -> Response:
    found = event_or_404(by=acting(), event_id=event_id)
    return page_or_fragment(
        "audit/event.html",
        "audit/_event.html",
        event=found,
        row=found.row,
        permalink=external_url("audit.event", event_id=found.row.id),
        told=found.told(reader_zone()),
        place=place_of(found.row.id),
        differences=differences(found.body),
        related=[*_pages_of(found), *related_to(found)],
    )


def _pages_of(event: WholeEvent) -> list[Chip]:
    """Where what it was done to, or for, has a page of its own."""
    return [Chip("Open", thing.label, thing.url) for thing in things_in(event.body, acting())]


def related_to(event: WholeEvent) -> list[Chip]:
    """Where the events stand that have something in common with this one."""
    row = event.row
    shared = {
        "Same person": (True, row.actor_label, Filters(actor=event.actor_key)),
        "Same object": (
            row.target_id,
            row.target_label or "",
            Filters(target_type=row.target_type or "", target_id=row.target_id or ""),
        ),
        "Same account": (row.tenant_id, "", Filters(tenant=str(row.tenant_id))),
        "Same feature": (row.feature_name, "", Filters(feature=row.feature_name or "")),
        "Same request": (row.request_id, "", Filters(request=row.request_id or "")),
        "Same session": (row.session_ref, "", Filters(session=row.session_ref or "")),
        "Same address": (row.ip, row.ip or "", Filters(ip=row.ip or "")),
    }
    return [
        Chip(label, value, url_of(filters))
        for label, (is_known, value, filters) in shared.items()
        if is_known
    ]
