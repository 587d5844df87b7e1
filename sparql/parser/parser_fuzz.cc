// What must hold for any bytes: the parser does not crash, an error has a position, the same text
// gives the same algebra, and the algebra's variables exist. For libFuzzer (the target parser_fuzz)
// and for parser_fuzz_driver.cc. The first byte chooses between query and update.
#include <cstdint>

#include "core/base/check.h"
#include "sparql/algebra/print.h"
#include "sparql/algebra/walk.h"
#include "sparql/parser/parser.h"

namespace quadraft::sparql {
namespace {

void CheckVariables(Pattern* pattern, size_t count) {
  if (pattern == nullptr) return;
  VisitVariables(pattern, [count](Var* variable) {
    QR_CHECK(variable->index < count) << "variable " << variable->index << " of " << count;
  });
}

void CheckError(const Status& status) {
  QR_CHECK(Message(status).starts_with("line ")) << ToString(status);
}

void CheckOne(uint8_t choice, std::string_view text) {
  ParseOptions options;
  if (choice & 2) options.base = "http://e/f/";
  if (choice & 1) {
    auto update = ParseUpdate(text, options);
    if (!update.ok()) return CheckError(update.status());
    for (UpdateOperation& operation : update->operations) {
      CheckVariables(operation.where.get(), operation.variables.size());
    }
    QR_CHECK(Print(*update) == Print(*ParseUpdate(text, options)))
        << "other algebra the second time";
    return;
  }
  auto query = ParseQuery(text, options);
  if (!query.ok()) return CheckError(query.status());
  CheckVariables(query->pattern.get(), query->variables.size());
  QR_CHECK(Print(*query) == Print(*ParseQuery(text, options))) << "other algebra the second time";
}

}  // namespace
}  // namespace quadraft::sparql

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  quadraft::sparql::CheckOne(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
