#include "jepsen/history/read_history.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>
#include <vector>

#include "jepsen/history/edn.h"
#include "jepsen/history/json.h"

namespace quadraft::jepsen {
namespace {

constexpr std::string_view kLogMark = "jepsen.util";

std::optional<EventType> ParseType(const Value& value) {
  if (!value.is_name()) return std::nullopt;
  for (const EventType type :
       {EventType::kInvoke, EventType::kOk, EventType::kFail, EventType::kInfo}) {
    if (value.text() == Name(type)) return type;
  }
  return std::nullopt;
}

Status BadEvent(int64_t line, std::string_view why) {
  return InvalidArgument("line ", line, ": not an event of a history: ", why);
}

// Takes an event apart that was written as a map. nullopt: not a client's.
StatusOr<std::optional<Event>> FromMap(const Value& form) {
  const Value& map = form.kind() == Value::Kind::kTagged ? form.items()[0] : form;
  if (!map.is_map()) return InvalidArgument("not an event of a history: ", form.ToString());
  const int64_t line = map.line();
  const Value* process = map.Find("process");
  const Value* type = map.Find("type");
  const Value* f = map.Find("f");
  if (process == nullptr) return BadEvent(line, "it has no process");
  if (!process->is_int()) return std::optional<Event>();
  const std::optional<EventType> parsed = type == nullptr ? std::nullopt : ParseType(*type);
  if (!parsed.has_value()) return BadEvent(line, "its type is none of invoke, ok, fail, info");
  // A completion may leave out what its invoke said.
  const bool may_lack_f = *parsed != EventType::kInvoke;
  if (f == nullptr ? !may_lack_f : !f->is_name()) return BadEvent(line, "its f is no name");
  Event event;
  event.type = *parsed;
  event.process = process->as_int();
  if (f != nullptr) event.f = f->text();
  event.line = line;
  if (const Value* value = map.Find("value")) event.value = *value;
  if (const Value* key = map.Find("key")) event.key = *key;
  if (const Value* time = map.Find("time"); time != nullptr && time->is_int()) {
    event.time = time->as_int();
  }
  return std::optional<Event>(std::move(event));
}

// What was read so far. `remarks` counts events of others than clients: a history of nothing else
// is empty, but it is one.
struct Reading {
  History history;
  size_t remarks = 0;

  void Add(std::optional<Event> event) {
    if (event.has_value()) {
      history.Add(*std::move(event));
    } else {
      ++remarks;
    }
  }
};

Status AddForm(const Value& form, Reading* reading) {
  QR_ASSIGN_OR_RETURN(std::optional<Event> event, FromMap(form));
  reading->Add(std::move(event));
  return OkStatus();
}

// One map after another, or a single vector or list of them.
template <typename Reader>
StatusOr<Reading> ReadForms(std::string_view text) {
  Reading reading;
  Reader reader(text);
  while (true) {
    QR_ASSIGN_OR_RETURN(const std::optional<Value> form, reader.Next());
    if (!form.has_value()) break;
    if (!form->is_sequence()) {
      QR_RETURN_IF_ERROR(AddForm(*form, &reading));
      continue;
    }
    for (const Value& item : form->items()) QR_RETURN_IF_ERROR(AddForm(item, &reading));
  }
  return reading;
}

std::vector<std::string_view> SplitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return lines;
}

// After the mark: "- 0 :invoke :write 3 [more]"; the dash is optional, what follows the value is an
// error text.
StatusOr<std::optional<Event>> FromLogLine(std::string_view rest, int64_t line) {
  const size_t start = rest.find_first_not_of("- \t");
  if (start == std::string_view::npos) return std::optional<Event>();
  EdnReader reader(rest.substr(start));
  Value fields[4];
  for (size_t i = 0; i < 4; ++i) {
    auto field = reader.Next();
    if (field.ok() && field->has_value()) {
      fields[i] = **std::move(field);
      continue;
    }
    // Jepsen logs other remarks as well: a line is an event once it starts with a process and a
    // type.
    if (i < 2) return std::optional<Event>();
    return BadEvent(line, field.ok() ? "it ends too early" : Message(field.status()));
  }
  const std::optional<EventType> type = ParseType(fields[1]);
  if (!fields[0].is_int() || !type.has_value()) return std::optional<Event>();
  if (!fields[2].is_name()) return BadEvent(line, "its f is no name");
  Event event;
  event.type = *type;
  event.process = fields[0].as_int();
  event.f = fields[2].text();
  event.value = std::move(fields[3]);
  event.line = line;
  return std::optional<Event>(std::move(event));
}

StatusOr<Reading> ReadLog(std::string_view text) {
  Reading reading;
  int64_t line = 0;
  for (const std::string_view content : SplitLines(text)) {
    ++line;
    const size_t mark = content.find(kLogMark);
    if (mark == std::string_view::npos) continue;
    QR_ASSIGN_OR_RETURN(std::optional<Event> event,
                        FromLogLine(content.substr(mark + kLogMark.size()), line));
    reading.Add(std::move(event));
  }
  return reading;
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
  for (Event event : history.events()) {
    if (event.value.is_sequence() && event.value.items().size() == 2) {
      event.key = event.value.items()[0];
      const Value inner = event.value.items()[1];
      event.value = inner;
    } else if (event.type == EventType::kInvoke || event.type == EventType::kOk) {
      return BadEvent(event.line, StrCat("its value is no [key value]: ", event.value.ToString()));
    }
    split.Add(std::move(event));
  }
  return split;
}

}  // namespace

StatusOr<History> ReadHistory(std::string_view text, const ReadOptions& options) {
  HistoryFormat format = options.format;
  if (format == HistoryFormat::kGuess) format = Guess(text);
  StatusOr<Reading> reading = format == HistoryFormat::kLog    ? ReadLog(text)
                              : format == HistoryFormat::kJson ? ReadForms<JsonReader>(text)
                                                               : ReadForms<EdnReader>(text);
  if (!reading.ok()) return reading.status();
  if (reading->history.empty() && reading->remarks == 0) {
    return InvalidArgument("no event of a history in it (Jepsen's log, EDN or JSON)");
  }
  if (options.independent) return SplitKeys(reading->history);
  return std::move(reading->history);
}

StatusOr<History> ReadHistoryFile(const std::string& path, const ReadOptions& options) {
  // A folder opens too, with a size of its own making.
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return NotFound(path, " is a folder");
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return NotFound("cannot open ", path);
  const std::streamoff size = file.tellg();
  if (size < 0) return NotFound("cannot read ", path);
  if (static_cast<uint64_t>(size) > kHistoryBytesMax) {
    return ResourceExhausted(path, " has ", size, " bytes; histories may have ", kHistoryBytesMax);
  }
  std::string text(static_cast<size_t>(size), '\0');
  file.seekg(0);
  if (!file.read(text.data(), size)) return NotFound("cannot read ", path);
  return ReadHistory(text, options);
}

}  // namespace quadraft::jepsen
