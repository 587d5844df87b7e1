#include "sim/workloads/bank_workload.h"

#include <charconv>
#include <map>
#include <utility>

#include "jepsen/txn/check.h"
#include "jepsen/txn/workloads.h"

namespace quadraft::sim {
namespace {

using jepsen::Value;

constexpr Duration kRetryDelay = milliseconds(200);

// The comma-separated cells of a CSV row without quotes.
std::vector<std::string> Cells(std::string_view row) {
  std::vector<std::string> cells;
  while (true) {
    const size_t comma = row.find(',');
    cells.emplace_back(row.substr(0, comma));
    if (comma == row.npos) return cells;
    row.remove_prefix(comma + 1);
  }
}

std::optional<int64_t> Number(std::string_view text) {
  int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

BankWorkload::BankWorkload(WorkloadContext context, const BankOptions& options)
    : ClientWorkload(std::move(context), "bank", options.clients), options_(options) {}

std::string BankWorkload::Balance(int account, std::string_view amount) const {
  return StrCat("GRAPH <urn:bank:g", account % options_.graphs, "> { <urn:account:", account,
                "> <urn:balance:", account % options_.predicates, "> ", amount, " } ");
}

std::string BankWorkload::AllBalances() const {
  std::string text = "VALUES ?g {";
  for (int i = 0; i < options_.graphs; ++i) StrAppend(&text, " <urn:bank:g", i, ">");
  text += " } VALUES ?p {";
  for (int i = 0; i < options_.predicates; ++i) StrAppend(&text, " <urn:balance:", i, ">");
  return text + " } GRAPH ?g { ?s ?p ?a }";
}

// Until it is known to have happened. Doing it twice would change nothing: it asks whether it was.
Task<void> BankWorkload::Prepare(Client& client) {
  std::string text = "INSERT { <urn:bank> <urn:opened> true . ";
  for (int i = 0; i < options_.accounts; ++i) text += Balance(i, StrCat(options_.opening));
  text += "} WHERE { FILTER NOT EXISTS { <urn:bank> <urn:opened> true } }";
  while (true) {
    const Answer answer = co_await client.Update(text);
    if (answer.ok()) co_return;
    co_await Sleep(client.env().executor(), kRetryDelay);
  }
}

Task<void> BankWorkload::Operate(Client& client) {
  switch (client.random().Below(5)) {
    case 0 ... 2:
      co_await Transfer(client);
      break;
    case 3:
      co_await ReadAll(client);
      break;
    default:
      co_await ReadSum(client);
  }
}

Task<void> BankWorkload::Transfer(Client& client) {
  Random& random = client.random();
  const int from = static_cast<int>(random.Below(options_.accounts));
  const int to =
      static_cast<int>((from + 1 + random.Below(options_.accounts - 1)) % options_.accounts);
  const int64_t amount = random.Between(1, options_.opening);
  const auto value = Value::Items(Value::Kind::kMap,
                                  {Value::Keyword("from"), Value::Int(from), Value::Keyword("to"),
                                   Value::Int(to), Value::Keyword("amount"), Value::Int(amount)});
  client.Invoke("transfer", value);
  const Answer answer = co_await client.Update(StrCat(
      "DELETE { ", Balance(from, "?x"), Balance(to, "?y"), "} INSERT { ", Balance(from, "?u"),
      Balance(to, "?v"), "} WHERE { ", Balance(from, "?x"), Balance(to, "?y"),
      "FILTER(?x >= ", amount, ") BIND(?x - ", amount, " AS ?u) BIND(?y + ", amount, " AS ?v) }"));
  if (answer.ok()) client.Acknowledged();
  client.Complete(answer.outcome, value);
}

Task<void> BankWorkload::ReadAll(Client& client) {
  client.Invoke("read", Value());
  const Answer answer = co_await client.Query(StrCat("SELECT ?s ?a WHERE { ", AllBalances(), " }"));
  if (!answer.ok()) {
    client.Complete(answer.outcome, Value());
    co_return;
  }
  std::map<int64_t, int64_t> balances;
  int64_t sum = 0, least = 0;
  for (const std::string& row : CsvRows(answer.body)) {
    const auto cells = Cells(row);
    const auto account =
        Number(std::string_view(cells[0]).substr(std::min(cells[0].size(), size_t{12})));
    const auto balance = cells.size() == 2 ? Number(cells[1]) : std::nullopt;
    if (!account || !balance || !balances.emplace(*account, *balance).second) {
      Fail(Internal("bank: an account twice, or no balance: ", answer.body));
      break;
    }
    sum += *balance;
    least = std::min(least, *balance);
  }
  std::vector<Value> items;
  for (const auto& [account, balance] : balances) {
    items.push_back(Value::Int(account));
    items.push_back(Value::Int(balance));
  }
  client.Complete(Outcome::kOk, Value::Items(Value::Kind::kMap, std::move(items)));
  if (balances.size() != static_cast<size_t>(options_.accounts) || sum != total() || least < 0) {
    Fail(Internal("bank: ", balances.size(), " accounts hold ", sum, " in all (expected ",
                  options_.accounts, " and ", total(), "), the least ", least, ": ", answer.body));
  }
}

Task<void> BankWorkload::ReadSum(Client& client) {
  const Answer answer = co_await client.Query(
      StrCat("SELECT (SUM(?a) AS ?sum) (COUNT(*) AS ?n) (MIN(?a) AS ?least) WHERE { ",
             AllBalances(), " }"));
  client.Count(answer.outcome);
  if (!answer.ok()) co_return;
  const auto rows = CsvRows(answer.body);
  const auto cells = rows.size() == 1 ? Cells(rows[0]) : std::vector<std::string>();
  const bool good = cells.size() == 3 && Number(cells[0]) == total() &&
                    Number(cells[1]) == options_.accounts && Number(cells[2]).value_or(-1) >= 0;
  if (!good) {
    Fail(Internal("bank: sum, count and least balance are ", answer.body, "; expected ", total(),
                  ", ", options_.accounts, ", 0 or more"));
  }
}

Task<void> BankWorkload::FinalReads(Client& client) {
  co_await ReadAll(client);
  co_await ReadSum(client);
}

Status BankWorkload::CheckHistory() const {
  const jepsen::Report report = jepsen::CheckBank(history(), {.total = total()});
  if (report.error.ok() && report.outcome != jepsen::Outcome::kBad) return OkStatus();
  return Internal("bank: ", Message(jepsen::ToStatus(report)));
}

}  // namespace quadraft::sim
