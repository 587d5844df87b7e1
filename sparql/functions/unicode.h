// The few facts of Unicode that string functions need, without a library.
//
//   size_t n = CodePointCount("naïve");     // 5
//   std::string upper = UpperCase("straße"); // "STRASSE" is not made: ß stays (see below)
//
// Limit: case mapping covers ASCII, Latin-1, Latin Extended-A and -B pairs, Latin Extended Additional, Greek, Cyrillic and
// Armenian, one character to one character. What maps to several characters (ß, ligatures) and other scripts stay as they are.
#ifndef QUADRAFT_SPARQL_FUNCTIONS_UNICODE_H_
#define QUADRAFT_SPARQL_FUNCTIONS_UNICODE_H_

#include <string>
#include <string_view>

namespace quadraft::sparql {

size_t CodePointCount(std::string_view text);
// The bytes of `length` code points from number `start` (from 0); cut to what there is.
std::string_view CodePointSubstring(std::string_view text, size_t start, size_t length);
std::string UpperCase(std::string_view text);
std::string LowerCase(std::string_view text);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_FUNCTIONS_UNICODE_H_
