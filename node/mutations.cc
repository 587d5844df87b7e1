#include "node/mutations.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "node/session_http.h"
#include "sparql/parser/parser.h"

namespace quadraft::node {
namespace {

constexpr Duration kLeaderPollInterval =
    milliseconds(20);  // While no leader is known, or a new one is not ready.
constexpr uint32_t kForwardMarginMs =
    50;  // The leader gives up this much earlier than the node that waits for it.

bool IsDataOnly(const sparql::Update& update) {
  for (const sparql::UpdateOperation& operation : update.operations) {
    if (operation.kind != sparql::UpdateKind::kInsertData &&
        operation.kind != sparql::UpdateKind::kDeleteData) {
      return false;
    }
  }
  return true;
}

// "There is no such graph", "there is one already".
bool SpeaksOfData(const Status& status) { return absl::IsNotFound(status) || absl::IsAlreadyExists(status); }

StatusOr<sparql::Update> ParseRequest(const proto::MutationRequest& request) {
  if (request.update().empty()) return sparql::Update{};
  sparql::ParseOptions options;
  options.base = request.base();
  options.dataset.set = request.has_using();
  for (const std::string& graph : request.using_graphs()) {
    options.dataset.default_graphs.push_back(rdf::Term::Iri(graph));
  }
  for (const std::string& graph : request.using_named_graphs()) {
    options.dataset.named_graphs.push_back(rdf::Term::Iri(graph));
  }
  return sparql::ParseUpdate(request.update(), options);
}

bool InSession(const proto::MutationRequest& request) {
  return request.session().kind() == proto::SessionRequest::UPDATE;
}

// An answer to the update for good; others are about this try of it.
bool IsOutcome(const Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kUnimplemented:
      return true;
    default:
      return status.ok();
  }
}

// What the update did, then `added`: its blank node labels are unique already and stay as they are.
StatusOr<txn::WriteSet> ThenInsert(txn::WriteSet writes, const std::string& added) {
  if (added.empty()) return writes;
  QR_ASSIGN_OR_RETURN(txn::WriteSet more, txn::DecodeWriteSet(added));
  if (writes.empty()) return more;
  if (!more.deletes.empty()) return InvalidArgument("a write set behind an update can only insert");
  writes.inserts.insert(writes.inserts.end(), std::make_move_iterator(more.inserts.begin()),
                        std::make_move_iterator(more.inserts.end()));
  return writes;
}

// That this try did nothing is not the whole truth when an earlier one may yet be done.
StatusOr<proto::MutationResponse> Answer(StatusOr<proto::MutationResponse> response, bool unknown) {
  if (!unknown) return response;
  Status now = response.status();
  if (response.ok()) {
    const auto verdict = static_cast<txn::SessionVerdict>(response->session_verdict());
    const bool refused = verdict == txn::SessionVerdict::kUnknownSession || verdict == txn::SessionVerdict::kSequenceTooOld ||
                         verdict == txn::SessionVerdict::kWindowFull;
    if (!refused) return response;
    now = SessionError(*response);
  }
  return DeadlineExceeded("the outcome is unknown: an earlier try of this node may have been done; now: ", now.message());
}

}  // namespace

Task<bool> FifoLock::Acquire() {
  if (!held_) {
    held_ = true;
    co_return true;
  }
  if (waiting_.size() >= kWaitingMax) co_return false;
  co_return co_await Callback<bool>([this](auto done) { waiting_.push_back(std::move(done)); });
}

void FifoLock::Release() {
  if (waiting_.empty()) {
    held_ = false;
    return;
  }
  auto next = std::move(waiting_.front());
  waiting_.pop_front();
  executor_.Post([next = std::move(next)]() mutable { next(true); });
}

Mutations::Mutations(Env& env, NodeId self, GroupId group, replica::ReplicaHost& replicas,
                     store::GraphState& state, RpcEndpoint& rpc, Metrics& metrics, TaskScope& tasks,
                     const SessionOptions& sessions)
    : env_(env),
      self_(self),
      group_(group),
      replicas_(replicas),
      state_(state),
      rpc_(rpc),
      metrics_(metrics),
      tasks_(tasks),
      sessions_(env, self, group, replicas, state, rpc, sessions),
      evaluating_(env.executor()),
      blank_random_(env.random("blank")),
      query_random_(env.random("query")) {
  Handle(RpcMethod::kMutate);
  if (sessions.known) Handle(RpcMethod::kMutateInSession);
}

