"""How each change of goodwill is driven once."""

from portal.core.roles import Role
from portal.customers.models import Tenant
from portal.support.goodwill_budgets import EVERYBODY
from seeds.catalog import seed_catalog
from tests.cast import make_admin, make_tenant, make_user
from tests.support.desk import make_ticket
from tests.support.goodwill import allow, asked, coupon, given, on_plan

URL = "/support/goodwill"
LIMITS = {"version": "0", "monthly_cents": "90", "cap_cents": "9", "tenant_cents": "90"}


def _tenant() -> Tenant:
    seed_catalog()
    tenant = make_tenant()
    on_plan(tenant, "basic")
    return tenant


def _ticket():
    return make_ticket(make_user(_tenant()))


def _mo():
    return make_admin("Mo Manager", Role.MANAGER)


def _give(s):
    fields = {"kind": "coupon", "percent": "10", "reason": "a bad week"}
    return s.here.submit(f"/support/tickets/{_ticket().number}/goodwill", **fields)


def _give_by_program(s):
    body = {"kind": "coupon", "percent": 10, "reason": "a bad week"}
    return s.here.call("POST", f"/api/support/tickets/{_ticket().number}/goodwill", body)


def _decide(verb):
    def drive(s):
        row = asked(_ticket(), _mo(), coupon(40))
        return s.here.submit(f"{URL}/{row.id}/{verb}", reason="looked at it")

    return drive


def _withdraw(s):
    return s.here.submit(f"{URL}/{given(_ticket(), s.ann, coupon(10)).id}/withdraw")


def _reset(s):
    allow(s.ann, s.bea.id, monthly_cents=5)
    return s.here.submit(f"{URL}/budgets/{s.bea.id}/reset")


DRIVES = {
    "support.make_good": _give,
    "support_api.make_good": _give_by_program,
    "support.approve_gesture": _decide("approve"),
    "support.reject_gesture": _decide("reject"),
    "support.withdraw_gesture": _withdraw,
    "support.edit_budget": lambda s: s.here.submit(f"{URL}/budgets/{EVERYBODY}", **LIMITS),
    "support.reset_budget": _reset,
}
