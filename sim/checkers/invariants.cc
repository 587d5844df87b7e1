#include "sim/checkers/invariants.h"

#include <iterator>

namespace quadraft::sim {

namespace {

constexpr std::string_view kRaft = "core/raft/invariants.cc";
constexpr std::string_view kState = "sim/checkers/state_checker.cc";
constexpr std::string_view kClients = "sim/workloads/client_workload.cc";
constexpr std::string_view kSparql = "sim/workloads/sparql_workload.cc";

constexpr InvariantRow kRows[] = {
    {"election safety", "at most one leader in a term", "every event of a server", kRaft},
    {"leader append-only", "a leader drops and replaces none of its entries",
     "every event of a server", kRaft},
    {"log matching", "an index and a term name one entry after one predecessor, everywhere",
     "every event of a server", kRaft},
    {"leader completeness", "a leader has every entry that was committed before its term",
     "every event of a server", kRaft},
    {"state machine safety",
     "no two servers commit, and none applies, different entries at one index",
     "every event of a server", kRaft},
    {"one vote per term", "a vote is neither changed nor taken back within its term",
     "every event of a server", kRaft},
    {"leases exclude",
     "while a leader's lease holds by its own clock, no leader of a later term has committed",
     "every event of a leader, in runs with leases", kRaft},
    {"durability", "term, vote and entries that a server called durable are there after a restart",
     "every start of a server", kRaft},
    {"one change at a time",
     "of a leader's configurations at most one is not committed, each is one voter away from the "
     "one before or joint, and who leads may vote",
     "every event of a server", kRaft},
    {"went back", "the term and, until a restart, the commit index of a server only grow",
     "every event of a server", kRaft},
    {"digests",
     "what a server holds is what the committed entries up to its applied index amount to; so "
     "replicas at one index have one digest, and no acknowledged write is lost",
     "every event of a server", kState},
    {"sessions",
     "the clients' sessions of a server, with their outcomes, are what the committed entries make of them by their plain "
     "definition",
     "every event of a server", kState},
    {"dictionary and permutations",
     "terms and ids are a bijection; the six orders, the count and the digest agree", "at the end",
     kState},
    {"stopped itself", "a server gives up only for a reason that an injected fault explains",
     "when it does", "sim/cluster/cluster.cc"},
    {"acknowledged write lost",
     "what was acknowledged is committed, and every later linearizable read has it", "every answer",
     kClients},
    {"acknowledged write", "an acknowledgement says what its entry did", "every answer", kClients},
    {"refused write happened", "what was refused with 'nothing was done' never happens",
     "every answer and entry", kSparql},
    {"done twice", "a request is carried out at most once", "every entry", kSparql},
    {"refused a valid request",
     "valid requests are refused only for want of a leader, time or room", "every answer",
     kClients},
    {"answers",
     "an answer is right at some version between its request and itself, by an evaluator of its "
     "own "
     "(sim/oracle)",
     "every answer", kSparql},
    {"effects", "an update does at its place in the log what that evaluator says", "every entry",
     kSparql},
    {"session answers",
     "copies of one update in a session are answered alike, and no session is forgotten before its time", "every answer",
     "sim/workloads/client_session.cc"},
    {"linearizability",
     "registers and graphs: the history has an order that real time and the model allow",
     "at the end", "jepsen/linear"},
    {"strict serializability",
     "transactions over lists: no anomaly that strict serializability forbids (Elle, Adya)",
     "at the end", "jepsen/txn"},
    {"bank", "the sum of all balances stays, none is negative, none is there twice", "every answer",
     "sim/workloads/bank_workload.cc"},
    {"set", "nothing is read that was never written, nothing twice, no batch in part",
     "every answer", "sim/workloads/set_workload.cc"},
    {"permutations", "one query counts the same along every index", "every answer",
     "sim/workloads/set_workload.cc"},
    {"progress",
     "after the faults, every client's write is acknowledged and all servers come to hold the "
     "same, "
     "within stated bounds of virtual time",
     "after the faults", "sim/explore"},
};

}  // namespace

const std::vector<InvariantRow>& InvariantTable() {
  static const auto& table = *new std::vector<InvariantRow>(std::begin(kRows), std::end(kRows));
  return table;
}

const InvariantRow* FindInvariant(std::string_view violation) {
  const InvariantRow* first = nullptr;
  size_t first_at = violation.npos;
  for (const InvariantRow& row : InvariantTable()) {
    const size_t at = violation.find(row.name);
    if (at < first_at) {
      first = &row;
      first_at = at;
    }
  }
  return first;
}

}  // namespace quadraft::sim
