"""What a tenant uses now, held against what a plan would give it."""

from dataclasses import replace
from itertools import chain

from portal.catalog.snapshot import Plan
from portal.core import clock
from portal.entitlements.checks import left_of, names_on_offer, standing_of
from portal.entitlements.counted import counts_of
from portal.entitlements.facts import PlanStay
from portal.entitlements.snapshots import Standing
from portal.subscriptions.comparison import PlanUse
from portal.subscriptions.signals import use_asked


@use_asked.connect
def use_under(tenant_id: int, *, plan: Plan) -> dict[str, PlanUse]:
    """Decided as if it were on the plan: its own grants and top-ups go on counting."""
    at, now = clock.now(), standing_of(tenant_id=tenant_id)
    stays = (PlanStay(0, plan, at, None),)
    subject = replace(now.subject, stays=stays, is_tenant_active=True)
    then = Standing(now.facts, subject, now.catalog, now.anchor_at, since=at)
    names = names_on_offer(now)
    decided = [[each.decide(name, at) for name in names] for each in (now, then)]
    counted = [[one for one in some if one.allowance is not None] for some in decided]
    asked = list({one.feature_name for one in chain(*counted)})
    counts = counts_of(tenant_id, None, asked)
    before, after = (left_of(now, some, at, counts).blocks for some in counted)
    found = {name: PlanUse(block.used, is_over=False) for name, block in before.items()}
    for name, block in after.items():
        found[name] = PlanUse(block.used, not block.is_unlimited and block.used > block.limit)
    return found
