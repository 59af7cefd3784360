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
    "JC001": Code("the command line is not understood",
        "A command, an option or an argument is misspelt, missing or given twice. "
        "Add --help to the command to see what it takes."),
    "JC002": Code("the file cannot be read",
        "There is no such file, it may not be read, or it is too large. "
        "Check the path; `-` reads standard input."),
    "JC003": Code("nothing of that name",
        "There is no sample, function or entry of that name. "
        "The command without a name lists those that exist."),
    "JC005": Code("an environment variable that makes no sense",
        "JACCHAIN_WIDTH, JACCHAIN_DIGITS, JACCHAIN_COLOR and JACCHAIN_ASCII stand for options of the same names. "
        "The message says what such a variable may be; unset it to have what the terminal can show."),
    "JC006": Code("a format that the command does not have",
        "The ending of the file after -o means a format, and the command does not write it. "
        "Give another ending, or say with --format what is to be written."),
    "JC010": Code("an option that cannot be read",
        "`--at` takes `r=3,theta=pi/4`, `v=[1,2],q=3` or numbers by position, and `--set` takes `NAME=VALUE`. "
        "Quote the whole option in the shell where it holds brackets or blanks."),
    "JC011": Code("an unknown constant in --set",
        "`--set` replaces a constant that the file defines. "
        "The message lists what there is; an input is changed with `--at`."),
    "JC015": Code("not the widths of a chain",
        "A chain of matrices is given by its widths, whole numbers above zero, two at least. "
        "Write --dims 25,20,10 for a 25×20 matrix times a 20×10 one."),
    "JC020": Code("not an order of products",
        "An order is `optimal`, `forward`, `reverse`, or a bracketing such as '(1 (2 3))'. "
        "Quote a bracketing, since a shell reads parentheses itself."),
    "JC021": Code("a product with other than two operands",
        "Matrices are multiplied two at a time, so each pair of parentheses holds two things. "
        "Write ((1 2) 3) or (1 (2 3)) for three factors."),
    "JC022": Code("factors missing or out of order",
        "A bracketing names the factors 1, 2, 3, … once each and in this order, because matrices do not commute. "
        "Only the parentheses are free to choose."),
    "JC023": Code("not a sub-chain",
        "A sub-chain is two factors of the chain, first and last, such as `2:4`. "
        "Factors are counted from 1, and the last is not before the first."),

    # JC100-JC149: the text of a file, before it means anything
    "JC100": Code("not UTF-8",
        "Pipeline files are UTF-8, with or without a byte order mark. "
        "Save the file as UTF-8."),
    "JC101": Code("a hidden character",
        "Control characters, and characters that turn the direction of writing, can make a file say something else than it shows. "
        "Delete the character that is pointed at."),
    "JC102": Code("a mistake of YAML syntax",
        "The text is not YAML, so what comes after it cannot be trusted and is not reported. "
        "Check indentation and quotes there; an expression in quotes is always safe."),
    "JC103": Code("a comma or bracket splits an expression",
        "Inside `[ ]` and `{ }` YAML cuts at every comma, also at those between the arguments of a call. "
        "Quote the expression, or write the list with one `- item` a line."),
    "JC104": Code("an anchor, alias or merge key of YAML",
        "`&`, `*` and `<<` copy parts of a file, which makes its meaning depend on distant places; constants do the same by name. "
        "Define a constant, or quote an expression that begins with such a sign."),
    "JC105": Code("a tag of YAML",
        "`!` chooses types, and a pipeline file has only texts, numbers, lists and mappings. "
        "Delete the tag, or quote an expression that begins with `!`."),
    "JC106": Code("a directive or a second document",
        "A file holds one pipeline. "
        "Delete the line that begins with `%`, or put the second pipeline into a file of its own."),
    "JC107": Code("a tab in YAML",
        "A tab looks like any number of spaces, so YAML does not indent with it and neither does a pipeline file. "
        "Replace it by spaces."),
    "JC108": Code("a key stands twice",
        "The second value would silently replace the first. "
        "Delete one, or give it another name."),
    "JC109": Code("a key that is not a text",
        "Keys are names: not numbers, truth values, lists or nothing. "
        "Write a name, such as `x`."),
    "JC110": Code("a mistake of JSON syntax",
        "JSON is read strictly: double quotes, no comments, no comma before the end, no NaN. "
        "The same pipeline can be written in YAML, which is easier by hand."),
    "JC112": Code("a value of the wrong kind",
        "A text, a number, a list or a mapping stands where something else is due. "
        "The message says what belongs there."),
    "JC113": Code("a value that only looks like a number",
        "`010`, `0x10`, `1:30`, `1_000`, `yes` and dates mean different things to different readers of YAML. "
        "Write a plain decimal number."),
    "JC114": Code("a number that is not finite",
        "Inputs and constants are finite. "
        "Use a large number, or a formula that does not need infinity."),

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
    "JC157": Code("a number with a needless 0 in front",
        "Some languages read `010` as eight and others as ten, so it is neither here. "
        "Write the number without the zero: `10`."),
    "JC198": Code("a text beyond a limit",
        "Files and expressions are limited in length, depth and number of parts, so that no file can exhaust the machine. "
        "The message names the limit; split the text, or name parts of it with `let`."),

    # JC200-JC249: shapes inside an expression and along the chain
    "JC201": Code("two functions do not fit together",
        "The outputs of one function, in order, are the inputs of the next, and their number has to match exactly. "
        "Change one of the two signatures or the size of a matrix; the message shows both places and the sizes so far."),
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
    "JC208": Code("a size that nothing tells",
        "`I`, and a number in the place of a vector, are as large as what stands beside them, or as the Jacobian they are a part of. "
        "Write the matrix out where neither is known: `[[1, 0], [0, 1]]`."),
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

    # JC3: what a pipeline file is made of
    "JC300": Code("an unknown key",
        "A pipeline has the keys `name description constants functions chain at`, "
        "and a function in the long form `outputs description let jacobian method scale bounds`. "
        "The message names the key that was probably meant; named outputs of a function in the long form stand under `outputs`."),
    "JC301": Code("a part is missing",
        "A pipeline needs at least one function, a function at least one output, a chain at least one function. "
        "`jacchain samples` prints whole files to begin with."),
    "JC302": Code("an unknown method",
        "A function is differentiated by the method `analytic` or `difference`. "
        "Leave the key out for `analytic`."),
    "JC303": Code("not a signature",
        "A function is written `name(parameters): expression`, with parameters such as `x`, `r, theta` or `p[2], q`. "
        "It takes at least one parameter; a size is a whole number in brackets."),
    "JC304": Code("a name is defined twice",
        "Functions, constants and the outputs of one function each need names of their own. "
        "Names count as equal when they look the same: é is é however it is encoded."),
    "JC305": Code("not a name",
        "Names are letters of any script, digits and `_`, begin with a letter or `_`, and are none of `and or not`. "
        "Choose another name."),
    "JC306": Code("a name hides another one",
        "A parameter or a name of `let` may not hide a constant of the file, and no name may hide a function of the language. "
        "Rename one of the two."),
    "JC310": Code("the chain names an unknown function",
        "`chain` lists functions that are defined under `functions`. "
        "Without `chain`, all functions are applied in the order of the file."),
    "JC311": Code("not a link of the chain",
        "A link is the name of a function, or a repetition such as `step * 50`. "
        "The number of repetitions is a whole number."),
    "JC312": Code("not a vector or matrix",
        "A vector is a list of numbers, a matrix a list of rows of equal length, and an entry one number. "
        "Write `[1, 2]`, `[[1, 2], [3, 4]]`, or `{file: weights.npy}`."),
    "JC320": Code("no point",
        "Jacobians are evaluated at a point. "
        "Add the section `at`, or give `--at`."),
    "JC321": Code("the point and the inputs have different names",
        "A point by name has exactly the parameters of the first function. "
        "The message says which name is missing or unknown."),
    "JC322": Code("the point has the wrong number of numbers",
        "Every input takes one number, a vector as many as it has components. "
        "Change the point, or the sizes in the signature of the first function."),
    "JC330": Code("the author's Jacobian has the wrong shape",
        "Rows are outputs and columns are inputs. "
        "Write one list for each output, with one expression for each input, or a matrix of that shape; a vector is a column, and `u'` a row."),
    "JC331": Code("scale or bounds that do not fit",
        "`scale` is positive, and `bounds` are pairs `[low, high]`; both are written once for all inputs, once for each, or by name. "
        "`null` leaves a bound open."),
    "JC340": Code("a file that may not be opened",
        "A pipeline file is not trusted: it reads .npy and .csv files in its own folder, by plain relative paths, without links. "
        "Move the file there, or allow its folder with `--allow-dir`."),
    "JC341": Code("a file that cannot be read",
        "It does not exist, is not a regular file, or permission is missing. "
        "Paths are relative to the pipeline file."),
    "JC342": Code("a .npy file that is not read",
        "Read are arrays of at most two dimensions of real, finite numbers, as `numpy.save` writes them. "
        "Save the array again with `numpy.save(name, array)`."),
    "JC343": Code("a .csv file that is not read",
        "Read are rows of decimal numbers separated by commas, all of one length, without a header. "
        "The message points at the cell; mend or delete it."),
    "JC344": Code("points that are not those of the pipeline",
        "`sweep` reads a table with a column for every input, in their order, or under a first line with their names. "
        "Inputs that have no column keep the number of `at` or `--at`; those that have none there need a column."),
    "JC361": Code("not an instance of the planner",
        "An instance holds `dims` and, if stages can be differentiated without building their Jacobians, `edges`: whole numbers. "
        "Write dims: [3, 2, 1] and edges: [12, 5] for a chain of two."),
    "JC362": Code("an instance whose parts do not fit",
        "There is one number of `edges`, `tangent` or `adjoint`, and one pattern, for each Jacobian: one less than there are `dims`. "
        "Each stage has a tangent or an adjoint."),
    "JC363": Code("not a zero pattern",
        "A pattern is a list of rows of 0 and 1, rows are outputs and columns inputs, or one of the names dense, diagonal, "
        "lower triangular, upper triangular, tridiagonal. The message says which size it must have."),
    "JC390": Code("the names arrive in another order",
        "Functions compose by position, as in mathematics, so here each name receives the value of another. "
        "This is a warning: put the names in one order if that was not meant."),
    "JC391": Code("a name hides a built-in constant",
        "`pi`, `e` and `tau` may be used as names, and then the built-in ones are not visible there. "
        "This is a warning: choose another name if the built-in one is meant."),

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
    "JC404": Code("the Jacobian of the chain overflows",
        "Every function is finite at the point, but the product of their Jacobians is larger than any double. "
        "Scale the functions, or choose another point."),
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
        "How the function behaves around the point could not be worked out: it oscillates, too many operations stand on switches, or "
        "numbers cancelled so that rounding decides on which side of an edge the point is. "
        "Choose another point, or fewer outputs at a time."),
    "JC412": Code("differences without a result",
        "Of the steps around the point none yields a finite difference; the message says what is seen on both sides of it. "
        "Choose another point, widen `bounds`, or let the stage be differentiated analytically."),
    "JC413": Code("a number too small for a double",
        "It is so close to zero, or closer than any double, that no digits are left of it, nor of the derivatives behind it. "
        "Scale the functions, or work with logarithms: `logsumexp`, `log_softmax`, `log_sigmoid`."),
    "JC414": Code("a value that has lost its digits",
        "Numbers that are nearly equal were subtracted, and what is left of them is mostly rounding. "
        "Write the function so that nothing cancels (`expm1`, `log1p`, `2*sin(x/2)^2` for `1 - cos(x)`); --certify proves bounds."),
    "JC415": Code("a product that is no derivative of the chain",
        "Stages stand on kinks, each got a number by convention, and the product of those lies outside the slopes of the whole chain: "
        "kinks that cancel in a later stage are not seen by an earlier one. Write the stages as one function, or move the point; "
        "with --strict this is an error."),
    "JC450": Code("an object beyond a limit of size",
        "The vectors, matrices or repetitions asked for would not fit into the memory or time that is allowed. "
        "The message names the limit and what was asked for; make it smaller."),
    "JC451": Code("not enough memory",
        "What was asked would take more memory than is allowed, or more than the machine has. "
        "The message names the part that is too large; make it smaller, or allow more with --max-memory."),
    "JC452": Code("no plan within the memory limit",
        "Whatever the order of the products, more entries of intermediate matrices are alive at one time than the limit allows. "
        "The message names the smallest limit that would do."),
    "JC453": Code("differences that take long",
        "Differences evaluate a function dozens of times for each of its inputs, and every entry is worked out from all those samples. "
        "Nothing is wrong; wait, or use --method analytic."),

    # JC5: the output
    "JC501": Code("the output cannot be written",
        "The disk is full, the folder does not exist, or standard output is closed. "
        "Nothing is half-written: a file named by -o is replaced as a whole or not at all."),
}
# fmt: on
