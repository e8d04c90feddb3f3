"""The matrix of the specification, every cell against an oracle written from its words alone."""

from itertools import product

from portal.entitlements.resolution import explain, resolve
from tests.entitlements.worlds import GATES, NOW, PLANS, TENANTS, USERS, Cell, subject

CELLS = [Cell(*values) for values in product(USERS, TENANTS, PLANS, (False, True), GATES)]
RESULTS = ("pass", "fail", "match", "lost", "skipped")


def oracle(cell: Cell, *, has_fallback: bool = True) -> tuple[bool, str]:
    """The specification's list, from the top: the first line that is true decides."""
    user, tenant, plan = cell.user, cell.tenant, cell.plan
    lines = [
        (cell.gate == "kill", False, "GLOBAL_KILL_SWITCH"),
        (cell.gate in ("hard_deny_user", "hard_deny_tenant"), False, "HARD_DENY"),
        (user == "on", True, "USER_OVERRIDE"),
        (user == "off", False, "USER_DISABLED"),
        (tenant == "on", True, "TENANT_OVERRIDE"),
        (tenant == "off", False, "TENANT_DISABLED"),
        (plan in ("on", "in_grace"), True, "PLAN_ENTITLEMENT"),
        (plan == "off", False, "PLAN_EXCLUDES"),
        (plan == "at_level", True, "PLAN_LEVEL"),
        (cell.is_default, True, "DEFAULT_ON"),
        (plan == "below_level" or has_fallback, False, "PLAN_LEVEL_TOO_LOW"),
        (True, False, "DEFAULT_OFF"),
    ]
    return next((allowed, reason) for is_true, allowed, reason in lines if is_true)


def decided(cell: Cell, **more: object) -> tuple[bool, str]:
    found = resolve(cell.feature, "f", subject(cell, **more), NOW)
    return found.allowed, found.reason.value


def test_every_cell_is_decided_as_the_specification_says():
    assert len(CELLS) == len(set(CELLS)) == 896
    assert [cell for cell in CELLS if decided(cell) != oracle(cell)] == []


def test_every_cell_is_decided_without_a_fallback_plan_too():
    wrong = [
        cell for cell in CELLS if decided(cell, fallback=None) != oracle(cell, has_fallback=False)
    ]
    assert wrong == []


def test_every_gate_beats_everything_when_the_tenant_or_the_user_is_shut_out():
    for gate, reason in (("is_tenant_active", "TENANT_INACTIVE"), ("is_member", "NOT_A_MEMBER")):
        for cell in CELLS:
            who = subject(cell)
            shut = type(who)(**{**values_of(who), gate: False})
            found = resolve(cell.feature, "f", shut, NOW)
            earlier = "GLOBAL_KILL_SWITCH" if cell.gate == "kill" else reason
            assert (found.allowed, found.reason) == (False, earlier)


def test_the_trace_of_every_cell_names_one_winner_and_what_the_losers_would_say():
    for cell in CELLS:
        who = subject(cell)
        found, trace = resolve(cell.feature, "f", who, NOW), explain(cell.feature, "f", who, NOW)
        by_result = {name: [s for s in trace if s["result"] == name] for name in RESULTS}
        assert len(trace) == sum(map(len, by_result.values()))
        winners = by_result["fail"] + by_result["match"]
        assert len(winners) == 1, cell
        assert found.allowed <= (winners[0]["result"] == "match")
        assert all(step["would_be"] in ("allow", "deny") for step in by_result["lost"])


def test_without_its_winner_the_first_loser_decides():
    """`would_be` is a promise: take the winning override away and it comes true."""
    for cell in (cell for cell in CELLS if cell.gate == "none" and cell.user in ("on", "off")):
        trace = explain(cell.feature, "f", subject(cell), NOW)
        promised = next(step["would_be"] for step in trace if step["result"] == "lost")
        without = Cell("none", cell.tenant, cell.plan, cell.is_default, cell.gate)
        assert decided(without)[0] == (promised == "allow"), cell


def values_of(who: object) -> dict[str, object]:
    return {name: getattr(who, name) for name in who.__dataclass_fields__}
