"""The one table of error codes: what each means in general, and the way out.  ``jacchain explain JC252`` reads it.

The hundred decides the exit code (``errors.exit_code``): JC0 usage, JC1-JC3 the pipeline file, JC4 numbers, JC5 output.
A code keeps its meaning for ever; one that is no longer raised leaves the table and is not used again.
"""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """What a code is about, in a few words, and the explanation that a person asks for."""

    title: str
    explanation: str


# fmt: off
CODES: dict[str, Code] = {
    # JC0: the command line
    "JC020": Code("not an order of products",
        "An order is `optimal`, `forward`, `reverse`, or a bracketing such as '(1 (2 3))'. "
        "Quote a bracketing, since a shell reads parentheses itself."),
    "JC021": Code("a product with other than two operands",
        "Matrices are multiplied two at a time, so each pair of parentheses holds two things. "
        "Write ((1 2) 3) or (1 (2 3)) for three factors."),
    "JC022": Code("factors missing or out of order",
        "A bracketing names the factors 1, 2, 3, … once each and in this order, because matrices do not commute. "
        "Only the parentheses are free to choose."),

    # JC150-JC199: the words and the grammar of an expression
    "JC150": Code("empty expression",
        "Nothing stands where a formula is expected. "
        "Write a number, a name or a formula such as `sin(x) + 1`."),
    "JC151": Code("a character outside the language",
        "Expressions are made of letters, digits, `+ - * / ^ @ ( ) [ ] , :` and comparisons; look-alikes of other scripts do not count. "
        "The message says what to write instead where that is known."),
    "JC152": Code("a value is missing",
        "An operator, a comma or a parenthesis stands where a number, a name or a call is expected. "
        "Complete the expression at that place."),
    "JC153": Code("parentheses do not match",
        "Every `(` and `[` needs its own `)` or `]`. "
        "Close the one that is pointed at, or delete it."),
    "JC154": Code("an expression goes on where it is complete",
        "Two values stand beside each other without an operator, or a sign has no place there. "
        "Products are always written with `*`: `2*x`, never `2x`."),
    "JC155": Code("a number too large for a double",
        "Doubles end at about 1.797e308. "
        "Scale the quantity, or work with its logarithm."),
    "JC156": Code("comparisons do not chain",
        "`0 < x < 1` means different things in different languages, so it means nothing here. "
        "Write `0 < x and x < 1`."),
    "JC198": Code("a text beyond a limit",
        "Files and expressions are limited in length, depth and number of parts, so that no file can exhaust the machine. "
        "The message names the limit; split the text, or name parts of it with `let`."),

    # JC200-JC249: shapes inside an expression and along the chain
    "JC202": Code("an operator between shapes it does not combine",
        "`+ - *` and `/` combine numbers and vectors component by component; of matrices only constant ones of equal shape, or with a number. "
        "Write `@` for the product of a matrix and a vector."),
    "JC203": Code("sizes around `@` differ",
        "`A @ v` needs as many columns of `A` as `v` has components. "
        "`transpose(A)` turns a matrix, and the message says both sizes."),
    "JC204": Code("lengths differ",
        "Operations that work component by component need vectors of one length; a single number goes with any length. "
        "Cut a vector with a slice such as `v[1:3]`, or stack one with `[a, b]`."),
    "JC205": Code("a matrix where numbers or vectors are due",
        "Matrices are constants: they are multiplied by vectors with `@`, transposed and indexed, and nothing else. "
        "Multiply first, then apply the function to the vector."),
    "JC206": Code("not an index",
        "Indices are whole numbers that count from 1, as in x₁, and do not depend on the inputs. "
        "The first component is `x[1]`; to choose by value write `where(condition, a, b)`."),
    "JC207": Code("an index outside its vector or matrix",
        "The index is larger than the size, or a slice is empty. "
        "Both ends of a slice are included: `x[2:4]` has three components."),
    "JC211": Code("a condition where a number is due, or the reverse",
        "Comparisons and `and or not` make conditions, and conditions only choose. "
        "Turn one into a number with `where(condition, 1, 0)`."),
    "JC212": Code("an output that is a matrix",
        "A function yields numbers and vectors. "
        "Multiply the matrix by a vector, or pick a row such as `A[1, :]`."),
    "JC213": Code("a slice outside an index",
        "`first:last` has a meaning only inside `[ ]`. "
        "Write `x[2:4]`."),

    # JC250-JC299: names inside an expression
    "JC251": Code("a function without its arguments",
        "The name belongs to a function of the table, and a function is not a number. "
        "Call it: `sin(x)`."),
    "JC252": Code("an unknown name",
        "A name is a parameter of the function, a `let` above, a constant of the file, or one of `pi`, `e`, `tau`. "
        "Outputs and other functions of the file are not visible inside an expression."),
    "JC253": Code("an unknown function",
        "`jacchain functions` lists every function of the language. "
        "Functions of the file are combined by `chain`, not called inside expressions."),
    "JC254": Code("a call with the wrong number of arguments",
        "The message says what the function takes. "
        "`jacchain functions NAME` shows an example."),

    # JC4: numbers
    "JC401": Code("a value is undefined",
        "The point or a constant lies outside the domain of a function, such as the logarithm of a negative number. "
        "The message says which sub-expression it was and what it was given; choose another point."),
    "JC402": Code("a value overflows",
        "A number became larger than any double. "
        "Scale the function, or write it in a form that stays small, such as `logsumexp`."),
    "JC403": Code("a derivative is not finite",
        "The value exists but its derivative does not, such as that of `sqrt(x)` at 0. "
        "Choose another point, or a function that is smooth there."),
    "JC405": Code("the function jumps at the point",
        "A jump has no derivative and no set of generalised ones, so no number is shown. "
        "Choose a point on one side of it."),
    "JC406": Code("the slope is infinite at the point",
        "Close to the point the derivative grows without bound, as that of sqrt(x) does at 0, so no number is shown. "
        "Choose another point, or write the function without the root."),
    "JC407": Code("a kink at the point",
        "The derivatives from the left and from the right differ, and the element of least norm of the Clarke set is used: 0 for "
        "abs and relu at 0, equal shares at a tie of max. "
        "With --strict this is an error; choose a point beside the kink to avoid it."),
    "JC408": Code("the edge of a domain",
        "The function is not defined on every side of the point, and the limit of its derivative from inside is used. "
        "Choose a point inside the domain where that is not meant."),
    "JC409": Code("a derivative where the rule has none",
        "The rule divides by zero at the point although the derivative exists, so it was worked out from the surroundings. "
        "Nothing has to be done; a simpler form of the expression avoids the remark."),
    "JC410": Code("a kink that cancels",
        "An operation stands on its switch, and yet the derivative of the output exists, and is used. "
        "Nothing has to be done; a smoother form of the expression avoids the remark."),
    "JC411": Code("a point that could not be judged",
        "How the function behaves around the point could not be worked out: it oscillates, or too many operations stand on switches. "
        "Choose another point, or fewer outputs at a time."),
    "JC450": Code("an object beyond a limit of size",
        "The vectors, matrices or repetitions asked for would not fit into the memory or time that is allowed. "
        "The message names the limit and what was asked for; make it smaller."),
}
# fmt: on
