// The query engine's front door: text in, serialized answer out in pieces; updates in, write sets out. No sockets, no time,
// no threads: the caller decides when and where each step runs.
//
//   QR_ASSIGN_OR_RETURN(Query query, ParseQuery(text, options));                       // sparql/parser
//   QR_ASSIGN_OR_RETURN(auto run, StartQuery(std::move(query), view, format, limits));
//   do { QR_ASSIGN_OR_RETURN(std::string piece, run->NextPiece(64 << 10)); ... } while (!run->done());
#ifndef QUADRAFT_SPARQL_ENGINE_H_
#define QUADRAFT_SPARQL_ENGINE_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "core/env/random.h"
#include "core/env/time.h"
#include "core/txn/write_set.h"
#include "sparql/algebra/algebra.h"
#include "store/read/read_view.h"

namespace quadraft::sparql {

enum class ResultFormat : uint8_t { kJson, kXml, kCsv, kTsv, kNTriples, kNQuads, kTurtle };

struct QueryLimits {
  const std::atomic<bool>* cancelled = nullptr;  // Set from outside: the next step returns Cancelled. May be null.
  const Clock* clock = nullptr;                  // With `deadline`; may be null.
  MonotonicTime deadline = MonotonicTime::max();  // Past it, every step returns DeadlineExceeded, felt within a batch.
  size_t memory_bytes_max = size_t{1} << 30;     // Of intermediate results; more: ResourceExhausted.
  WallTime now;                                  // NOW(), one value per query.
  uint64_t random_seed = 0;                      // RAND(), UUID(), BNODE() draw from it.
};

// One query under way. Used from one place at a time (loop or an Offload worker).
class RunningQuery {
 public:
  virtual ~RunningQuery() = default;
  virtual std::string_view content_type() const = 0;
  // The next piece of the serialized answer: stops at about `bytes_target`, or earlier after a bounded amount of work (it may
  // then be empty although not done). An error ends the query: what was handed out before it is not a whole answer, and the
  // caller must let the client see that.
  virtual StatusOr<std::string> NextPiece(size_t bytes_target) = 0;
  virtual bool done() const = 0;
};

// Plans and opens; cheap. Unimplemented: well formed but not supported by this version. InvalidArgument: the format does not
// fit the query's form.
StatusOr<std::unique_ptr<RunningQuery>> StartQuery(Query query, std::shared_ptr<const store::ReadView> view,
                                                   ResultFormat format, const QueryLimits& limits);

// What an update does and what it read, at `view`. All operations of the request, in order, as one write set: a later
// operation sees what earlier ones did. Blank node labels come out unique by `blank_prefix`.
struct UpdateEffect {
  txn::WriteSet writes;
  std::vector<txn::ReadPattern> reads;  // Empty when the update reads nothing (INSERT DATA, DELETE DATA).
};
StatusOr<UpdateEffect> EvaluateUpdate(const Update& update, std::shared_ptr<const store::ReadView> view,
                                      std::string_view blank_prefix, const QueryLimits& limits);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_ENGINE_H_
