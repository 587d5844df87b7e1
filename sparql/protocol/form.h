// application/x-www-form-urlencoded, as query strings and form bodies use it (WHATWG URL,
// section 5.1).
#ifndef QUADRAFT_SPARQL_PROTOCOL_FORM_H_
#define QUADRAFT_SPARQL_PROTOCOL_FORM_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/status.h"

namespace quadraft::sparql {

using FormFields = std::vector<std::pair<std::string, std::string>>;  // In order of arrival.
inline constexpr size_t kFormFieldsMax = 1024;

// InvalidArgument on a '%' without two hexadecimal digits, on what is not UTF-8 then, and on more
// than kFormFieldsMax.
StatusOr<FormFields> DecodeForm(std::string_view encoded);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_PROTOCOL_FORM_H_
