"""What rooms above may hear of the ledger. A listener that raises undoes the work."""

from blinker import Signal

log_forked = Signal()
"""Sent with the `Fork` once, in the transaction that records that signing stopped."""

checkpoint_for_people = Signal()
"""Sent with the `Checkpoint` once a day: whoever listens brings it to people's eyes, outside of
the database, and returns how many were told."""
