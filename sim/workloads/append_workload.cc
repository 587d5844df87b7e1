#include "sim/workloads/append_workload.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "jepsen/txn/check.h"

namespace quadraft::sim {
namespace {

using jepsen::Value;

constexpr int64_t kKeysPerFinalRead = 8;

std::string List(int64_t key) { return StrCat("<urn:list:", key, ">"); }

// The number at the end of the text.
int64_t TrailingNumber(std::string_view text) {
  size_t start = text.size();
  while (start > 0 && text[start - 1] >= '0' && text[start - 1] <= '9') --start;
  int64_t number = -1;
  std::from_chars(text.data() + start, text.data() + text.size(), number);
  return number;
}

}  // namespace

AppendWorkload::AppendWorkload(WorkloadContext context, const AppendOptions& options)
    : ClientWorkload(std::move(context), "append", options.clients), options_(options) {
  for (int i = 0; i < options_.keys; ++i) keys_.push_back({next_key_++});
}

Task<void> AppendWorkload::Operate(Client& client) {
  Random& random = client.random();
  if (random.Below(5) < 3) {
    co_await UpdateTransaction(client);
    co_return;
  }
  std::vector<int64_t> keys;
  for (uint64_t i = 1 + random.Below(3); i > 0; --i) {
    const int64_t key = AnyKey(random);
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  }
  co_await ReadTransaction(client, std::move(keys));
}

std::string AppendWorkload::AppendText(int64_t key, int64_t element) const {
  const std::string list = List(key);
  if (options_.text) {
    return StrCat("DELETE { ", list, " <urn:is> ?o } INSERT { ", list,
                  " <urn:is> ?n } WHERE { OPTIONAL { ", list,
                  " <urn:is> ?o } BIND(IF(BOUND(?o), CONCAT(?o, \" ", element, "\"), \"", element,
                  "\") AS ?n) }");
  }
  const std::string item = StrCat("<urn:item:", key, ":", element, ">");
  return StrCat("INSERT { ", list, " <urn:item> ", item, " . ", item,
                " <urn:index> ?n } WHERE { { SELECT ", "(COALESCE(MAX(?i), 0) + 1 AS ?n) WHERE { ",
                list, " <urn:item> ?e . ?e <urn:index> ?i } } }");
}

// [[:append k v] [:r k [...]] ...]; of a read that is not known: nil.
Value AppendWorkload::ValueOf(const std::vector<Step>& steps, bool known) {
  std::vector<Value> out;
  for (const Step& step : steps) {
    if (step.append) {
      out.push_back(Value::Vector(
          {Value::Keyword("append"), Value::Int(step.key), Value::Int(step.element)}));
      continue;
    }
    std::vector<Value> read;
    for (const int64_t element : step.read) read.push_back(Value::Int(element));
    out.push_back(Value::Vector({Value::Keyword("r"), Value::Int(step.key),
                                 known ? Value::Vector(std::move(read)) : Value()}));
  }
  return Value::Vector(std::move(out));
}

Task<void> AppendWorkload::UpdateTransaction(Client& client) {
  Random& random = client.random();
  const uint64_t number = next_transaction_++;
  const std::string name = StrCat("<urn:txn:", number, ">");
  std::vector<Step> steps;
  std::string text = StrCat("INSERT DATA { ", name, " <urn:done> true }");
  bool reads = false;
  for (uint64_t i = 1 + random.Below(options_.operations_max); i > 0; --i) {
    Step& step = steps.emplace_back();
    Key& key = keys_[random.Below(keys_.size())];
    step.key = key.number;
    step.append = !options_.text || random.OneIn(2) || (i == 1 && steps.size() == 1);
    if (step.append) {
      step.element = key.next++;
      StrAppend(&text, " ; ", AppendText(step.key, step.element));
      if (key.next > options_.length_max) key = {next_key_++};
    } else {
      reads = true;
      StrAppend(&text, " ; INSERT { ", name, " <urn:saw:", steps.size() - 1, "> ?o } WHERE { ",
                List(step.key), " <urn:is> ?o }");
    }
  }
  client.Invoke("txn", ValueOf(steps, false));
  const Answer answer = co_await client.Update(text);
  Outcome outcome = answer.outcome;
  if (answer.ok()) client.Acknowledged();
  if (outcome == Outcome::kUnknown || (outcome == Outcome::kOk && reads)) {
    const std::optional<bool> happened = co_await LookUp(client, number, &steps);
    if (answer.ok() && happened == false) {
      Fail(Internal("acknowledged write lost: transaction ", number,
                    " was acknowledged and is not there"));
    }
    // Not there now: it may still come.
    outcome = happened == true ? Outcome::kOk : Outcome::kUnknown;
  }
  client.Complete(outcome, ValueOf(steps, outcome == Outcome::kOk));
}

Task<std::optional<bool>> AppendWorkload::LookUp(Client& client, uint64_t number,
                                                 std::vector<Step>* steps) {
  const Answer answer =
      co_await client.QueryPatiently(StrCat("SELECT ?p ?v WHERE { <urn:txn:", number, "> ?p ?v }"));
  if (!answer.ok()) co_return std::nullopt;
  bool done = false;
  for (const std::string& row : CsvRows(answer.body)) {
    const size_t comma = std::min(row.find(','), row.size());
    const std::string_view predicate = std::string_view(row).substr(0, comma);
    if (predicate == "urn:done") {
      done = true;
      continue;
    }
    const auto at = static_cast<size_t>(TrailingNumber(predicate));
    const bool good = at < steps->size() &&
                      ParseList(std::string_view(row).substr(std::min(row.size(), comma + 1)),
                                &(*steps)[at].read);
    if (!good) Fail(Internal("append: transaction ", number, " is remembered as ", answer.body));
  }
  co_return done;
}

bool AppendWorkload::ParseList(std::string_view text, std::vector<int64_t>* out) {
  out->clear();
  while (!text.empty()) {
    const size_t blank = std::min(text.find(' '), text.size());
    int64_t element = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + blank, element);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + blank) return false;
    out->push_back(element);
    text.remove_prefix(std::min(text.size(), blank + 1));
  }
  return true;
}

