#include "sim/workloads/graphs_workload.h"

#include <charconv>
#include <set>
#include <utility>

#include "jepsen/linear/checker.h"
#include "sim/workloads/graphs_model.h"

namespace quadraft::sim {
namespace {

using jepsen::Value;

constexpr uint64_t kMarkBase = uint64_t{1} << 32;  // Apart from other workloads' marks.

}  // namespace

GraphsWorkload::GraphsWorkload(WorkloadContext context, const GraphsOptions& options)
    : ClientWorkload(std::move(context), "graphs", options.clients), options_(options) {
  committed().Listen([this](LogIndex index, const CommittedLog::Entry& entry) -> Status {
    for (const uint64_t mark : entry.marks) {
      const auto found = sent_.find(mark);
      if (found == sent_.end()) continue;
      Sent& sent = found->second;
      if (sent.done)
        return Internal("done twice: entry ", index, " is ", sent.value.ToString(), " again");
      sent.done = true;
      if (sent.process >= 0) CompleteOpen(sent.process, true, sent.value);
    }
    return OkStatus();
  });
}

// Values are named before they are awaited: GCC 12 cannot do with lists inside a co_await.
Task<void> GraphsWorkload::Operate(Client& client) {
  Random& random = client.random();
  const uint64_t kind = random.Below(12);
  const uint64_t graph = random.Below(options_.graphs);
  std::vector<Value> value = {Value::Int(static_cast<int64_t>(graph))};
  if (kind <= 4) {
    const bool insert = kind <= 3;
    const int64_t number =
        insert ? next_number_++ : std::max<int64_t>(1, next_number_ - random.Between(1, 6));
    value.push_back(Value::Int(number));
    const std::string_view f = insert ? "insert" : "delete", word = insert ? "INSERT" : "DELETE";
    co_await Change(client, std::string(f), std::move(value),
                    StrCat(word, " DATA { GRAPH ", Name(graph), " { <urn:graphs:e> <urn:graphs:v> ",
                           number, " } }"));
  } else if (kind == 5) {
    const std::string_view word = random.OneIn(2) ? "CLEAR" : "DROP SILENT";
    co_await Change(client, "clear", std::move(value), StrCat(word, " GRAPH ", Name(graph)));
  } else if (kind <= 7) {
    co_await Transfer(client);
  } else {
    co_await Read(client);
  }
}

Task<void> GraphsWorkload::Transfer(Client& client) {
  Random& random = client.random();
  constexpr std::string_view kWords[] = {"COPY", "MOVE", "ADD"};
  constexpr std::string_view kNames[] = {"copy", "move", "add"};
  const uint64_t which = random.Below(3);
  const uint64_t from = random.Below(options_.graphs), to = random.Below(options_.graphs);
  const bool silent = random.OneIn(2);
  std::vector<Value> value = {Value::Int(static_cast<int64_t>(from)),
                              Value::Int(static_cast<int64_t>(to)),
                              Value::Keyword(silent ? "silent" : "done")};
  const std::string_view how = silent ? " SILENT " : " ";
  co_await Change(client, std::string(kNames[which]), std::move(value),
                  StrCat(kWords[which], how, Name(from), " TO ", Name(to)));
}

Task<void> GraphsWorkload::Change(Client& client, std::string f, std::vector<Value> value,
                                  std::string text) {
  const uint64_t mark = kMarkBase + sent_.size();
  sent_[mark].value = Value::Vector(value);
  client.Invoke(f, Value::Vector(value));
  const Answer answer =
      co_await client.Update(StrCat(text, " ; ", CommittedLog::MarkText(mark)), /*may_miss=*/true);
  Sent& sent = sent_[mark];
  if (answer.outcome == Outcome::kUnknown && !sent.done) {
    sent.process = client.LeaveOpen();
    co_return;
  }
  if (answer.outcome == Outcome::kFail && sent.done)
    Fail(Internal("refused write happened: ", text));
  if (answer.status == 404) {  // An answer: there was nothing to copy from.
    value.back() = Value::Keyword("missing");
    client.Complete(Outcome::kOk, Value::Vector(std::move(value)));
    co_return;
  }
  if (answer.ok()) client.Acknowledged();
  client.Complete(sent.done ? Outcome::kOk : answer.outcome, sent.value);
}

Task<void> GraphsWorkload::Read(Client& client) {
  std::string text = "SELECT ?g ?v WHERE { VALUES ?g {";
  for (int i = 0; i < options_.graphs; ++i) StrAppend(&text, " ", Name(static_cast<uint64_t>(i)));
  client.Invoke("read", Value());
  const Answer answer =
      co_await client.Query(text + " } GRAPH ?g { <urn:graphs:e> <urn:graphs:v> ?v } }");
  if (!answer.ok()) {
    client.Complete(answer.outcome, Value());
    co_return;
  }
  std::vector<std::set<int64_t>> graphs(static_cast<size_t>(options_.graphs));
  for (const std::string& row : CsvRows(answer.body)) {
    const size_t comma = row.find(',');
    const size_t graph = comma == std::string::npos || comma == 0
                             ? graphs.size()
                             : static_cast<size_t>(row[comma - 1] - '0');
    int64_t number = 0;
    const auto parsed = std::from_chars(row.data() + std::min(row.size(), comma + 1),
                                        row.data() + row.size(), number);
    if (graph >= graphs.size() || parsed.ptr != row.data() + row.size() ||
        !graphs[graph].insert(number).second) {
      Fail(Internal("graphs: a triple twice, or none of ours: ", answer.body));
      break;
    }
  }
  std::vector<Value> value;
  for (const auto& graph : graphs) {
    std::vector<Value> numbers;
    for (const int64_t number : graph) numbers.push_back(Value::Int(number));
    value.push_back(Value::Vector(std::move(numbers)));
  }
  client.Complete(Outcome::kOk, Value::Vector(std::move(value)));
}

Task<void> GraphsWorkload::FinalReads(Client& client) {
  // All servers hold the same and nothing is under way: what is not committed never will be.
  for (auto& [mark, sent] : sent_) {
    if (sent.process >= 0 && !sent.done) CompleteOpen(sent.process, false, sent.value);
  }
  co_await Read(client);
}

Status GraphsWorkload::CheckHistory() const {
  const jepsen::CheckResult result =
      jepsen::CheckLinearizable(history(), *GraphsModel(options_.graphs));
  if (result.verdict == jepsen::Verdict::kOk) return OkStatus();
  return Internal("linearizability: ", jepsen::Name(result.verdict), ". ", result.explanation,
                  result.error.ok() ? "" : " " + Message(result.error));
}

}  // namespace quadraft::sim
