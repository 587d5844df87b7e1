// Events out of EDN or JSON text, without making a Value of every map on the way: most of a
// history's bytes are the same few names again and again.
//
// `Reader` is EdnReader or JsonReader. Top-level forms are read one after another; those of a
// top-level list or vector count as top-level ones.
//
//   EventReader<EdnReader> events(text);
//   RawEvent event;
//   while (true) {
//     QR_ASSIGN_OR_RETURN(const bool more, events.Next(&event));
//     if (!more) break;
//   }
#ifndef QUADRAFT_JEPSEN_HISTORY_EVENT_READER_H_
#define QUADRAFT_JEPSEN_HISTORY_EVENT_READER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/status.h"
#include "jepsen/history/text.h"
#include "jepsen/history/value.h"

namespace quadraft::jepsen {

// What a map said, by the names that mean something in an event. Of a name that comes twice the
// first counts.
struct RawEvent {
  enum Field : uint8_t { kProcess, kType, kF, kValue, kKey, kTime, kHeader, kModel, kFields };
  static constexpr std::array<std::string_view, kFields> kNames = {
      "process", "type", "f", "value", "key", "time", "quadraft-history", "model"};

  std::array<bool, kFields> has = {};
  Value process, value, key, header;
  std::optional<std::string> type, f, model;  // nullopt: there, but no name.
  int64_t time = 0;
  int64_t line = 0;
  size_t start = 0;  // Of the map, for errors.
};

template <typename Reader>
class EventReader {
 public:
  // `text` must outlive the reader and the events.
  explicit EventReader(std::string_view text) : reader_(text) {}

  // False at the end.
  StatusOr<bool> Next(RawEvent* event) {
    while (true) {
      QR_ASSIGN_OR_RETURN(const char c, reader_.Peek());
      if (close_ != '\0' && c == close_) {
        reader_.Skip();
        close_ = '\0';
        continue;
      }
      if (c == '\0') {
        if (close_ != '\0')
          return reader_.ErrorHere(open_at_, StrCat("this is not closed by ", close_));
        return false;
      }
      if (close_ == '\0' && (c == '[' || c == '(')) {
        close_ = c == '[' ? ']' : ')';
        open_at_ = reader_.offset();
        is_first_ = true;
        reader_.Skip();
        continue;
      }
      if (close_ != '\0' && !std::exchange(is_first_, false)) {
        QR_RETURN_IF_ERROR(reader_.Separator(close_));
        QR_RETURN_IF_ERROR(reader_.Peek().status());
      }
      break;
    }
    return ReadEvent(event);
  }

 private:
  StatusOr<bool> ReadEvent(RawEvent* event) {
    *event = {};
    QR_ASSIGN_OR_RETURN(const char c, reader_.Peek());
    event->start = reader_.offset();
    event->line = reader_.LineAt(event->start);
    if (c != '{') return ReadForm(event);
    reader_.Skip();
    bool is_first = true;
    while (true) {
      std::string_view name;
      QR_ASSIGN_OR_RETURN(const bool more, reader_.NextKey(event->start, is_first, &name));
      if (!more) return true;
      is_first = false;
      QR_RETURN_IF_ERROR(ReadField(FieldOf(name), event));
    }
  }

  static RawEvent::Field FieldOf(std::string_view name) {
    for (uint8_t field = 0; field < RawEvent::kFields; ++field) {
      if (name == RawEvent::kNames[field]) return static_cast<RawEvent::Field>(field);
    }
    return RawEvent::kFields;
  }

  Status ReadField(RawEvent::Field field, RawEvent* event) {
    if (field == RawEvent::kFields || event->has[field]) return reader_.ReadValue().status();
    event->has[field] = true;
    switch (field) {
      case RawEvent::kType:
        return ReadName(&event->type);
      case RawEvent::kF:
        return ReadName(&event->f);
      case RawEvent::kModel:
        return ReadName(&event->model);
      default:
        break;
    }
    QR_ASSIGN_OR_RETURN(Value value, reader_.ReadValue());
    if (field == RawEvent::kProcess) event->process = std::move(value);
    if (field == RawEvent::kValue) event->value = std::move(value);
    if (field == RawEvent::kKey) event->key = std::move(value);
    if (field == RawEvent::kHeader) event->header = std::move(value);
    if (field == RawEvent::kTime && value.is_int()) event->time = value.as_int();
    return OkStatus();
  }

  Status ReadName(std::optional<std::string>* name) {
    QR_ASSIGN_OR_RETURN(const std::optional<std::string_view> found, reader_.ReadName());
    if (found.has_value()) name->emplace(*found);
    return OkStatus();
  }

  // A record such as #jepsen.history.Op{...}, or what is no event at all.
  StatusOr<bool> ReadForm(RawEvent* event) {
    QR_ASSIGN_OR_RETURN(const Value form, reader_.ReadValue());
    const Value& map = form.kind() == Value::Kind::kTagged ? form.items()[0] : form;
    if (!map.is_map()) {
      return reader_.ErrorHere(event->start,
                               StrCat("not an event of a history: ", form.ToString()));
    }
    for (uint8_t field = 0; field < RawEvent::kFields; ++field) {
      const Value* value = map.Find(RawEvent::kNames[field]);
      if (value == nullptr) continue;
      event->has[field] = true;
      const auto name = [value] {
        return value->is_name() ? std::optional<std::string>(value->text()) : std::nullopt;
      };
      if (field == RawEvent::kType) event->type = name();
      if (field == RawEvent::kF) event->f = name();
      if (field == RawEvent::kModel) event->model = name();
      if (field == RawEvent::kProcess) event->process = *value;
      if (field == RawEvent::kValue) event->value = *value;
      if (field == RawEvent::kKey) event->key = *value;
      if (field == RawEvent::kHeader) event->header = *value;
      if (field == RawEvent::kTime && value->is_int()) event->time = value->as_int();
    }
    return true;
  }

  Reader reader_;
  char close_ = '\0';  // Of the top-level sequence that is being read; 0 outside of one.
  size_t open_at_ = 0;
  bool is_first_ = false;
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_HISTORY_EVENT_READER_H_
