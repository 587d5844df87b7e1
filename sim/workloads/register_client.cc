#include "sim/workloads/register_client.h"

#include <utility>

namespace quadraft::sim {
namespace {

constexpr int kTagAttempts = 15;
constexpr Duration kSlowPace = milliseconds(400);
constexpr Duration kRetryDelay = milliseconds(100);

std::string Key(int key) { return StrCat("<urn:register:", key, ">"); }

// Values take three shapes: inline in a term id, a short literal, a literal that the dictionary
// must hold.
std::string Literal(int64_t value) {
  if (value % 3 == 0) return StrCat(value);
  if (value % 3 == 1) return StrCat("\"", value, "\"");
  return StrCat("\"a value that does not fit into a term id and so is kept in the dictionary ",
                value, "\"");
}

// The number at the end of a CSV cell.
std::optional<int64_t> ParseValue(std::string_view cell) {
  while (!cell.empty() && (cell.back() == '"' || cell.back() == '\r')) cell.remove_suffix(1);
  size_t start = cell.size();
  while (start > 0 && cell[start - 1] >= '0' && cell[start - 1] <= '9') --start;
  if (start == cell.size() || cell.size() - start > 18) return std::nullopt;
  return std::stoll(std::string(cell.substr(start)));
}

// The rows of a one-column CSV answer, without its header.
std::vector<std::string> Rows(std::string_view csv) {
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

}  // namespace

RegisterWorkload::Client::Client(Env& env, RegisterWorkload* workload, int index)
    : env_(env),
      workload_(*workload),
      index_(index),
      random_(env.random("register")),
      process_(workload->NewProcess()),
      last_seen_(workload->options_.keys) {
  server_ = static_cast<size_t>(index) % workload_.addresses_.size();
  for (const std::string& address : workload_.addresses_) {
    http_.push_back(std::make_unique<http::HttpClient>(
        env_, address, http::ClientOptions{.connect_timeout = milliseconds(500)}));
  }
  workload_.clients_[index] = this;
  tasks_.Spawn(Loop());
}

RegisterWorkload::Client::~Client() {
  tasks_.DestroyAll();
  workload_.clients_[index_] = nullptr;
}

// Mostly the same server, so that connections are kept and forwarding happens; another one now and
// then and after trouble.
http::HttpClient& RegisterWorkload::Client::Pick() {
  if (random_.OneIn(10)) server_ = random_.Below(http_.size());
  return *http_[server_];
}

Task<void> RegisterWorkload::Client::Loop() {
  while (true) {
    const int64_t think = random_.Between(0, workload_.options_.think_max.count());
    co_await Sleep(env_.executor(), Duration(think));
    if (!workload_.issuing_) continue;
    if (workload_.operations_ >= static_cast<uint64_t>(workload_.options_.operations_full_speed)) {
      co_await Sleep(env_.executor(), kSlowPace);
      if (!workload_.issuing_) continue;
    }
    ++workload_.operations_;
    ++workload_.busy_;
    const int key = static_cast<int>(random_.Below(workload_.options_.keys));
    switch (random_.Below(12)) {
      case 0 ... 2:
        co_await Write(key);
        break;
      case 3 ... 6:
        co_await Read(key);
        break;
      case 7 ... 8:
        co_await CompareAndSet(key);
        break;
      case 9 ... 10:
        co_await Insert();
        break;
      default:
        co_await ReadSet(static_cast<int>(random_.Below(workload_.options_.clients)));
    }
    --workload_.busy_;
  }
}

void RegisterWorkload::Client::Invoke(std::string_view f, jepsen::Value value, int key) {
  workload_.history_.Invoke(process_, f, std::move(value), workload_.world_->now_ns(),
                            jepsen::Value::Int(key));
}

void RegisterWorkload::Client::Complete(Outcome outcome, jepsen::Value value) {
  const int64_t now = workload_.world_->now_ns();
  workload_.Count(outcome);
  workload_.world_->Fold(EventKind::kWorld, NodeId{kFirstClientId + index_},
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

RegisterWorkload::Client::Answer RegisterWorkload::Client::Judge(
    const StatusOr<http::Response>& response, std::string_view request) {
  if (!response.ok()) {
    server_ = random_.Below(http_.size());
    return {absl::IsUnavailable(response.status()) ? Outcome::kFail : Outcome::kUnknown, {}};
  }
  if (response->status >= 200 && response->status < 300) return {Outcome::kOk, response->body};
  server_ = random_.Below(http_.size());
  switch (response->status) {
    case 409:  // A conflict, nothing was done.
    case 429:
    case 503:  // Nothing was done.
    case 507:
      return {Outcome::kFail, {}};
    case 504:  // Unknown.
      return {Outcome::kUnknown, {}};
    case 500:
      // Only a node that is about to stop itself may answer so.
      return {Outcome::kUnknown, {}};
    default:
      workload_.Fail(Internal("a node refused a valid request with ", response->status, ": ",
                              response->body, "; the request was ", request));
      return {Outcome::kUnknown, {}};
  }
}

Task<RegisterWorkload::Client::Answer> RegisterWorkload::Client::Call(std::string content_type,
                                                                      std::string body) {
  const std::string request = body;
  auto response = co_await Callback<StatusOr<http::Response>>([&](auto done) {
    http::Request message{
        .method = "POST",
        .path = "/sparql",
        .headers = {{"content-type", std::move(content_type)}, {"accept", "text/csv"}},
        .body = std::move(body)};
    http::SendOptions options;
    options.timeout = workload_.options_.request_timeout;
    Pick().Send(std::move(message), std::move(options), std::move(done));
  });
  co_return Judge(response, request);
}

Task<RegisterWorkload::Client::Answer> RegisterWorkload::Client::Update(std::string text) {
  co_return co_await Call("application/sparql-update", std::move(text));
}

Task<RegisterWorkload::Client::Answer> RegisterWorkload::Client::Query(std::string text) {
  co_return co_await Call("application/sparql-query", std::move(text));
}

Task<void> RegisterWorkload::Client::Write(int key) {
  const int64_t value = workload_.next_value_++;
  Invoke("write", jepsen::Value::Int(value), key);
  const Answer answer = co_await Update(
      StrCat("DELETE { ", Key(key), " <urn:value> ?o } INSERT { ", Key(key), " <urn:value> ",
             Literal(value), " } WHERE { OPTIONAL { ", Key(key), " <urn:value> ?o } }"));
  if (answer.outcome == Outcome::kOk) {
    last_seen_[key] = value;
    ++workload_.acknowledged_[index_];
  }
  Complete(answer.outcome, jepsen::Value::Int(value));
}

Task<void> RegisterWorkload::Client::Read(int key) {
  Invoke("read", jepsen::Value(), key);
  const Answer answer = co_await Query(StrCat("SELECT ?v WHERE { ", Key(key), " <urn:value> ?v }"));
  // A read that failed or whose answer never came has no effect: certain not to have happened.
  if (answer.outcome != Outcome::kOk) {
    Complete(Outcome::kFail, jepsen::Value());
    co_return;
  }
  const std::vector<std::string> rows = Rows(answer.body);
  if (rows.empty()) {
    last_seen_[key].reset();
    Complete(Outcome::kOk, jepsen::Value());
    co_return;
  }
  const std::optional<int64_t> value = ParseValue(rows[0]);
  if (rows.size() > 1 || !value) {
    workload_.Fail(
        Internal("register ", key, " was read as ", rows.size(), " values: ", answer.body));
    Complete(Outcome::kFail, jepsen::Value());
    co_return;
  }
  last_seen_[key] = value;
  Complete(Outcome::kOk, jepsen::Value::Int(*value));
}

Task<std::optional<bool>> RegisterWorkload::Client::TagExists(std::string tag) {
  for (int attempt = 0; attempt < kTagAttempts; ++attempt) {
    const Answer answer = co_await Query(StrCat("SELECT ?k WHERE { ", tag, " <urn:set> ?k }"));
    if (answer.outcome == Outcome::kOk) co_return !Rows(answer.body).empty();
    co_await Sleep(env_.executor(), kRetryDelay);
  }
  co_return std::nullopt;
}

Task<void> RegisterWorkload::Client::CompareAndSet(int key) {
  const int64_t from = last_seen_[key].value_or(0);
  const int64_t to = workload_.next_value_++;
  const std::string tag = StrCat("<urn:tag:", index_, ":", next_tag_++, ">");
  const auto pair = jepsen::Value::Vector({jepsen::Value::Int(from), jepsen::Value::Int(to)});
  Invoke("cas", pair, key);
  const Answer answer = co_await Update(
      StrCat("DELETE { ", Key(key), " <urn:value> ?o } INSERT { ", Key(key), " <urn:value> ",
             Literal(to), " . ", tag, " <urn:set> ", Key(key), " } WHERE { ", Key(key),
             " <urn:value> ?o FILTER(?o = ", Literal(from), ") }"));
  if (answer.outcome == Outcome::kFail) {
    Complete(Outcome::kFail, pair);
    co_return;
  }
  const std::optional<bool> took_effect = co_await TagExists(tag);
  Outcome outcome = Outcome::kUnknown;
  if (took_effect == true) {
    outcome = Outcome::kOk;
    last_seen_[key] = to;
  } else if (took_effect == false && answer.outcome == Outcome::kOk) {
    outcome = Outcome::kFail;  // Answered, and no tag: the old value did not match.
  }
  Complete(outcome, pair);
}

Task<void> RegisterWorkload::Client::Insert() {
  InsertSet& set = workload_.sets_[index_];
  const std::string element = StrCat("e", workload_.next_value_++);
  set.unknown.insert(element);
  const Answer answer = co_await Update(
      StrCat("INSERT DATA { <urn:set:", index_, "> <urn:element> \"", element, "\" }"));
  workload_.Count(answer.outcome);
  if (answer.outcome == Outcome::kUnknown) co_return;
  set.unknown.erase(element);
  if (answer.outcome == Outcome::kOk) {
    set.acknowledged.insert(element);
    ++workload_.acknowledged_[index_];
  } else {
    set.failed.insert(element);
  }
}

Task<void> RegisterWorkload::Client::ReadSet(int of_client) {
  const std::set<std::string> must = workload_.sets_[of_client].acknowledged;
  const Answer answer =
      co_await Query(StrCat("SELECT ?e WHERE { <urn:set:", of_client, "> <urn:element> ?e }"));
  if (answer.outcome != Outcome::kOk) co_return;
  const std::vector<std::string> rows = Rows(answer.body);
  workload_.CheckSet(of_client, must, std::set<std::string>(rows.begin(), rows.end()));
}

Task<void> RegisterWorkload::Client::FinalReads(std::string address) {
  http_.clear();
  http_.push_back(
      std::make_unique<http::HttpClient>(env_, std::move(address), http::ClientOptions{}));
  server_ = 0;
  for (int key = 0; key < workload_.options_.keys; ++key) {
    co_await Read(key);
    --workload_.final_reads_left_;
  }
  for (int client = 0; client < workload_.options_.clients; ++client) {
    co_await ReadSet(client);
    --workload_.final_reads_left_;
  }
}

}  // namespace quadraft::sim
