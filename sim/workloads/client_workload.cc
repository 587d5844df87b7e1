#include "sim/workloads/client_workload.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/base/check.h"

namespace quadraft::sim {
namespace {

constexpr Duration kSlowPace = milliseconds(500);
constexpr Duration kRetryDelay = milliseconds(200);

// The number behind `label`, or 0.
uint64_t NumberAfter(std::string_view text, std::string_view label) {
  const size_t at = text.find(label);
  if (at == text.npos) return 0;
  text.remove_prefix(at + label.size());
  while (text.starts_with(' ')) text.remove_prefix(1);
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

ClientWorkload::ClientWorkload(WorkloadContext context, std::string_view name,
                               const ClientOptions& options)
    : context_(std::move(context)),
      name_(name),
      options_(options),
      drawn_(context_.world->seed()),
      clients_(options.clients),
      acknowledged_(options.clients),
      acknowledged_before_(options.clients) {
  for (size_t i = 0; i < context_.addresses.size(); ++i) asked_.push_back(i);
  for (int i = 0; i < options_.clients; ++i) {
    const NodeId id = client_id(i);
    world()->AddProcess(id, StrCat("c", id.value() - kFirstClientId),
                        [this, i](Env& env) { return std::make_unique<Client>(env, this, i); });
  }
}

ClientWorkload::~ClientWorkload() {
  // The clients speak to this object to their end.
  for (int i = 0; i < options_.clients; ++i) world()->process(client_id(i)).Crash(CrashKind::kKill);
}

void ClientWorkload::Start() {
  issuing_ = true;
  for (int i = 0; i < options_.clients; ++i) world()->process(client_id(i)).Start();
}

// The kind is the workload's name: what is done is drawn from the operation's seed.
std::optional<Operation> ClientWorkload::NextOperation(int client) {
  OperationTape* const tape = options_.operations != nullptr ? options_.operations : &drawn_;
  const auto draw = [this](Random& random, Operation* operation) {
    operation->kind = name_;
    const bool slow = operations_ >= static_cast<uint64_t>(options_.operations_full_speed);
    return (slow ? kSlowPace : Duration(0)) +
           Duration(random.Between(0, options_.think_max.count()));
  };
  return tape->Next(static_cast<int>(context_.first_client - kFirstClientId) + client,
                    world()->now(), draw);
}

void ClientWorkload::AskOnly(const std::vector<std::string>& addresses) {
  asked_.clear();
  for (size_t i = 0; i < context_.addresses.size(); ++i) {
    if (std::find(addresses.begin(), addresses.end(), context_.addresses[i]) != addresses.end())
      asked_.push_back(i);
  }
  QR_CHECK(!asked_.empty());
  for (Client* const client : clients_) {
    if (client != nullptr) client->PickAnother();
  }
}

Task<void> ClientWorkload::Prepare(Client&) { co_return; }

bool ClientWorkload::Progressed() const {
  for (int i = 0; i < options_.clients; ++i) {
    if (acknowledged_[i] == acknowledged_before_[i]) return false;
  }
  return true;
}

void ClientWorkload::BeginFinalReads(std::string address) {
  Client* const client = clients_[0];
  world()->Schedule(Duration(0), EventKind::kPost, world()->index_of(client_id(0)), 0,
                    [client, address = std::move(address)] {
                      client->tasks_.Spawn(client->RunFinalReads(address));
                    });
}

std::string ClientWorkload::Summary() const {
  return StrCat("ok ", outcomes_[0], ", fail ", outcomes_[1], ", unknown ", outcomes_[2]);
}

ClientWorkload::Client::Client(Env& env, ClientWorkload* workload, int index)
    : env_(env),
      workload_(*workload),
      index_(index),
      random_(env.random(workload->name_).Next()),
      process_(workload->NewProcess()),
      in_sessions_(DrawsSessions()) {
  server_ = static_cast<size_t>(index) % workload_.context_.addresses.size();
  for (const std::string& address : workload_.context_.addresses) {
    http_.push_back(std::make_unique<http::HttpClient>(
        env_, address, http::ClientOptions{.connect_timeout = milliseconds(500)}));
  }
  workload_.clients_[index] = this;
  tasks_.Spawn(Loop());
}

ClientWorkload::Client::~Client() {
  tasks_.DestroyAll();
  workload_.clients_[index_] = nullptr;
}

// Mostly the same server, so that connections are kept and forwarding happens; another one now and
// then and after trouble.
http::HttpClient& ClientWorkload::Client::Pick() {
  if (random_.OneIn(10)) PickAnother();
  return *http_[server_];
}

Task<void> ClientWorkload::Client::Loop() {
  if (index_ == 0) {
    co_await workload_.Prepare(*this);
    workload_.prepared_ = true;
  }
  while (true) {
    const std::optional<Operation> next = workload_.NextOperation(index_);
    const Duration pause = next ? next->WaitFrom(workload_.world()->now()) : kNoOperationPause;
    co_await Sleep(env_.executor(), pause);
    if (!next || !workload_.issuing_ || !workload_.prepared_) continue;
    random_ = Random(next->seed, workload_.name_);
    ++workload_.operations_;
    ++workload_.busy_;
    co_await workload_.Operate(*this);
    --workload_.busy_;
  }
}

void ClientWorkload::Client::Invoke(std::string_view f, jepsen::Value value, jepsen::Value key) {
  if (Observer* const watching = workload_.world()->observer()) {
    watching->OnInvoke(process_, id(),
                       StrCat(f, key.is_nil() ? "" : " " + key.ToString(), " ", value.ToString()));
  }
  workload_.history_.Invoke(process_, f, std::move(value), workload_.world()->now_ns(),
                            std::move(key));
}

void ClientWorkload::Client::Complete(Outcome outcome, jepsen::Value value) {
  const int64_t now = workload_.world()->now_ns();
  Count(outcome);
  if (Observer* const watching = workload_.world()->observer()) {
    watching->OnComplete(process_, id(), static_cast<OperationOutcome>(outcome), value.ToString());
  }
  workload_.world()->Fold(EventKind::kWorld, id(),
                          Fingerprint64(value.ToString(), static_cast<uint64_t>(outcome)));
  if (outcome == Outcome::kOk) {
    workload_.history_.Ok(process_, std::move(value), now);
  } else if (outcome == Outcome::kFail) {
    workload_.history_.Fail(process_, now);
  } else {
    workload_.history_.Info(process_, now);
    process_ = workload_.NewProcess();  // The old one stays open for ever.
  }
}

int64_t ClientWorkload::Client::LeaveOpen() {
  Count(Outcome::kUnknown);
  return std::exchange(process_, workload_.NewProcess());
}

void ClientWorkload::CompleteOpen(int64_t process, bool happened, jepsen::Value value) {
  if (happened) {
    history_.Ok(process, std::move(value), world()->now_ns());
  } else {
    history_.Fail(process, world()->now_ns());
  }
}

ClientWorkload::Answer ClientWorkload::Client::Judge(const StatusOr<http::Response>& response,
                                                     std::string_view request, bool may_miss) {
  if (!response.ok()) {
    PickAnother();
    return {absl::IsUnavailable(response.status()) ? Outcome::kFail : Outcome::kUnknown, 0, {}};
  }
  const int status = response->status;
  const bool repeated = http::Find(response->headers, "quadraft-outcome") == "repeated";
  if (status >= 200 && status < 300) return {Outcome::kOk, status, response->body, repeated};
  if (status == 404 && may_miss) return {Outcome::kFail, status, {}, repeated};
  PickAnother();
  switch (status) {
    case 409:  // A conflict, nothing was done.
    case 429:
    case 503:  // Nothing was done.
    case 507:
      return {Outcome::kFail, status, {}};
    case 504:  // Unknown.
    case 500:  // Only a node that is about to stop itself may answer so.
      return {Outcome::kUnknown, status, {}};
    case 410:  // This copy did nothing.
      if (!session_.empty()) return {Outcome::kFail, status, response->body};
      [[fallthrough]];
    default:
      workload_.Fail(Internal("a node refused a valid request with ", status, ": ", response->body,
                              "; the request was ", request));
      return {Outcome::kUnknown, status, {}};
  }
}

Task<ClientWorkload::Answer> ClientWorkload::Client::Call(std::string content_type,
                                                          std::string accept, std::string body,
                                                          bool may_miss, http::Headers more,
                                                          std::string parameters) {
  const std::string request = body;
  auto response = co_await Callback<StatusOr<http::Response>>([&](auto done) {
    http::Request message{
        .method = "POST",
        .path = "/sparql",
        .query = std::move(parameters),
        .headers = {{"content-type", std::move(content_type)}, {"accept", std::move(accept)}},
        .body = std::move(body)};
    for (auto& header : more) message.headers.push_back(std::move(header));
    http::SendOptions options;
    options.timeout = workload_.options_.request_timeout;
    Pick().Send(std::move(message), std::move(options), std::move(done));
  });
  co_return Judge(response, request, may_miss);
}

Task<ClientWorkload::Answer> ClientWorkload::Client::Update(std::string text, bool may_miss) {
  Answer answer;
  if (in_sessions_) {
    answer = co_await UpdateInSession(text, may_miss);
  } else {
    answer = co_await Call("application/sparql-update", "application/json", text, may_miss);
  }
  if (answer.ok()) CheckAcknowledged(answer.body, text);
  co_return answer;
}

void ClientWorkload::Client::CheckAcknowledged(std::string_view body, std::string_view request) {
  if (workload_.context_.committed == nullptr) return;
  const uint64_t index = NumberAfter(body, "\"log_index\":");
  const CommittedLog& committed = *workload_.context_.committed;
  if (index == 0 || LogIndex{index} > committed.commit()) {
    return workload_.Fail(Internal("acknowledged write lost: the answer ", body,
                                   " came before any server was seen to have committed that entry; "
                                   "the request was ",
                                   request));
  }
  const CommittedLog::Entry& entry = committed.at(LogIndex{index});
  if (NumberAfter(body, "\"inserted\":") != entry.inserted.size() ||
      NumberAfter(body, "\"deleted\":") != entry.erased.size()) {
    workload_.Fail(Internal("acknowledged write: the answer says ", body, ", the entry inserted ",
                            entry.inserted.size(), " and deleted ", entry.erased.size(),
                            " quads; the request was ", request));
  }
}

// Nothing happens when a query's answer is lost: that it may have been answered says nothing.
Task<ClientWorkload::Answer> ClientWorkload::Client::Query(std::string text, std::string accept) {
  Answer answer = co_await Call("application/sparql-query", std::move(accept), std::move(text),
                                /*may_miss=*/false);
  if (!answer.ok()) answer.outcome = Outcome::kFail;
  co_return answer;
}

Task<ClientWorkload::Answer> ClientWorkload::Client::QueryBehind(std::string text,
                                                                 Duration bound) {
  Answer answer = co_await Call("application/sparql-query", "text/csv", std::move(text),
                                /*may_miss=*/false, /*more=*/{},
                                StrCat("max-staleness=", bound / milliseconds(1)));
  if (!answer.ok()) answer.outcome = Outcome::kFail;
  co_return answer;
}

Task<ClientWorkload::Answer> ClientWorkload::Client::QueryPatiently(std::string text,
                                                                    std::string accept) {
  for (int attempt = 0; attempt < kTries; ++attempt) {
    Answer answer = co_await Query(text, accept);
    if (answer.ok()) co_return answer;
    co_await Sleep(env_.executor(), kRetryDelay);
  }
  co_return Answer{};
}

Task<void> ClientWorkload::Client::RunFinalReads(std::string address) {
  workload_.AskOnly({std::move(address)});
  co_await workload_.FinalReads(*this);
  workload_.final_reads_done_ = true;
}

std::vector<std::string> CsvRows(std::string_view csv) {
  std::vector<std::string> rows;
  for (size_t at = 0; at < csv.size();) {
    const size_t end = std::min(csv.find('\n', at), csv.size());
    std::string_view row = csv.substr(at, end - at);
    if (!row.empty() && row.back() == '\r') row.remove_suffix(1);
    rows.emplace_back(row);
    at = end + 1;
  }
  if (!rows.empty()) rows.erase(rows.begin());
  return rows;
}

}  // namespace quadraft::sim
