"""What a tenant would pay with some codes."""

from typing import Any

from flask import Response

from portal.core.permissions import Permission
from portal.coupons.api.blueprint import api
from portal.coupons.simulating import Effect, Simulation, simulate
from portal.coupons.simulation_schemas import SimulateBody, SimulationShape
from portal.web.access import reads_only, requires, unaudited
from portal.web.openapi import json_answer, takes


@api.post("/simulate", responses={200: SimulationShape})
@requires(Permission.COUPONS_VIEW)
@reads_only
@unaudited("it only asks")
@takes
def try_codes(body: SimulateBody) -> Response:
    """What the tenant would pay, line by line and period by period. Nothing is held."""
    return json_answer(_simulation(simulate(body.question())))


def _simulation(found: Simulation) -> dict[str, Any]:
    return {
        "tenant_id": found.tenant.id,
        "plan": found.plan.name,
        "interval": found.interval,
        "currency": found.currency,
        "lines": [
            {
                "label": line.label,
                "list_cents": line.cents,
                "discount_cents": line.cents - left,
                "total_cents": left,
            }
            for line, left in zip(found.lines, found.left, strict=True)
        ],
        "running": [_effect(effect) for effect in found.running],
        "coupons": [_effect(effect) for effect in found.effects],
        "list_cents": found.list_cents,
        "discount_cents": found.discount_cents,
        "total_cents": found.total_cents,
        "periods": [
            {
                "first": stretch.first,
                "last": stretch.last,
                "discount_cents": sum(stretch.amounts),
                "total_cents": stretch.total_cents,
            }
            for stretch in found.periods
        ],
    }


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "code": effect.code,
        "counts": effect.counts,
        "reason": effect.reason,
        "detail": effect.words,
        "discount_cents": effect.taken.cents,
        "line_discounts": list(effect.taken.parts),
        "remaining_cents": effect.left_cents,
    }
