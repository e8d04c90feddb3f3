"""Could two rows of measured times come from one source? Mann and Whitney's test of their ranks."""

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from math import erfc, sqrt


def likeness(first: Sequence[float], second: Sequence[float]) -> float:
    """How likely one source makes ranks that differ as much as these (p, two-sided).

    By the normal approximation with its corrections for ties and continuity: H. B. Mann and
    D. R. Whitney, "On a test of whether one of two random variables is stochastically larger than
    the other", 1947. For about eight values or more on each side.
    """
    both, sizes = Counter([*first, *second]), (len(first), len(second))
    values = sorted(both)
    ends = accumulate(both[value] for value in values)
    rank = {value: end - (both[value] - 1) / 2 for value, end in zip(values, ends, strict=True)}
    wins = sum(rank[value] for value in first) - sizes[0] * (sizes[0] + 1) / 2
    count, product = sum(sizes), sizes[0] * sizes[1]
    ties = sum(times**3 - times for times in both.values()) / (count * (count - 1))
    spread = sqrt(product / 12 * (count + 1 - ties))
    away = abs(wins - product / 2) - 0.5
    return 1.0 if away <= 0 else erfc(away / spread / sqrt(2))
