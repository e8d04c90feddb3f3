"""Work that comes again and again: the modules that register it."""
