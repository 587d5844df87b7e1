// The function names of the grammar (rules 121 and 127) with the number of arguments that it
// allows. What the functions mean is sparql/functions' business.
#ifndef QUADRAFT_SPARQL_PARSER_BUILTINS_H_
#define QUADRAFT_SPARQL_PARSER_BUILTINS_H_

#include <string_view>

namespace quadraft::sparql {

inline constexpr int kAnyNumber = 1 << 20;

struct BuiltIn {
  std::string_view name;  // Upper case.
  int args_min, args_max;
};
// The row of `upper_name`, or null. EXISTS, NOT EXISTS and the aggregates are not functions.
const BuiltIn* FindBuiltIn(std::string_view upper_name);
bool IsAggregate(std::string_view upper_name);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_PARSER_BUILTINS_H_
