#!/bin/bash
# `quadraft member` on real processes: three founders, one that joins.
#   member_test.sh QUADRAFT
set -euo pipefail
quadraft=$1
folder=${TEST_TMPDIR:?}/members
mkdir -p "$folder"
read -ra ports < <(python3 -c '
import socket
held = [socket.socket() for _ in range(8)]
for s in held: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in held])')
peers="1=127.0.0.1:${ports[0]},2=127.0.0.1:${ports[1]},3=127.0.0.1:${ports[2]},4=127.0.0.1:${ports[3]}"
founders=http://127.0.0.1:${ports[4]},http://127.0.0.1:${ports[5]},http://127.0.0.1:${ports[6]}
joiner=http://127.0.0.1:${ports[7]}
pids=()
trap 'kill -9 "${pids[@]}" 2>/dev/null || true' EXIT

fail() {
  echo "FAILED: $1"
  tail -n 20 "$folder"/*.log
  exit 1
}
member() { "$quadraft" member "$@" -e "$founders" --timeout 30; }
leader() { member list -o json | python3 -c 'import json, sys; print(json.load(sys.stdin)["leader"])'; }

for node in 1 2 3 4; do
  role=(--founders 1,2,3)
  [ "$node" -lt 4 ] || role=(--join)
  "$quadraft" start --node "$node" --peers "$peers" --http "127.0.0.1:${ports[$((node + 3))]}" \
    --data "$folder/$node" "${role[@]}" >"$folder/$node.log" 2>&1 &
  pids+=($!)
done
for _ in $(seq 100); do
  "$quadraft" update -e "$founders" 'INSERT DATA { <http://e/a> <http://e/p> 1 }' >/dev/null 2>&1 && break
  sleep 0.1
done
member list >"$folder/list" || fail "list"
[ "$(grep -c -E 'leader|voter' "$folder/list")" -eq 3 ] || fail "three founders: $(cat "$folder/list")"

member list -o json | python3 -c 'import json, sys; view = json.load(sys.stdin); sys.exit(view["node"] != view["leader"])' ||
  fail "the view is not the leader's"

member promote 4 2>"$folder/refused" && fail "a stranger was promoted"
grep -q "is no learner: add it as one first" "$folder/refused" || fail "why not: $(cat "$folder/refused")"
member add 4 >/dev/null || fail "add"
member promote 4 >"$folder/list" || fail "promote"
[ "$(grep -c -E 'leader|voter' "$folder/list")" -eq 4 ] || fail "four voters: $(cat "$folder/list")"
"$quadraft" query -e "$joiner" -o csv 'SELECT ?o { ?s ?p ?o }' | grep -q '^1' || fail "the joiner does not answer"

was=$(leader)
member remove "$was" >/dev/null || fail "remove the leader"
for _ in $(seq 50); do
  now=$("$quadraft" member list -e "$joiner" -o json | python3 -c 'import json, sys; print(json.load(sys.stdin).get("leader", 0))')
  [ "$now" != 0 ] && [ "$now" != "$was" ] && break
  sleep 0.1
done
[ "$now" != "$was" ] || fail "node $was still leads"
"$quadraft" update -e "$joiner" 'INSERT DATA { <http://e/b> <http://e/p> 2 }' >/dev/null || fail "an update without it"
member add "$was" >/dev/null || fail "add it again"
member promote "$was" >/dev/null || fail "promote it again"
member transfer "$was" >/dev/null || fail "transfer"
[ "$(leader)" = "$was" ] || fail "node $was does not lead"
member transfer 1 2 2>/dev/null && fail "two cannot lead"
[ "$("$quadraft" query -e "http://127.0.0.1:${ports[$((was + 3))]}" -o csv 'SELECT (COUNT(*) AS ?n) { ?s ?p ?o }' | tail -n 1 | tr -d '\r')" = 2 ] ||
  fail "an acknowledged write is not there"
echo "members: ok"
