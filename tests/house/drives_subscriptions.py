"""How each change of a tenant's plan is driven once."""

from datetime import timedelta

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.subscriptions.assignments import assign_plan
from portal.web.moments import SHAPE
from tests.cast import make_tenant
from tests.subscriptions.conftest import make_plans


def _soon():
    return clock.now() + timedelta(days=7)


def _tenant():
    """One that tries a plan."""
    acme = make_tenant("Acme")
    assign_plan(by=SYSTEM, tenant=acme, plan=make_plans()["pro"], trial_ends_at=_soon())
    return acme.id


def _change(s):
    acme, plan = make_tenant("Acme"), make_plans()["pro"]
    fields = {"plan": plan.name, "expected": "0", "reason": "grew"}
    return s.here.submit(f"/subscriptions/tenants/{acme.id}/change", **fields)


def _move_trial(s):
    later = (_soon() + timedelta(days=7)).strftime(SHAPE)
    fields = {"trial-trial_ends_at": later, "trial-reason": "busy"}
    return s.here.submit(f"/subscriptions/tenants/{_tenant()}/extend-trial", **fields)


def _assign(s):
    acme = make_tenant("Acme")
    make_plans()
    return s.here.call("PUT", f"/api/subscriptions/tenants/{acme.id}", {"plan": "pro"})


DRIVES = {
    "subscriptions.change": _change,
    "subscriptions.move_trial": _move_trial,
    "subscriptions.stop_trial": lambda s: s.here.submit(
        f"/subscriptions/tenants/{_tenant()}/end-trial", **{"end-reason": "no"}
    ),
    "subscriptions.cancel": lambda s: s.here.submit(
        f"/subscriptions/tenants/{_tenant()}/cancel", **{"cancel-reason": "left"}
    ),
    "subscriptions_api.assign": _assign,
}
