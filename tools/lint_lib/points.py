"""Names of points that only the simulator knows: those in the code are the rows of the tables, and the other way round."""

import re

# (macro, file of the table, where its rows begin, pattern of a row)
TABLES = [
    ("QR_MUTANT", "core/base/mutant_table.cc", "AllPlanted()", re.compile(r'^\s*\{\s*"([a-z0-9-]+)",', re.M)),
    ("SIM_MAYBE", "core/base/sim_points.cc", "kMaybeNames[] = {", re.compile(r'"([a-z0-9-]+)"')),
    ("SIM_SOMETIMES", "core/base/sim_points.cc", "kSometimesNames[] = {", re.compile(r'"([a-z0-9-]+)"')),
]


def rows_of(table, begin, pattern):
    text = table.text[table.text.index(begin):]
    return pattern.findall(text[: text.index("};")])


def check_tree(sources, report):
    for macro, path, begin, pattern in TABLES:
        table = sources.get(path)
        if table is None or begin not in table.text:
            continue
        rows = rows_of(table, begin, pattern)
        if rows != sorted(rows) and macro != "SIM_SOMETIMES":
            report("points", path, 1, f"the rows of {macro} are not in order of their names")
        used = {}
        condition = r"(?:[^;]*?,\s*)?" if macro == "SIM_SOMETIMES" else ""
        use = re.compile(macro + r"\(" + condition + r'"([a-z0-9-]+)"\s*\)', re.S)
        for source in sources.values():
            if not source.is_cpp or source.path == path or source.is_test or source.path.startswith("core/base/"):
                continue
            for match in use.finditer(source.text):
                line = source.text.count("\n", 0, match.start()) + 1
                used.setdefault(match.group(1), (source.path, line))
                if source.is_header:
                    report("points", source.path, line, f"{macro} in a header: libraries without a twin include it, too")
        for name in sorted(set(used) - set(rows)):
            report("points", used[name][0], used[name][1], f"{macro}: {name} is no row of {path}")
        for name in sorted(set(rows) - set(used)):
            report("points", path, 1, f"{macro}: nothing in the code is called {name}")
        for name in sorted(set(row for row in rows if rows.count(row) > 1)):
            report("points", path, 1, f"{macro}: {name} is there twice")
