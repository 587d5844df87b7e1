// XPath regular expressions (F&O, section 5.6.1) in RE2's syntax.
//
//   auto translated = TranslateXpathRegex("^a.c$", "i");
//
// RE2 is linear in the text, whatever the pattern: no query can hang a node. What it cannot do (back-references, character
// class subtraction, Unicode blocks) is Unimplemented; wrong flags or a dangling escape are InvalidArgument.
#ifndef QUADRAFT_SPARQL_FUNCTIONS_REGEX_TRANSLATE_H_
#define QUADRAFT_SPARQL_FUNCTIONS_REGEX_TRANSLATE_H_

#include <string>
#include <string_view>

#include "core/base/status.h"

namespace quadraft::sparql {

struct TranslatedRegex {
  std::string pattern;
  bool ignore_case = false;          // i
  bool dot_matches_newline = false;  // s
  bool multi_line = false;           // m
  bool literal = false;              // q
};

StatusOr<TranslatedRegex> TranslateXpathRegex(std::string_view pattern, std::string_view flags);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_FUNCTIONS_REGEX_TRANSLATE_H_
