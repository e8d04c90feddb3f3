"""What rooms above may hear of the ledger. A listener that raises undoes the work."""

from blinker import Signal

log_forked = Signal()
"""Sent with the `Fork` once, in the transaction that records that signing stopped."""

checkpoint_for_people = Signal()
"""Sent with the `Checkpoint` once a day: whoever listens brings it to people's eyes, outside of
the database, and returns how many were told."""

stream_given_up = Signal()
"""Sent with the `AuditStream` in the transaction that pauses it: nothing was taken for a week."""

alert_raised = Signal()
"""Sent with `(alert, rule=)` in the transaction that raises it, once until its quiet time ends."""
