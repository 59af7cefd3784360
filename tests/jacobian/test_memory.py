"""What would not fit is refused before it is computed."""

import pytest

from jacchain.errors import JacchainError
from jacchain.jacobian.memory import refuse_large
from jacchain.pipeline import load


def program(text):
    return load(text.encode(), "x.yaml").stages[0].program


def test_a_wide_softmax_is_refused_and_a_wide_sine_is_not():
    point = f"at: [{', '.join(['0.5'] * 5000)}]\n"
    refuse_large("f", program(f"functions:\n  f(v[5000]): sin(v)\n{point}"))
    with pytest.raises(JacchainError, match="would take"):
        refuse_large("f", program(f"functions:\n  f(v[5000]): softmax(v)\n{point}"))
