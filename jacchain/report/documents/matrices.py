"""The matrices of a run with their labels and their error bars, and how they are called."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from jacchain.chain.plan import Operand
from jacchain.errors import JacchainError, Problem
from jacchain.frozen import Frozen
from jacchain.linear.enclosure import Enclosure
from jacchain.linear.map import LinearMap, Numbers
from jacchain.report.document import Document, Equation, Matrix, Run, runs
from jacchain.report.notation.matrix_name import matrix_name
from jacchain.report.notation.number import ROUNDED, UNKNOWN
from jacchain.report.notation.symbols import jacobian_symbol, operand_symbol
from jacchain.results import Report

FEW = 8
"""Digits from which on a number of the result is shown without an error bar."""


class Bars(Frozen):
    """The error bars of everything in a report: proved ones, else those of the method; zero of what is exact.

    What is no further off than usual has the bar of a rounded number, so that it keeps its zeros and all digits asked for.
    """

    report: Report

    def value(self, stage: int) -> Numbers:
        """Of the value of a stage (from 1): ``(m,)``."""
        result, certificate = self.report.stages[stage - 1], self.report.certificate
        if certificate is not None:
            return bar_of(result.value, certificate.values[stage - 1])
        if result.error_bar is not None:
            return result.error_bar
        return np.full(result.value.shape, UNKNOWN) if result.errors is None else np.where(result.errors > 0, ROUNDED, 0)

    def jacobian(self, stage: int) -> Numbers:
        """Of the Jacobian of a stage (from 1): ``(m, n)``."""
        jacobian, certificate = self.report.stages[stage - 1].jacobian, self.report.certificate
        if certificate is not None:
            return bar_of(jacobian.linear.dense[0], certificate.jacobians[stage - 1])
        if jacobian.error_bar is not None:
            return jacobian.error_bar
        if jacobian.errors is None:
            return np.broadcast_to(UNKNOWN, jacobian.linear.shape)
        bars: Numbers = LinearMap(jacobian.linear.pattern, np.where(jacobian.errors > 0, ROUNDED, 0)[None]).dense[0]
        return bars

    def product(self, number: int) -> Numbers | None:
        """Of a product (from 1), in its shape; None for one beyond all doubles."""
        product, certificate = self.report.products[number - 1], self.report.certificate
        if number == len(self.report.products):
            return self.whole.T
        if product.exponent or (certificate is not None and certificate.products[number - 1].exponent):
            return None
        if certificate is not None:
            return bar_of(product.linear.dense[0], certificate.products[number - 1])
        if self.report.digits is None:
            return np.broadcast_to(UNKNOWN, product.linear.shape)
        errors = self.report.digits.errors[number - 1]
        return np.where(product.linear.dense[0] == 0, errors, np.where(errors > 0, ROUNDED, 0))

    @cached_property
    def whole(self) -> Numbers:
        """Of the Jacobian of the chain: ``(m, n)``; without proof, of the entries few digits of which survive."""
        report = self.report
        if report.certificate is not None:
            return bar_of(report.jacobian.dense[0], report.certificate.jacobian)
        if report.digits is None or not report.digits.errors:
            return np.broadcast_to(UNKNOWN, report.jacobian.shape)
        errors = report.digits.errors[-1].T
        return np.where(report.digits.surviving < FEW, errors, np.where(errors > 0, ROUNDED, 0))

    def along(self, vector: Numbers, product: Numbers, bars: Numbers) -> Numbers:
        """Of the Jacobian of the chain times a vector; ``bars`` has a column for each of its components."""
        taken = bars[:, vector != 0]
        off = np.where(taken > ROUNDED, taken, 0) @ np.abs(vector[vector != 0])
        rounded = np.where((taken > 0).any(1) | (product != 0), ROUNDED, 0)
        return np.where(np.isnan(taken).any(1), UNKNOWN, np.maximum(off, rounded))


def bar_of(numbers: Numbers, enclosure: Enclosure) -> Numbers:
    """How far each exact number can be from the one that was computed."""
    with np.errstate(all="ignore"):
        return np.asarray(np.maximum(np.abs(enclosure.upper - numbers), np.abs(numbers - enclosure.lower)))


def stage_matrix(report: Report, number: int) -> Matrix:
    """The Jacobian of a stage (from 1)."""
    stage = report.stages[number - 1]
    bar = Bars(report).jacobian(number)
    return Matrix(stage.jacobian.linear, jacobian_symbol(number), stage.outputs, stage.inputs, error_bar=bar)


def whole_matrix(report: Report) -> Matrix:
    """The Jacobian of the chain."""
    return Matrix(report.jacobian, "J", report.stages[-1].outputs, report.pipeline.inputs, error_bar=Bars(report).whole)


def operand_matrix(report: Report, operand: Operand) -> Matrix:
    """What a product multiplies, ``J₂ᵀ`` or ``P1``, with its error bars."""
    symbol, bars = operand_symbol(operand), Bars(report)
    if operand.kind == "stage":
        bar = bars.jacobian(operand.number)
        linear = report.stages[operand.number - 1].jacobian.linear.T
        return Matrix(linear, symbol, error_bar=bar.T)
    product = report.products[operand.number - 1]
    return Matrix(product.linear, symbol, exponent=product.exponent, error_bar=bars.product(operand.number))


def matrix_named(report: Report, text: str) -> Matrix:
    """The Jacobian of the chain (``J``) or of a stage (``J2``), or a product (``P1``), with its labels and its error bars.

    Raises JacchainError (JC003) when the run has no matrix of that name.
    """
    name = matrix_name(text)
    counts = {"J": len(report.stages), "P": len(report.products)}
    if name is None or name.entry is not None or name.number > counts[name.kind]:
        there = [f"{kind}1 … {kind}{count}" if count > 1 else f"{kind}1" for kind, count in counts.items() if count]
        message = f"there is no matrix `{text[:60]}` in this run"
        raise JacchainError(Problem("JC003", message, help=f"it has {', '.join(there)}, and J for the whole chain"))
    if not name.number:
        return whole_matrix(report)
    return stage_matrix(report, name.number) if name.kind == "J" else operand_matrix(report, Operand("product", name.number))


def matrix_document(matrix: Matrix) -> Document:
    """The matrix after its name."""
    return (Equation((matrix,), runs(Run(matrix.name, "symbol"), " =")),)
