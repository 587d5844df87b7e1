#include "sim/workloads/register_workload.h"

#include <utility>

#include "jepsen/linear/checker.h"
#include "jepsen/linear/model.h"

namespace quadraft::sim {
namespace {

using jepsen::Value;

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

}  // namespace

RegisterWorkload::RegisterWorkload(WorkloadContext context, const RegisterOptions& options)
    : ClientWorkload(std::move(context), "register", options.clients),
      keys_(options.keys),
      bounded_reads_(options.bounded_reads),
      states_(options.clients.clients) {
  for (ClientState& state : states_) state.last_seen.resize(keys_);
}

Task<void> RegisterWorkload::Operate(Client& client) {
  Random& random = client.random();
  const int key = static_cast<int>(random.Below(keys_));
  switch (random.Below(12)) {
    case 0 ... 2:
      co_await Write(client, key);
      break;
    case 3 ... 6:
      co_await Read(client, key);
      break;
    case 7 ... 8:
      co_await CompareAndSet(client, key);
      break;
    case 9 ... 10:
      co_await Insert(client);
      break;
    default: {
      const int of_client = static_cast<int>(random.Below(clients()));
      Duration behind{0};
      if (bounded_reads_ && random.OneIn(2)) behind = milliseconds(random.Between(1, 1500));
      co_await ReadSet(client, of_client, behind);
    }
  }
}

Task<void> RegisterWorkload::Write(Client& client, int key) {
  const int64_t value = next_value_++;
  client.Invoke("write", Value::Int(value), Value::Int(key));
  const Answer answer = co_await client.Update(
      StrCat("DELETE { ", Key(key), " <urn:value> ?o } INSERT { ", Key(key), " <urn:value> ",
             Literal(value), " } WHERE { OPTIONAL { ", Key(key), " <urn:value> ?o } }"));
  if (answer.ok()) {
    states_[client.index()].last_seen[key] = value;
    client.Acknowledged();
  }
  client.Complete(answer.outcome, Value::Int(value));
}

Task<void> RegisterWorkload::Read(Client& client, int key) {
  std::optional<int64_t>& last_seen = states_[client.index()].last_seen[key];
  client.Invoke("read", Value(), Value::Int(key));
  const Answer answer =
      co_await client.Query(StrCat("SELECT ?v WHERE { ", Key(key), " <urn:value> ?v }"));
  if (!answer.ok()) {
    client.Complete(Outcome::kFail, Value());
    co_return;
  }
  const std::vector<std::string> rows = CsvRows(answer.body);
  if (rows.empty()) {
    last_seen.reset();
    client.Complete(Outcome::kOk, Value());
    co_return;
  }
  const std::optional<int64_t> value = ParseValue(rows[0]);
  if (rows.size() > 1 || !value) {
    Fail(Internal("register ", key, " was read as ", rows.size(), " values: ", answer.body));
    client.Complete(Outcome::kFail, Value());
    co_return;
  }
  last_seen = value;
  client.Complete(Outcome::kOk, Value::Int(*value));
}

Task<std::optional<bool>> RegisterWorkload::TagExists(Client& client, std::string tag) {
  const Answer answer =
      co_await client.QueryPatiently(StrCat("SELECT ?k WHERE { ", tag, " <urn:set> ?k }"));
  if (!answer.ok()) co_return std::nullopt;
  co_return !CsvRows(answer.body).empty();
}

Task<void> RegisterWorkload::CompareAndSet(Client& client, int key) {
  ClientState& state = states_[client.index()];
  const int64_t from = state.last_seen[key].value_or(0);
  const int64_t to = next_value_++;
  const std::string tag = StrCat("<urn:tag:", client.index(), ":", state.next_tag++, ">");
  const auto pair = Value::Vector({Value::Int(from), Value::Int(to)});
  client.Invoke("cas", pair, Value::Int(key));
  const Answer answer = co_await client.Update(
      StrCat("DELETE { ", Key(key), " <urn:value> ?o } INSERT { ", Key(key), " <urn:value> ",
             Literal(to), " . ", tag, " <urn:set> ", Key(key), " } WHERE { ", Key(key),
             " <urn:value> ?o FILTER(?o = ", Literal(from), ") }"));
  if (answer.outcome == Outcome::kFail) {
    client.Complete(Outcome::kFail, pair);
    co_return;
  }
  const std::optional<bool> took_effect = co_await TagExists(client, tag);
  Outcome outcome = Outcome::kUnknown;
  if (took_effect == true) {
    outcome = Outcome::kOk;
    state.last_seen[key] = to;
  } else if (took_effect == false && answer.ok()) {
    outcome = Outcome::kFail;  // Answered, and no tag: the old value did not match.
  }
  client.Complete(outcome, pair);
}

Task<void> RegisterWorkload::Insert(Client& client) {
  ClientState& set = states_[client.index()];
  const std::string element = StrCat("e", next_value_++);
  set.unknown.insert(element);
  const Answer answer = co_await client.Update(
      StrCat("INSERT DATA { <urn:set:", client.index(), "> <urn:element> \"", element, "\" }"));
  client.Count(answer.outcome);
  if (answer.outcome == Outcome::kUnknown) co_return;
  set.unknown.erase(element);
  if (answer.ok()) {
    set.acknowledged.emplace(element, world()->now());
    client.Acknowledged();
  } else {
    set.failed.insert(element);
  }
}

Task<void> RegisterWorkload::ReadSet(Client& client, int of_client, Duration behind) {
  std::set<std::string> must;
  for (const auto& [element, at] : states_[of_client].acknowledged) {
    if (at <= world()->now() - behind) must.insert(element);
  }
  const std::string text = StrCat("SELECT ?e WHERE { <urn:set:", of_client, "> <urn:element> ?e }");
  Answer answer;
  if (behind > Duration(0)) {
    answer = co_await client.QueryBehind(text, behind);
  } else {
    answer = co_await client.Query(text);
  }
  if (!answer.ok()) co_return;
  const std::vector<std::string> rows = CsvRows(answer.body);
  CheckSet(of_client, must, std::set<std::string>(rows.begin(), rows.end()));
}

Task<void> RegisterWorkload::FinalReads(Client& client) {
  for (int key = 0; key < keys_; ++key) co_await Read(client, key);
  for (int of_client = 0; of_client < clients(); ++of_client) co_await ReadSet(client, of_client, Duration(0));
}

void RegisterWorkload::CheckSet(int client, const std::set<std::string>& must,
                                const std::set<std::string>& seen) {
  for (const std::string& element : must) {
    if (seen.contains(element)) continue;
    Fail(
        Internal("acknowledged write lost: ", element, " of set ", client,
                 " was acknowledged before this read began, or longer ago than its bound, and is not "
                 "in its answer"));
    return;
  }
  const ClientState& set = states_[client];
  for (const std::string& element : seen) {
    if (set.acknowledged.contains(element) || set.unknown.contains(element)) continue;
    Fail(Internal(set.failed.contains(element) ? "refused write happened: " : "never written: ",
                  element, " of set ", client, " was read"));
    return;
  }
}

Status RegisterWorkload::CheckHistory() const {
  const jepsen::CheckResult result =
      jepsen::CheckLinearizable(history(), *jepsen::CasRegisterModel());
  if (result.verdict == jepsen::Verdict::kOk) return OkStatus();
  return Internal("linearizability: ", jepsen::Name(result.verdict), ". ", result.explanation,
                  result.error.ok() ? "" : " " + Message(result.error));
}

}  // namespace quadraft::sim
