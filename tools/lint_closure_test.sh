#!/bin/bash
# What must never be in a binary of ours.
#   lint_closure_test.sh --no-openssl BINARY...   no libssl.so.3 or libcrypto.so.3 in the closure: BoringSSL exports the same names
#   lint_closure_test.sh --no-mutants BINARY...   no planted bug: they are for the simulator
#   lint_closure_test.sh --mutants BINARY...      the simulator does have them, or the check above would prove nothing
set -euo pipefail
mode=$1
shift
[[ $# -gt 0 ]] || { echo "closure_test: no binary given" >&2; exit 2; }
failures=0
fail() {
  echo "closure_test: $*" >&2
  failures=$((failures + 1))
}
for binary in "$@"; do
  [[ -x "$binary" ]] || { fail "$binary is not there"; continue; }
  case "$mode" in
    --no-openssl)
      closure=$(ldd "$binary")
      grep -q "libc\.so" <<< "$closure" || fail "$binary: ldd shows no closure: $closure"
      ! grep -E "lib(ssl|crypto)\.so\.[13]" <<< "$closure" || fail "$binary reaches OpenSSL"
      ! grep -F "not found" <<< "$closure" || fail "$binary lacks a library"
      ;;
    --no-mutants | --mutants)
      for name in ack-before-sync commit-old-term; do
        if grep -aqF "$name" "$binary"; then has=yes; else has=no; fi
        [[ $mode == --mutants && $has == no ]] && fail "$binary lacks the planted bug $name"
        [[ $mode == --no-mutants && $has == yes ]] && fail "$binary carries the planted bug $name"
      done
      ;;
    *)
      echo "closure_test: no mode $mode" >&2
      exit 2
      ;;
  esac
done
[[ $failures -eq 0 ]] && echo "closure_test: $mode holds for $# binaries"
exit $((failures > 0))
