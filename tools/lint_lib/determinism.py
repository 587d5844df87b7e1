"""What must not occur where a run must be the same again: core, store, sparql, node, sim (docs/ARCHITECTURE.md, STYLE)."""

import re

import draws

ROOMS = ("core", "store", "sparql", "node", "sim")

# (pattern, what it is, whether tests may)
BANS = [
    (r"\bstd::j?thread\b|\bpthread_create\b|\bstd::async\b", "a thread: work runs on env.executor()", False),
    (r"#\s*include\s*<(thread|mutex|shared_mutex|condition_variable|future)>", "threads: work runs on env.executor()", False),
    (r"\b(sleep_for|sleep_until|usleep|nanosleep)\b|(?<![\w.>:])sleep\s*\(", "sleeping: use a timer of env.executor()", False),
    (r"\b(system_clock|steady_clock|high_resolution_clock)\b", "a real clock: use env.clock()", True),
    (r"(?<![\w.>:])(::|std::)?time\s*\(|\b(clock_gettime|gettimeofday)\b", "the wall clock: use env.clock()", True),
    (r"\brandom_device\b", "true randomness: use env.random(name)", False),
    (r"\bstd::\w+_distribution\b", "a distribution differs between libraries: use env.random(name)", False),
    (r"\bstd::(mt19937(_64)?|default_random_engine|minstd_rand0?)\b", "another generator: use env.random(name)", False),
    (r"(?<![\w.>:])(::|std::)?s?rand\s*\(", "rand(): use env.random(name)", False),
    (r"\b(secure_)?getenv\b", "the environment: settings come through Options", True),
    # sqrt, fabs, floor and the like are exact by IEEE 754; these differ between C libraries.
    (r"\bstd::(pow|exp2?|expm1|log|log2|log10|log1p|a?(sin|cos|tan)h?|atan2|cbrt|hypot|[tl]gamma|erfc?)[fl]?\s*\("
     r"|(?<![\w.>:])(::)?(pow|exp2?|expm1|log2|log10|log1p|a?(sin|cos|tan)h?|atan2|cbrt|hypot|[tl]gamma|erfc?)[fl]?\s*\(",
     "a transcendental of libm: its last digit differs between C libraries", True),
    (r"\bthread_local\b", "thread_local: there is one thread", False),
    (r"\bstd::hash\s*<[^<>]*\*\s*>", "hashing a pointer: addresses differ between runs", False),
    (r"\bstd::(less|greater)\s*<[^<>]*\*\s*>", "ordering pointers: addresses differ between runs", False),
]
BANS = [(re.compile(p), why, tests_may) for p, why, tests_may in BANS]

HASH_TABLE = re.compile(
    r"\b(?:std::unordered_(?:multi)?(?:map|set)|(?:absl::)?(?:flat|node)_hash_(?:map|set))\s*<")
# `static` data; functions have a parenthesis before anything else.
STATIC_DATA = re.compile(r"^\s*(?:inline\s+)?static\s+(?![^;={]*\()([\w:<>,\s*&]+?[\w\]])\s*(?:=|;|\{)")


def check_bans(source, report):
    for number, line in enumerate(source.code_lines, 1):
        for pattern, why, tests_may in BANS:
            if pattern.search(line) and not (tests_may and source.is_test):
                report("determinism", number, why)
        static = STATIC_DATA.match(line)
        if static and not re.search(r"\bconst(expr|init)?\b", static.group(1)):
            report("determinism", number, "mutable static data: give it an owner")


def end_of_template(text, start):
    """The position behind the '>' that closes the '<' before `start`; None when there is none."""
    depth = 1
    for i in range(start, min(len(text), start + 2000)):
        if text[i] == "<":
            depth += 1
        elif text[i] == ">" and text[i - 1] != "-":
            depth -= 1
            if depth == 0:
                return i + 1
        elif text[i] == ";":
            return None
    return None


def hash_table_names(code):
    """Variables and members that are declared as hash tables, and aliases of such types, resolved once."""
    names = set()
    aliases = set()
    for match in HASH_TABLE.finditer(code):
        end = end_of_template(code, match.end())
        if end is None:
            continue
        before = code[:match.start()].rsplit("\n", 1)[-1]
        alias = re.search(r"\busing\s+(\w+)\s*=\s*(?:const\s+)?$", before)
        if alias:
            aliases.add(alias.group(1))
            continue
        declared = re.match(r"\s*[&*]?\s*(\w+)\s*(?:[;={,)(\[]|ABSL_)", code[end:])
        # A parenthesis after the name is a function that returns a table, or a table made from arguments: both iterate badly.
        if declared:
            names.add(declared.group(1))
    for alias in aliases:
        for declared in re.finditer(r"\b" + alias + r"\s*[&*]?\s+(\w+)\s*(?:[;={,)])", code):
            names.add(declared.group(1))
    return names


RANGE_FOR = re.compile(r"\bfor\s*\(([^;{}]*?[^:]):([^:][^;{}]*?)\)\s*(?:\{|[^\s)])", re.DOTALL)
BEGIN = re.compile(r"\b(\w+)(?:\.|->)c?begin\s*\(")


def last_name(expression):
    match = re.search(r"(\w+)\s*(?:\(\s*\))?\s*$", expression.strip())
    return match.group(1) if match else None


def check_hash_iteration(source, header, report):
    """`header` is x.h of x.cc, or None: members are declared there."""
    names = hash_table_names(source.code) | (hash_table_names(header.code) if header else set())
    if not names:
        return
    for match in RANGE_FOR.finditer(source.code):
        if last_name(match.group(2)) in names:
            line = source.code.count("\n", 0, match.start()) + 1
            report("determinism", line, f"iteration over the hash table {last_name(match.group(2))}: its order differs from run to run")
    for match in BEGIN.finditer(source.code):
        if match.group(1) in names:
            line = source.code.count("\n", 0, match.start()) + 1
            report("determinism", line, f"iteration over the hash table {match.group(1)}: its order differs from run to run")


def check(source, header, report):
    if source.room not in ROOMS or not source.is_cpp or source.is_benchmark:
        return
    check_bans(source, report)
    check_hash_iteration(source, header, report)
    for line in draws.unsequenced(source.code):
        report("determinism", line, "two draws whose order the compiler chooses: draw into variables first")
