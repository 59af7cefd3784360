"""Random expressions: any tree at all for the grammar, and well-typed ones with a Jacobian for everything else."""

from hypothesis import strategies as st

from jacchain.expression.table import FUNCTIONS
from jacchain.expression.tree import Binary, Call, Index, Name, Number, Slice, Stack, Unary

NAMES = ["x", "y", "θ", "v", "W", "e", "x₁", "a_b2", "é"]
literals = st.one_of(
    st.integers(0, 10**6).map(str),
    st.decimals(0, 1000, allow_nan=False, places=3).map(str),
    st.sampled_from(["1e-3", "2.5E+7", ".5", "3.", "0", "1e300"]),
)
leaves = st.one_of(literals.map(Number), st.sampled_from(NAMES).map(Name))


def extended(parts):
    operators = ["+", "-", "*", "/", "@", "^", "<", "<=", ">", ">=", "==", "!=", "and", "or"]
    selectors = st.one_of(parts, st.builds(Slice, st.none() | parts, st.none() | parts))
    lists = st.lists(parts, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Unary, st.sampled_from(["-", "not"]), parts),
        st.builds(Binary, st.sampled_from(operators), parts, parts),
        st.builds(Call, st.sampled_from(["sin", "max", "f", "where"]), lists),
        st.builds(Index, parts, st.lists(selectors, min_size=1, max_size=2).map(tuple)),
        st.builds(Stack, lists),
    )


trees = st.recursive(leaves, extended, max_leaves=12)
"""Any tree the grammar can write, sensible or not."""


# smooth everywhere, and moderate where their argument is
TAME = ["sin", "cos", "tanh", "atan", "asinh", "sigmoid", "softplus", "silu", "gelu", "erf", "normpdf", "expm1", "softsign"]
SQUASHING = ["sin", "cos", "tanh", "atan", "sigmoid", "erf", "softsign", "normcdf"]
SIZES = {"v": 3, "u": 3, "w": 2}
"""Vectors a random expression may read, beside the numbers x and y and the constants W (2 x 3), M (3 x 3) and b (3)."""


@st.composite
def scalars(draw, depth=3):
    """The text of an expression that is a number."""
    if depth == 0:
        leaf = st.sampled_from(["x", "y", "v[1]", "v[3]", "u[2]", "w[1]", "0.7", "2", "pi", "b[2]"])
        return draw(leaf)
    part, vector = scalars(depth - 1), vectors(depth - 1)
    form = draw(st.integers(0, 13))
    if form < 3:
        return f"({draw(part)} {draw(st.sampled_from('+-*'))} {draw(part)})"
    if form < 6:
        return f"{draw(st.sampled_from(TAME))}({draw(part)})"
    if form == 6:
        return f"{draw(part)}/(2 + sin({draw(part)}))"
    if form == 7:
        return f"{draw(st.sampled_from(SQUASHING))}({draw(part)})^{draw(st.integers(0, 3))}"
    if form == 8:
        return f"{draw(st.sampled_from(['sum', 'mean', 'logsumexp', 'prod']))}({draw(vector)})"
    if form == 9:
        return f"norm(2 + sin({draw(vector)}))"
    if form == 10:
        return f"({draw(vector)} @ {draw(vectors(0))})"
    if form == 11:
        return f"where({draw(part)} > 0.1, {draw(part)}, {draw(part)})"
    if form == 12:
        return f"sqrt(1 + ({draw(part)})^2)"
    return f"{draw(st.sampled_from(['hypot', 'atan2']))}({draw(part)}, 3 + sin({draw(part)}))"


@st.composite
def vectors(draw, depth=3):
    """The text of an expression that is a vector of length 3."""
    if depth == 0:
        return draw(st.sampled_from(["v", "u", "b", "[x, y, x]", "[w, y]", "(M @ u)"]))
    part, number = vectors(depth - 1), scalars(depth - 1)
    form = draw(st.integers(0, 13))
    if form < 3:
        return f"({draw(part)} {draw(st.sampled_from('+-*'))} {draw(part)})"
    if form < 5:
        return f"{draw(st.sampled_from(TAME))}({draw(part)})"
    if form == 5:
        return f"{draw(st.sampled_from(['softmax', 'log_softmax', 'cumsum', 'reverse']))}({draw(part)})"
    if form == 6:
        return f"({draw(number)}*{draw(part)})"
    if form == 7:
        return f"(M @ {draw(part)})"
    if form == 8:
        return f"[{draw(number)}, {draw(number)}, {draw(number)}]"
    if form == 9:
        return f"[{draw(part)}[2:3], {draw(number)}]"
    if form == 10:
        return f"({draw(part)} + {draw(number)})"
    if form == 11:
        return f"((W @ {draw(part)}) @ [[1, 2, x], [0.5, y, 3]])"
    if form == 12:
        return f"where({draw(part)} > 0.1, {draw(part)}, {draw(part)})"
    return f"layernorm({draw(part)}, 0.5)"


functions = st.sampled_from(sorted(FUNCTIONS))