void Mutations::Handle(RpcMethod method) {
  rpc_.Handle(method, [this](NodeId, std::string_view bytes, RpcEndpoint::Reply reply) {
    proto::MutationRequest request;
    if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return reply(DataLoss("the forwarded update could not be decoded; nothing was done"));
    }
    tasks_.Spawn([](Mutations& self, proto::MutationRequest request,
                    RpcEndpoint::Reply reply) -> Task<void> {
      const MonotonicTime deadline = self.env_.clock().Now() + milliseconds(request.timeout_ms());
      auto response = co_await self.RunHere(request, deadline);
      if (response.ok()) {
        reply(response->SerializeAsString());
      } else {
        reply(std::move(response).status());
      }
    }(*this, std::move(request), std::move(reply)));
  });
}

std::string Mutations::FreshBlankPrefix() {
  // 128 random bits in a shape that N-Triples allows as the start of a label.
  std::string bytes;
  PutFixed<uint64_t>(&bytes, blank_random_.Next());
  PutFixed<uint64_t>(&bytes, blank_random_.Next());
  return StrCat("b", HexEncode(bytes), "x");
}

Task<StatusOr<proto::MutationResponse>> Mutations::Run(proto::MutationRequest request,
                                                       MonotonicTime deadline) {
  Status last = Unavailable("no leader is known");
  bool unknown = false;  // A try of it that may yet be done. Only of an update in a session there is a next one then.
  while (!Expired(deadline)) {
    if (const std::optional<NodeId> leader = replicas_.leader(group_)) {
      StatusOr<proto::MutationResponse> response = last;
      if (leader == self_) {
        response = co_await RunHere(request, deadline);
      } else {
        metrics_.updates_forwarded_total.Add();
        response = co_await Forward(*leader, request, deadline);
      }
      const bool open = InSession(request) && absl::IsDeadlineExceeded(response.status());
      const bool blindly = leader != self_ && !response.ok() && QR_MUTANT("forward-retried-blindly");
      if (!open && !blindly && !absl::IsUnavailable(response.status())) co_return Answer(std::move(response), unknown);
      unknown |= open && !QR_MUTANT("session-retry-reported-as-failed");
      last = response.status();
    }
    co_await Sleep(env_.executor(), kLeaderPollInterval);
  }
  if (unknown) co_return DeadlineExceeded("the outcome is unknown: ", last.message(), "; send it again with the same sequence");
  co_return Unavailable("nothing was done: ", last.message(),
                        "; retry, and check that a majority of the nodes runs");
}

Task<StatusOr<proto::MutationResponse>> Mutations::Forward(NodeId leader,
                                                           proto::MutationRequest request,
                                                           MonotonicTime deadline) {
  const Duration left = deadline - env_.clock().Now();
  const auto left_ms = static_cast<uint32_t>(std::max<int64_t>(left.count() / 1000000, 1));
  request.set_timeout_ms(left_ms > 2 * kForwardMarginMs ? left_ms - kForwardMarginMs : left_ms);
  std::string bytes = request.SerializeAsString();
  auto answer = co_await Callback<StatusOr<std::string>>([&](auto done) {
    // Whoever is first answers: the leader, or the news that it leads no more, which a dead one
    // cannot send.
    auto once = std::make_shared<Callback<StatusOr<std::string>>::Done>(std::move(done));
    const auto finish = [once](StatusOr<std::string> result) {
      if (*once) std::exchange(*once, nullptr)(std::move(result));
    };
    const RpcMethod method = request.has_session() ? RpcMethod::kMutateInSession : RpcMethod::kMutate;
    rpc_.Call(leader, method, std::move(bytes), left, finish);
    tasks_.Spawn(WatchLeader(leader, once));
  });
  if (!answer.ok()) co_return std::move(answer).status();
  proto::MutationResponse response;
  if (!response.ParseFromString(*answer)) {
    co_return DeadlineExceeded("node ", leader,
                               " sent an answer that could not be decoded; the outcome is unknown");
  }
  co_return response;
}

Task<void> Mutations::WatchLeader(
    NodeId leader, std::shared_ptr<absl::AnyInvocable<void(StatusOr<std::string>)>> once) {
  while (*once) {
    co_await Sleep(env_.executor(), kLeaderPollInterval);
    if (!*once || replicas_.leader(group_) == leader) continue;
    SIM_SOMETIMES(true, "forward-ended-by-election");
    if (QR_MUTANT("unknown-reported-as-failed")) {
      co_return std::exchange(*once, nullptr)(Aborted("nothing was done"));
    }
    std::exchange(*once, nullptr)(DeadlineExceeded(
        "node ", leader, " had the update when it stopped leading; the outcome is unknown"));
  }
}

