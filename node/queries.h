// Every query, from its parsed form to the last byte of the answer (docs/life_of_a_query.md): waits until a read here is
// linearizable, takes an immutable view, and steps the engine off the loop, piece by piece, as fast as the client reads.
//
//   tasks.Spawn(queries.Serve(std::move(query), {.format = ResultFormat::kJson, .deadline = d}, std::move(writer)));
#ifndef QUADRAFT_NODE_QUERIES_H_
#define QUADRAFT_NODE_QUERIES_H_

#include <memory>
#include <string>

#include "core/base/task.h"
#include "core/env/env.h"
#include "core/replica/replica_host.h"
#include "net/http/server.h"
#include "node/metrics.h"
#include "sparql/engine.h"
#include "sparql/protocol/protocol.h"
#include "store/state/graph_state.h"

namespace quadraft::node {

// How far behind what is committed an answer may be.
struct Freshness {
  sparql::Consistency consistency = sparql::Consistency::kLinearizable;  // kLocal: whatever this node has applied.
  Duration bound{0};                                                     // Of kBounded.
  static Freshness Of(const sparql::RequestOptions& options) {
    return {options.consistency, milliseconds(options.max_staleness_ms)};
  }
};

struct QueryRequest {
  sparql::ResultFormat format = sparql::ResultFormat::kJson;
  MonotonicTime deadline = MonotonicTime::max();
  Freshness freshness;
  size_t memory_bytes_max = size_t{1} << 30;
  bool not_found_when_empty = false;  // Graph Store GET of a graph that does not exist.
  bool head_only = false;
  std::string accept;                 // Of the request, for the form of errors.
};

class Queries {
 public:
  static constexpr size_t kRunningMax = 512;  // More: 503, nothing was done.

  Queries(Env& env, GroupId group, replica::ReplicaHost& replicas, store::GraphState& state, Metrics& metrics);

  // Answers through `writer`, always. An error after the answer has begun breaks it off visibly.
  Task<void> Serve(sparql::Query query, QueryRequest request, http::ResponseWriter writer);

  // A view as fresh as that, or why there is none in time.
  Task<StatusOr<std::shared_ptr<const store::ReadView>>> View(Freshness freshness, MonotonicTime deadline);

  size_t running() const { return running_; }

 private:
  // *begun: part of the answer is on its way, so an error can only break it off.
  void CountRead(sparql::Consistency consistency);
  Task<Status> Stream(sparql::Query query, const QueryRequest& request, http::ResponseWriter& writer, bool* begun);

  Env& env_;
  const GroupId group_;
  replica::ReplicaHost& replicas_;
  store::GraphState& state_;
  Metrics& metrics_;
  Random& random_;
  size_t running_ = 0;
};

}  // namespace quadraft::node

#endif  // QUADRAFT_NODE_QUERIES_H_
