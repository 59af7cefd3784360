"""What would not fit is refused before it is computed."""

import tracemalloc

import numpy as np
import pytest

from jacchain.errors import JacchainError
from jacchain.jacobian.differences.stage_difference import stage_difference
from jacchain.jacobian.memory import claim_differences, claim_products, claim_stages
from jacchain.memory import allowing
from jacchain.pipeline import load


def stages(text):
    return load(text.encode(), "x.yaml").stages


def test_a_wide_softmax_is_refused_and_a_wide_sine_is_not():
    point = f"at: [{', '.join(['0.5'] * 5000)}]\n"
    claim_stages(stages(f"functions:\n  f(v[5000]): sin(v)\n{point}"))
    with pytest.raises(JacchainError, match="`softmax` in `f` would take"):
        claim_stages(stages(f"functions:\n  f(v[5000]): softmax(v)\n{point}"))


def test_every_copy_of_a_stage_keeps_a_jacobian_of_its_own():
    copies = stages("functions:\n  f(v): softmax(v)\nchain: [f * 100]\nat: [" + "1, " * 20 + "1]\n")
    with allowing(1 << 18):
        claim_stages(copies[:10])
        with pytest.raises(JacchainError, match=r"`f#[0-9]+`"):
            claim_stages(copies)


def test_products_add_to_the_jacobians_they_are_made_of():
    with allowing(3200):
        claim_products([(100, (10, 10))], [(100, (10, 10))])
        with pytest.raises(JacchainError, match="the product P2 and all before it"):
            claim_products([(100, (10, 10))], [(100, (10, 10)), (1, (1, 1))])


def test_differences_of_many_outputs_are_made_a_few_at_a_time():
    outputs = ", ".join(f"x*{i}" for i in range(20_000))
    stage = stages(f"functions:\n  f(x): [{outputs}]\nat: 1\n")[0]
    tracemalloc.start()
    found = stage_difference(stage, np.ones(1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.allclose(found.value, np.arange(20_000), rtol=1e-9, atol=1e-12)
    assert peak < 256 << 20


def test_differences_that_do_not_fit_are_refused():
    stage = stages("functions:\n  f(v): v*sum(v)\nat: [" + "1, " * 99 + "1]\n")[0]
    with allowing(1 << 20), pytest.raises(JacchainError, match="differences for 10,000 entries of `f`"):
        stage_difference(stage, np.ones(100))
    claim_differences("f", 10_000, None)


def test_a_product_with_what_no_input_reaches_takes_nothing():
    claim_stages(stages("constants:\n  W: [[0, 0], [0, 0]]\nfunctions:\n  f(v): W @ (W @ v)\nat: [1, 2]\n"))
