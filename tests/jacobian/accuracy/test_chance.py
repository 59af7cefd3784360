"""Numbers without a pattern: even, independent as far as a check needs it, and the same every time."""

import numpy as np

from jacchain.jacobian.accuracy.chance import Chance


def test_numbers_are_even_and_do_not_follow_one_another():
    numbers = Chance().uniform((300, 100))
    assert -1 <= numbers.min() < -0.999
    assert 0.999 < numbers.max() < 1
    assert abs(numbers.mean()) < 0.02
    assert abs(numbers.std() - 3**-0.5) < 0.01
    assert np.abs(np.corrcoef(numbers[:20]) - np.eye(20)).max() < 0.4
    assert np.unique(numbers).size == numbers.size


def test_a_sequence_goes_on_and_begins_again_the_same():
    chance = Chance()
    parts = np.concatenate([chance.uniform((3,)), chance.uniform((4,))])
    assert np.array_equal(parts, Chance().uniform((7,)))


def test_a_direction_leaves_nothing_out():
    direction = Chance().direction(500)
    assert (np.abs(direction) >= 0.5).all()
    assert (np.abs(direction) <= 1).all()
    assert 200 < (direction > 0).sum() < 300
