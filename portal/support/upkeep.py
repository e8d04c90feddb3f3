"""Work that comes again and again: the modules that register it."""

from portal.support import backlog, presence, timers

__all__ = ["backlog", "presence", "timers"]
