#include "jepsen/check_command.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/status.h"
#include "jepsen/check_models.h"
#include "jepsen/history/edn.h"
#include "jepsen/history/read_history.h"
#include "jepsen/report/html.h"

namespace quadraft::jepsen {
namespace {

constexpr std::string_view kUsage =
    R"(usage: quadraft check [--model MODEL] [options] FILE...

Judges whether each history is one that the model allows.

  --model MODEL     one of the list below; not needed when the history names it (our own format)
  --html FILE       also writes a page of the history and what was found (one history only)
  --initial EDN     the value at the start (registers: nil; multi-register: a map, {:x 0 :y 0})
  --format FORMAT   log (Jepsen's), edn, json, quadraft (our own: JSON lines after a header);
                    guessed from the content when not given
  --independent     values are [key value] (jepsen.independent): each key is judged apart
  --memory-mib N    give up above N MiB of visited configurations (1024)
  --steps N         give up after N steps (2000000000)
  --quiet           verdicts only, no explanations

transactions (list-append, rw-register):
  --consistency L   levels that must hold, with commas (strict-serializable): read-committed,
                    snapshot-isolation, serializable, ... by the names that Elle gives
  --anomalies A     anomalies that are wrong whatever the level says, with commas
  --sessions        also tell order within processes from real time
  --svg FILE        draw the worst cycle
  --wfr-keys, --sequential-keys, --linearizable-keys
                    rw-register: what orders the versions of a key
  --no-solve        rw-register: do not try every order of versions that is left
  --no-garbage      rw-register: a read of what nobody wrote is wrong
other models:
  --total N         bank: of all balances (as in the first read)
  --allow-negative  bank: balances below zero are no error
  --group-size N    long-fork: keys of each read (any)
  --stale-is-bad    set-full: every read must see what was known before it

models:
)";

constexpr std::string_view kExitCodes =
    R"(
exit: 0 all are allowed, 1 at least one is not, 2 bad usage, unreadable or undecided
)";

std::string Usage() { return StrCat(kUsage, DescribeModels(), kExitCodes); }

StatusOr<uint64_t> ParseCount(std::string_view flag, std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  constexpr uint64_t kCountMax = uint64_t{1} << 40;
  if (error != std::errc() || end != text.data() + text.size() || number == 0 ||
      number > kCountMax) {
    return InvalidArgument(flag, " needs a number from 1 to ", kCountMax, ", not \"", text, "\"");
  }
  return number;
}

Status SetFormat(std::string_view text, ReadOptions* read) {
  if (text == "log") {
    read->format = HistoryFormat::kLog;
  } else if (text == "edn") {
    read->format = HistoryFormat::kEdn;
  } else if (text == "json") {
    read->format = HistoryFormat::kJson;
  } else if (text == "quadraft") {
    read->format = HistoryFormat::kOwn;
  } else {
    return InvalidArgument("--format is log, edn, json or quadraft, not \"", text, "\"");
  }
  return OkStatus();
}

std::vector<std::string> SplitCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

Status SetFlag(std::string_view flag, const std::string& value, CheckOptions* options) {
  if (flag == "--model") {
    options->model = value;
  } else if (flag == "--html") {
    options->html = value;
  } else if (flag == "--initial") {
    const auto initial = ParseEdn(value);
    if (!initial.ok()) return Annotate(initial.status(), "--initial");
    options->initial = *initial;
  } else if (flag == "--format") {
    return SetFormat(value, &options->read);
  } else if (flag == "--memory-mib") {
    QR_ASSIGN_OR_RETURN(const uint64_t mib, ParseCount(flag, value));
    options->limits.memory_bytes_max = mib << 20;
  } else if (flag == "--steps") {
    QR_ASSIGN_OR_RETURN(options->limits.steps_max, ParseCount(flag, value));
  } else if (flag == "--consistency") {
    options->txn.consistency = SplitCommas(value);
  } else if (flag == "--anomalies") {
    options->txn.anomalies = SplitCommas(value);
  } else if (flag == "--svg") {
    options->svg = value;
  } else if (flag == "--total") {
    QR_ASSIGN_OR_RETURN(const uint64_t total, ParseCount(flag, value));
    options->bank.total = static_cast<int64_t>(total);
  } else if (flag == "--group-size") {
    QR_ASSIGN_OR_RETURN(options->group_size, ParseCount(flag, value));
  } else {
    return InvalidArgument("no option ", flag);
  }
  return OkStatus();
}

// Flags without a value. False when it is none of them.
bool SetSwitch(std::string_view flag, CheckOptions* options) {
  if (flag == "--quiet") {
    options->quiet = true;
  } else if (flag == "--independent") {
    options->read.independent = true;
  } else if (flag == "--sessions") {
    options->txn.sessions = true;
  } else if (flag == "--wfr-keys") {
    options->txn.wfr_keys = true;
  } else if (flag == "--sequential-keys") {
    options->txn.sequential_keys = true;
  } else if (flag == "--linearizable-keys") {
    options->txn.linearizable_keys = true;
  } else if (flag == "--no-solve") {
    options->txn.solve = false;
  } else if (flag == "--no-garbage") {
    options->txn.garbage_allowed = false;
  } else if (flag == "--allow-negative") {
    options->bank.negative_allowed = true;
  } else if (flag == "--stale-is-bad") {
    options->stale_is_bad = true;
  } else {
    return false;
  }
  return true;
}

StatusOr<CheckOptions> ParseArgs(const std::vector<std::string>& args) {
  CheckOptions options;
  options.txn.garbage_allowed = true;  // As Elle does.
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string& arg = args[i];
    if (arg == "--help" || arg == "-h") {
      options.help = true;
      return options;
    }
    if (SetSwitch(arg, &options)) continue;
    if (!arg.starts_with("--")) {
      options.files.push_back(arg);
    } else if (const size_t equals = arg.find('='); equals != std::string::npos) {
      QR_RETURN_IF_ERROR(SetFlag(arg.substr(0, equals), arg.substr(equals + 1), &options));
    } else {
      if (i + 1 == args.size()) return InvalidArgument(arg, " needs a value");
      QR_RETURN_IF_ERROR(SetFlag(arg, args[++i], &options));
    }
  }
  if (!options.model.empty() && FindModel(options.model) == nullptr) {
    return InvalidArgument("no model \"", options.model, "\"");
  }
  if (options.files.empty()) return InvalidArgument("no file to check");
  if (options.wants_page() && options.files.size() > 1) {
    return InvalidArgument("--html is for one history, not for ", options.files.size());
  }
  return options;
}

