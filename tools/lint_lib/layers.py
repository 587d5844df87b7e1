"""Who may know whom: the table of docs/ARCHITECTURE.md, by #include and by the deps of BUILD files."""

import ast
import re

ROOMS = ("core", "store", "sparql", "node", "net", "sim", "jepsen", "tools", "third_party")

# Folder to the folders that its files may include and its targets may depend on. The longest prefix that fits a folder rules it.
# Every folder may use itself (its room, or itself alone when it has a row of its own) and third_party.
LAYERS = {
    "core": ["core"],
    "store": ["core", "store"],
    "sparql": ["core", "sparql", "store/read"],
    "net": ["core", "net"],
    "node": ["core", "store", "sparql", "node", "net/http"],
    # The world owns time, network and disk; it knows of no node.
    "sim": ["core", "store", "sparql", "node", "net/http", "sim", "jepsen/history", "jepsen/linear",
            "jepsen/raft_trace", "jepsen/report", "jepsen/txn"],
    "sim/world": ["core", "sim/world"],
    # Black box: no node, no store, no sparql.
    "jepsen": ["core/base", "core/env", "core/rdf", "core/http", "net", "jepsen"],
    "tools": ["core", "store", "sparql", "node", "net", "sim", "jepsen", "tools"],
}
# Tests (and targets that are testonly) may moreover use these, and testonly targets of other rooms.
TESTS_MAY_USE = ["sim/world"]

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def fits(folder, prefix):
    return folder == prefix or folder.startswith(prefix + "/")


def row_of(folder):
    rows = [row for row in LAYERS if fits(folder, row)]
    return max(rows, key=len) if rows else None


def may_use(folder, used, is_test):
    """Whether files in `folder` may use those in `used`."""
    row = row_of(folder)
    if row is None or fits(used, "third_party"):
        return True
    allowed = LAYERS[row] + (TESTS_MAY_USE if is_test else [])
    return any(fits(used, prefix) for prefix in allowed)


def refusal(folder, used):
    row = row_of(folder)
    return f"{folder} may not use {used}: {row}/ may depend on {', '.join(LAYERS[row])} only"


class Target:
    def __init__(self, package, kind, name, line):
        self.package, self.kind, self.name, self.line = package, kind, name, line
        self.deps = []  # (label as package and name, line)
        self.hdrs = []
        self.testonly = kind.endswith("_test")


def strings_in(node):
    return [(n.value, n.lineno) for n in ast.walk(node)
            if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def parse_label(label, package):
    """'//a/b:c' to ('a/b', 'c'); None for other workspaces."""
    if label.startswith("@"):
        return None
    if label.startswith("//"):
        path, _, name = label[2:].partition(":")
        return path, name or path.rsplit("/", 1)[-1]
    return package, label.lstrip(":")


def parse_build(source):
    """The targets of a BUILD file; raises SyntaxError."""
    package = source.path.rpartition("/")[0]
    targets = []
    for call in ast.walk(ast.parse(source.text)):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        arguments = {k.arg: k.value for k in call.keywords if k.arg}
        name = arguments.get("name")
        if not isinstance(name, ast.Constant):
            continue
        target = Target(package, call.func.id, name.value, call.lineno)
        for key in ("deps", "implementation_deps"):
            for label, line in strings_in(arguments[key]) if key in arguments else []:
                parsed = parse_label(label, package)
                if parsed:
                    target.deps.append((parsed, line))
        if "hdrs" in arguments:
            target.hdrs = [f"{package}/{h}" if package else h for h, _ in strings_in(arguments["hdrs"])]
        testonly = arguments.get("testonly")
        if testonly is not None and getattr(testonly, "value", None) in (1, True):
            target.testonly = True
        targets.append(target)
    return targets


class Workspace:
    """All targets, by label."""

    def __init__(self):
        self.targets = {}
        self.testonly_headers = set()

    def add(self, targets):
        for target in targets:
            self.targets[(target.package, target.name)] = target
            if target.testonly:
                self.testonly_headers.update(target.hdrs)

    def is_testonly(self, label):
        target = self.targets.get(label)
        return target is not None and target.testonly


def check_build(source, workspace, report):
    try:
        targets = parse_build(source)
    except SyntaxError as error:
        report("layers", error.lineno or 1, f"cannot read this BUILD file: {error.msg}")
        return
    for target in targets:
        for label, line in target.deps:
            if may_use(target.package, label[0], target.testonly):
                continue
            if target.testonly and workspace.is_testonly(label):
                continue
            report("layers", line, f"{target.name}: " + refusal(target.package, label[0]))


def check_includes(source, workspace, report):
    if not source.is_cpp:
        return
    folder = source.path.rpartition("/")[0]
    header = source.path[:-3] + ".h" if source.is_cc else source.path
    is_test = source.is_test or header in workspace.testonly_headers
    for number, line in enumerate(source.lines, 1):
        match = INCLUDE.match(line)
        if not match or match.group(1).split("/")[0] not in ROOMS:
            continue
        used = match.group(1)
        used_folder = used.rpartition("/")[0]
        if may_use(folder, used_folder, is_test):
            continue
        if is_test and used in workspace.testonly_headers:
            continue
        report("layers", number, refusal(folder, used_folder))
