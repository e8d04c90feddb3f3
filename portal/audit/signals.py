"""What rooms above may hear of the ledger. A listener that raises undoes the deed."""

from blinker import Signal

stream_given_up = Signal()
"""Sent with the `AuditStream` in the transaction that pauses it: nothing was taken for a week."""

alert_raised = Signal()
"""Sent with `(alert, rule=)` in the transaction that raises it, once until its quiet time ends."""
