// Hashes of the UTF-8 bytes of a string, in lower-case hexadecimal (section 17.4.6).
#include <openssl/md5.h>
#include <openssl/sha.h>

#include <string>
#include <string_view>

#include "sparql/functions/registry.h"

namespace quadraft::sparql::functions {

namespace {

template <size_t kBytes, typename Digest>
Value HashOf(const Value& value, Digest digest) {
  if (value.kind != ValueKind::kString) return Value::Error();
  uint8_t out[kBytes];
  digest(reinterpret_cast<const uint8_t*>(value.text.data()), value.text.size(), out);
  return Value::String(HexEncode(std::string_view(reinterpret_cast<const char*>(out), kBytes)));
}

}  // namespace

Value Md5(EvaluationEnvironment&, FunctionArguments args) { return HashOf<MD5_DIGEST_LENGTH>(args[0], MD5); }
Value Sha1(EvaluationEnvironment&, FunctionArguments args) { return HashOf<SHA_DIGEST_LENGTH>(args[0], SHA1); }
Value Sha256(EvaluationEnvironment&, FunctionArguments args) {
  return HashOf<SHA256_DIGEST_LENGTH>(args[0], SHA256);
}
Value Sha384(EvaluationEnvironment&, FunctionArguments args) {
  return HashOf<SHA384_DIGEST_LENGTH>(args[0], SHA384);
}
Value Sha512(EvaluationEnvironment&, FunctionArguments args) {
  return HashOf<SHA512_DIGEST_LENGTH>(args[0], SHA512);
}

}  // namespace quadraft::sparql::functions
