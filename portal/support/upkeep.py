"""Work that comes again and again: the modules that register it."""

from portal.support import alignment_work, sweeping

__all__ = ["alignment_work", "sweeping"]
