"""Work that comes again and again, and what listens: the modules that register it."""

from portal.support import backlog, presence

__all__ = ["backlog", "presence"]