Task<void> AppendWorkload::ReadTransaction(Client& client, std::vector<int64_t> keys) {
  std::vector<Step> steps;
  std::string names;
  for (const int64_t key : keys) {
    steps.emplace_back().key = key;
    StrAppend(&names, " ", List(key));
  }
  client.Invoke("txn", ValueOf(steps, false));
  // Not within the co_await: GCC 12 destroys a conditional expression's temporary twice there.
  std::string text = StrCat("SELECT ?k ?v WHERE { VALUES ?k {", names, " } ?k <urn:is> ?v }");
  if (!options_.text) {
    text = StrCat("SELECT ?k ?i ?e WHERE { VALUES ?k {", names,
                  " } ?k <urn:item> ?e . ?e <urn:index> ?i }");
  }
  const Answer answer = co_await client.Query(std::move(text));
  if (!answer.ok()) {
    client.Complete(answer.outcome, ValueOf(steps, false));
    co_return;
  }
  std::map<int64_t, std::map<int64_t, int64_t>> items;  // By key, by index.
  for (const std::string& row : CsvRows(answer.body)) {
    const size_t comma = std::min(row.find(','), row.size());
    const int64_t key = TrailingNumber(std::string_view(row).substr(0, comma));
    const std::string_view rest = std::string_view(row).substr(std::min(row.size(), comma + 1));
    const auto step =
        std::find_if(steps.begin(), steps.end(), [&](const Step& s) { return s.key == key; });
    bool good = step != steps.end();
    if (good && options_.text) {
      good = step->read.empty() && ParseList(rest, &step->read);
    } else if (good) {
      const size_t second = std::min(rest.find(','), rest.size());
      good =
          items[key].emplace(TrailingNumber(rest.substr(0, second)), TrailingNumber(rest)).second;
    }
    if (!good) Fail(Internal("append: two elements in one place, or no list: ", answer.body));
  }
  for (Step& step : steps) {
    for (const auto& [index, element] : items[step.key]) step.read.push_back(element);
  }
  client.Complete(Outcome::kOk, ValueOf(steps, true));
}

Task<void> AppendWorkload::FinalReads(Client& client) {
  for (int64_t key = 0; key < next_key_; key += kKeysPerFinalRead) {
    std::vector<int64_t> keys;
    for (int64_t k = key; k < std::min(next_key_, key + kKeysPerFinalRead); ++k) keys.push_back(k);
    co_await ReadTransaction(client, std::move(keys));
  }
}

Status AppendWorkload::CheckHistory() const {
  const Status status = jepsen::ToStatus(
      jepsen::CheckListAppend(history(), {.consistency = {"strict-serializable"}}));
  return status.ok() ? status : Internal("strict serializability: ", Message(status));
}

}  // namespace quadraft::sim
