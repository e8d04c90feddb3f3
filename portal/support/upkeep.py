"""Work that comes again and again, and what listens: the modules that register it."""

from portal.support import backlog, failed_replies, orphans, presence, timers

__all__ = ["backlog", "failed_replies", "orphans", "presence", "timers"]
