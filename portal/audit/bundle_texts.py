"""What people read of a bundle: its README and its table, neither of which proves anything."""

from collections.abc import Sequence
from typing import Any

from portal.audit.offline.verify import COMPLETENESS

NOT_EVIDENCE = "Not evidence: made for reading. The evidence is events.jsonl."
CSV_HEADS = (
    "leaf_index",
    "occurred_at",
    "action",
    "outcome",
    "severity",
    "actor_type",
    "actor_id",
    "actor",
    "actor_role",
    "target_type",
    "target_id",
    "target",
    "tenant_id",
    "ip",
    "reason",
    "request_id",
    "id",
)


def csv_row(index: int, event: dict[str, Any]) -> Sequence[object]:
    actor, target = event["actor"], event["target"] or {}
    return (
        index,
        *(event[name] for name in ("occurred_at", "action", "outcome", "severity")),
        *(actor[name] for name in ("type", "id", "label", "role")),
        *(target.get(name) for name in ("type", "id", "label")),
        *(event[name] for name in ("tenant_id", "ip", "reason", "request_id", "id")),
    )


README = """\
Evidence from the audit log {origin}
{line}

{events} events, leaves {first} to {last} of {tree_size}, exported {exported_at} by {who}.
{completeness}
{uncovered}
To check it, you need Python 3.9 or newer, no network, and the log's public key:

    python3 verify.py --pubkey KEY
    python3 verify.py --pubkey KEY --since YOUR_OLD_CHECKPOINT.txt

KEY is one line, name+id+key. Have it from the portal's audit page, from your contract or from a
person whom you trust. It is not in this bundle on purpose: whoever could forge the bundle could
put another key beside it. For the same reason, prefer a verify.py that you have had for a while;
it is the same in every bundle of one version of the portal, and short enough to be read.

What a passing check shows
- Each event in events.jsonl is, byte for byte, in the log whose checkpoint was signed.
- selection: nothing more. What was left out cannot be seen: {filtered}.
- range: between the first and the last leaf nothing was left out.
- range_with_hashes: the same, while some events are shown as their hash alone.
- With --since: the log only grew since your old checkpoint. Keep checkpoint.txt for next time.

What it cannot show
- That what an event says is true; only that it has not been changed since it was recorded.
- That something was recorded at all: an event that was never written leaves no gap.
- The table events.csv is for reading and proves nothing.

The files
- events.jsonl     one event a line; the hash of leaf n is SHA-256(00 || line without its end)
- index.jsonl      leaf index, hash and proof; of a range first the hashes of its two edges
- checkpoint.txt   size and root of the tree with its signature (C2SP tlog-checkpoint)
- consistency.json proof from the size that was asked for by --since, if it was
- export.json      the log's own record of this export, with its proof
- archives.jsonl   the log's own records of archives that have events of these leaves, if any have
- manifest.json    query, who, when, counts, and the SHA-256 of every file
"""


def readme(manifest: dict[str, Any]) -> str:
    """README.txt for one bundle."""
    uncovered = manifest["not_covered"]
    late = f"The newest {uncovered} are not in it: no checkpoint covers them yet.\n"
    return README.format(
        **manifest,
        line="=" * (28 + len(manifest["origin"])),
        who=manifest["exported_by"]["label"],
        uncovered=late if uncovered else "",
        filtered=COMPLETENESS["selection"],
    )
