#!/bin/bash
# The source tree obeys tools/lint. Bazel shows the test a link to the script; the tree lies where the link leads to.
set -euo pipefail
lint=$(readlink -f "$1")
root=$(dirname "$(dirname "$lint")")
if [[ ! -f "$root/WORKSPACE" ]]; then
  echo "lint_test: $root is no workspace: the test must run where the source tree is" >&2
  exit 1
fi
exec /usr/bin/python3 "$lint" --root "$root"
