"""The outside world: Bazel's own rule sets and protoc, as Debian 12 installs them.

Debian's rules_cc 0.0.4 needs a newer Bazel than Debian's 4.2.3, hence `third_party/rules_cc`: the native rules under
the names that @bazel_tools loads. @remote_coverage_tools is empty because every cc_test refers to it.
"""

def debian_dependencies():
    native.local_repository(name = "platforms", path = "/usr/share/bazel/tools/platforms")
    native.local_repository(name = "bazel_skylib", path = "/usr/share/bazel/tools/skylib")
    native.local_repository(name = "rules_java", path = "/usr/share/bazel/rules/java")
    native.local_repository(name = "rules_proto", path = "/usr/share/bazel/rules/proto")
    native.local_repository(name = "rules_cc", path = "third_party/rules_cc")
    native.local_repository(name = "remote_coverage_tools", path = "third_party/coverage_tools")
    native.new_local_repository(
        name = "com_google_protobuf",
        path = "/usr",
        build_file = "//third_party/protobuf:debian.BUILD",
    )
    native.new_local_repository(
        name = "debian_llhttp",
        path = "/usr/share/llhttp",
        build_file = "//third_party/llhttp:debian.BUILD",
    )
    native.new_local_repository(
        name = "debian_llhttp_include",
        path = "/usr/share/include/llhttp",
        build_file = "//third_party/llhttp:include.BUILD",
    )
    native.new_local_repository(
        name = "debian_boringssl",
        path = "/usr/include/android",
        build_file = "//third_party/boringssl:debian.BUILD",
    )
