import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jacchain.jacobian.nonsmooth import clarke
from jacchain.jacobian.nonsmooth.clarke import Cell, explore, nearest_point

coordinates = st.integers(-5, 5).map(float)


def polytopes(width):
    return st.integers(1, 7).flatmap(lambda count: arrays(np.longdouble, (count, width), elements=coordinates))


@given(polytopes(3))
def test_the_nearest_point_separates_the_origin_from_the_hull(points):
    x = nearest_point(points)
    assert ((points @ x) >= (x * x).sum() - 1e-11).all()


@given(polytopes(2))
def test_in_the_plane_it_is_the_nearest_point_of_an_edge_or_the_origin(points):
    """Independent: the nearest point of every segment, and zero when the angles of the points leave no gap of a half turn."""
    best = min(
        (
            a + min(max(-(a @ (b - a)) / max((b - a) @ (b - a), 1e-30), 0), 1) * (b - a)
            for a, b in itertools.product(points, points)
        ),
        key=lambda p: float(p @ p),
    )
    angles = np.sort(np.arctan2(points[:, 1].astype(float), points[:, 0].astype(float)))
    gaps = np.diff(np.append(angles, angles[0] + 2 * np.pi))
    inside = (points == 0).all(1).any() or gaps.max() < np.pi - 1e-9
    assert nearest_point(points) == pytest.approx(np.zeros(2) if inside else best, abs=1e-10)


def arrangement(normals):
    """The cells of |a·x| + |b·x| + …: the gradient is the sum of the normals, each with the sign of its side."""

    def look(direction):
        signs = np.sign(normals @ direction)
        return Cell(tuple(signs), signs @ normals, tuple(sign * normal for sign, normal in zip(signs, normals, strict=True)))

    return look


@given(st.sets(st.tuples(st.integers(-4, 4), st.integers(1, 4)), min_size=1, max_size=5))
def test_all_cells_of_lines_through_a_point_are_found(lines):
    slopes = {a / b for a, b in lines}
    found = explore(arrangement(np.array(sorted(lines), np.longdouble)), 2)
    assert len(found.cells) == 2 * len(slopes)
    assert found.complete


def test_walls_that_are_independent_are_crossed_without_looking_for_a_nearest_point(monkeypatch):
    monkeypatch.setattr(clarke, "nearest_point", None)
    found = explore(arrangement(np.array([[1, 0, 0, 2], [3, 1, 0, 0], [0, 1, -1, 0]], np.longdouble)), 4)
    assert len(found.cells) == 8
    assert found.complete


def test_all_orthants_are_found():
    assert len(explore(arrangement(np.eye(5, dtype=np.longdouble)), 5).cells) == 32


def test_planes_in_general_position_in_space_have_the_known_number_of_cells():
    normals = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 2, 3], [2, -1, 1]], np.longdouble)
    assert len(explore(arrangement(normals), 3).cells) == 2 * (1 + 4 + 6)


def test_very_many_cells_are_not_claimed_to_be_all():
    assert not explore(arrangement(np.eye(9, dtype=np.longdouble)), 9).complete


@given(polytopes(2), st.sampled_from([1e8, 1e15, -1e300]))
def test_a_large_component_that_all_have_in_common_hides_no_other(points, large):
    wide = np.concatenate([points, np.full((len(points), 1), large, np.longdouble)], axis=1)
    assert nearest_point(wide).tolist() == [*nearest_point(points).tolist(), large]


def test_a_corner_that_is_long_one_way_has_the_origin_in_it():
    for ratio in (1e4, 1e6, 1e8):
        points = np.array([[1, ratio], [1, -ratio], [-1, ratio], [-1, -ratio]], np.longdouble)
        assert nearest_point(points).tolist() == [0, 0]


def test_components_that_cancel_leave_no_dust():
    points = np.array([[-1, 4, 3e-9], [1, 4, 3e-9]], np.longdouble)
    nearest = nearest_point(points)
    assert nearest[0] == 0
    assert nearest[1:].astype(float) == pytest.approx([4, 3e-9])
