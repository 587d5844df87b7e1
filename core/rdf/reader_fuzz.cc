// What must hold for any bytes: a reader does not crash, the cut of its input changes nothing, an
// error has a position, and what was read, once written, reads back the same. For libFuzzer (the
// target reader_fuzz) and for reader_fuzz_driver.cc. The first byte chooses the syntax and the cut.
#include <cstdint>

#include "core/base/check.h"
#include "core/rdf/testing.h"

namespace quadraft::rdf {
namespace {

void CheckOne(uint8_t choice, std::string_view text) {
  const auto syntax = static_cast<Syntax>(choice % 4);
  const ReaderOptions options = {.base = choice & 0x80 ? "http://e/f/" : "", .blank_prefix = "d."};
  const Parsed whole = Parse(text, syntax, options);
  const Parsed cut = Parse(text, syntax, options, 1 + (choice >> 2) % 16);
  QR_CHECK(whole.status == cut.status) << ToString(whole.status) << " / " << ToString(cut.status);
  QR_CHECK(whole.quads == cut.quads) << "other quads when cut";
  if (!whole.status.ok()) {
    QR_CHECK(Message(whole.status).starts_with("line ")) << ToString(whole.status);
  }
  const Parsed back = Parse(Write(whole.quads), Syntax::kNQuads, {});
  QR_CHECK(back.status.ok()) << ToString(back.status);
  QR_CHECK(back.quads == whole.quads) << "other quads after writing and reading";
}

}  // namespace
}  // namespace quadraft::rdf

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  quadraft::rdf::CheckOne(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
