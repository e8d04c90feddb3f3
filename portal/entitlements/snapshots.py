"""What was read and decided for a subject, kept in this process as long as it is true.

It is true while the versions, read afresh in every request, are those it was read under, and
until the next start or end of anything in it. Counters are never kept: they are read each time.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from portal.catalog.snapshot import Catalog
from portal.core.database import db, is_read_only
from portal.entitlements.facts import Subject
from portal.entitlements.load import Facts
from portal.entitlements.resolution import Decision, explain, next_change, resolve

KEPT = 4_000
"""Subjects a process, 4 to 15 KB each; the least recently asked for make room."""


@dataclass(slots=True)
class Standing:
    """A user (or tenant) with everything that counts for their answers."""

    facts: Facts
    subject: Subject
    catalog: Catalog
    anchor_at: datetime
    """Where quota periods are counted from."""
    since: datetime
    until: datetime | None = None
    memo: dict[tuple[str, str | None], Any] = field(default_factory=dict)
    """What others keep that is true as long as this (`writing`)."""
    _decisions: dict[str, Decision] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = {*self.subject.user_overrides, *self.subject.tenant_overrides, ""}
        edges = [next_change(name, self.subject, self.since) for name in names]
        self.until = min((edge for edge in edges if edge), default=None)

    @property
    def tenant_id(self) -> int:
        return self.facts.tenant_id

    @property
    def user_id(self) -> int | None:
        return self.facts.user_id

    @property
    def zone(self) -> str:
        return self.facts.zone

    @property
    def tenant_version(self) -> int:
        return self.facts.tenant_version

    @property
    def catalog_version(self) -> int:
        return self.catalog.version

    @property
    def versions(self) -> dict[str, int]:
        """What the answers hold under, as they say it."""
        return {"tenant_version": self.tenant_version, "catalog_version": self.catalog_version}

    def holds_at(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)

    def keeps(self, feature_name: str, at: datetime) -> bool:
        """May what is said of this feature be kept? Made-up names must not fill the memory."""
        return feature_name in self.catalog.features and self.holds_at(at)

    def decide(self, feature_name: str, at: datetime) -> Decision:
        """The decision for one feature; made once as long as nothing begins or ends."""
        found = self._decisions.get(feature_name)
        if found is not None and self.holds_at(at):
            return found
        feature = self.catalog.features.get(feature_name)
        found = resolve(feature, feature_name, self.subject, at)
        if self.keeps(feature_name, at):
            self._decisions[feature_name] = found
        return found

    def explain(self, feature_name: str, at: datetime) -> tuple[dict[str, Any], ...]:
        feature = self.catalog.features.get(feature_name)
        return explain(feature, feature_name, self.subject, at)


class _Memory:
    """The standings of one database, by tenant and user."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, int | None], Standing] = OrderedDict()
        self._lock = Lock()

    def get(self, facts: Facts, at: datetime) -> Standing | None:
        key = (facts.tenant_id, facts.user_id)
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
        return found if found.facts == facts and found.holds_at(at) else None

    def put(self, standing: Standing) -> None:
        with self._lock:
            self._kept[(standing.tenant_id, standing.user_id)] = standing
            self._kept.move_to_end((standing.tenant_id, standing.user_id))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)


_memories: WeakKeyDictionary[Any, _Memory] = WeakKeyDictionary()


def remembered(facts: Facts, at: datetime) -> Standing | None:
    memory = _memories.get(db.engine)
    return memory.get(facts, at) if memory else None


def remember(standing: Standing) -> None:
    """Keep it, unless the request writes: what it read may be undone, its version used again."""
    if is_read_only():
        _memories.setdefault(db.engine, _Memory()).put(standing)
