#!/bin/bash
# `quadraft member` on real processes: three founders that know each other by flags; node 4, which nobody knows and which
# knows nobody, joins; node 5 takes the place of one whose folder is deleted, while writes go on.
#   member_test.sh QUADRAFT
set -euo pipefail
quadraft=$1
folder=${TEST_TMPDIR:?}/members
mkdir -p "$folder"
read -ra ports < <(python3 -c '
import socket
held = [socket.socket() for _ in range(11)]
for s in held: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in held])')
peers="1=127.0.0.1:${ports[0]},2=127.0.0.1:${ports[1]},3=127.0.0.1:${ports[2]}"
peer() { echo "127.0.0.1:${ports[$(($1 - 1))]}"; }      # 1 to 5; 10 is an address of nobody yet.
http() { echo "127.0.0.1:${ports[$(($1 + 4))]}"; }
founders=http://$(http 1),http://$(http 2),http://$(http 3)
joiner=http://$(http 4)
pids=()
writer=
trap 'kill -9 "${pids[@]}" $writer 2>/dev/null || true' EXIT

fail() {
  echo "FAILED: $1"
  tail -n 20 "$folder"/*.log
  exit 1
}
member() { "$quadraft" member "$@" -e "$founders" --timeout 30; }
leader() { member list -o json | python3 -c 'import json, sys; print(json.load(sys.stdin)["leader"])'; }

start() { # node, flags of its part in the cluster
  local node=$1
  shift
  "$quadraft" start --node "$node" --http "$(http "$node")" --data "$folder/$node" "$@" >>"$folder/$node.log" 2>&1 &
  pids[node]=$!
}
for node in 1 2 3; do start "$node" --peers "$peers"; done
start 4 --join --listen "$(peer 4)"
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
member add 4 "$(peer 1)" 2>"$folder/refused" && fail "two nodes at one address"
grep -q "is that of node" "$folder/refused" || fail "why not: $(cat "$folder/refused")"
member add 4 nowhere 2>"$folder/refused" && fail "an address without a port"
grep -q "is no HOST:PORT" "$folder/refused" || fail "why not: $(cat "$folder/refused")"
member add 4 "$(peer 4)" >"$folder/list" || fail "add"
grep -q "$(peer 4)" "$folder/list" || fail "the address of node 4: $(cat "$folder/list")"
member add 4 "$(peer 4)" 2>"$folder/refused" && fail "added twice"
grep -q "is a member already" "$folder/refused" || fail "why not: $(cat "$folder/refused")"
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
member add "$was" "$(peer "$was")" >/dev/null || fail "add it again"
member promote "$was" >/dev/null || fail "promote it again"
member transfer "$was" >/dev/null || fail "transfer"
[ "$(leader)" = "$was" ] || fail "node $was does not lead"
member transfer 1 2 2>/dev/null && fail "two cannot lead"
[ "$("$quadraft" query -e "http://$(http "$was")" -o csv 'SELECT (COUNT(*) AS ?n) { ?s ?p ?o }' | tail -n 1 | tr -d '\r')" = 2 ] ||
  fail "an acknowledged write is not there"

# Node 4 moves: the others are told by its word alone, and by the configuration once it is updated.
kill "${pids[4]}" && wait "${pids[4]}" || true
start 4 --join --listen "127.0.0.1:${ports[10]}"
member update 4 "127.0.0.1:${ports[10]}" >"$folder/list" || fail "update"
grep -q "127.0.0.1:${ports[10]}" "$folder/list" || fail "the new address: $(cat "$folder/list")"

# The leader loses its folder, while a client writes one number after the other.
lost=$(leader)
endpoints=$joiner,$founders
(
  for number in $(seq 1 100000); do
    "$quadraft" update -e "$endpoints" --timeout 10 "INSERT DATA { <http://e/n> <http://e/number> $number }" >/dev/null 2>&1 &&
      echo "$number" >>"$folder/acknowledged"
  done
) &
writer=$!
sleep 1
kill -9 "${pids[lost]}"
wait "${pids[lost]}" 2>/dev/null || true
rm -rf "${folder:?}/$lost"
start "$lost" --peers "$peers"
for _ in $(seq 100); do
  kill -0 "${pids[lost]}" 2>/dev/null || break
  sleep 0.1
done
kill -0 "${pids[lost]}" 2>/dev/null && fail "node $lost lost its disk and goes on"
wait "${pids[lost]}" && fail "node $lost ended as if all were well"
grep -q "quadraft member replace $lost NEW HOST:PORT" "$folder/$lost.log" || fail "node $lost does not say what to do"
start 5 --join --listen "$(peer 5)"
before=$(wc -l <"$folder/acknowledged")
"$quadraft" member replace "$lost" 5 "$(peer 5)" -e "$endpoints" --timeout 60 >"$folder/list" || fail "replace"
grep -q -E "^$lost " "$folder/list" && fail "node $lost is still there: $(cat "$folder/list")"
[ "$(grep -c -E 'leader|voter' "$folder/list")" -eq 4 ] || fail "four voters: $(cat "$folder/list")"
sleep 1
kill "$writer" && wait "$writer" 2>/dev/null || true
[ "$(wc -l <"$folder/acknowledged")" -gt "$before" ] || fail "nothing was written while node $lost was replaced"
"$quadraft" query -e "http://$(http 5)" -o csv 'SELECT ?n { <http://e/n> <http://e/number> ?n }' | tr -d '\r' | sort >"$folder/held"
missing=$(sort "$folder/acknowledged" | comm -23 - "$folder/held")
[ -z "$missing" ] || fail "acknowledged and lost: $missing"
echo "members: ok, $(wc -l <"$folder/acknowledged") writes acknowledged and there"
