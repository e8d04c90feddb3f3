"""The statistic by which answers are told apart, against numbers worked out elsewhere."""

import random

import pytest

from tests.attacks.ranks import likeness

# Ages at diagnosis, a usual textbook example: U is 17 of 20.
MEN, WOMEN = [19, 22, 16, 29, 24], [20, 11, 17, 12]


def test_a_known_example_gives_its_known_number():
    assert likeness(MEN, WOMEN) == pytest.approx(0.11134688653314041, rel=1e-12)
    assert likeness(WOMEN, MEN) == likeness(MEN, WOMEN)


def test_ties_count_as_half():
    assert likeness([1, 2, 2, 3], [1, 2, 2, 3]) == 1.0
    assert likeness([1] * 10 + [2] * 10, [1] * 2 + [2] * 18) == pytest.approx(0.00676, abs=1e-5)


def test_rows_of_one_source_are_alike_and_a_small_shift_is_seen():
    dice = random.Random(7)
    rows = [[dice.gauss(20, 2) for _ in range(200)] for _ in range(2)]
    assert likeness(*rows) > 0.01
    assert likeness(rows[0], [value + 1 for value in rows[1]]) < 0.001
