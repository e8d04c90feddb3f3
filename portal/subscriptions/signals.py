"""What rooms above may hear of plans, and are asked. A listener that raises undoes the deed."""

from blinker import Signal

stay_changed = Signal()
"""Sent with `(tenant, by=)` after a deed changed which plan a tenant is on, or until when.

What comes by time alone, such as the end of a trial, is told by nobody.
"""

use_asked = Signal()
"""Sent with `(tenant_id, plan=)` to know what the tenant uses now of what the plan would limit.

Each listener answers a `comparison.PlanUse` by the name of a feature.
"""
