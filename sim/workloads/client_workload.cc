#include "sim/workloads/client_workload.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace quadraft::sim {
namespace {

constexpr Duration kSlowPace = milliseconds(500);
constexpr Duration kRetryDelay = milliseconds(200);

}  // namespace

ClientWorkload::ClientWorkload(World* world, std::vector<std::string> addresses,
                               std::string_view name, const ClientOptions& options)
    : world_(world),
      addresses_(std::move(addresses)),
      name_(name),
      options_(options),
      drawn_(world->seed()),
      clients_(options.clients),
      acknowledged_(options.clients),
      acknowledged_before_(options.clients) {
  for (size_t i = 0; i < addresses_.size(); ++i) asked_.push_back(i);
  for (int i = 0; i < options_.clients; ++i) {
    const uint64_t id = options_.first_id + static_cast<uint64_t>(i);
    world_->AddProcess(NodeId{id}, StrCat("c", id - kFirstClientId),
                       [this, i](Env& env) { return std::make_unique<Client>(env, this, i); });
  }
}

ClientWorkload::~ClientWorkload() {
  // The clients speak to this object to their end.
  for (int i = 0; i < options_.clients; ++i) {
    world_->process(NodeId{options_.first_id + static_cast<uint64_t>(i)}).Crash(CrashKind::kKill);
  }
}

void ClientWorkload::Start() {
  issuing_ = true;
  for (int i = 0; i < options_.clients; ++i) {
    world_->process(NodeId{options_.first_id + static_cast<uint64_t>(i)}).Start();
  }
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
  return tape->Next(static_cast<int>(options_.first_id - kFirstClientId) + client, world_->now(),
                    draw);
}

void ClientWorkload::AskOnly(const std::vector<std::string>& addresses) {
  asked_.clear();
  for (size_t i = 0; i < addresses_.size(); ++i) {
    if (std::find(addresses.begin(), addresses.end(), addresses_[i]) != addresses.end())
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
  world_->Schedule(Duration(0), EventKind::kPost, world_->index_of(NodeId{options_.first_id}), 0,
                   [client, address = std::move(address)] {
                     client->tasks_.Spawn(client->RunFinalReads(address));
                   });
}

std::string ClientWorkload::Summary() const {
  return StrCat("ok ", outcomes_[0], ", fail ", outcomes_[1], ", unknown ", outcomes_[2]);
}

std::string ClientWorkload::DescribeClients() const {
  return StrCat(options_.clients, " clients, up to ", options_.think_max / milliseconds(1),
                " ms between operations");
}

ClientWorkload::Client::Client(Env& env, ClientWorkload* workload, int index)
    : env_(env),
      workload_(*workload),
      index_(index),
      random_(env.random(workload->name_).Next()),
      process_(workload->NewProcess()) {
  server_ = static_cast<size_t>(index) % workload_.addresses_.size();
  for (const std::string& address : workload_.addresses_) {
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
    co_await Sleep(env_.executor(),
                   next ? next->WaitFrom(workload_.world_->now()) : kNoOperationPause);
    if (!next || !workload_.issuing_ || !workload_.prepared_) continue;
    random_ = Random(next->seed, workload_.name_);
    ++workload_.operations_;
    ++workload_.busy_;
    co_await workload_.Operate(*this);
    --workload_.busy_;
  }
}

void ClientWorkload::Client::Invoke(std::string_view f, jepsen::Value value, jepsen::Value key) {
  if (Observer* const watching = workload_.world_->observer()) {
    watching->OnInvoke(process_, id(),
                       StrCat(f, key.is_nil() ? "" : " " + key.ToString(), " ", value.ToString()));
  }
  workload_.history_.Invoke(process_, f, std::move(value), workload_.world_->now_ns(),
                            std::move(key));
}

void ClientWorkload::Client::Complete(Outcome outcome, jepsen::Value value) {
  const int64_t now = workload_.world_->now_ns();
  Count(outcome);
  if (Observer* const watching = workload_.world_->observer()) {
    watching->OnComplete(process_, id(), static_cast<OperationOutcome>(outcome), value.ToString());
  }
  workload_.world_->Fold(EventKind::kWorld, id(),
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

ClientWorkload::Answer ClientWorkload::Client::Judge(const StatusOr<http::Response>& response,
                                                     std::string_view request, bool may_miss) {
  if (!response.ok()) {
    PickAnother();
    return {absl::IsUnavailable(response.status()) ? Outcome::kFail : Outcome::kUnknown, 0, {}};
  }
  const int status = response->status;
  if (status >= 200 && status < 300) return {Outcome::kOk, status, response->body};
  if (status == 404 && may_miss) return {Outcome::kFail, status, {}};
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
    default:
      workload_.Fail(Internal("a node refused a valid request with ", status, ": ", response->body,
                              "; the request was ", request));
      return {Outcome::kUnknown, status, {}};
  }
}

Task<ClientWorkload::Answer> ClientWorkload::Client::Call(std::string content_type,
                                                          std::string accept, std::string body,
                                                          bool may_miss) {
  const std::string request = body;
  auto response = co_await Callback<StatusOr<http::Response>>([&](auto done) {
    http::Request message{
        .method = "POST",
        .path = "/sparql",
        .headers = {{"content-type", std::move(content_type)}, {"accept", std::move(accept)}},
        .body = std::move(body)};
    http::SendOptions options;
    options.timeout = workload_.options_.request_timeout;
    Pick().Send(std::move(message), std::move(options), std::move(done));
  });
  co_return Judge(response, request, may_miss);
}

Task<ClientWorkload::Answer> ClientWorkload::Client::Update(std::string text, bool may_miss) {
  co_return co_await Call("application/sparql-update", "application/json", std::move(text),
                          may_miss);
}

// Nothing happens when a query's answer is lost: that it may have been answered says nothing.
Task<ClientWorkload::Answer> ClientWorkload::Client::Query(std::string text, std::string accept) {
  Answer answer = co_await Call("application/sparql-query", std::move(accept), std::move(text),
                                /*may_miss=*/false);
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
