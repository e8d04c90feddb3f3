"""Work that comes again and again: the modules that register it."""

from portal.support import backlog, timers

__all__ = ["backlog", "timers"]
