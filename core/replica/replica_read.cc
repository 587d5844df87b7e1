// Linearizable reads: those that arrive together share one question to the leader; lost questions
// and refusals are asked again, of whoever leads by then, until read_timeout.
#include <algorithm>
#include <utility>

#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "core/replica/replica.h"

namespace quadraft::replica {

void Replica::ReadBarrier(ReadCallback done) {
  ++counters_.reads;
  ++pending_reads_;
  if (pending_reads_ > shared_.options.pending_reads_max) {
    return CompleteRead(std::move(done), ResourceExhausted("group ", group_, ": ",
                                                           pending_reads_ - 1, " reads wait"));
  }
  new_reads_.push_back(std::move(done));
}

// The age of what is here, by a clock that may be slow.
void Replica::ReadStale(MonotonicTime now, Duration bound, ReadCallback done) {
  const Duration age = now - fresh_at_;
  const bool known = fresh_at_ != MonotonicTime{} &&
                     age <= raft::LocalBound(bound, shared_.options.raft.clock_drift_ppm_max);
  if (!known && !(QR_MUTANT("stale-bound-ignored") && fresh_at_ != MonotonicTime{})) {
    return ReadBarrier(std::move(done));
  }
  if (age > bound / 2 && !renewing_) {
    renewing_ = true;
    SIM_SOMETIMES(true, "freshness-renewed");
    ReadBarrier([this](const Status&) { renewing_ = false; });
  }
  ++counters_.reads;
  ++counters_.stale_reads;
  ++pending_reads_;
  CompleteRead(std::move(done), OkStatus());
}

void Replica::AskReads(MonotonicTime now) {
  const Options& options = shared_.options;
  if (!new_reads_.empty() && questions_.size() < options.read_questions_max) {
    questions_.push_back({.done = std::exchange(new_reads_, {}),
                          .deadline = now + options.read_timeout,
                          .next_attempt = now});
  }
  const NodeId leader = raft_.leader();
  const bool new_leader = leader != asked_leader_ && leader != NodeId{};
  if (leader != NodeId{}) asked_leader_ = leader;
  for (auto question = questions_.begin(); question != questions_.end();) {
    if (now >= question->deadline) {
      SIM_SOMETIMES(true, "read-timed-out");
      for (ReadCallback& done : question->done) {
        CompleteRead(std::move(done),
                     Unavailable("group ", group_, ": no quorum confirmed the read in time"));
      }
      question = questions_.erase(question);
      continue;
    }
    const bool waited = now + options.read_attempt_timeout / 2 >= question->next_attempt;
    if (!question->answered && (now >= question->next_attempt || new_leader ||
                                (waited && SIM_MAYBE("read-asked-again")))) {
      SIM_SOMETIMES(now > question->next_attempt, "read-index-retried");
      question->id = next_read_id_++;
      question->asked_at = now;
      question->next_attempt = now + options.read_attempt_timeout;
      raft_.ReadIndex(now, question->id);
    }
    ++question;
  }
}

void Replica::OnReadResult(const raft::ReadResult& result) {
  for (ReadQuestion& question : questions_) {
    if (question.answered || question.id != result.id) continue;
    question.id = 0;
    if (result.ok) {
      question.answered = true;
      question.wait_for = result.index;
    } else {
      question.next_attempt = shared_.env.clock().Now() + shared_.options.read_retry_delay;
    }
    return;
  }
}

void Replica::AnswerReads() {
  for (auto question = questions_.begin(); question != questions_.end();) {
    const bool applied = question->wait_for <= applied_ || QR_MUTANT("read-before-applied");
    if (!question->answered || !applied) {
      ++question;
      continue;
    }
    fresh_at_ = std::max(fresh_at_, QR_MUTANT("stale-age-from-answer")
                                        ? shared_.env.clock().Now()
                                        : question->asked_at);
    for (ReadCallback& done : question->done) CompleteRead(std::move(done), OkStatus());
    question = questions_.erase(question);
  }
  if (!new_reads_.empty() && questions_.size() < shared_.options.read_questions_max)
    output_again_ = true;
}

}  // namespace quadraft::replica
