"""What rooms above may hear of customers. A listener that raises undoes the deed."""

from blinker import Signal

plan_wanted = Signal()
"""Sent with `(tenant, by=, plan=)` when a program or a file says which plan a tenant is on."""

plans_asked = Signal()
"""Sent with `(None, names=, tenant_ids=)` before a file is taken in, and writes nothing.

A listener answers with a pair: which of the names are plans on offer, and the name of the plan
that each of these tenants is on, by tenant id.
"""

seat_wanted = Signal()
"""Sent with `(tenant, by=)` before a user becomes active, when seats are to be respected.

The tenant's row is locked by then, so that what the listener counts stays true.
"""

status_changed = Signal()
"""Sent with `(tenant, by=, user=)` after a status changed; `user` is None for the tenant's own."""

renamed = Signal()
"""Sent with `(tenant, by=, user=)` after a user has another name or address; `user` is None when
the tenant has another name.
"""
