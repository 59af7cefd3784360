"""Where a function has no derivative, or none that its rules yield: domains, kinks, and how far a point is from them."""
