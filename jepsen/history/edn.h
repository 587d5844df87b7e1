// A reader of EDN, extensible data notation (github.com/edn-format/edn), whole: nil, booleans,
// numbers (N, M, ratios), strings, characters, keywords, symbols, lists, vectors, maps, sets,
// tagged elements, comments and discards (#_), ##Inf ##-Inf ##NaN, and the metadata (^...) that
// Clojure prints, which is dropped.
//
//   EdnReader reader("{:f :read} ; first\n[1 2]");
//   while (true) {
//     QR_ASSIGN_OR_RETURN(std::optional<Value> value, reader.Next());    // nullopt at the end
//     if (!value.has_value()) break;
//   }
// Errors are InvalidArgument("line 3, column 7: ..."). Nesting deeper than kEdnNestingMax is
// refused.
#ifndef QUADRAFT_JEPSEN_HISTORY_EDN_H_
#define QUADRAFT_JEPSEN_HISTORY_EDN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "jepsen/history/value.h"

namespace quadraft::jepsen {

inline constexpr int kEdnNestingMax = 256;

class EdnReader {
 public:
  // `text` must outlive the reader, which begins at `start`.
  explicit EdnReader(std::string_view text, size_t start = 0) : text_(text), position_(start) {}

  // The next top-level form; nullopt when only white space is left.
  StatusOr<std::optional<Value>> Next();
  size_t offset() const { return position_; }

  // For EventReader: the same text in smaller steps. Names that are returned live until the next
  // call.
  StatusOr<char> Peek();  // What comes after white space; '\0' at the end.
  void Skip() { ++position_; }
  Status Separator(char) { return OkStatus(); }  // Between the items of a sequence.
  // In a map that began at `start`: false at its end, else its next key when that is a name ("" for
  // others).
  StatusOr<bool> NextKey(size_t start, bool is_first, std::string_view* name);
  StatusOr<Value> ReadValue() { return Form(1); }
  StatusOr<std::optional<std::string_view>> ReadName();  // nullopt when the value is no name.
  Status ErrorHere(size_t position, std::string_view what) const { return Error(position, what); }
  int64_t LineAt(size_t position) { return LineOf(position); }

 private:
  Status SkipBlank(int depth);
  StatusOr<Value> Form(int depth);
  StatusOr<Value> Collection(Value::Kind kind, char close, int depth);
  StatusOr<Value> Dispatch(int depth);
  StatusOr<Value> String();
  StatusOr<Value> Character();
  StatusOr<Value> Atom();
  StatusOr<uint32_t> HexDigits(size_t start, size_t count);
  std::string_view Token();
  Status Error(size_t position, std::string_view what) const;
  int64_t LineOf(size_t position);
  bool AtEnd() const { return position_ >= text_.size(); }

  std::string_view text_;
  std::string name_;
  size_t position_ = 0;
  // The line of position counted_to_. Maps know their line.
  size_t counted_to_ = 0;
  int64_t lines_ = 1;
};

// The only form in `text`; InvalidArgument when there is none or another one follows.
StatusOr<Value> ParseEdn(std::string_view text);

// The value that a number token of EDN stands for: nullopt when it is none. "7", "-7N", "1.5",
// "1e3", "2.50M", "1/3".
std::optional<Value> ParseEdnNumber(std::string_view token);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_HISTORY_EDN_H_
