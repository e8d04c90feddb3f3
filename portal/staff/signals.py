"""What rooms above may hear of our people. A listener that raises undoes the deed."""

from blinker import Signal

person_changed = Signal()
"""Sent with `(person, by=)` after somebody joined, was added, renamed, disabled or enabled, or has
another role."""
