"""How many digits of a number are left: rounding measured, exact numbers known, underflow and lost digits said."""
