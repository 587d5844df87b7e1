#!/bin/bash
# What must never be in a binary of ours. Each word that begins with -- says what holds for the binaries after it:
#   --no-openssl   no libssl.so.3 or libcrypto.so.3 in the closure: BoringSSL exports the same names
#   --no-mutants   no planted bug: they are for the simulator
#   --mutants      planted bugs are there (the simulator), or the check above would prove nothing
set -euo pipefail
mode=
checked=0
failures=0
fail() {
  echo "closure_test: $*" >&2
  failures=$((failures + 1))
}

check_openssl() {
  local closure
  closure=$(ldd "$1")
  grep -q "libc\.so" <<< "$closure" || fail "$1: ldd shows no closure: $closure"
  if grep -E "lib(ssl|crypto)\.so\.[13]" <<< "$closure"; then fail "$1 reaches OpenSSL"; fi
  if grep -F "not found" <<< "$closure"; then fail "$1 lacks a library"; fi
}

check_mutants() {  # binary, yes or no
  local name has
  for name in ack-before-sync commit-old-term kv-torn-tail-kept latches-not-asked short-append-batch torn-tail-cut; do
    has=no
    if grep -aqF "$name" "$1"; then has=yes; fi
    [[ $has == "$2" ]] || fail "$1: planted bug or point $name: expected $2, found $has"
  done
}

for word in "$@"; do
  case "$word" in
    --no-openssl | --no-mutants | --mutants)
      mode=$word
      continue
      ;;
  esac
  [[ -x "$word" ]] || { fail "$word is not there"; continue; }
  checked=$((checked + 1))
  case "$mode" in
    --no-openssl) check_openssl "$word" ;;
    --no-mutants) check_mutants "$word" no ;;
    --mutants) check_mutants "$word" yes ;;
    *) fail "no check is named before $word" ;;
  esac
done
[[ $checked -gt 0 ]] || fail "no binary was checked"
[[ $failures -gt 0 ]] || echo "closure_test: $checked checks hold"
exit $((failures > 0))
