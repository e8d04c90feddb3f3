"""Work that comes again and again: the modules that register it."""

from portal.support import alignment_work

__all__ = ["alignment_work"]
