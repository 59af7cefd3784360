"""From a stage at a point to its Jacobian, and what vouches for it.

What is here differentiates: ``analytic`` builds the Jacobian, ``directional`` multiplies with it.  Around it, each knowing only
those before: ``accuracy`` says how many digits are left, ``nonsmooth`` where there is no derivative, ``differences`` finds the
same numbers from values alone, ``judgement`` sets the two against each other.
"""
