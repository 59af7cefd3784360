"""The planner: from shapes, zero patterns and operation counts to the cheapest order of the products, and its execution.

Everything here reads the gradient chain ``J₁ᵀ J₂ᵀ … J_qᵀ`` from left to right: with ``dims = (d₀, …, d_q)`` the factor
``Jᵢᵀ`` is ``d[i-1] × d[i]`` and the sub-chain ``i:j`` is ``d[i-1] × d[j]``, counted from 1 as on paper.

An :class:`~jacchain.chain.instance.Instance` says what is asked (``fields`` reads one that was written down), ``planner``
answers with a :class:`~jacchain.chain.plan.Plan`, ``survey`` looks at what the plan was chosen from, ``products`` carries it out.

What finds the optimum: ``dynamic``, the recurrence, for every mode; for long chains the same a length at a time, in ``lengths``,
where ``mixing`` lets the prices fall apart, once for equal sub-chains, in ``repeated``, else a block at a time, in ``blocked``;
``polygon`` for dense chains of any length; ``memory`` under a limit on live entries.  What judges it: ``polygon`` again,
``narrow`` where a width is one, ``lightest`` for everything.  All take their costs from ``prices``, or from ``structures`` where
there are zero patterns.
"""