Task<StatusOr<proto::MutationResponse>> Mutations::RunHere(const proto::MutationRequest& request,
                                                           MonotonicTime deadline) {
  if (InSession(request)) {
    if (const auto known = sessions_.KnownAnswer(request.session()))
      co_return Sessions::ResponseOf(sessions_.CommandOf(request.session()), *known);
  } else if (request.has_session()) {
    if (request.session().kind() == proto::SessionRequest::REGISTER)
      QR_CO_RETURN_IF_ERROR(co_await sessions_.CheckMembers(deadline));
    co_return co_await Propose(request, txn::WriteSet(), nullptr);
  }
  co_return co_await RunUpdate(request, deadline);
}

Task<StatusOr<proto::MutationResponse>> Mutations::RunUpdate(const proto::MutationRequest& request,
                                                             MonotonicTime deadline) {
  StatusOr<sparql::Update> parsed = ParseRequest(request);
  if (!parsed.ok()) co_return co_await Propose(request, std::move(parsed).status(), nullptr);
  const auto update = std::make_shared<const sparql::Update>(*std::move(parsed));
  if (IsDataOnly(*update)) {
    sparql::QueryLimits limits;
    limits.now = env_.clock().WallNow();
    StatusOr<sparql::UpdateEffect> effect =
        sparql::EvaluateUpdate(*update, state_.LatestView(), FreshBlankPrefix(), limits);
    if (!effect.ok()) co_return co_await Propose(request, std::move(effect).status(), nullptr);
    if (effect->reads.empty()) {
      auto writes = ThenInsert(std::move(effect->writes), request.write_set());
      co_return co_await Propose(request, std::move(writes), nullptr);
    }
  }
  if (!co_await evaluating_.Acquire()) {
    co_return ResourceExhausted("more than ", FifoLock::kWaitingMax,
                                " updates wait to be evaluated; retry later");
  }
  auto effect = co_await EvaluateUntilFree(update, deadline);
  auto writes = effect.ok() ? ThenInsert(std::move(effect->writes), request.write_set())
                            : StatusOr<txn::WriteSet>(effect.status());
  co_return co_await Propose(request, std::move(writes), &evaluating_);
}

// Ready: this node leads, and has applied an entry of its own term; everything before it is then in
// the state.
Task<Status> Mutations::WaitUntilReady(MonotonicTime deadline) {
  while (replicas_.leader(group_) == self_) {
    const bool ready = state_.applied_term() == replicas_.raft(group_).term();
    if (ready || QR_MUTANT("update-on-unready-leader")) co_return OkStatus();
    SIM_SOMETIMES(true, "leader-not-ready");
    if (Expired(deadline)) co_return Unavailable("the new leader has not applied its log in time");
    co_await Sleep(env_.executor(), kLeaderPollInterval);
  }
  co_return Unavailable("node ", self_, " does not lead");
}

// A refusal is an answer, and must be as true as a query's: what is committed may not have been applied here yet (the disk of
// a leader may be the slowest), and another node may lead by now.
Task<StatusOr<LogIndex>> Mutations::FreshIndex() {
  const Status barrier = co_await Callback<Status>([&](auto done) { replicas_.ReadBarrier(group_, std::move(done)); });
  if (!barrier.ok()) co_return Unavailable("nothing was done: ", barrier.message(), "; retry");
  co_return state_.applied_index();
}

Task<StatusOr<sparql::UpdateEffect>> Mutations::EvaluateUntilFree(std::shared_ptr<const sparql::Update> update,
                                                                  MonotonicTime deadline) {
  // Once a refusal that speaks of the data was about to be given: from this index on it would be true.
  std::optional<LogIndex> fresh_from;
  while (true) {
    QR_CO_RETURN_IF_ERROR(co_await WaitUntilReady(deadline));
    const RaftTerm term = replicas_.raft(group_).term();
    const LogIndex snapshot = state_.applied_index();
    latches_.Pin(snapshot);
    auto effect = co_await Evaluate(update, deadline);
    const std::optional<uint64_t> conflict = effect.ok() && !QR_MUTANT("latches-not-asked")
                                                 ? latches_.FindConflict(effect->reads, snapshot)
                                                 : std::nullopt;
    latches_.Unpin(snapshot);
    if (SpeaksOfData(effect.status()) && (!fresh_from || snapshot < *fresh_from)) {
      QR_CO_ASSIGN_OR_RETURN(fresh_from, co_await FreshIndex());
      continue;
    }
    if (!effect.ok()) co_return std::move(effect).status();
    const bool same_leadership =
        replicas_.leader(group_) == self_ && replicas_.raft(group_).term() == term;
    SIM_SOMETIMES(conflict.has_value(), "update-conflict");
    if (same_leadership && !conflict && !SIM_MAYBE("update-evaluated-again")) co_return effect;
    metrics_.update_conflicts_total.Add();
    if (Expired(deadline)) {
      co_return Aborted("nothing was done: other updates kept changing what this one reads; retry");
    }
    if (conflict) {
      co_await Callback<bool>([&](auto done) { latches_.WhenSettled(*conflict, std::move(done)); });
    }
  }
}

