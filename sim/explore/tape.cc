#include "sim/explore/tape.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>

#include "core/base/mutant.h"
#include "sim/explore/scenario.h"

namespace quadraft::sim {
namespace {

constexpr std::string_view kMagic = "quadraft-tape 1";
constexpr std::string_view kFates[] = {"down", "partitioned", "paused"};
constexpr uint64_t kTriesMax = 1000;
constexpr int64_t kTimeMaxNs = int64_t{1'000'000} * 1'000'000'000;
struct Unit {
  std::string_view name;
  int64_t ns;
};
constexpr Unit kUnits[] = {{"s", 1'000'000'000}, {"ms", 1'000'000}, {"us", 1'000}, {"ns", 1}};

// The words of one line, each with its column.
class Line {
 public:
  Line(std::string_view text, int number) : text_(text), number_(number) {}

  bool AtEnd() {
    Skip();
    return at_ == text_.size() || text_[at_] == '#';
  }
  StatusOr<std::string_view> Word(std::string_view what) {
    if (AtEnd()) return Wrong(at_, "here ", what, " is missing");
    start_ = at_;
    while (at_ < text_.size() && text_[at_] != ' ' && text_[at_] != '\t') ++at_;
    return text_.substr(start_, at_ - start_);
  }
  // Up to a comment or the end, without the spaces around it.
  StatusOr<std::string_view> Rest(std::string_view what) {
    if (AtEnd()) return Wrong(at_, "here ", what, " is missing");
    start_ = at_;
    size_t end = std::min(text_.find(" #", at_), text_.size());
    at_ = end;
    while (end > start_ && (text_[end - 1] == ' ' || text_[end - 1] == '\t')) --end;
    return text_.substr(start_, end - start_);
  }
  template <typename Number>
  StatusOr<Number> Integer(std::string_view what) {
    QR_ASSIGN_OR_RETURN(const std::string_view word, Word(what));
    Number number{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size()) {
      return WrongWord(what, " is a number, not '", word, "'");
    }
    return number;
  }
  StatusOr<Duration> Time(std::string_view what) {
    QR_ASSIGN_OR_RETURN(const std::string_view word, Word(what));
    size_t digits = 0;
    while (digits < word.size() &&
           (word[digits] == '.' || (word[digits] >= '0' && word[digits] <= '9')))
      ++digits;
    for (const Unit& unit : kUnits) {
      if (word.substr(digits) != unit.name) continue;
      const int64_t ns = Scaled(word.substr(0, digits), unit.ns);
      if (ns < 0 || ns > kTimeMaxNs) break;
      return Duration(ns);
    }
    return WrongWord(what, " is a time like 1.25s, 300ms, 15us or 7ns, not '", word, "'");
  }
  Status End() {
    if (AtEnd()) return OkStatus();
    return Wrong(at_, "nothing more was expected here");
  }
  template <typename... Pieces>
  Status WrongWord(const Pieces&... pieces) const {
    return Wrong(start_, pieces...);
  }

 private:
  void Skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  // Exact, in integers; -1: no decimal number, or too fine, or too large.
  static int64_t Scaled(std::string_view decimal, int64_t unit) {
    const size_t point = decimal.find('.');
    const std::string_view whole = decimal.substr(0, point);
    int64_t value = 0;
    const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), value);
    if (error != std::errc() || end != whole.data() + whole.size() || value > kTimeMaxNs / unit)
      return -1;
    value *= unit;
    if (point == std::string_view::npos) return value;
    const std::string_view fraction = decimal.substr(point + 1);
    if (fraction.empty()) return -1;
    for (const char digit : fraction) {
      if (unit % 10 != 0 || digit < '0' || digit > '9') return -1;
      unit /= 10;
      value += (digit - '0') * unit;
    }
    return value;
  }
  template <typename... Pieces>
  Status Wrong(size_t at, const Pieces&... pieces) const {
    return InvalidArgument("line ", number_, ", column ", at + 1, ": ", pieces...);
  }

  std::string_view text_;
  int number_;
  size_t at_ = 0, start_ = 0;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  StatusOr<Tape> Parse() {
    while (!text_.empty()) {
      const size_t end = std::min(text_.find('\n'), text_.size());
      std::string_view raw = text_.substr(0, end);
      text_.remove_prefix(std::min(end + 1, text_.size()));
      if (!raw.empty() && raw.back() == '\r') raw.remove_suffix(1);
      ++number_;
      Line line(raw, number_);
      if (line.AtEnd()) continue;
      if (!magic_) {
        QR_ASSIGN_OR_RETURN(const std::string_view magic, line.Rest("the format"));
        if (magic != kMagic) return line.WrongWord("a tape begins with '", kMagic, "'");
        magic_ = true;
        continue;
      }
      QR_ASSIGN_OR_RETURN(const std::string_view key, line.Word("a key"));
      QR_RETURN_IF_ERROR(Dispatch(key, line));
      QR_RETURN_IF_ERROR(line.End());
    }
    if (!tape_)
      return InvalidArgument("line ", number_ + 1, ", column 1: the tape names no scenario");
    if (tape_->beyond_end < tape_->safety_end) tape_->beyond_end = tape_->safety_end;
    return CheckOutsiders();
  }

