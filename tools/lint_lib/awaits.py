"""Finds a conditional expression among the arguments of a call that is awaited: co_await f(c ? a : b).

GCC 12 keeps the temporary of such an expression in the coroutine's frame and destroys it twice. Lambdas inside the arguments have
statements of their own and are passed over.
"""

import re

from draws import closing

AWAITED = re.compile(r"\bco_await\s+[\w:.>()\-]*?\w\s*\(")
LAMBDA = re.compile(r"\[[^\[\]]*\]\s*(?:\([^()]*\))?[^(){};]*\{")


def without_lambdas(code):
    """The code with the bodies of lambdas blanked out."""
    found = LAMBDA.search(code)
    while found:
        depth, end = 1, found.end()
        while end < len(code) and depth > 0:
            depth += {"{": 1, "}": -1}.get(code[end], 0)
            end += 1
        code = code[:found.start()] + " " * (end - found.start()) + code[end:]
        found = LAMBDA.search(code)
    return code


def conditionals(code):
    """The lines (from 1) of such awaits."""
    lines = []
    for match in AWAITED.finditer(code):
        arguments = without_lambdas(code[match.end():closing(code, match.end())])
        if "?" in arguments:
            lines.append(code.count("\n", 0, match.start()) + 1)
    return lines