Task<StatusOr<sparql::UpdateEffect>> Mutations::Evaluate(
    std::shared_ptr<const sparql::Update> update, MonotonicTime deadline) {
  // Shared, not on this frame: a worker may still be evaluating when the frame is destroyed.
  struct Work {
    std::shared_ptr<const sparql::Update> update;
    std::shared_ptr<const store::ReadView> view;
    std::string blank_prefix;
    sparql::QueryLimits limits;
    StatusOr<sparql::UpdateEffect> effect = Internal("not evaluated");
  };
  auto work = std::make_shared<Work>();
  work->update = std::move(update);
  work->view = state_.LatestView();
  if (QR_MUTANT("update-reads-earlier-view") && state_.applied_index() > LogIndex{1}) {
    const auto earlier = state_.ViewAt(Timestamp(state_.applied_index().value() - 1));
    if (earlier.ok()) work->view = *earlier;
  }
  work->blank_prefix = FreshBlankPrefix();
  work->limits.clock = &env_.clock();
  work->limits.deadline = deadline;
  work->limits.now = env_.clock().WallNow();
  work->limits.random_seed = query_random_.Next();
  Closure evaluate = [work] {
    work->effect =
        sparql::EvaluateUpdate(*work->update, work->view, work->blank_prefix, work->limits);
  };
  co_await RunOffloaded(env_.executor(), std::move(evaluate));
  if (absl::IsDeadlineExceeded(work->effect.status())) {
    // Not an unknown outcome: nothing was proposed.
    co_return Aborted(
        "nothing was done: the update's WHERE part did not finish in time; raise `timeout` or "
        "narrow it");
  }
  co_return std::move(work->effect);
}

Task<StatusOr<proto::MutationResponse>> Mutations::Propose(const proto::MutationRequest& request,
                                                           StatusOr<txn::WriteSet> writes, FifoLock* release) {
  if (!writes.ok() && !(InSession(request) && IsOutcome(writes.status()))) {
    if (release != nullptr) release->Release();
    co_return std::move(writes).status();
  }
  txn::SessionCommand command;
  std::string payload;
  if (!request.has_session()) {
    payload = txn::EncodeWriteSet(*writes);
  } else {
    command = sessions_.CommandOf(request.session());
    command.code = static_cast<uint32_t>(writes.status().code());
    command.message = Message(writes.status());
    if (writes.ok()) command.writes = txn::EncodeWriteSet(*writes);
    payload = txn::EncodeSessionCommand(command);
    command.writes.clear();
  }
  txn::WriteSet latched = writes.ok() ? *std::move(writes) : txn::WriteSet();
  const MonotonicTime proposed = env_.clock().Now();
  uint64_t ticket = 0;
  auto result = co_await Callback<StatusOr<replica::ProposalResult>>([&](auto done) {
    ticket = latches_.Proposed(std::move(latched));
    replicas_.Propose(group_, std::move(payload), std::move(done));
    if (QR_MUTANT("latch-released-when-proposed")) latches_.Forget(ticket);
    if (release != nullptr) release->Release();
  });
  if (!result.ok()) {
    metrics_.ProposalsFailed(result.status().code()).Add();
    latches_.Forget(ticket);
    co_return std::move(result).status();
  }
  metrics_.commit_seconds.Observe(env_.clock().Now() - proposed);
  latches_.Applied(ticket, result->index);
  if (request.has_session()) {
    QR_CO_ASSIGN_OR_RETURN(const txn::SessionResult outcome, txn::DecodeSessionResult(result->result));
    co_return Sessions::ResponseOf(command, outcome);
  }
  QR_CO_ASSIGN_OR_RETURN(const store::ApplyResult counts, store::DecodeApplyResult(result->result));
  proto::MutationResponse response;
  response.set_log_index(result->index.value());
  response.set_inserted(counts.inserted);
  response.set_deleted(counts.deleted);
  co_return response;
}

}  // namespace quadraft::node
