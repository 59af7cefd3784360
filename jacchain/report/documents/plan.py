"""A plan as a document: the widths, the tree of products, and how the obvious orders compare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import comb, lgamma, log
from typing import TYPE_CHECKING

from jacchain.chain.plan import Plan, PlannedProduct
from jacchain.errors import counted
from jacchain.report.document import Block, Column, Document, Figure, Gap, Paragraph, Run, Runs, Table, headed, note, runs
from jacchain.report.documents.order import bracketing_text, remark_on
from jacchain.report.documents.survey import alternatives_blocks, candidates_blocks, optimum_text, triangle_blocks
from jacchain.report.layout.box import Box, padded, side_by_side, width_of, words
from jacchain.report.look import Look
from jacchain.report.notation.elision import elided, shown_numbers
from jacchain.report.notation.number import number_text
from jacchain.report.notation.symbols import jacobian_symbol, operand_symbol

if TYPE_CHECKING:
    from jacchain.chain.survey import Survey
    from jacchain.results import PipelineFacts

WIDTHS = 24
"""Widths up to which all are shown."""
TREE = 16
"""Factors up to which the tree is drawn."""
TABLE = 24
"""Products up to which all are listed."""
BAR = 25
"""Cells of the longest bar."""
EIGHTHS = " ▏▎▍▌▋▊▉"


def plan_document(plan: Plan, look: Look, pipeline: PipelineFacts | None = None, survey: Survey | None = None) -> Document:
    """The plan of a chain, the pipeline it belongs to, and what it was chosen from, as far as they are there."""
    blocks: list[Block] = []
    if pipeline is not None:
        blocks.append(Paragraph(runs(Run(pipeline.file, "title"))))
    blocks.append(_widths(plan, look))
    if plan.length == 1:
        return (*blocks, Paragraph(runs("one Jacobian: nothing to multiply")))
    if survey is not None:
        blocks += triangle_blocks(survey, look)
    blocks += [Gap(), *orders_blocks(plan, look), Gap(), *_verdict(plan, survey, look)]
    if survey is not None:
        blocks += [*alternatives_blocks(survey.alternatives, plan.length, look), *candidates_blocks(survey.candidates, look)]
    return tuple(blocks)


def orders_blocks(plan: Plan, look: Look) -> Iterator[Block]:
    """The products, as a tree where that fits, and what the orders cost."""
    tree = _tree(plan) if plan.length <= TREE else ()
    if tree and max(width_of(line) for line in tree) <= look.width:
        yield Figure(_beside(tree, _bars(plan, look), look))
        return
    yield from _products(plan, look)
    yield Gap()
    yield Figure(_bars(plan, look))


def _widths(plan: Plan, look: Look) -> Paragraph:
    shown = shown_numbers(len(plan.dims), len(plan.dims) if look.full or len(plan.dims) <= WIDTHS else WIDTHS // 2)
    texts = [f"{plan.dims[number]:,}" for number in shown]
    if len(shown) < len(plan.dims):
        texts.insert(len(shown) // 2, f"… {len(plan.dims) - len(shown):,} more …")
    count = f"{counted(plan.length, 'Jacobian')}, {ways(plan.length)} to bracket"
    return headed("widths", Run(" → ".join(texts), "number"), "   ", Run(count, "note"))


def ways(length: int) -> str:
    """In how many ways a chain can be bracketed: the Catalan number of its products."""
    if length > 400:
        size = (lgamma(2 * length - 1) - lgamma(length) - lgamma(length + 1)) / log(10)
        return f"about 10^{round(size):,} ways"
    catalan = comb(2 * (length - 1), length - 1) // length
    return counted(catalan, "way") if catalan < 10**12 else f"about {catalan:.2e} ways".replace("e+", "e")


def _tree(plan: Plan) -> tuple[Runs, ...]:
    """The products as a tree, each above its operands: its shape, what it costs, and how it is formed where not as a product."""
    built = {accumulation.stage: accumulation for accumulation in plan.accumulations if accumulation.multiplications}
    lines: list[Runs] = []
    pending = [("product", plan.length - 1, "", "")]
    while pending:
        kind, number, before, below = pending.pop()
        if kind == "stage":
            m, n = plan.dims[number - 1], plan.dims[number]
            node: list[str | Run] = [Run(f"{jacobian_symbol(number)}ᵀ", "symbol"), f"  {m:,}×{n:,}"]
            if number in built:
                how = "" if built[number].operation == "given" else f"   built by {built[number].operation}s"
                node += [Run(f"   {built[number].multiplications:,}", "number"), Run(how, "note")]
            lines.append(runs(Run(before, "note"), *node))
            continue
        product = plan.products[number - 1]
        lines.append(runs(Run(before, "note"), *_step(product)))
        pending.append((product.right.kind, product.right.number, f"{below}└─ ", f"{below}   "))
        pending.append((product.left.kind, product.left.number, f"{below}├─ ", f"{below}│  "))
    return tuple(lines)


def _step(product: PlannedProduct) -> Runs:
    m, n = product.shape
    structure = "" if product.structure in {"dense", "scalar"} else f"   {product.structure}"
    how = "" if product.operation == "multiply" else f"   by {product.operation}s"
    cost = Run(f"   {product.multiplications:,}", "number")
    return runs(Run(f"P{product.number}", "symbol"), f"  {m:,}×{n:,}", cost, Run(structure + how, "note"))


def _bars(plan: Plan, look: Look) -> tuple[Runs, ...]:
    """What the orders cost, as bars, and how many times the cheapest."""
    costs = {"optimal": plan.optimum}
    if plan.order != "optimal":
        costs[plan.order] = plan.multiplications
    costs |= {"forward": plan.forward, "reverse": plan.reverse}
    more = {
        "all tangents": plan.tangent,
        "all adjoints": plan.adjoint,
        "all Jacobians first": plan.preaccumulation,
        "worst": plan.worst,
    }
    costs |= {name: cost for name, cost in more.items() if cost is not None}
    most, least = max(costs.values()), min(costs.values())
    if most == least:
        return (runs(Run(f"every order costs {most:,}", "note")),)
    name_width, cost_width = max(map(len, costs)), len(f"{most:,}")
    ratios = {name: f"{number_text(cost / least, 2)}×" if least and cost > least else "" for name, cost in costs.items()}
    bar = min(BAR, max(4, look.width - name_width - cost_width - max(map(len, ratios.values())) - 5))
    lines = []
    for name, cost in sorted(costs.items(), key=lambda item: item[1]):
        drawn = _bar(bar * 8 * cost // most if most else 0, bar, look)
        title = Run(f"{name:{name_width}}  ", "heading" if name == plan.order else "text")
        lines.append(runs(title, Run(f"{cost:>{cost_width},}  ", "number"), f"{drawn} ", Run(ratios[name], "note")))
    return tuple(lines)


def _bar(eighths: int, width: int, look: Look) -> str:
    if look.ascii_only:
        return ("#" * max(1, round(eighths / 8))).ljust(width)
    whole, rest = divmod(max(eighths, 1), 8)
    return ("█" * whole + EIGHTHS[rest].strip()).ljust(width)


def _beside(left: Sequence[Runs], right: Sequence[Runs], look: Look) -> tuple[Runs, ...]:
    """Two figures beside each other where both fit, else one below the other."""
    first, second = (_box(lines, look) for lines in (left, right))
    if first.width + 4 + second.width <= look.width:
        return side_by_side([padded(first, first.width + 4), second], 0).lines
    return (*left, (), *right)


def _box(lines: Sequence[Runs], look: Look) -> Box:
    boxes = [words(line, look) for line in lines]
    width = max(box.width for box in boxes)
    return Box(width, tuple(padded(box, width).lines[0] for box in boxes))


def _products(plan: Plan, look: Look) -> Iterator[Block]:
    """The products in the order they are computed, as a table."""
    rows = [
        number if isinstance(number, Run) else _product_row(plan.products[number], plan.multiplications)
        for number in elided("products", len(plan.products), TABLE, look)
    ]
    columns = (
        Column("product"),
        Column("shape", optional=1),
        Column("multiplications", "right"),
        Column("share", "right", optional=2),
        Column("structure", optional=3),
    )
    yield Table(columns, tuple(rows))


def _product_row(product: PlannedProduct, total: int) -> tuple[Runs, ...]:
    m, n = product.shape
    text = f"P{product.number} = {operand_symbol(product.left)} {operand_symbol(product.right)}"
    share = f"{100 * product.multiplications / total:.0f} %" if total else ""
    how = "" if product.operation == "multiply" else f", by {product.operation}s"
    return (
        runs(Run(text, "symbol")),
        runs(f"{m:,}×{n:,}"),
        runs(Run(f"{product.multiplications:,}", "number")),
        runs(share),
        runs(f"{product.structure}{how}"),
    )


def _verdict(plan: Plan, survey: Survey | None, look: Look) -> Iterator[Block]:
    yield headed("order", Run(bracketing_text(plan.tree, plan.length, look), "symbol"))
    cost = counted(plan.multiplications, "multiplication")
    bound = ", at most: the zero patterns are too large to count on" if plan.upper_bound else ""
    remark = "" if plan.forward == plan.reverse == plan.worst else remark_on(plan)
    yield Paragraph(runs(Run(cost, "number"), bound, Run(remark and f"   {remark}", "note")), indent=7)
    yield note(f"at most {counted(plan.peak)} of intermediate matrices {'is' if plan.peak == 1 else 'are'} alive at a time", 7)
    if survey is not None and (standing := optimum_text(survey, plan.optimum)):
        yield note(standing, 7)
    if plan.confirmed:
        yield Paragraph(runs(Run(f"confirmed by {', '.join(plan.confirmed)}", "good")), indent=7)
