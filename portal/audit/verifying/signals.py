"""What rooms above may hear of a verification. A listener that raises undoes its result."""

from blinker import Signal

verification_failed = Signal()
"""Sent with the stored `Verification` when the log was changed, or cannot be proven any more, in
the transaction that keeps the result."""
