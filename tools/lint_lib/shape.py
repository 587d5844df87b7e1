"""Sizes, header guards, forbidden words, READMEs."""

import re

FILE_LINES_MAX = 1000  # A wall.
FILE_LINES_SMELL = 500
FUNCTION_LINES_SMELL = 70

GUARD = re.compile(r"^#ifndef (\w+)\n#define (\w+)\n", re.MULTILINE)
TODO = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
USING_STD = re.compile(r"\busing\s+namespace\s+std\b")
ROOMS_WITH_README = ("core", "store", "sparql", "node", "net", "sim", "jepsen", "tools")
TOP_FOLDERS = ROOMS_WITH_README + ("docs", "third_party")


def check_size(source, report, warn):
    count = len(source.lines)
    if count > FILE_LINES_MAX:
        report("size", count, f"{count} lines; the wall is {FILE_LINES_MAX}")
    elif count > FILE_LINES_SMELL:
        warn("size", count, f"{count} lines; aim below {FILE_LINES_SMELL}")
    if source.is_cpp:
        for name, start, end in functions(source.code):
            if end - start + 1 > FUNCTION_LINES_SMELL:
                warn("size", start, f"{name} has {end - start + 1} lines; aim below {FUNCTION_LINES_SMELL}")


NOT_FUNCTIONS = re.compile(r"\b(namespace|class|struct|union|enum|extern|concept|requires)\b")
SIGNATURE = re.compile(r"(~?[\w:]+|operator[^\s(]*(?:\(\))?)\s*\(")


def functions(code):
    """(name, first line, last line) of every function definition at namespace or class level."""
    # Preprocessor lines have braces of their own and no say in the structure.
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()), code,
                  flags=re.MULTILINE)
    found = []
    stack = []  # 'scope', 'function' or 'other', with name and line
    head_start = 0  # Where the text before the next brace begins.
    line = 1
    for i, c in enumerate(code):
        if c == "\n":
            line += 1
        elif c == ";":
            head_start = i + 1
        elif c == "{":
            head = code[head_start:i].strip()
            inside_code = any(kind != "scope" for kind, _, _ in stack)
            if inside_code:
                stack.append(("other", "", line))
            elif "(" in head and not NOT_FUNCTIONS.search(re.sub(r"<[^<>]*>", "", head.split("(")[0])):
                # In `Type() : a_{1}, b_(2) {` the first brace belongs to the member a_.
                if re.search(r"[\w>]$", head) and re.search(r"\)\s*(noexcept\s*)?:[^:]", head) and code[i - 1] not in " \n":
                    stack.append(("other", "", line))
                    continue
                name = SIGNATURE.search(head)
                first = line - head.count("\n", name.start() if name else 0)
                stack.append(("function", name.group(1) if name else "?", first))
            elif NOT_FUNCTIONS.search(head):
                stack.append(("scope", "", line))
            else:
                stack.append(("other", "", line))
            if stack[-1][0] != "other":
                head_start = i + 1
        elif c == "}" and stack:
            kind, name, first = stack.pop()
            if kind == "function":
                found.append((name, first, line))
            # The brace of an initialiser does not end the head that it stands in.
            if kind != "other":
                head_start = i + 1
    return found


def guard_name(path):
    return "QUADRAFT_" + re.sub(r"[^A-Za-z0-9]", "_", path).upper() + "_"


def check_guard(source, report):
    if not source.is_header:
        return
    expected = guard_name(source.path)
    match = GUARD.search(source.code)
    if not match or match.group(1) != expected or match.group(2) != expected:
        report("guard", 1, f"the header guard must be {expected}")


def check_words(source, report):
    for number, line in enumerate(source.lines, 1):
        if TODO.search(line):
            report("todo", number, "unfinished work belongs in an issue, not in a comment")
    for number, line in enumerate(source.code_lines, 1):
        if source.is_cpp and USING_STD.search(line):
            report("using-std", number, "using namespace std")


def check_tree(paths, report):
    """`paths`: every file of the tree."""
    have = set(paths)
    rooms = {path.split("/")[0] for path in paths if "/" in path}
    for room in sorted(rooms):
        if room.startswith("."):
            continue
        if room not in TOP_FOLDERS:
            report("rooms", room, 1, "a top-level folder that docs/ARCHITECTURE.md does not name")
        elif room in ROOMS_WITH_README and f"{room}/README.md" not in have:
            report("readme", f"{room}/README.md", 1, "each room has a README.md: purpose, reading order, what it may use")
