#!/bin/bash
# A short black-box run of the real binary: every fault a few times, then one measured failover.
#   nemesis_test.sh NEMESIS QUADRAFT
set -euo pipefail
folder="${TEST_TMPDIR:?}/cluster"
if "$1" --quadraft "$2" --seconds 18 --seed "${NEMESIS_SEED:-1}" --failover-rounds 1 --folder "$folder"; then
  exit 0
fi
for log in "$folder"/node-*.log; do
  echo "== the end of $log"
  tail -n 20 "$log"
done
exit 1
