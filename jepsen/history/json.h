// A reader of JSON (RFC 8259) into the values of histories: objects become maps with string keys,
// arrays vectors, null nil. Several texts one after the other (JSON lines) are read one by one.
// Errors are InvalidArgument("line 3, column 7: ...").
//
//   JsonReader reader("{\"f\": \"read\"}\n{\"f\": \"write\"}");
//   StatusOr<std::optional<Value>> first = reader.Next();                  // nullopt at the end
#ifndef QUADRAFT_JEPSEN_HISTORY_JSON_H_
#define QUADRAFT_JEPSEN_HISTORY_JSON_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/status.h"
#include "jepsen/history/value.h"

namespace quadraft::jepsen {

inline constexpr int kJsonNestingMax = 256;

class JsonReader {
 public:
  // `text` must outlive the reader.
  explicit JsonReader(std::string_view text) : text_(text) {}

  StatusOr<std::optional<Value>> Next();
  size_t offset() const { return position_; }

  // For EventReader, as in EdnReader.
  StatusOr<char> Peek();
  void Skip() { ++position_; }
  Status Separator(char close);
  StatusOr<bool> NextKey(size_t start, bool is_first, std::string_view* name);
  StatusOr<Value> ReadValue() { return Element(1); }
  StatusOr<std::optional<std::string_view>> ReadName();
  Status ErrorHere(size_t position, std::string_view what) const { return Error(position, what); }
  int64_t LineAt(size_t position) { return LineOf(position); }

 private:
  void SkipBlank();
  StatusOr<Value> Element(int depth);
  StatusOr<Value> Array(int depth);
  StatusOr<Value> Object(int depth);
  StatusOr<std::string> String();
  StatusOr<uint32_t> EscapedCode();
  StatusOr<Value> Number();
  Status Error(size_t position, std::string_view what) const;
  int64_t LineOf(size_t position);
  bool AtEnd() const { return position_ >= text_.size(); }
  bool Take(std::string_view word);

  StatusOr<std::string_view> PlainString();

  std::string_view text_;
  std::string name_;
  size_t position_ = 0;
  // The line of position counted_to_. Maps know their line.
  size_t counted_to_ = 0;
  int64_t lines_ = 1;
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_HISTORY_JSON_H_
