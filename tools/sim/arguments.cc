#include "tools/sim/arguments.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <utility>

namespace quadraft::sim {

bool Arguments::Has(std::string_view flag) { return std::erase(words_, flag) > 0; }

StatusOr<std::vector<std::string>> Arguments::Texts(std::string_view flag) {
  std::vector<std::string> values;
  for (size_t i = 0; i < words_.size();) {
    const auto at = words_.begin() + static_cast<std::ptrdiff_t>(i);
    if (words_[i].starts_with(StrCat(flag, "="))) {
      values.push_back(words_[i].substr(flag.size() + 1));
      words_.erase(at);
    } else if (words_[i] == flag) {
      if (i + 1 == words_.size()) return InvalidArgument(flag, " lacks its value");
      values.push_back(words_[i + 1]);
      words_.erase(at, at + 2);
    } else {
      ++i;
    }
  }
  return values;
}

StatusOr<std::optional<std::string>> Arguments::Text(std::string_view flag) {
  QR_ASSIGN_OR_RETURN(const std::vector<std::string> all, Texts(flag));
  if (all.empty()) return std::optional<std::string>();
  return std::optional<std::string>(all.back());
}

StatusOr<uint64_t> Arguments::Number(std::string_view flag, uint64_t otherwise, uint64_t max) {
  QR_ASSIGN_OR_RETURN(const std::optional<std::string> text, Text(flag));
  if (!text) return otherwise;
  const StatusOr<uint64_t> number = ParseCount(*text);
  if (!number.ok() || *number > max) {
    return InvalidArgument(flag, " wants a number up to ", max, ", not '", *text, "'");
  }
  return *number;
}

std::optional<std::string> Arguments::Word() {
  const auto found = std::find_if(words_.begin(), words_.end(),
                                  [](const std::string& word) { return !word.starts_with("-"); });
  if (found == words_.end()) return std::nullopt;
  std::string word = *found;
  words_.erase(found);
  return word;
}

Status Arguments::Done() const {
  if (words_.empty()) return OkStatus();
  return InvalidArgument("'", words_[0], "' is not known here");
}

StatusOr<RunOptions> Arguments::Run() {
  RunOptions run;
  QR_ASSIGN_OR_RETURN(const std::optional<std::string> scenario, Text("--scenario"));
  if (scenario) run.scenario = *scenario;
  QR_ASSIGN_OR_RETURN(const uint64_t nodes, Number("--nodes", 0, 100));
  run.nodes = static_cast<int>(nodes);
  QR_ASSIGN_OR_RETURN(const uint64_t seconds, Number("--seconds", 0, 1'000'000));
  run.seconds = static_cast<int64_t>(seconds);
  QR_ASSIGN_OR_RETURN(run.mutants, Texts("--mutant"));
  QR_ASSIGN_OR_RETURN(run.faults, Texts("--fault"));
  QR_RETURN_IF_ERROR(CheckOptions(run));
  return run;
}

StatusOr<uint64_t> ParseCount(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return InvalidArgument("'", text, "' is no number");
  }
  return number;
}

StatusOr<Duration> ParseTime(std::string_view text) {
  const StatusOr<Tape> tape =
      ParseTape(StrCat("quadraft-tape 1\nscenario log\nsafety ", text, "\n"));
  if (!tape.ok()) return InvalidArgument("'", text, "' is no time like 1.25s or 300ms");
  return tape->safety_end;
}

StatusOr<Tape> SeedOrTape(const std::string& word, RunOptions run) {
  const StatusOr<uint64_t> seed = ParseCount(word);
  if (seed.ok()) {
    if (run.scenario == kAnyScenario) run = ForSeed(run, *seed);
    run.seed = *seed;
    return DrawTape(run);
  }
  QR_ASSIGN_OR_RETURN(const std::string text, ReadWhole(word));
  StatusOr<Tape> tape = ParseTape(text);
  if (!tape.ok()) return Annotate(tape.status(), word);
  if (!run.mutants.empty()) tape->mutants = run.mutants;
  return tape;
}

StatusOr<std::string> ReadWhole(const std::string& path) {
  std::ifstream in(path);
  if (!in) return NotFound("cannot read ", path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Status WriteWhole(const std::string& path, std::string_view text) {
  std::ofstream out(path, std::ios::trunc);
  out << text;
  out.flush();
  if (!out) return Unavailable("cannot write ", path);
  return OkStatus();
}

}  // namespace quadraft::sim