 private:
  Status Dispatch(std::string_view key, Line& line) {
    if (!tape_) {
      if (key != "scenario") return line.WrongWord("the first key is 'scenario', not '", key, "'");
      QR_ASSIGN_OR_RETURN(const std::string_view name, line.Word("a scenario"));
      const ScenarioRow* const row = FindScenario(name);
      if (row == nullptr) return line.WrongWord("no scenario '", name, "'");
      tape_.emplace(row);
      return OkStatus();
    }
    static constexpr std::pair<std::string_view, Status (Parser::*)(Line&)> kKeys[] = {
        {"seed", &Parser::Seed},
        {"tries", &Parser::Tries},
        {"mutant", &Parser::Mutant},
        {"expect", &Parser::Expect},
        {"set", &Parser::Set},
        {"safety", &Parser::Safety},
        {"beyond", &Parser::Beyond},
        {"fault", &Parser::Fault},
        {"outsider", &Parser::AddOutsider},
        {"operations", &Parser::Operations},
        {"op", &Parser::Op}};
    for (const auto& [name, parse] : kKeys) {
      if (name == key) return (this->*parse)(line);
    }
    return line.WrongWord("no key '", key, "'");
  }

  Status Seed(Line& line) {
    QR_ASSIGN_OR_RETURN(tape_->seed, line.Integer<uint64_t>("a seed"));
    return OkStatus();
  }
  Status Tries(Line& line) {
    QR_ASSIGN_OR_RETURN(tape_->tries, line.Integer<uint64_t>("a number of seeds"));
    if (tape_->tries < 1 || tape_->tries > kTriesMax)
      return line.WrongWord("tries are 1 to ", kTriesMax);
    return OkStatus();
  }
  Status Mutant(Line& line) {
    QR_ASSIGN_OR_RETURN(const std::string_view name, line.Word("a planted bug"));
    const auto& table = MutantTable();
    if (std::none_of(table.begin(), table.end(),
                     [&](const MutantRow& row) { return row.name == name; })) {
      return line.WrongWord("no mutant '", name, "'");
    }
    tape_->mutants.emplace_back(name);
    return OkStatus();
  }
  Status Expect(Line& line) {
    QR_ASSIGN_OR_RETURN(tape_->expect, line.Rest("an invariant"));
    return OkStatus();
  }
  Status Set(Line& line) {
    QR_ASSIGN_OR_RETURN(const std::string_view name, line.Word("a setting"));
    const auto& values = tape_->settings.values();
    if (!values.contains(name)) return line.WrongWord("no setting '", name, "' in this scenario");
    QR_ASSIGN_OR_RETURN(const int64_t value, line.Integer<int64_t>("a value"));
    const Status status = tape_->settings.Set(name, value);
    return status.ok() ? status : line.WrongWord(Message(status));
  }
  Status Safety(Line& line) {
    QR_ASSIGN_OR_RETURN(tape_->safety_end, line.Time("the end of the first phase"));
    return OkStatus();
  }
  Status Beyond(Line& line) {
    QR_ASSIGN_OR_RETURN(tape_->beyond_end, line.Time("the end of the second phase"));
    return OkStatus();
  }
  Status Fault(Line& line) {
    FaultEntry entry;
    QR_ASSIGN_OR_RETURN(entry.at, line.Time("when the fault begins"));
    QR_ASSIGN_OR_RETURN(entry.length, line.Time("how long the fault lasts"));
    QR_ASSIGN_OR_RETURN(entry.kind, line.Word("a fault"));
    if (FindFault(entry.kind) == nullptr) return line.WrongWord("no fault '", entry.kind, "'");
    QR_ASSIGN_OR_RETURN(entry.seed, line.Integer<uint64_t>("the fault's seed"));
    tape_->faults.push_back(std::move(entry));
    return OkStatus();
  }
  Status AddOutsider(Line& line) {
    QR_ASSIGN_OR_RETURN(const uint64_t node, line.Integer<uint64_t>("a node"));
    QR_ASSIGN_OR_RETURN(const std::string_view fate, line.Word("down, partitioned or paused"));
    const auto found = std::find(std::begin(kFates), std::end(kFates), fate);
    if (found == std::end(kFates))
      return line.WrongWord("an outsider is down, partitioned or paused, not '", fate, "'");
    tape_->outsiders.push_back({NodeId{node}, static_cast<Fate>(found - std::begin(kFates))});
    return OkStatus();
  }
  Status Operations(Line& line) {
    QR_ASSIGN_OR_RETURN(const std::string_view how, line.Word("listed or drawn"));
    if (how != "listed" && how != "drawn")
      return line.WrongWord("operations are listed or drawn, not '", how, "'");
    tape_->listed = how == "listed";
    return OkStatus();
  }
  Status Op(Line& line) {
    if (!tape_->listed) return line.WrongWord("'operations listed' must come before the first op");
    Operation operation;
    QR_ASSIGN_OR_RETURN(operation.at, line.Time("when the operation begins"));
    QR_ASSIGN_OR_RETURN(operation.client, line.Integer<int>("a client"));
    QR_ASSIGN_OR_RETURN(operation.kind, line.Word("a kind of operation"));
    QR_ASSIGN_OR_RETURN(operation.seed, line.Integer<uint64_t>("the operation's seed"));
    tape_->operations.push_back(std::move(operation));
    return OkStatus();
  }
  StatusOr<Tape> CheckOutsiders() {
    const auto nodes = static_cast<uint64_t>(tape_->settings["nodes"]);
    std::vector<NodeId> seen;
    for (const Outsider& outsider : tape_->outsiders) {
      if (outsider.node.value() < 1 || outsider.node.value() > nodes ||
          std::find(seen.begin(), seen.end(), outsider.node) != seen.end()) {
        return InvalidArgument("line ", number_, ", column 1: outsider ", outsider.node,
                               " is no node, or named twice");
      }
      seen.push_back(outsider.node);
    }
    if (seen.size() * 2 >= nodes) {
      return InvalidArgument("line ", number_, ", column 1: ", seen.size(),
                             " outsiders leave no majority of ", nodes);
    }
    return *std::move(tape_);
  }

