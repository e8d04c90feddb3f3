"""What a verification says: the faults it found, what it could not know, and how it ends."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """What was done to the ledger."""

    MODIFIED = "modified"
    MISSING = "missing"
    INSERTED = "inserted"
    REORDERED = "reordered"
    COLUMN_MISMATCH = "column_mismatch"
    BAD_SIGNATURE = "bad_signature"
    ROLLBACK = "rollback"
    TRIGGER_MISSING = "trigger_missing"
    UNSEQUENCED = "unsequenced"
    HEARTBEAT_GAP = "heartbeat_gap"
    NODE_MISMATCH = "node_mismatch"
    PROJECTION_MISMATCH = "projection_mismatch"
    EXCESS_PRIVILEGE = "excess_privilege"


class Ending(IntEnum):
    """How the command ends."""

    WHOLE = 0
    TAMPERED = 1
    NOT_RUN = 2
    NOT_PROVABLE = 3


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where."""

    kind: Kind
    message: str
    leaf_index: int | None = None
    event_id: str | None = None

    def as_dict(self) -> dict[str, str | int | None]:
        return {
            "kind": self.kind.value,
            "leaf_index": self.leaf_index,
            "event_id": self.event_id,
            "message": self.message,
        }


class Findings:
    """The faults of one check, at most so many: a ledger in ruins must not fill the memory."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.faults: list[Fault] = []

    def __iter__(self) -> Iterator[Fault]:
        """By leaf, then those that belong to none, then those that are of copies alone."""
        return iter(sorted(self.faults, key=_place))

    @property
    def is_full(self) -> bool:
        return len(self.faults) >= self.most

    def add(
        self, kind: Kind, message: str, leaf_index: int | None = None, event_id: str | None = None
    ) -> None:
        if not self.is_full:
            self.faults.append(Fault(kind, message, leaf_index, event_id))


def _place(fault: Fault) -> tuple[bool, bool, int]:
    is_of_a_copy = fault.kind is Kind.NODE_MISMATCH
    return is_of_a_copy, fault.leaf_index is None, fault.leaf_index or 0


@dataclass(slots=True)
class Report:
    """One verification. The first fault is the first bad leaf, unless a signature is wrong."""

    tree_size: int = 0
    """How many leaves there are."""
    signed_size: int = 0
    """How many of them the newest checkpoint with a trusted signature covers."""
    sealed_size: int = 0
    """How many the newest checkpoint covers, whoever signed it."""
    events: int = 0
    """How many events were read."""
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """Why signatures could not be judged; empty when they could."""

    @property
    def exit_code(self) -> Ending:
        if self.faults:
            return Ending.TAMPERED
        return Ending.NOT_PROVABLE if self.unknown else Ending.WHOLE

    def as_dict(self) -> dict[str, object]:
        return {
            "exit_code": int(self.exit_code),
            "tree_size": self.tree_size,
            "signed_size": self.signed_size,
            "sealed_size": self.sealed_size,
            "events": self.events,
            "faults": [fault.as_dict() for fault in self.faults],
            "unknown": self.unknown,
            "notes": self.notes,
        }
