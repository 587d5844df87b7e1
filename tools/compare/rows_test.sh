#!/usr/bin/env bash
# Runs rows_test.mjs with Node.js.
if ! command -v node >/dev/null; then
  echo "skipped: Node.js is not installed"
  exit 0
fi
exec node --test "$(dirname "$0")/rows_test.mjs"
