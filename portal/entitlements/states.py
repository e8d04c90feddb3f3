"""Features as a card shows them: may they, why, and how much is left."""

from collections.abc import Iterable
from dataclasses import dataclass

from portal.catalog.snapshot import Feature
from portal.entitlements.answers import Answer
from portal.entitlements.explaining import in_words

UNKNOWN = Feature("")


@dataclass(frozen=True, slots=True)
class FeatureState:
    """One line: a feature, whether it may be used, why, and how much is left."""

    name: str
    label: str
    category: str
    allowed: bool
    words: str
    used: int | None
    limit: int | None
    override: tuple[str, int] | None

    @property
    def share(self) -> int:
        """Percent of the limit that is used."""
        if not self.limit:
            return 100
        return min(100, round(100 * (self.used or 0) / self.limit))


def states_of(answers: Iterable[Answer]) -> list[FeatureState]:
    """In the order of the catalogue's shelves."""
    found = [_state(answer) for answer in answers]
    return sorted(found, key=lambda state: (state.category, state.label))


def _state(answer: Answer) -> FeatureState:
    feature = answer.standing.catalog.features.get(answer.feature_name, UNKNOWN)
    block, source = answer.limit, answer.decision.source or {}
    kind = str(source.get("type", ""))
    is_override = kind.endswith("_entitlement")
    return FeatureState(
        name=answer.feature_name,
        label=feature.display_name or answer.feature_name,
        category=feature.category,
        allowed=answer.allowed,
        words=in_words(answer.reason),
        used=block.used + block.reserved if block else None,
        limit=None if block is None or block.is_unlimited else block.limit,
        override=(kind.removesuffix("_entitlement"), source["id"]) if is_override else None,
    )
