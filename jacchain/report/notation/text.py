"""Text that is safe to print: cleaned of everything that could act on a terminal, measured in cells, cut, or turned to ASCII."""

from __future__ import annotations

import re
import unicodedata

from jacchain.report.document import Run
from jacchain.report.look import Look

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta", "ι": "iota",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon",
    "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi",
    "Π": "Pi", "Σ": "Sigma", "Υ": "Upsilon", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "ϕ": "phi", "ϵ": "epsilon", "ς": "sigma",
}  # fmt: skip

ASCII = str.maketrans(
    GREEK
    | {
        "∂": "d", "∇": "grad ", "ᵀ": "T", "ℝ": "R", "→": "->", "←": "<-", "↑": "up", "↓": "down", "∈": "in", "·": ".", "×": "x",
        "–": "-", "—": "-", "−": "-", "…": "...", "⋯": "...", "⋮": ":", "⎡": "[", "⎢": "[", "⎣": "[", "⎤": "]", "⎥": "]",
        "⎦": "]", "▐": ">", "▌": "<", "│": "|", "├": "|", "└": "`", "─": "-", "█": "#", "≤": "<=", "≥": ">=", "≠": "!=",
        "≈": "~", "±": "+-", "∞": "inf", "√": "sqrt", "∘": "o", "✓": "ok", "✗": "x", "“": '"', "”": '"', "‘": "'",
        "’": "'", "�": "?", "␛": "?", "⌈": "[", "⌊": "[", "°": "deg", "▏": "", "▎": "", "▍": "", "▋": "#", "▊": "#", "▉": "#",
    }
)  # fmt: skip
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
PLAIN_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "01234567890123456789-")

_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_LOWERED = re.compile("[₀₁₂₃₄₅₆₇₈₉]+")
_COMPONENT = re.compile(r"(?<=\w)\[([0-9]+)\]$")


def cleaned(text: str) -> str:
    """The text with every character that acts instead of showing replaced by one that shows, one for one.

    Control characters become their pictures (``␛``), blanks of any kind a space, and what cannot be shown, bidirectional and
    zero-width marks and halves of surrogate pairs included, becomes ``�``.
    """
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    if character in "\t\u2028\u2029" or unicodedata.category(character) == "Zs":
        return " "
    if character < " ":
        return chr(0x2400 + ord(character))
    return "␡" if character == "\x7f" else "�"


def to_ascii(text: str, *, symbol: bool = False) -> str:
    """The text in ASCII: ``θ`` is spelled, ``x₁`` becomes ``x[1]``, or ``x1`` in a symbol of ours, ``R²`` becomes ``R^2``."""
    if text.isascii():
        return text
    text = _LOWERED.sub(lambda found: _plain(found) if symbol else f"[{_plain(found)}]", text)
    text = text.replace("·", "*").replace("Δ", "Delta ") if symbol else text
    text = _RAISED.sub(lambda found: f"^{_plain(found)}", text).translate(ASCII)
    if text.isascii():
        return text
    return "".join(map(_nearest, text))


def _plain(found: re.Match[str]) -> str:
    return found.group().translate(PLAIN_DIGITS)


def _nearest(character: str) -> str:
    """A letter without its accents, else ``?`` in as many copies as the character has cells."""
    if character.isascii():
        return character
    near = "".join(part for part in unicodedata.normalize("NFKD", character) if part.isascii())
    return near if near.isprintable() and near.strip() else "?" * cells(character)


def spoken(run: Run, look: Look) -> Run:
    """The run as it may be printed: cleaned, and in ASCII where the terminal has no more."""
    text = cleaned(run.text)
    return Run(to_ascii(text, symbol=run.role == "symbol"), run.role) if look.ascii_only else Run(text, run.role)


def spoken_text(text: str, look: Look) -> str:
    """A text as it may be printed."""
    return spoken(Run(text), look).text


def cells(text: str) -> int:
    """How many cells of a terminal the cleaned text takes: none for a combining mark, two for a wide character."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def shortened(text: str, width: int, mark: str = "…") -> str:
    """The text, or its beginning and the mark when it takes more than ``width`` cells."""
    if cells(text) <= width:
        return text
    if width < cells(mark):
        return ""
    room = width - cells(mark)
    kept = []
    for character in text:
        room -= _cells(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + mark


def component(name: str) -> str:
    """The name of a component as people read it: ``f[1]`` is ``f₁``."""
    return _COMPONENT.sub(lambda found: found[1].translate(SUBSCRIPTS), name) if name.endswith("]") else name


def base(name: str) -> str:
    """The name without the number of the component: ``f[1]`` belongs to ``f``."""
    return _COMPONENT.sub("", name) if name.endswith("]") else name
