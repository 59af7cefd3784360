"""Linear maps on zero patterns, and their products."""
