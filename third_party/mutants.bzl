"""cc_library_with_mutants: a library, and its twin for the simulator in which planted bugs can be switched on."""

def cc_library_with_mutants(name, deps = [], mutant_deps = [], **kwargs):
    """Declares cc_library `name` and cc_library `name`_mutants.

    Args:
      name: of the production library; its twin is `name`_mutants, compiled with QUADRAFT_MUTANTS.
      deps: libraries without planted bugs, shared by both.
      mutant_deps: libraries that were declared by this macro; the twin takes their twins.
      **kwargs: as for cc_library.
    """
    deps = deps + ["//core/base:sim_points"]
    native.cc_library(name = name, deps = deps + mutant_deps, **kwargs)
    twins = []
    for dep in mutant_deps:
        twins.append(dep + "_mutants" if ":" in dep else dep + ":" + dep.split("/")[-1] + "_mutants")
    native.cc_library(
        name = name + "_mutants",
        deps = deps + twins + ["//core/base:mutant"],
        local_defines = ["QUADRAFT_MUTANTS"],
        **kwargs
    )
