// The text of a query with its codepoint escapes (SPARQL 1.1 Query, section 19.2) replaced, and the
// way back from an offset to the line and column that the user sees.
//
//   QR_ASSIGN_OR_RETURN(Source source, Source::Make(text));
//   source.text(); source.Where(offset) -> "line 3, column 7"
//
// A backslash that a backslash escapes starts no codepoint escape: "\\u0041" stays a backslash and
// five letters.
#ifndef QUADRAFT_SPARQL_PARSER_SOURCE_H_
#define QUADRAFT_SPARQL_PARSER_SOURCE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/status.h"

namespace quadraft::sparql {

class Source {
 public:
  // `original` must outlive the source. InvalidArgument on text that is not UTF-8 and on escapes of
  // no character.
  static StatusOr<Source> Make(std::string_view original);

  std::string_view text() const { return replaced_.empty() ? original_ : replaced_; }
  // Lines count from 1 by '\n', columns from 1 by character.
  std::string Where(size_t offset) const;

 private:
  explicit Source(std::string_view original) : original_(original) {}
  std::string_view original_;
  std::string replaced_;  // Empty when the original holds no escape.
  // (offset in text(), offset in original_) just after each escape, ascending.
  std::vector<std::pair<size_t, size_t>> anchors_;
};

// "line L, column C" of a byte offset.
std::string LineAndColumn(std::string_view text, size_t offset);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_PARSER_SOURCE_H_
