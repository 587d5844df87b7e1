#include "sim/workloads/sparql_workload.h"

#include <utility>

#include "sparql/parser/parser.h"
#include "sparql/results/json_reader.h"

namespace quadraft::sim {
namespace {

using jepsen::Value;
using oracle::Judgement;

constexpr std::string_view kPrefix = "urn:q:";
constexpr int kFinalQueries = 12;

}  // namespace

SparqlWorkload::SparqlWorkload(WorkloadContext context, const SparqlOptions& options)
    : ClientWorkload(std::move(context), "sparql", options.clients), options_(options) {
  committed().Listen(
      [this](LogIndex index, const CommittedLog::Entry& entry) { return OnEntry(index, entry); });
}

// The graphs that this workload uses.
oracle::Dataset SparqlWorkload::OwnData() const {
  if (!options_.isolated) return committed().data();
  oracle::Dataset own;
  for (const auto& [name, graph] : committed().data().graphs()) {
    if (name.value.starts_with(kPrefix)) own.Replace(name, graph);
  }
  return own;
}

std::string SparqlWorkload::Summary() const {
  return StrCat(ClientWorkload::Summary(), ", judged ", judged_, ", beyond the oracle ", beyond_);
}

oracle::Generator SparqlWorkload::NewGenerator(Random* random) const {
  oracle::GeneratorOptions options;
  options.prefix = kPrefix;
  options.isolated = options_.isolated;
  options.depth = options_.depth;
  return {options, random};
}

Task<void> SparqlWorkload::Operate(Client& client) {
  oracle::Generator generator = NewGenerator(&client.random());
  if (client.random().Below(10) >= static_cast<uint64_t>(options_.updates_of_ten)) {
    co_await Query(client, generator.Query());
    co_return;
  }
  size_t quads = 0;
  for (const auto& [name, graph] : committed().data().graphs()) {
    if (!options_.isolated || name.value.starts_with(kPrefix)) quads += graph.size();
  }
  // Enough to find something, not so much that everything takes long.
  if (quads > options_.quads_high) {
    co_await Update(client, generator.ClearSome());
  } else if (quads < options_.quads_high / 4) {
    co_await Update(client, generator.InsertData(8));
  } else {
    co_await Update(client, generator.Update());
  }
}

Task<void> SparqlWorkload::Query(Client& client, std::string text) {
  const LogIndex low = committed().commit();
  client.Invoke("query", Value::String(text));
  const Answer answer = co_await client.Query(text, "application/sparql-results+json");
  client.Complete(answer.outcome, Value::String(answer.ok() ? answer.body : text));
  if (answer.ok()) JudgeQuery(text, answer.body, low, committed().commit());
}

void SparqlWorkload::JudgeQuery(const std::string& text, const std::string& body, LogIndex low,
                                LogIndex high) {
  const auto query = sparql::ParseQuery(text, {});
  auto results = sparql::ReadJsonResults(body);
  if (!query.ok() || !results.ok()) {
    return Fail(Internal("answers: ", Message(query.ok() ? results.status() : query.status()),
                         "; the query was ", text, "; the answer ", body));
  }
  const oracle::Answer answer{
      results->boolean, std::move(results->variables), std::move(results->rows), {}};
  oracle::Dataset data = OwnData();
  std::string why;
  for (LogIndex index = high;; index = index.Previous()) {
    const Judgement judged = JudgeAnswer(*query, data, answer, kStepsMax);
    if (judged.verdict == Judgement::kBeyond || high.value() - index.value() > kVersionsMax) {
      ++beyond_;
      return;
    }
    if (judged.verdict == Judgement::kRight) break;
    StrAppend(&why, why.empty() ? "" : "; ", "at ", index, ": ", judged.why);
    if (index <= low) {
      return Fail(Internal("answers: no version from ", low, " to ", high, " gives this answer: ",
                           why, ". The query was ", text, "; the answer ", body));
    }
    while (index > low.Next() && committed().at(index).inserted.empty() &&
           committed().at(index).erased.empty()) {
      index = index.Previous();  // The same data before it.
    }
    committed().Undo(index, &data);
  }
  ++judged_;
}

Task<void> SparqlWorkload::Update(Client& client, std::string text) {
  const uint64_t mark = next_mark_++;
  updates_[mark].text = text;
  const LogIndex low = committed().commit();
  client.Invoke("update", Value::String(text));
  const Answer answer =
      co_await client.Update(StrCat(text, " ; ", CommittedLog::MarkText(mark)), /*may_miss=*/true);
  client.Complete(answer.outcome, Value::String(text));
  SentUpdate& update = updates_[mark];
  if (answer.ok()) {
    client.Acknowledged();
    if (update.entry == LogIndex{})
      Fail(Internal("acknowledged write lost: no entry has the effect of ", text));
  } else if (answer.outcome == Outcome::kFail) {
    update.refused = true;
    if (update.entry != LogIndex{}) {
      Fail(Internal("refused write happened: entry ", update.entry, " is of ", text));
    }
    if (answer.status == 404) JudgeMiss(text, low, committed().commit());
  }
}

// A graph to copy from was not there: so it must have been at some version.
void SparqlWorkload::JudgeMiss(const std::string& text, LogIndex low, LogIndex high) {
  const auto update = sparql::ParseUpdate(text, {});
  oracle::Dataset data = OwnData();
  for (LogIndex index = high;; index = index.Previous()) {
    const auto expected = oracle::Apply(*update, data, "o", kStepsMax);
    if (absl::IsNotFound(expected.status())) break;
    if (absl::IsUnimplemented(expected.status())) {
      ++beyond_;
      return;
    }
    if (index <= low) {
      return Fail(
          Internal("answers: an update was refused for want of a graph that was there: ", text));
    }
    committed().Undo(index, &data);
  }
  ++judged_;
}

Status SparqlWorkload::OnEntry(LogIndex index, const CommittedLog::Entry& entry) {
  for (const uint64_t mark : entry.marks) {
    const auto found = updates_.find(mark);
    if (found == updates_.end()) continue;  // Another workload's.
    SentUpdate& update = found->second;
    if (update.entry != LogIndex{}) {
      return Internal("done twice: entries ", update.entry, " and ", index, " are both of ",
                      update.text);
    }
    update.entry = index;
    if (update.refused)
      return Internal("refused write happened: entry ", index, " is of ", update.text);
    const auto parsed = sparql::ParseUpdate(update.text, {});
    if (!parsed.ok()) return Internal("effects: entry ", index, " is of ", update.text);
    const oracle::Dataset after = OwnData();
    oracle::Dataset before = after;
    committed().Undo(index, &before);
    const auto expected = oracle::Apply(*parsed, before, "o", kStepsMax);
    if (absl::IsUnimplemented(expected.status())) {
      ++beyond_;
      continue;
    }
    ++judged_;
    if (!expected.ok()) {
      return Internal("effects: entry ", index, " should have been refused (",
                      Message(expected.status()), "): ", update.text);
    }
    if (SameData(*expected, after)) continue;
    return Internal("effects: entry ", index, " left ", after.size(), " quads of ", before.size(),
                    " (inserted ", entry.inserted.size(), ", deleted ", entry.erased.size(),
                    "), the oracle ", expected->size(), ": ", update.text);
  }
  return OkStatus();
}

Task<void> SparqlWorkload::FinalReads(Client& client) {
  oracle::Generator generator = NewGenerator(&client.random());
  for (int i = 0; i < kFinalQueries; ++i) co_await Query(client, generator.Query());
}

Status SparqlWorkload::CheckHistory() const {
  if (beyond_ > 20 && beyond_ > judged_ / 4) {
    return Internal("answers: ", beyond_, " were beyond the oracle and only ", judged_,
                    " were judged");
  }
  return OkStatus();
}

}  // namespace quadraft::sim