  std::string_view text_;
  int number_ = 0;
  bool magic_ = false;
  std::optional<Tape> tape_;
};

}  // namespace

Tape::Tape(const ScenarioRow* row) : scenario(row), settings(&row->settings()) {}

bool operator==(const Tape& a, const Tape& b) { return FormatTape(a) == FormatTape(b); }

std::string FormatDuration(Duration duration) {
  const int64_t ns = duration.count();
  for (const Unit& unit : kUnits) {
    if (ns < unit.ns && unit.ns > 1) continue;
    std::string out = StrCat(ns / unit.ns);
    if (const int64_t rest = ns % unit.ns; rest > 0) {
      std::string digits = StrCat(unit.ns + rest);  // A one, and every digit of the fraction.
      digits[0] = '.';
      while (digits.back() == '0') digits.pop_back();
      out.append(digits);
    }
    return StrCat(out, unit.name);
  }
  return StrCat(ns, "ns");
}

std::string FormatTape(const Tape& tape) {
  std::string out = StrCat(kMagic, "\nscenario ", tape.scenario->name, "\nseed ", tape.seed, "\n");
  if (tape.tries != 1) StrAppend(&out, "tries ", tape.tries, "\n");
  for (const std::string& mutant : tape.mutants) StrAppend(&out, "mutant ", mutant, "\n");
  if (!tape.expect.empty()) StrAppend(&out, "expect ", tape.expect, "\n");
  for (const SettingRow& row : tape.settings.table()) {
    const int64_t value = tape.settings[row.name];
    if (value != row.plain || row.name == "nodes")
      StrAppend(&out, "set ", row.name, " ", value, "\n");
  }
  StrAppend(&out, "safety ", FormatDuration(tape.safety_end), "\n");
  if (tape.beyond_end != tape.safety_end)
    StrAppend(&out, "beyond ", FormatDuration(tape.beyond_end), "\n");
  for (const FaultEntry& entry : tape.faults) {
    StrAppend(&out, "fault ", FormatDuration(entry.at), " ", FormatDuration(entry.length), " ",
              entry.kind, " ", entry.seed, "\n");
  }
  for (const Outsider& outsider : tape.outsiders) {
    StrAppend(&out, "outsider ", outsider.node, " ", kFates[static_cast<int>(outsider.fate)], "\n");
  }
  if (tape.listed) StrAppend(&out, "operations listed\n");
  for (const Operation& op : tape.operations) {
    StrAppend(&out, "op ", FormatDuration(op.at), " ", op.client, " ", op.kind, " ", op.seed, "\n");
  }
  return out;
}

StatusOr<Tape> ParseTape(std::string_view text) { return Parser(text).Parse(); }

}  // namespace quadraft::sim
