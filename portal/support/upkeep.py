"""Work that comes again and again, and what listens: the modules that register it."""

from portal.support import failed_replies, orphans, timers

__all__ = ["failed_replies", "orphans", "timers"]
