"""What rooms above may hear of entitlements. A listener that raises undoes the deed."""

from blinker import Signal

grant_expired = Signal()
"""Sent with `(holder, row=, cause_type=, cause_id=)` once for each override that ran out.

`holder` says whose it was; the tenant's row is locked. What an override gave has ended by itself
at its time: this comes up to a minute later, in the sweeper's transaction.
"""
