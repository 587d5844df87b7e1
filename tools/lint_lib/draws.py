"""Finds two random draws in one expression that C++ leaves unordered: GCC and Clang then draw differently.

f(r.Next(), r.Next()) and r.Next() + r.Next() are found; what the language orders is not: {r.Next(), r.Next()}, a && b, a ? b : c,
a << b, declarators and member initialisers, a draw inside the arguments of another one. Lambdas are passed over.
"""

import re

DRAW = re.compile(
    r"\b\w*[Rr]andom\w*\s*(?:\([^()]*\))?\s*(?:\.|->)\s*(?:Next|Below|Between|OneIn|Chance)\s*\("
    r"|\b(?:AnyNode|LeaderOrAny|DrawDelay|DrawLoss)\s*\(")
HEAD_OF_STATEMENT = re.compile(r"\b(?:for|if|while|switch)\s*$")
NOT_A_CALL = re.compile(r"\b(?:for|if|while|switch|return)\s*$")
# A single '=' (an assignment orders its sides), logical operators, the conditional, shifts and stream output.
ORDERED = re.compile(r"&&|\|\||\?|(?<!:):(?!:)|<<|>>|(?<![=!<>])=(?!=)")


def closing(code, start):
    """The position of the parenthesis that closes the one before `start`."""
    depth = 1
    for i in range(start, len(code)):
        if code[i] == "(":
            depth += 1
        elif code[i] == ")":
            depth -= 1
            if depth == 0:
                return i
    return len(code)


def enclosing(code, start, levels):
    """The position of the bracket that is `levels` + 1 further out than `start`; -1: none in its statement."""
    depth = 0
    for i in range(start - 1, -1, -1):
        c = code[i]
        if c in "{}" or (c == ";" and depth >= 0 and not in_head(code, i)):
            return -1
        if c in ")]":
            depth -= 1
        elif c in "([":
            depth += 1
            if depth == levels + 1:
                return i
    return -1


def in_head(code, at):
    """Whether the ';' at `at` stands in the head of a for."""
    depth = 0
    for i in range(at - 1, max(0, at - 400), -1):
        if code[i] in "{}":
            return False
        if code[i] == ")":
            depth += 1
        elif code[i] == "(":
            if depth == 0:
                return bool(re.search(r"\bfor\s*$", code[max(0, i - 10):i]))
            depth -= 1
    return False


def between(code, start, end):
    """The text on the outermost level that code[start:end] touches; None when another statement begins in it."""
    lowest, depth, pieces = 0, 0, []
    for c in code[start:end]:
        if c in ";{}":
            return None
        if c in "([":
            depth += 1
        elif c in ")]":
            depth -= 1
            if depth < lowest:
                bracket = enclosing(code, start, -lowest)
                if HEAD_OF_STATEMENT.search(code[max(0, bracket - 20):bracket]):
                    return None
                lowest, pieces = depth, []
        elif depth == lowest:
            pieces.append(c)
    return lowest, "".join(pieces)


def inside_call(code, start, levels):
    """Whether the bracket that is `levels` + 1 further out than `start` belongs to a call."""
    bracket = enclosing(code, start, levels)
    return bracket >= 0 and code[bracket] == "(" and not NOT_A_CALL.search(code[max(0, bracket - 20):bracket])


def unsequenced(code):
    """The lines (from 1) of the later one of each such pair."""
    found = [(m.start(), closing(code, m.end())) for m in DRAW.finditer(code)]
    lines = []
    for (start, end), (other, _) in zip(found, found[1:]):
        if other < end:
            continue  # An argument is evaluated before the call.
        link = between(code, end + 1, other)
        if link is None or ORDERED.search(link[1]):
            continue
        if "," in link[1] and not inside_call(code, start, -link[0]):
            continue
        lines.append(code.count("\n", 0, other) + 1)
    return lines
