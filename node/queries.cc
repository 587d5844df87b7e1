#include "node/queries.h"

#include <atomic>
#include <utility>

#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "node/errors.h"

namespace quadraft::node {
namespace {

constexpr size_t kPieceBytes = 64u << 10;
constexpr size_t kShortPieceBytes = 16;

// One step of a query off the loop: everything that the worker touches.
struct Step {
  std::unique_ptr<sparql::RunningQuery> run;
  StatusOr<std::string> piece = std::string();
};

}  // namespace

Queries::Queries(Env& env, GroupId group, replica::ReplicaHost& replicas, store::GraphState& state,
                 Metrics& metrics)
    : env_(env),
      group_(group),
      replicas_(replicas),
      state_(state),
      metrics_(metrics),
      random_(env.random("query")) {}

Task<void> Queries::Serve(sparql::Query query, QueryRequest request, http::ResponseWriter writer) {
  const MonotonicTime start = env_.clock().Now();
  metrics_.queries_total.Add();
  Status status;
  bool begun = false;
  if (running_ >= kRunningMax) {
    status = ResourceExhausted("more than ", kRunningMax,
                               " queries are running on this node; retry later or elsewhere");
  } else {
    ++running_;
    status = co_await Stream(std::move(query), request, writer, &begun);
    --running_;
  }
  metrics_.query_seconds.Observe(env_.clock().Now() - start);
  if (status.ok()) co_return;
  metrics_.query_errors_total.Add();
  if (begun) {
    writer.Abort(Message(status));
  } else {
    RespondError(writer, status, request.accept);
  }
}

Task<StatusOr<std::shared_ptr<const store::ReadView>>> Queries::View(Freshness freshness,
                                                                     MonotonicTime deadline) {
  using sparql::Consistency;
  if (freshness.consistency != Consistency::kLocal && !QR_MUTANT("read-without-barrier")) {
    const bool bounded = freshness.consistency == Consistency::kBounded;
    const Status barrier = co_await Callback<Status>([&](auto done) {
      if (bounded) return replicas_.ReadStale(group_, freshness.bound, std::move(done));
      replicas_.ReadBarrier(group_, std::move(done));
    });
    if (!barrier.ok() && bounded) {
      co_return Unavailable("what this node has may be more than ", freshness.bound / milliseconds(1),
                            " ms behind: ", barrier.message(),
                            "; retry, allow a longer max-staleness, or ask with consistency=local");
    }
    if (!barrier.ok()) {
      co_return Unavailable("a linearizable read is not possible now: ", barrier.message(),
                            "; retry, or ask with consistency=local for what this node has");
    }
    if (env_.clock().Now() >= deadline)
      co_return DeadlineExceeded("the query's time was over before it could begin");
  }
  co_return state_.LatestView();
}

void Queries::CountRead(sparql::Consistency consistency) {
  switch (consistency) {
    case sparql::Consistency::kLinearizable:
      return metrics_.reads_linearizable.Add();
    case sparql::Consistency::kBounded:
      return metrics_.reads_bounded.Add();
    case sparql::Consistency::kLocal:
      return metrics_.reads_local.Add();
  }
}

Task<Status> Queries::Stream(sparql::Query query, const QueryRequest& request,
                             http::ResponseWriter& writer, bool* begun) {
  const auto cancelled = std::make_shared<std::atomic<bool>>(false);
  writer.OnClientGone([cancelled] { cancelled->store(true); });
  CountRead(request.freshness.consistency);
  QR_CO_ASSIGN_OR_RETURN(auto view, co_await View(request.freshness, request.deadline));

  sparql::QueryLimits limits;
  limits.cancelled = cancelled.get();
  limits.clock = &env_.clock();
  limits.deadline = request.deadline;
  limits.memory_bytes_max = request.memory_bytes_max;
  limits.now = env_.clock().WallNow();
  limits.random_seed = random_.Next();

  // Shared, not on this frame: a worker may still be in a step when the frame is destroyed.
  auto step = std::make_shared<Step>();
  auto first = std::make_shared<sparql::Query>(std::move(query));
  const size_t piece_bytes = SIM_MAYBE("short-result-piece") ? kShortPieceBytes : kPieceBytes;
  Closure open = [step, first, view, limits, cancelled, piece_bytes, format = request.format] {
    auto run = sparql::StartQuery(std::move(*first), view, format, limits);
    if (!run.ok()) {
      step->piece = run.status();
      return;
    }
    step->run = *std::move(run);
    step->piece = step->run->NextPiece(piece_bytes);
  };
  co_await RunOffloaded(env_.executor(), std::move(open));
  if (!step->piece.ok()) co_return step->piece.status();

  const http::Headers headers = {{"content-type", std::string(step->run->content_type())}};
  if (request.not_found_when_empty && step->run->done() && step->piece->empty()) {
    co_return NotFound("the graph does not exist");
  }
  if (step->run->done() || request.head_only) {
    writer.Respond({.status = 200, .headers = headers, .body = *std::move(step->piece)})
        .IgnoreError();
    co_return OkStatus();
  }
  *begun = true;
  writer.StartStream(200, headers).IgnoreError();
  while (true) {
    if (!step->piece->empty() && !writer.Write(*std::move(step->piece)).ok()) co_return OkStatus();
    if (step->run->done()) break;
    if (writer.unsent_bytes() > kStreamBufferBytes) {
      const Status writable =
          co_await Callback<Status>([&](auto done) { writer.WhenWritable(std::move(done)); });
      if (!writable.ok()) co_return OkStatus();  // The client has gone: nobody to tell.
    }
    Closure next = [step, cancelled, piece_bytes] {
      step->piece = step->run->NextPiece(piece_bytes);
    };
    co_await RunOffloaded(env_.executor(), std::move(next));
    if (!step->piece.ok()) co_return step->piece.status();
  }
  writer.Finish().IgnoreError();
  co_return OkStatus();
}

}  // namespace quadraft::node
