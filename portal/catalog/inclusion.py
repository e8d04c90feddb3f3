"""What a plan says of a feature: the one rule that lists, previews and decisions share. Pure."""

from enum import StrEnum

from portal.catalog.snapshot import Feature, Plan


class Via(StrEnum):
    """By what a plan has a feature, or why it has not."""

    LISTED = "listed"
    ALL = "all"
    LEVEL = "level"
    DEFAULT = "default"
    EXCLUDED = "excluded"
    LEVEL_TOO_LOW = "level_too_low"

    @property
    def is_included(self) -> bool:
        return self not in {Via.EXCLUDED, Via.LEVEL_TOO_LOW}

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def colour(self) -> str:
        return _COLOURS.get(self, "azure")


_LABELS = {
    Via.LISTED: "Included",
    Via.ALL: "All included",
    Via.LEVEL: "By level",
    Via.DEFAULT: "By default",
    Via.EXCLUDED: "Excluded",
    Via.LEVEL_TOO_LOW: "Level too low",
}
_COLOURS = {Via.LISTED: "green", Via.EXCLUDED: "red", Via.LEVEL_TOO_LOW: "secondary"}


def via_of(plan: Plan, feature: Feature) -> Via:
    """What a tenant on the plan has without any grant."""
    said = plan.features.get(feature.name)
    if said is not None:
        return Via.LISTED if said.is_included else Via.EXCLUDED
    if plan.includes_all:
        return Via.ALL
    if plan.level >= feature.min_plan_level:
        return Via.LEVEL
    return Via.DEFAULT if feature.is_default else Via.LEVEL_TOO_LOW
