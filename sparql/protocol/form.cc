#include "sparql/protocol/form.h"

#include <algorithm>

#include "core/rdf/chars.h"

namespace quadraft::sparql {
namespace {

StatusOr<std::string> DecodePart(std::string_view encoded) {
  std::string out;
  out.reserve(encoded.size());
  for (size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] == '+') {
      out.push_back(' ');
    } else if (encoded[i] != '%') {
      out.push_back(encoded[i]);
    } else {
      if (i + 2 >= encoded.size() || !rdf::IsHexDigit(encoded[i + 1]) ||
          !rdf::IsHexDigit(encoded[i + 2])) {
        return InvalidArgument("'%' at byte ", i,
                               " of a parameter is not followed by two hexadecimal digits");
      }
      const auto digit = [](char c) { return (c & 0x0f) + (c > '9' ? 9 : 0); };
      out.push_back(static_cast<char>(digit(encoded[i + 1]) << 4 | digit(encoded[i + 2])));
      i += 2;
    }
  }
  if (rdf::FindInvalidUtf8(out) != std::string_view::npos) {
    return InvalidArgument("a parameter is not UTF-8 once it is percent-decoded");
  }
  return out;
}

}  // namespace

StatusOr<FormFields> DecodeForm(std::string_view encoded) {
  FormFields fields;
  while (!encoded.empty()) {
    const size_t end = std::min(encoded.find('&'), encoded.size());
    const std::string_view field = encoded.substr(0, end);
    encoded.remove_prefix(std::min(end + 1, encoded.size()));
    if (field.empty()) continue;
    if (fields.size() == kFormFieldsMax)
      return InvalidArgument("more than ", kFormFieldsMax, " parameters");
    const size_t equals = std::min(field.find('='), field.size());
    QR_ASSIGN_OR_RETURN(std::string name, DecodePart(field.substr(0, equals)));
    QR_ASSIGN_OR_RETURN(std::string value,
                        DecodePart(field.substr(std::min(equals + 1, field.size()))));
    fields.emplace_back(std::move(name), std::move(value));
  }
  return fields;
}

}  // namespace quadraft::sparql
