"""Which lines of events were changed, taken out, added or moved."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from typing import Any

from portal.audit.offline.notes import Fault


def line_faults(rows: list[dict[str, Any]], leaves: Iterable[bytes]) -> Iterator[Fault]:
    """Hold the hashes of the lines as they stand against the rows of the index that have a line.

    An unknown line in the place of one that is gone is taken for that one, changed.
    """
    places = {base64.b64decode(row["hash"]): place for place, row in enumerate(rows)}
    lines = list(leaves)
    missing = set(range(len(rows))) - {places.get(leaf, -1) for leaf in lines}
    last = highest = -1
    for number, leaf in enumerate(lines, 1):
        place = places.pop(leaf, None)
        if place is not None:
            if place < highest:
                yield Fault("reordered", "the event was moved", leaf_index=rows[place]["index"])
            last, highest = place, max(place, highest)
        elif last + 1 in missing:
            last += 1
            missing.discard(last)
            yield Fault("modified", "the event was changed", leaf_index=rows[last]["index"])
        else:
            yield Fault("inserted", "the event has no leaf", line=number)
    for place in sorted(missing):
        yield Fault("missing", "the event was taken out", leaf_index=rows[place]["index"])
