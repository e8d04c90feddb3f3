"""Work that comes again and again: the modules that register it."""

from portal.support import presence, timers

__all__ = ["presence", "timers"]
