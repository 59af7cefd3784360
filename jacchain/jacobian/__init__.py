"""From a stage at a point to its Jacobian: analytically, by differences, and the verdict between the two."""
