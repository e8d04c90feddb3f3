"""One person's story: what they did and what was done to them, by day."""

from flask import Response, request

from portal.audit.days import by_day
from portal.audit.filters import Filters
from portal.audit.logs import EVERYTHING
from portal.audit.pages.addresses import Choice, url_before, url_of
from portal.audit.pages.blueprint import bp
from portal.audit.reading import note_reading
from portal.audit.spans import PRESETS
from portal.audit.stories import story_of
from portal.core.permissions import Permission
from portal.web.access import acting, requires
from portal.web.htmx import page
from portal.web.times import reader_zone


@bp.get("/audit/people/<int:person_id>")
@requires(Permission.AUDIT_OWN)
def person(person_id: int) -> Response:
    asked = Filters.of(request.args)
    filters = Filters(span=asked.span if asked.span in PRESETS else "")
    story = story_of(
        by=acting(),
        person_id=person_id,
        filters=filters,
        zone=reader_zone(),
        cursor=request.args.get("cursor"),
    )
    note_reading(by=acting(), log=EVERYTHING)
    own = request.path
    spans = [Choice(own, "All time", not filters.span)]
    spans += [
        Choice(f"{own}?range={name}", label, name == filters.span)
        for name, (label, _) in PRESETS.items()
    ]
    return page(
        "audit/person.html",
        story=story,
        days=by_day(story.listing.items, reader_zone()),
        spans=spans,
        log_url=url_of(Filters(actor=str(person_id))),
        calendar_url=url_of(Filters(actor=str(person_id)), "audit.calendar"),
        actor_url=url_before(Filters(), "actor"),
    )
