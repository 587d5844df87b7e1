#include "jepsen/history/own_format.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/base/strings.h"
#include "jepsen/history/edn.h"

namespace quadraft::jepsen {
namespace {

constexpr std::string_view kEdnTag = "#edn";

void AppendEdn(const Value& value, std::string* out) {
  out->append("{\"#edn\":");
  AppendJsonString(value.ToString(), out);
  out->push_back('}');
}

// An object whose names are strings, none of them the tag.
bool IsJsonObject(const Value& value) {
  for (size_t i = 0; i < value.items().size(); i += 2) {
    const Value& key = value.items()[i];
    if (key.kind() != Value::Kind::kString || key.text() == kEdnTag) return false;
  }
  return true;
}

void AppendItems(const Value& value, char open, char close, std::string* out) {
  const bool is_map = value.is_map();
  out->push_back(open);
  for (size_t i = 0; i < value.items().size(); ++i) {
    if (i > 0) out->push_back(is_map && i % 2 == 1 ? ':' : ',');
    AppendOwnValue(value.items()[i], out);
  }
  out->push_back(close);
}

bool IsPrintableDouble(const Value& value) { return std::isfinite(value.as_double()); }

void AppendEvent(const Event& event, std::string* out) {
  StrAppend(out, "{\"process\":", event.process, ",\"type\":\"", Name(event.type), "\"");
  if (!event.f.empty()) {
    out->append(",\"f\":");
    AppendJsonString(event.f, out);
  }
  if (!event.key.is_nil()) {
    out->append(",\"key\":");
    AppendOwnValue(event.key, out);
  }
  out->append(",\"value\":");
  AppendOwnValue(event.value, out);
  StrAppend(out, ",\"time\":", event.time, "}\n");
}

void AppendNote(const Note& note, std::string* out) {
  out->append("{\"process\":");
  AppendJsonString(note.who, out);
  out->append(",\"type\":\"info\",\"f\":");
  AppendJsonString(note.what, out);
  StrAppend(out, ",\"time\":", note.time, "}\n");
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out->push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (byte < 0x20 || c == '<' || byte == 0x7f) {
      out->append("\\u00");
      out->push_back(kHex[byte >> 4]);
      out->push_back(kHex[byte & 15]);
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

void AppendOwnValue(const Value& value, std::string* out) {
  switch (value.kind()) {
    case Value::Kind::kNil:
      out->append("null");
      return;
    case Value::Kind::kBool:
    case Value::Kind::kInt:
      return value.AppendTo(out);
    case Value::Kind::kDouble:
      return IsPrintableDouble(value) ? value.AppendTo(out) : AppendEdn(value, out);
    case Value::Kind::kString:
      return AppendJsonString(value.text(), out);
    case Value::Kind::kVector:
      return AppendItems(value, '[', ']', out);
    case Value::Kind::kMap:
      return IsJsonObject(value) ? AppendItems(value, '{', '}', out) : AppendEdn(value, out);
    default:
      return AppendEdn(value, out);
  }
}

std::string ToOwnFormat(const History& history, std::string_view model) {
  std::string out = StrCat("{\"quadraft-history\":", kOwnFormatVersion);
  if (!model.empty()) {
    out.append(",\"model\":");
    AppendJsonString(model, &out);
  }
  out.append("}\n");
  size_t next_note = 0;
  const std::vector<Note>& notes = history.notes();
  for (size_t i = 0; i <= history.size(); ++i) {
    while (next_note < notes.size() && notes[next_note].event <= i) {
      AppendNote(notes[next_note++], &out);
    }
    if (i < history.size()) AppendEvent(history.events()[i], &out);
  }
  return out;
}

Status FromOwnValue(Value* value) {
  if (!value->is_map() && !value->is_sequence()) return OkStatus();
  if (value->is_map() && value->items().size() == 2 &&
      value->items()[0] == Value::String(std::string(kEdnTag))) {
    const Value& text = value->items()[1];
    if (text.kind() != Value::Kind::kString) {
      return InvalidArgument("\"#edn\" needs a string, not ", text.ToString());
    }
    auto parsed = ParseEdn(text.text());
    if (!parsed.ok()) return Annotate(parsed.status(), "in \"#edn\"");
    *value = *std::move(parsed);
    return OkStatus();
  }
  std::vector<Value> items = value->items();
  for (Value& item : items) QR_RETURN_IF_ERROR(FromOwnValue(&item));
  *value = Value::Items(value->kind(), std::move(items));
  return OkStatus();
}

}  // namespace quadraft::jepsen
