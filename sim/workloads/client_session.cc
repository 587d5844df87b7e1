// Clients that work in exactly-once sessions, as docs/sessions.md tells them to, and that hold the servers to it.
#include <utility>

#include "sim/workloads/client_workload.h"

namespace quadraft::sim {
namespace {

constexpr Duration kCopyDelay = milliseconds(100);
constexpr Duration kLook = milliseconds(5);

}  // namespace

bool ClientWorkload::Client::DrawsSessions() const {
  Random random(workload_.world()->seed(), StrCat("sim/sessions/", workload_.name_, "/", index_));
  return random.Below(10) < static_cast<uint64_t>(workload_.options_.sessions_of_ten);
}

Task<void> ClientWorkload::Client::RegisterSession() {
  if (updates_without_ > 0) {
    --updates_without_;
    co_return;
  }
  const auto response = co_await Callback<StatusOr<http::Response>>([&](auto done) {
    http::SendOptions options;
    options.timeout = workload_.options_.request_timeout;
    Pick().Send({.method = "POST", .path = "/sessions", .headers = {}, .body = {}}, std::move(options), std::move(done));
  });
  const Answer answer = Judge(response, "POST /sessions", /*may_miss=*/false);
  constexpr std::string_view kLabel = "\"session\": \"";
  const size_t begin = answer.body.find(kLabel);
  if (!answer.ok() || begin == std::string::npos) {
    updates_without_ = kUpdatesWithout;
    co_return;
  }
  const size_t from = begin + kLabel.size();
  session_ = answer.body.substr(from, answer.body.find('"', from) - from);
  next_sequence_ = 1;
  last_.reset();
}

http::Headers ClientWorkload::Client::SessionHeaders(uint64_t sequence) {
  http::Headers headers = {{"quadraft-session", session_}, {"quadraft-sequence", StrCat(sequence)}};
  if (!random_.OneIn(4)) headers.emplace_back("quadraft-acknowledged", StrCat(sequence - 1));
  return headers;
}

Task<ClientWorkload::Answer> ClientWorkload::Client::CallInSession(std::string text, uint64_t sequence, bool may_miss) {
  http::Headers headers = SessionHeaders(sequence);
  co_return co_await Call("application/sparql-update", "application/json", std::move(text), may_miss, std::move(headers));
}

Task<ClientWorkload::Answer> ClientWorkload::Client::UpdateInSession(std::string text, bool may_miss) {
  if (session_.empty()) co_await RegisterSession();
  if (session_.empty()) co_return co_await Call("application/sparql-update", "application/json", text, may_miss);
  const uint64_t sequence = next_sequence_++;
  const bool beside = random_.OneIn(8);
  const auto done = std::make_shared<bool>(!beside);
  if (beside) {
    http::Request copy{.method = "POST", .path = "/sparql", .headers = SessionHeaders(sequence), .body = text};
    copy.headers.emplace_back("content-type", "application/sparql-update");
    tasks_.Spawn(SendBeside(std::move(copy), done));
  }
  Answer answer = co_await SendUntilKnown(std::move(text), sequence, may_miss, beside);
  while (!*done) co_await Sleep(env_.executor(), kLook);  // Nothing is under way behind an operation.
  co_return answer;
}

Task<void> ClientWorkload::Client::SendBeside(http::Request copy, std::shared_ptr<bool> done) {
  http::HttpClient& client = *http_[workload_.asked_[random_.Below(workload_.asked_.size())]];
  co_await Callback<StatusOr<http::Response>>([&](auto sent) {
    http::SendOptions options;
    options.timeout = workload_.options_.request_timeout;
    client.Send(std::move(copy), std::move(options), std::move(sent));
  });
  *done = true;
}

Task<ClientWorkload::Answer> ClientWorkload::Client::SendUntilKnown(std::string text, uint64_t sequence, bool may_miss,
                                                                    bool unknown) {
  for (int copy = 0; copy < kCopiesMax; ++copy) {
    if (copy > 0) co_await Sleep(env_.executor(), kCopyDelay);
    Answer answer = co_await CallInSession(text, sequence, may_miss);
    if (answer.status == 410) {
      if (workload_.options_.sessions_last)
        workload_.Fail(Internal("session answers: ", session_, " was forgotten: ", answer.body));
      session_.clear();
      if (unknown) answer.outcome = Outcome::kUnknown;
      co_return answer;
    }
    if (answer.ok() || answer.status == 404) {
      if (last_ && random_.OneIn(8)) co_await SendCopy(*last_);
      last_ = SentInSession{std::move(text), sequence, answer};
      if (random_.OneIn(8)) co_await SendCopy(*last_);
      co_return answer;
    }
    if (answer.outcome == Outcome::kFail && !unknown) co_return answer;  // None that may yet be done.
    unknown |= answer.outcome == Outcome::kUnknown;
  }
  co_return Answer{};
}

Task<void> ClientWorkload::Client::SendCopy(SentInSession sent) {
  if (session_.empty()) co_return;
  const Answer again = co_await CallInSession(sent.text, sent.sequence, sent.answer.status == 404);
  if (again.status == 410 || (!again.ok() && again.status != 404)) co_return;
  if (again.repeated && again.status == sent.answer.status && again.body == sent.answer.body) co_return;
  workload_.Fail(Internal("session answers: a copy of sequence ", sent.sequence, " of ", session_, " was answered ", again.status,
                          " ", again.body, ", the first one ", sent.answer.status, " ", sent.answer.body, ": ", sent.text));
}

}  // namespace quadraft::sim
