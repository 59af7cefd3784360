"""Mathematics in TeX: symbols, formulas of the language, matrices.  Markdown and LaTeX share it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from jacchain.report.document import Equation, Formulas, Matrix, Run, Runs, Vector
from jacchain.report.layout.matrix import OUTER_ROWS, ROWS
from jacchain.report.layout.strip import entries
from jacchain.report.look import Look
from jacchain.report.notation.elision import shown_numbers
from jacchain.report.notation.number import MARK, MARK_NOTE, UNCERTAIN, UNCERTAIN_NOTE, number_texts
from jacchain.report.notation.text import GREEK, PLAIN_DIGITS, cleaned, component

COLUMNS, OUTER_COLUMNS = 10, 8
"""Columns up to which a matrix is written whole, and how many are written of a wider one."""
NUMBERS = 8
NOTES = {
    r"\approx 0": rf"$\approx 0$ {UNCERTAIN_NOTE.removeprefix(UNCERTAIN).strip()}",
    r"{\sim}": rf"$\sim$ {MARK_NOTE.removeprefix(MARK).strip()}",
}
"""What is to be explained at the end, and how."""
LINE = 96
"""Characters of a display that are written on one line."""

FUNCTIONS = {"sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "min", "max"}
NAMED = {
    "asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan", "log10": r"\log_{10}", "log2": r"\log_{2}", "pi": r"\pi",
    "tau": r"\tau", "<=": r"\le ", ">=": r"\ge ", "!=": r"\ne ", "==": "=", "*": r"\,", "@": r"\,", "'": r"^{\top}",
    "and": r"\land ", "or": r"\lor ", "not": r"\lnot ",
}  # fmt: skip
SIGNS = {
    "∂": r"\partial ", "∇": r"\nabla ", "ᵀ": r"^{\top}", "→": r"\to ", "∈": r"\in ", "·": r"\cdot ", "×": r"\times ",
    "…": r"\dots ", "⋯": r"\cdots ", "⋮": r"\vdots ", "≤": r"\le ", "≥": r"\ge ", "≈": r"\approx ", "±": r"\pm ",
    "∞": r"\infty ", "−": "-",
}  # fmt: skip
GREEK_COMMANDS = {name: rf"\{name}" for name in GREEK.values() if name not in {"omicron", "upsilon", "Upsilon"}}
ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "^": r"\textasciicircum{}",
        "_": r"\_", "~": r"\textasciitilde{}", "%": r"\%",
    }
)  # fmt: skip

_TOKEN = re.compile(r"(?P<number>[0-9.]+(?:e[-+]?[0-9]+)?)|(?P<name>[^\W\d]\w*)|(?P<sign>[<>=!]=|.)", re.DOTALL)
_SYMBOL = re.compile(r"(?P<quotient>∂(?P<top>[^/]*)/∂(?P<bottom>\([^)]*\)|[^ =]*))|(?P<name>[^\W\d]\w*)|(?P<other>.)", re.DOTALL)
_NEEDLESS = re.compile(r"(\\[a-zA-Z]+) +(?![a-zA-Z0-9])")
_SCRIPTS = re.compile(r"[\x00-\x7f]+|[^\x00-\x7f]+")
_GREEK_OR_NOT = re.compile(f"[{''.join(GREEK)}]+|[^{''.join(GREEK)}]+")
_LOWERED = re.compile("^(.*?)([₀₁₂₃₄₅₆₇₈₉]+)$")
_OURS = re.compile("^([JP])([0-9₀₁₂₃₄₅₆₇₈₉]+)(ᵀ?)$")

_UNUSUAL = re.compile(rf"{UNCERTAIN}|-?[0-9.]+(?:e[-+]?[0-9]+)?{MARK}|-?[0-9.]+e[-+]?[0-9]+")


def name(text: str) -> str:
    """A name: one letter in italics, a Greek letter as itself, a word upright, a component as a subscript."""
    text = component(cleaned(text))
    if text == "…":
        return r"\dots"
    if found := _LOWERED.match(text):
        return f"{name(found[1])}_{{{found[2].translate(PLAIN_DIGITS)}}}" if found[1] else found[2].translate(PLAIN_DIGITS)
    if text.endswith("ᵀ"):
        return rf"{name(text[:-1])}^{{\top}}"
    if text in GREEK:
        text = GREEK[text]
    if text in GREEK_COMMANDS:
        return GREEK_COMMANDS[text]
    return text if len(text) == 1 and text.isascii() and text.isalpha() else _upright(text)


def _upright(text: str) -> str:
    """A word inside mathematics: Greek letters as themselves, blanks and accents as in a text."""
    parts = []
    for part in _GREEK_OR_NOT.findall(text):
        if part[0] in GREEK:
            parts += [GREEK_COMMANDS.get(GREEK[letter], rf"\mathrm{{{GREEK[letter]}}}") for letter in part]
        else:
            parts.append(rf"\{'mathrm' if part.isascii() and ' ' not in part else 'text'}{{{escaped(part)}}}")
    return "".join(parts)


def symbol(text: str) -> str:
    """A symbol of ours: ``J₂ᵀ``, ``P1 = J₄ᵀ J₅ᵀ``, ``∂act1/∂net1``, ``∇E``."""
    return _tight("".join(_symbol_parts(cleaned(text))))


def _tight(tex: str) -> str:
    """Without the spaces behind commands that nothing needs."""
    return _NEEDLESS.sub(r"\1", tex).strip()


def _symbol_parts(text: str) -> Iterator[str]:
    for found in _SYMBOL.finditer(text):
        if found["quotient"]:
            yield rf"\frac{{\partial {names(found['top'])}}}{{\partial {names(found['bottom'])}}}"
        elif found["name"] and (ours := _OURS.match(found["name"])):
            yield rf"{ours[1]}_{{{ours[2].translate(PLAIN_DIGITS)}}}" + (r"^{\top}" if ours[3] else "")
        elif found["name"] and found["name"][0] == "Δ":
            yield r"\Delta " + name(found["name"][1:])
        elif found["name"]:
            yield name(found["name"])
        else:
            yield SIGNS.get(found["other"], escaped(found["other"]))


def names(text: str) -> str:
    """A name, or several in parentheses."""
    if text.startswith("(") and text.endswith(")"):
        return f"({', '.join(name(part) for part in text[1:-1].split(', '))})"
    return name(text)


def formula(text: str) -> str:
    """A formula of the language."""
    tokens = [(str(found.lastgroup), found.group()) for found in _TOKEN.finditer(cleaned(text))]
    written, _ = _sequence(tokens, 0, "")
    return _tight(written)


def _sequence(tokens: list[tuple[str, str]], start: int, closing: str) -> tuple[str, int]:
    """What stands up to the closing bracket, and where it ends."""
    parts: list[str] = []
    number = start
    while number < len(tokens) and tokens[number][1] != closing:
        if tokens[number][1] == "^":
            if parts and parts[-1] == NAMED["'"]:
                parts[-2:] = [f"{{{''.join(parts[-2:])}}}"]
            power, number = _power(tokens, number + 1)
            parts.append(power)
        else:
            part, number = _atom(tokens, number, parts)
            parts.append(part)
    return "".join(parts), number + 1


def _power(tokens: list[tuple[str, str]], number: int) -> tuple[str, int]:
    """What stands above, with its sign, its index and what stands above it; and where the next begins."""
    sign = "-" if number < len(tokens) and tokens[number][1] == "-" else ""
    power, number = _atom(tokens, number + len(sign), [])
    is_group = power[:1] == "(" and not sign
    while number < len(tokens) and tokens[number][1] in {"[", "^"}:
        above = tokens[number][1] == "^"
        more, number = _power(tokens, number + 1) if above else _atom(tokens, number, [power])
        power, is_group = power + more, False
    return f"^{{{sign}{power[1:-1] if is_group else power}}}", number


def _atom(tokens: list[tuple[str, str]], number: int, before: list[str]) -> tuple[str, int]:
    """A number, a name with its call, a group in brackets, or a sign; and where the next begins."""
    if number >= len(tokens):
        return "", number
    kind, text = tokens[number]
    if text == "(":
        inside, number = _sequence(tokens, number + 1, ")")
        return f"({inside})", number
    if text == "[":
        inside, number = _sequence(tokens, number + 1, "]")
        after_name = bool(before) and (before[-1][-1:].isalnum() or before[-1].endswith("}"))
        return (f"_{{{inside}}}" if after_name else f"[{inside}]"), number
    if kind == "number":
        return number_tex(text), number + 1
    if kind == "sign":
        return NAMED.get(text, SIGNS.get(text, escaped(text))), number + 1
    called = number + 1 < len(tokens) and tokens[number + 1][1] == "("
    written = NAMED.get(text) or (
        rf"\{text}" if text in FUNCTIONS else rf"\operatorname{{{escaped(text)}}}" if called else name(text)
    )
    if called:
        inside, number = _sequence(tokens, number + 2, ")")
        return (rf"\sqrt{{{inside}}}" if text == "sqrt" else f"{written}({inside})"), number
    return (f"{written} " if written[-1].isalpha() and written.startswith("\\") else written), number + 1


def notes(written: str) -> list[str]:
    """What is to be explained at the end of a text in TeX or Markdown: signs that stand for what an error bar leaves."""
    return [note for sign, note in NOTES.items() if sign in written]


def number_tex(text: str) -> str:
    """A number as it is shown elsewhere, powers of ten written out."""
    if text == UNCERTAIN:
        return r"\approx 0"
    if text.endswith(MARK):
        return rf"{number_tex(text.removesuffix(MARK))}{{\sim}}"
    mantissa, found, power = text.partition("e")
    if found:
        return rf"{mantissa}\cdot 10^{{{int(power)}}}"
    return {"inf": r"\infty", "-inf": r"-\infty", "nan": r"\mathrm{nan}"}.get(text, text)


def numbers_tex(text: str, escape: Callable[[str], str]) -> str:
    """Numbers among words: powers of ten and what an error bar leaves as mathematics, the rest as ``escape`` writes it."""
    parts, start = [], 0
    for found in _UNUSUAL.finditer(text):
        parts += [escape(text[start : found.start()]), f"${number_tex(found.group())}$"]
        start = found.end()
    return "".join([*parts, escape(text[start:])])


def run_tex(run: Run, escape: Callable[[str], str]) -> str:
    """A piece of running text: what is mathematics as such, the rest as ``escape`` writes it."""
    match run.role:
        case "symbol":
            return f"${symbol(run.text)}$"
        case "formula":
            return f"${formula(run.text)}$"
        case "name":
            return f"${names(run.text)}$"
        case "number" | "uncertain" | "negative":
            return numbers_tex(run.text, escape)
        case _:
            return escape(run.text)


def matrix_rows(matrix: Matrix, look: Look) -> list[list[str]]:
    """The entries of a matrix in TeX, the middle left out where it is large."""
    m, n = matrix.linear.shape
    rows = shown_numbers(m, m if look.full or m <= ROWS else OUTER_ROWS)
    columns = shown_numbers(n, n if look.full or n <= COLUMNS else OUTER_COLUMNS)
    grid = [
        [r"\cdot" if role == "structural" else number_tex(text) for text, role in row]
        for row in entries(matrix, rows, columns, look)
    ]
    if len(columns) < n:
        grid = [[*row[: OUTER_COLUMNS // 2], r"\cdots", *row[OUTER_COLUMNS // 2 :]] for row in grid]
    if len(rows) < m:
        grid.insert(OUTER_ROWS // 2, [r"\vdots"] * len(grid[0]))
    return grid


def grid_tex(rows: list[list[str]]) -> str:
    """Entries between parentheses."""
    body = r" \\ ".join(" & ".join(row) for row in rows)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"


def equation(display: Equation, look: Look) -> str:
    """An equation, on several lines where it is long."""
    parts = [symbol("".join(run.text for run in display.lead)).removesuffix("=").rstrip()] if display.lead else []
    parts += [f"= {term}" if parts and not number else term for number, term in enumerate(_terms(display, look))]
    if sum(map(_length, parts)) <= LINE or len(parts) < 2:
        return " ".join(parts)
    lines: list[str] = []
    for part in parts:
        fresh = not lines or (part.startswith(("=", r"\cdot", r"\begin")) and _length(lines[-1]) + _length(part) > LINE)
        lines[len(lines) - (not fresh) :] = [part if fresh else f"{lines[-1]} {part}"]
    broken = r" \\ & ".join(lines)
    return rf"\begin{{aligned}} & {broken} \end{{aligned}}"


def _terms(display: Equation, look: Look) -> Iterator[str]:
    """Every matrix with the sign before it."""
    before = ""
    for term in display.terms:
        match term:
            case Matrix():
                yield before + grid_tex(matrix_rows(term, look))
            case Formulas():
                yield before + grid_tex([[r"\cdot" if entry == "0" else formula(entry) for entry in row] for row in term.entries])
            case _:
                before = words_tex(term) + " "
                continue
        before = ""


def words_tex(parts: Runs) -> str:
    """Words inside a display: signs as mathematics, the rest as text."""
    return "".join(symbol(run.text) if run.role in {"symbol", "text"} else _worded(run.text) for run in parts)


def _worded(text: str) -> str:
    """Words inside a display, signs between them as mathematics."""
    return "".join(rf"\text{{{escaped(part)}}}" if part.isascii() else symbol(part) for part in _SCRIPTS.findall(text))


def _length(tex: str) -> int:
    """About how many characters wide a display is: one row of each matrix."""
    rows = re.sub(r"\\begin\{pmatrix\}(.*?)(?: \\\\ .*?)?\\end\{pmatrix\}", r"\1", tex)
    return len(re.sub(r"\\[a-zA-Z]+|[{}&$]", "", rows))


def vector_text(vector: Vector, look: Look) -> str:
    """Numbers in a row, and how many more there are."""
    shown = vector.values if look.full or vector.values.size <= NUMBERS else vector.values[: NUMBERS - 2]
    texts = number_texts(shown.tolist(), look.digits, None if vector.error_bar is None else vector.error_bar.tolist())
    more = [f"{vector.values.size - shown.size:,} more"] if shown.size < vector.values.size else []
    return numbers_tex(", ".join(texts + more), str)


def escaped(text: str) -> str:
    """Text for TeX: its own signs escaped, mathematics in its mode, letters of scripts that fonts lack spelled."""
    return "".join(map(_letter, cleaned(text)))


def _letter(character: str) -> str:
    if character.isascii():
        return character.translate(ESCAPES)
    if character in SIGNS:
        return rf"\ensuremath{{{SIGNS[character].strip()}}}"
    if character in GREEK:
        return rf"\ensuremath{{{GREEK_COMMANDS.get(GREEK[character], GREEK[character])}}}"
    plain = character.translate(PLAIN_DIGITS)
    if plain != character:
        return rf"\ensuremath{{{'_' if character in '₀₁₂₃₄₅₆₇₈₉' else '^'}{{{plain}}}}}"
    return character if "LATIN" in unicodedata.name(character, "") else "?"
