"""What rooms above may hear of our people. A listener that raises undoes the deed."""

from blinker import Signal

person_changed = Signal()
"""Sent with `(person, by=)` after somebody joined, was added, renamed, disabled or enabled, or has
another role."""

account_taken_back = Signal()
"""Sent with `(person, by=, since=)` in the transaction that undoes a change of address.

The person is locked and their sessions have ended. Each listener takes away what was made since
then and lets somebody in, and answers with what that was: `["passkey “Laptop”"]`.
"""
