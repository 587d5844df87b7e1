#include "sim/workloads/set_workload.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "jepsen/txn/check.h"
#include "jepsen/txn/workloads.h"

namespace quadraft::sim {
namespace {

using jepsen::Value;

constexpr std::string_view kElement = "urn:element:";

// The number of an element's IRI; -1 when it is none.
int64_t NumberOf(std::string_view iri) {
  int64_t number = -1;
  if (!iri.starts_with(kElement)) return -1;
  iri.remove_prefix(kElement.size());
  const auto parsed = std::from_chars(iri.data(), iri.data() + iri.size(), number);
  return parsed.ptr == iri.data() + iri.size() ? number : -1;
}

}  // namespace

SetWorkload::SetWorkload(WorkloadContext context, const SetOptions& options)
    : ClientWorkload(std::move(context), "set", options.clients), options_(options) {}

Task<void> SetWorkload::Operate(Client& client) {
  switch (client.random().Below(8)) {
    case 0 ... 4:
      co_await Add(client);
      break;
    case 5 ... 6:
      co_await Read(client);
      break;
    default:
      co_await CountAll(client);
  }
}

// The history has one :add per element of a batch, each by a process of its own would be wrong: an
// add of several is one operation there, of the batch's first element, and the others are checked
// here.
Task<void> SetWorkload::Add(Client& client) {
  const int64_t first = next_;
  next_ += client.random().Between(1, options_.batch_max);
  const int64_t end = next_;
  std::string text = "INSERT DATA { ";
  for (int64_t v = first; v < end; ++v) {
    elements_[v] = {Fate::kSent, first};
    StrAppend(&text, "GRAPH <urn:set:g", v % options_.graphs, "> { <", kElement, v,
              "> <urn:in> <urn:set> } ");
  }
  client.Invoke("add", Value::Int(first));
  const Answer answer = co_await client.Update(text + "}");
  client.Complete(answer.outcome, Value::Int(first));
  if (answer.outcome == Outcome::kUnknown) co_return;
  if (answer.ok()) client.Acknowledged();
  for (int64_t v = first; v < end; ++v) {
    elements_[v].first = answer.ok() ? Fate::kAcknowledged : Fate::kRefused;
    if (answer.ok()) acknowledged_elements_.push_back(v);
  }
}

std::string SetWorkload::Graphs(std::string_view pattern) const {
  std::string text = "VALUES ?g {";
  for (int i = 0; i < options_.graphs; ++i) StrAppend(&text, " <urn:set:g", i, ">");
  return StrCat(text, " } GRAPH ?g { ", pattern, " }");
}

Task<void> SetWorkload::Read(Client& client) {
  const std::vector<int64_t> must = acknowledged_elements_;
  constexpr std::string_view kShapes[] = {"?e <urn:in> <urn:set>", "?e <urn:in> ?set",
                                          "?e ?p <urn:set>", "?e ?p ?set"};
  const std::string pattern = Graphs(kShapes[client.random().Below(4)]);
  client.Invoke("read", Value());
  const Answer answer = co_await client.Query(StrCat("SELECT ?e WHERE { ", pattern, " }"));
  if (!answer.ok()) {
    client.Complete(answer.outcome, Value());
    co_return;
  }
  const std::vector<std::string> rows = CsvRows(answer.body);
  // Of the history: the first elements of batches, as they were added.
  std::vector<Value> seen;
  for (const std::string& row : rows) {
    const int64_t number = NumberOf(row);
    const auto found = elements_.find(number);
    if (found == elements_.end() || found->second.second == number)
      seen.push_back(Value::Int(number));
  }
  client.Complete(Outcome::kOk, Value::Items(Value::Kind::kSet, std::move(seen)));
  CheckRead(must, rows);
}

void SetWorkload::CheckRead(const std::vector<int64_t>& must,
                            const std::vector<std::string>& rows) {
  std::set<int64_t> seen;
  for (const std::string& row : rows) {
    const int64_t number = NumberOf(row);
    const auto found = elements_.find(number);
    if (found == elements_.end()) return Fail(Internal("set: never written: ", row));
    if (found->second.first == Fate::kRefused)
      return Fail(Internal("refused write happened: ", row, " was read"));
    if (!seen.insert(number).second) return Fail(Internal("set: read twice in one answer: ", row));
  }
  for (const int64_t number : must) {
    if (seen.contains(number)) continue;
    return Fail(
        Internal("acknowledged write lost: element ", number,
                 " was acknowledged before this linearizable read began and is not in its answer"));
  }
  for (const int64_t number :
       seen) {  // The last of a batch is there when its first is, and all between.
    const int64_t first = elements_[number].second;
    const auto next = elements_.find(number + 1);
    const bool more = next != elements_.end() && next->second.second == first;
    if (seen.contains(first) && (!more || seen.contains(number + 1))) continue;
    return Fail(Internal("set: torn write: element ", number,
                         " is there and the rest of its batch (from ", first, ") is not"));
  }
}

// One snapshot, counted along different indexes.
Task<void> SetWorkload::CountAll(Client& client) {
  const Answer answer = co_await client.Query(StrCat(
      "SELECT ?a ?b ?c ?d WHERE { { SELECT (COUNT(*) AS ?a) { ", Graphs("?e <urn:in> <urn:set>"),
      " } } { SELECT (COUNT(DISTINCT ?e) AS ?b) { ", Graphs("?e ?p <urn:set>"),
      " } } { SELECT (COUNT(*) AS ?c) { ", Graphs("?e <urn:in> ?o"),
      " } } { SELECT (COUNT(*) AS ?d) { ", Graphs("?e ?p ?o"), " } } }"));
  client.Count(answer.outcome);
  if (!answer.ok()) co_return;
  const auto rows = CsvRows(answer.body);
  std::string_view row = rows.empty() ? std::string_view() : rows[0];
  std::set<std::string> counts;
  while (!row.empty()) {
    const size_t comma = std::min(row.find(','), row.size());
    counts.emplace(row.substr(0, comma));
    row.remove_prefix(std::min(row.size(), comma + 1));
  }
  if (rows.size() != 1 || counts.size() != 1) {
    Fail(Internal("permutations: one query counts the same elements along four indexes as ",
                  answer.body));
  }
}

Task<void> SetWorkload::FinalReads(Client& client) {
  for (int i = 0; i < 4; ++i) co_await Read(client);
  co_await CountAll(client);
}

Status SetWorkload::CheckHistory() const {
  const jepsen::Report report = jepsen::CheckSetFull(history(), true);
  if (report.error.ok() && report.outcome != jepsen::Outcome::kBad) return OkStatus();
  return Internal("set: ", Message(jepsen::ToStatus(report)));
}

}  // namespace quadraft::sim
