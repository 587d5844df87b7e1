#include "jepsen/history/read_history.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "jepsen/history/edn.h"
#include "jepsen/history/event_reader.h"
#include "jepsen/history/json.h"
#include "jepsen/history/own_format.h"

namespace quadraft::jepsen {
namespace {

constexpr std::string_view kLogMark = "jepsen.util";
constexpr size_t kReadBytesMin = size_t{32} << 10;

std::optional<EventType> ParseType(std::string_view name) {
  for (const EventType type :
       {EventType::kInvoke, EventType::kOk, EventType::kFail, EventType::kInfo}) {
    if (name == Name(type)) return type;
  }
  return std::nullopt;
}

Status BadEvent(std::string_view text, size_t position, std::string_view why) {
  return ErrorAt(text, position, StrCat("not an event of a history: ", why));
}

// What was read so far. `remarks` counts what is no client's: a history of nothing else is empty,
// but it is one.
struct Reading {
  History history;
  size_t remarks = 0;
  bool is_own = false;  // Our own format: it began with its header.
  // Operations of events without a process that are open: the process that was made up, and f.
  std::map<int64_t, std::string, std::greater<>> open;
  const TakeEvent* take = nullptr;  // Where events go instead of into `history`.
  size_t events = 0;
};

// Processes made up are -1, -2, ...: an invoke takes the first that is free, a completion belongs
// to the first open one with its f.
Status FindProcess(std::string_view text, size_t start, Event* event, Reading* reading) {
  auto& open = reading->open;
  if (event->type == EventType::kInvoke) {
    event->process = -1;
    while (open.contains(event->process)) --event->process;
    open.emplace(event->process, event->f);
    return OkStatus();
  }
  for (auto it = open.begin(); it != open.end(); ++it) {
    if (!event->f.empty() && !it->second.empty() && event->f != it->second) continue;
    event->process = it->first;
    open.erase(it);
    return OkStatus();
  }
  return BadEvent(text, start, "it has no process and completes nothing");
}

// A fault that began or ended, as Jepsen's nemesis logs it.
void AddNote(const RawEvent& raw, Reading* reading) {
  std::string what = raw.f.value_or("");
  if (!raw.value.is_nil()) StrAppend(&what, " ", raw.value.ToString());
  std::string who = raw.process.is_name() ? raw.process.text() : raw.process.ToString();
  reading->history.AddNote(std::move(who), std::move(what), raw.time);
  ++reading->remarks;
}

Status AddEvent(std::string_view text, RawEvent raw, Reading* reading) {
  const bool has_process = !raw.process.is_nil();
  if (has_process && !raw.process.is_int()) {
    AddNote(raw, reading);
    return OkStatus();
  }
  const std::optional<EventType> type =
      raw.type.has_value() ? ParseType(*raw.type) : std::optional<EventType>();
  if (!type.has_value()) {
    return BadEvent(text, raw.start, "its type is none of invoke, ok, fail, info");
  }
  // A completion may leave out what its invoke said; a transaction says it all in its value.
  const bool may_lack_f = *type != EventType::kInvoke || raw.value.is_sequence();
  if (raw.has[RawEvent::kF] ? !raw.f.has_value() : !may_lack_f) {
    return BadEvent(text, raw.start, "its f is no name");
  }
  if (reading->is_own) {
    for (Value* value : {&raw.value, &raw.key}) {
      const Status status = FromOwnValue(value);
      if (!status.ok()) return BadEvent(text, raw.start, Message(status));
    }
  }
  Event event;
  event.type = *type;
  if (raw.f.has_value()) event.f = *std::move(raw.f);
  if (has_process) {
    event.process = raw.process.as_int();
  } else {
    QR_RETURN_IF_ERROR(FindProcess(text, raw.start, &event, reading));
  }
  event.value = std::move(raw.value);
  event.key = std::move(raw.key);
  event.time = raw.time;
  event.line = raw.line;
  ++reading->events;
  if (reading->take != nullptr) return (*reading->take)(std::move(event));
  reading->history.Add(std::move(event));
  return OkStatus();
}

// {"quadraft-history": 1, "model": "cas-register"}
Status TakeHeader(std::string_view text, const RawEvent& raw, Reading* reading) {
  if (reading->events > 0 || reading->remarks > 0) {
    return ErrorAt(text, raw.start, "the header of a history after its first line");
  }
  if (raw.header != Value::Int(kOwnFormatVersion)) {
    return ErrorAt(text, raw.start,
                   StrCat("version ", raw.header.ToString(), " of our format is not known, only ",
                          kOwnFormatVersion));
  }
  reading->is_own = true;
  ++reading->remarks;
  if (raw.model.has_value()) reading->history.set_model(*raw.model);
  return OkStatus();
}

// One map after another, or a single vector or list of them.
template <typename Reader>
Status ReadForms(std::string_view text, Reading* reading) {
  EventReader<Reader> events(text);
  RawEvent raw;
  while (true) {
    QR_ASSIGN_OR_RETURN(const bool more, events.Next(&raw));
    if (!more) return OkStatus();
    if (raw.has[RawEvent::kHeader] && !raw.has[RawEvent::kProcess]) {
      QR_RETURN_IF_ERROR(TakeHeader(text, raw, reading));
    } else {
      QR_RETURN_IF_ERROR(AddEvent(text, std::move(raw), reading));
    }
  }
}

// After the mark, up to `end`: "- 0 :invoke :write 3 [more]"; the dash is optional, what follows
// the value is an error text.
Status AddLogLine(std::string_view text, size_t start, int64_t line, Reading* reading) {
  start = text.find_first_not_of("- \t\r", start);
  if (start == std::string_view::npos) return OkStatus();
  EdnReader reader(text, start);
  RawEvent raw;
  raw.start = start;
  raw.line = line;
  // Jepsen logs other remarks as well: a line is an event once it starts with a process and a type.
  const auto process = reader.Next();
  if (!process.ok() || !process->has_value()) return OkStatus();
  const auto type = reader.Next();
  if (!type.ok() || !type->has_value() || !(*type)->is_name()) return OkStatus();
  if (!ParseType((*type)->text()).has_value()) return OkStatus();
  raw.process = **process;
  raw.type = (*type)->text();
  QR_ASSIGN_OR_RETURN(const std::optional<Value> f, reader.Next());
  if (f.has_value() && f->is_name()) raw.f = f->text();
  QR_ASSIGN_OR_RETURN(std::optional<Value> value, reader.Next());
  if (!value.has_value() && raw.process.is_int()) return BadEvent(text, start, "it ends too early");
  if (value.has_value()) raw.value = *std::move(value);
  raw.has[RawEvent::kProcess] = raw.has[RawEvent::kType] = raw.has[RawEvent::kF] = true;
  return AddEvent(text, std::move(raw), reading);
}

Status ReadLog(std::string_view text, Reading* reading) {
  int64_t line = 0;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    ++line;
    const size_t mark = text.substr(0, end).find(kLogMark, start);
    if (mark != std::string_view::npos) {
      QR_RETURN_IF_ERROR(AddLogLine(text.substr(0, end), mark + kLogMark.size(), line, reading));
    }
    start = end + 1;
  }
  return OkStatus();
}

// JSON names its fields in quotes; nothing else is needed to tell it from EDN.
HistoryFormat Guess(std::string_view text) {
  const std::string_view head = text.substr(0, 4096);
  size_t start = head.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return HistoryFormat::kEdn;
  constexpr std::string_view kEdnStarts = "{[(;#";
  if (kEdnStarts.find(head[start]) == std::string_view::npos) return HistoryFormat::kLog;
  if (head[start] == '[') start = head.find_first_not_of("[ \t\r\n", start);
  if (start == std::string_view::npos) return HistoryFormat::kEdn;
  if (head[start] == ']') return HistoryFormat::kJson;
  if (head[start] != '{') return HistoryFormat::kEdn;
  const size_t inner = head.find_first_not_of(" \t\r\n", start + 1);
  return inner != std::string_view::npos && head[inner] == '"' ? HistoryFormat::kJson
                                                               : HistoryFormat::kEdn;
}

StatusOr<History> SplitKeys(const History& history) {
  History split;
  split.set_model(history.model());
  size_t next_note = 0;
  for (Event event : history.events()) {
    for (; next_note < history.notes().size(); ++next_note) {
      const Note& note = history.notes()[next_note];
      if (note.event > split.size()) break;
      split.AddNote(note.who, note.what, note.time);
    }
    if (event.value.is_sequence() && event.value.items().size() == 2) {
      event.key = event.value.items()[0];
      const Value inner = event.value.items()[1];
      event.value = inner;
    } else if (event.type == EventType::kInvoke || event.type == EventType::kOk) {
      return InvalidArgument("line ", event.line, ": not an event of a history: its value is no ",
                             "[key value]: ", event.value.ToString());
    }
    split.Add(std::move(event));
  }
  return split;
}

Status Read(std::string_view text, const ReadOptions& options, Reading* reading) {
  HistoryFormat format = options.format;
  if (format == HistoryFormat::kGuess) format = Guess(text);
  QR_RETURN_IF_ERROR(format == HistoryFormat::kLog ? ReadLog(text, reading)
                     : format == HistoryFormat::kJson || format == HistoryFormat::kOwn
                         ? ReadForms<JsonReader>(text, reading)
                         : ReadForms<EdnReader>(text, reading));
  if (reading->events == 0 && reading->remarks == 0) {
    return InvalidArgument("no event of a history in it (Jepsen's log, EDN or JSON)");
  }
  if (format == HistoryFormat::kOwn && !reading->is_own) {
    return InvalidArgument("line 1, column 1: our own format begins with {\"",
                           RawEvent::kNames[RawEvent::kHeader], "\": ", kOwnFormatVersion, "}");
  }
  return OkStatus();
}

StatusOr<std::string> ReadText(const std::string& path) {
  // A folder opens too, with a size of its own making.
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return NotFound(path, " is a folder");
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (file == nullptr) return NotFound("cannot open ", path);
  std::string text;
  size_t size = 0;
  while (true) {
    text.resize(std::max(kReadBytesMin, 2 * size));
    const size_t got = std::fread(text.data() + size, 1, text.size() - size, file.get());
    size += got;
    if (size > kHistoryBytesMax) {
      return ResourceExhausted(path, " has more than the ", kHistoryBytesMax,
                               " bytes that a history may have");
    }
    if (size < text.size()) break;
  }
  if (std::ferror(file.get()) != 0) return NotFound("cannot read ", path);
  text.resize(size);
  return text;
}

}  // namespace

StatusOr<History> ReadHistory(std::string_view text, const ReadOptions& options) {
  Reading reading;
  QR_RETURN_IF_ERROR(Read(text, options, &reading));
  if (options.independent) return SplitKeys(reading.history);
  return std::move(reading.history);
}

StatusOr<History> ReadHistoryFile(const std::string& path, const ReadOptions& options) {
  QR_ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  return ReadHistory(text, options);
}

Status ReadEvents(std::string_view text, const ReadOptions& options, const TakeEvent& take) {
  Reading reading;
  reading.take = &take;
  return Read(text, options, &reading);
}

Status ReadEventsOfFile(const std::string& path, const ReadOptions& options,
                        const TakeEvent& take) {
  QR_ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  return ReadEvents(text, options, take);
}

}  // namespace quadraft::jepsen