void PrintIndented(std::string_view text, std::ostream& out) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    out << "  " << text.substr(0, end) << "\n";
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
}

StatusOr<const ModelRow*> ModelFor(const History& history, const CheckOptions& options) {
  const std::string& name = options.model.empty() ? history.model() : options.model;
  if (name.empty()) return InvalidArgument("--model is missing, and the history names none");
  const ModelRow* row = FindModel(name);
  if (row == nullptr)
    return InvalidArgument("the history names a model \"", name, "\": there is none");
  return row;
}

Status WritePage(const std::string& file, const ModelRow& model, const History& history,
                 const Report& report, const std::string& path) {
  const PageHead head = {.title = file, .model = std::string(model.name)};
  QR_ASSIGN_OR_RETURN(const std::string page, ToHtml(head, history, report));
  std::ofstream out(path, std::ios::binary);
  out << page;
  out.close();
  if (!out) return Unavailable("cannot write ", path);
  return OkStatus();
}

Status WriteDrawing(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  return file ? OkStatus() : Unavailable("cannot write ", path);
}

// The first anomaly that has a drawing is the worst one.
Status DrawCycle(const Report& report, const std::string& path) {
  for (const ReportAnomaly& anomaly : report.anomalies) {
    if (!anomaly.svg.empty()) return WriteDrawing(path, anomaly.svg);
  }
  return OkStatus();
}

// The verdict, and as far as asked for the reasons, the drawing.
Outcome Print(const std::string& file, const Report& report, const CheckOptions& options,
              std::ostream& out, std::ostream& err) {
  out << file << ": " << report.verdict << " (" << report.summary << ")\n";
  if (!options.quiet) PrintIndented(report.explanation, out);
  if (!options.svg.empty()) {
    const Status drawn = DrawCycle(report, options.svg);
    if (!drawn.ok()) err << Message(drawn) << "\n";
  }
  return report.outcome;
}

StatusOr<Outcome> JudgeFile(const std::string& file, const CheckOptions& options, std::ostream& out,
                            std::ostream& err) {
  const ModelRow* asked = FindModel(options.model);
  if (asked != nullptr && asked->run_file != nullptr && !options.wants_page() &&
      !options.read.independent) {
    const Report report = asked->run_file(file, options);
    QR_RETURN_IF_ERROR(report.error);
    return Print(file, report, options, out, err);
  }
  QR_ASSIGN_OR_RETURN(const History history, ReadHistoryFile(file, options.read));
  QR_ASSIGN_OR_RETURN(const ModelRow* model, ModelFor(history, options));
  const Report report = model->run(*model, history, options);
  QR_RETURN_IF_ERROR(report.error);
  const Outcome outcome = Print(file, report, options, out, err);
  if (options.wants_page()) {
    QR_RETURN_IF_ERROR(WritePage(file, *model, history, report, options.html));
  }
  return outcome;
}

// kUnknown also when the file could not be read.
Outcome CheckFile(const std::string& file, const CheckOptions& options, std::ostream& out,
                  std::ostream& err) {
  const StatusOr<Outcome> outcome = JudgeFile(file, options, out, err);
  if (outcome.ok()) return *outcome;
  err << file << ": " << Message(outcome.status()) << "\n";
  return Outcome::kUnknown;
}

}  // namespace

int RunCheckCommand(const std::vector<std::string>& args, std::ostream& out, std::ostream& err) {
  const auto options = ParseArgs(args);
  if (!options.ok()) {
    err << "quadraft check: " << Message(options.status()) << "\n" << Usage();
    return 2;
  }
  if (options->help) {
    out << Usage();
    return 0;
  }
  bool any_violation = false;
  bool any_unknown = false;
  for (const std::string& file : options->files) {
    const Outcome outcome = CheckFile(file, *options, out, err);
    any_violation |= outcome == Outcome::kBad;
    any_unknown |= outcome == Outcome::kUnknown;
  }
  if (any_violation) return 1;
  return any_unknown ? 2 : 0;
}

}  // namespace quadraft::jepsen
