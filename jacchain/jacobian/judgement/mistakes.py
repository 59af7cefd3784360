"""A hand-derived Jacobian that disagrees: the slip behind the numbers.

Mistakes of the whole matrix are looked for first, then those of single entries; what is left is said to be wrong and no more.
"""

from __future__ import annotations

from collections.abc import Callable

from jacchain.jacobian.judgement import single_entries, whole_matrix
from jacchain.jacobian.judgement.diagnosis import Diagnosis
from jacchain.jacobian.judgement.sheet import Sheet

LARGEST = 1 << 18
"""Entries of a matrix up to which mistakes of the whole matrix are looked for."""

OF_THE_WHOLE: tuple[Callable[[Sheet], None], ...] = (
    whole_matrix.inverse,
    whole_matrix.transposed,
    whole_matrix.other_operations,
    whole_matrix.rows,
    whole_matrix.columns,
    whole_matrix.misread,
)
OF_ENTRIES: tuple[Callable[[Sheet], None], ...] = (
    single_entries.zeros,
    single_entries.signs,
    whole_matrix.exchanged,
    single_entries.slips,
    single_entries.functions,
    single_entries.ratios,
    single_entries.other_inputs,
    single_entries.factors,
    single_entries.rest,
)


def mistakes(sheet: Sheet) -> list[Diagnosis]:
    """All mistakes in the order of the tables: each crosses off the entries that it explains."""
    for look in (*(OF_THE_WHOLE if sheet.wrong.size <= LARGEST else ()), *OF_ENTRIES):
        look(sheet)
    return sheet.found
