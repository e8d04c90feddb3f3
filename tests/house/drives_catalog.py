"""How each state-changing view of the catalogue is driven once."""

from typing import TYPE_CHECKING

from werkzeug.test import TestResponse

from portal.catalog.features import kill_feature
from portal.core.actor import SYSTEM
from seeds.catalog import seed_catalog

if TYPE_CHECKING:
    from tests.house.drives import Drive, Stage

WHY = {"reason": "because"}
FEATURE = {"display_name": "Open Doors", "category": "other", "min_plan_level": "2"}
PLAN = {"display_name": "Team", "level": "1", "currency": "USD"}


def _form(path: str, **fields: str) -> "Drive":
    def drive(s: "Stage") -> TestResponse:
        seed_catalog()
        return s.here.submit(f"/catalog/{path}", **fields)

    return drive


def _seen(path: str, **fields: str) -> "Drive":
    """Twice: the first answer shows the effect, and its mark lets the second one save."""

    def drive(s: "Stage") -> TestResponse:
        seed_catalog()
        answer = s.here.submit(f"/catalog/{path}", **fields)
        if answer.status_code != 200:
            return answer
        mark = answer.text.partition('name="previewed"')[2].partition('value="')[2]
        return s.here.submit(f"/catalog/{path}", **fields, previewed=mark.partition('"')[0])

    return drive


def _revive(s: "Stage") -> TestResponse:
    seed_catalog()
    kill_feature(by=SYSTEM, name="api_access", reason="leaks")
    return s.here.submit("/catalog/features/api_access/revive", **WHY)


def _create(s: "Stage") -> TestResponse:
    body = {"name": "box_previews", "display_name": "Box Previews"}
    return s.here.call("POST", "/api/entitlements/features", body)


DRIVES: "dict[str, Drive]" = {
    "catalog.new_feature": _seen("new-feature", name="doors", interval="month", **FEATURE),
    "catalog.edit_feature": _seen(
        "features/api_access/edit", version="1", interval="day", **FEATURE
    ),
    "catalog.kill": _form("features/api_access/kill", **WHY),
    "catalog.revive": _revive,
    "catalog.retire_feature": _form("features/api_access/archive", **WHY),
    "catalog.new_plan": _form("new-plan", name="team", like="basic", **PLAN),
    "catalog.edit_plan": _seen("plans/basic/edit", version="1", **PLAN),
    "catalog.retire_plan": _form("plans/basic/archive", **WHY),
    "catalog.choose_fallback": _form("plans/basic/make-fallback", **WHY),
    "catalog.cell": _seen("matrix/basic/basic_reports", version="1", said="excluded", interval=""),
    "catalog_api.add_feature": _create,
}
