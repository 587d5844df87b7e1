"""One source file: its text, its code without comments and strings, and its exemptions."""

import re

# A line of its own exempts the file; behind code it exempts that line. The reason is not optional.
ALLOW = re.compile(r"(?://|#)\s*lint:\s*allow\s+([a-z-]+)\s*:?\s*(.*)")
REASON_MIN = 10  # Characters.


def blank_out(text):
    """C++ `text` with the content of comments, strings and characters replaced by blanks; lines and columns stay."""
    pieces = []
    token = re.compile(
        r"""//[^\n]*(?:\\\n[^\n]*)*"""  # A line comment (a backslash goes on).
        r"""|/\*.*?\*/"""
        r"""|R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)\""""
        r"""|"(?:\\.|[^"\\\n])*\""""
        r"""|(?<![0-9a-fA-F])'(?:\\.[^'\n]*|[^'\\\n])'""",  # Not the ' in 1'000.
        re.DOTALL,
    )
    last = 0
    for match in token.finditer(text):
        pieces.append(text[last:match.start()])
        found = match.group()
        inside = re.sub(r"[^\n]", " ", found)
        if found[0] in "\"'R":
            # Something must stay, so that `f("x")` does not become `f()`.
            inside = '"' + inside[1:-1] + '"'
        pieces.append(inside)
        last = match.end()
    pieces.append(text[last:])
    return "".join(pieces)


class Source:
    """`path` is relative to the root, with slashes."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.lines = text.splitlines()
        self.is_header = path.endswith(".h")
        self.is_cc = path.endswith(".cc")
        self.is_cpp = self.is_header or self.is_cc
        self.code = blank_out(text) if self.is_cpp else text
        self.code_lines = self.code.splitlines()
        self.file_allows = set()
        self.line_allows = {}  # Line number, from 1, to rules.
        self.bad_allows = []  # (line, what is wrong)
        self._find_allows()

    @property
    def room(self):
        """The top-level folder, '' at the root."""
        return self.path.split("/")[0] if "/" in self.path else ""

    @property
    def is_test(self):
        stem = self.path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        return stem.endswith(("_test", "_fuzz", "_benchmark")) or "/testing/" in self.path

    @property
    def is_benchmark(self):
        return "_benchmark." in self.path

    def _find_allows(self):
        for number, line in enumerate(self.lines, 1):
            match = ALLOW.search(line)
            if not match:
                continue
            rule, reason = match.groups()
            if len(reason.strip()) < REASON_MIN:
                self.bad_allows.append((number, f"the exemption from {rule} gives no reason"))
                continue
            if line[: match.start()].strip():
                self.line_allows.setdefault(number, set()).add(rule)
            else:
                self.file_allows.add(rule)

    def allows(self, rule, line):
        return rule in self.file_allows or rule in self.line_allows.get(line, ())
