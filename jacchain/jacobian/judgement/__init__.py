"""Two Jacobians of one function against each other: the verdict from their error bars, and what is wrong when they disagree."""
