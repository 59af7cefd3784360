"""The planner: from shapes, zero patterns and operation counts to the cheapest order of the products, and its execution.

Everything here reads the gradient chain ``J₁ᵀ J₂ᵀ … J_qᵀ`` from left to right: with ``dims = (d₀, …, d_q)`` the factor
``Jᵢᵀ`` is ``d[i-1] × d[i]`` and the sub-chain ``i:j`` is ``d[i-1] × d[j]``, counted from 1 as on paper.

An :class:`~jacchain.chain.instance.Instance` says what is asked, ``planner`` answers with a
:class:`~jacchain.chain.plan.Plan`, ``survey`` looks at what the plan was chosen from, ``products`` multiplies it out.
"""
