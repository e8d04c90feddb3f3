"""Work that comes again and again: the modules that register it."""

from portal.support import backlog, bulk_work, presence, timers

__all__ = ["backlog", "bulk_work", "presence", "timers"]
