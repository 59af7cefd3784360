import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jacchain.jacobian.dependence import ancestors, descendants, needed

TEXTS = ["x*y + z", "where(x > y, z, x)", "sin(v)[1]*z", "norm(v) + x", "[v, x][2]*y", "v[2]^2", "cumsum(v)[2]"]


def programs(compiled):
    return st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4).map(lambda texts: compiled("x, y, z, v[3]", *texts))


@settings(max_examples=50)
@given(st.data(), st.lists(st.floats(-2, 2), min_size=6, max_size=6), st.integers(0, 5))
def test_what_changes_with_an_input_is_a_descendant_of_it(compiled, data, point, moved):
    program = data.draw(programs(compiled))
    before, after = np.array([point, point], np.longdouble)
    after[moved] += 0.37
    registers = program.registers(np.array([before, after]))
    start = np.zeros(registers.shape[1], bool)
    start[moved] = True
    changed = registers[0] != registers[1]
    assert not (changed & ~descendants(program, start)).any()


@settings(max_examples=50)
@given(st.data())
def test_ancestors_and_descendants_are_opposite_ways(compiled, data):
    program = data.draw(programs(compiled))
    size = program.start.size
    results = np.arange(size)[program.results]
    for j in range(program.inputs):
        reached = descendants(program, np.arange(size) == j)[results]
        sources = [bool(ancestors(program, np.arange(size)[None] == result)[0, j]) for result in results]
        assert reached.tolist() == sources


def test_of_a_choice_only_the_branch_taken_is_needed(compiled):
    program = compiled("x, y, z", "where(x > 0, y^2, exp(z))")
    registers = program.registers(np.array([[1.0, 2.0, 3.0], [-1.0, 2.0, 3.0]]))
    mask = needed(program, registers)
    assert mask[:, :3].tolist() == [[True, True, False], [True, False, True]]


def test_components_that_are_not_picked_are_not_needed(compiled):
    program = compiled("v[3]", "log(v)[2]")
    mask = needed(program, program.registers(np.array([[1.0, 2.0, 3.0]])))
    assert mask[0, :3].tolist() == [False, True, False]


def test_one_output_can_be_asked_for_alone(compiled):
    program = compiled("x, y", "x^2", "y^2")
    registers = program.registers(np.array([[1.0, 2.0]]))
    results = np.arange(registers.shape[1])[program.results]
    assert needed(program, registers, results[:1])[0, :2].tolist() == [True, False]
