"""Work that comes again and again, and what listens: the modules that register it."""

from portal.support import (
    alignment_work,
    backlog,
    bulk_work,
    failed_replies,
    following,
    goodwill_privacy,
    idling,
    orphans,
    presence,
    privacy,
    sweeping,
    ticket_grants,
    timers,
)

__all__ = [
    "alignment_work",
    "backlog",
    "bulk_work",
    "failed_replies",
    "following",
    "goodwill_privacy",
    "idling",
    "orphans",
    "presence",
    "privacy",
    "sweeping",
    "ticket_grants",
    "timers",
]
