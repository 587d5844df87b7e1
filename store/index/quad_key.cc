#include "store/index/quad_key.h"

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/mutant.h"

namespace quadraft::store {
namespace {

std::string EncodeVersions(const std::vector<Timestamp>& versions) {
  std::string out;
  for (size_t i = 0; i < versions.size(); ++i) {
    PutVarint(&out, i == 0 ? versions[0].value() : versions[i - 1].value() - versions[i].value());
  }
  return out;
}

}  // namespace

std::string PermutationPrefix(SpaceId space, Permutation permutation) {
  std::string key = SpacePrefix(kQuadKind, space);
  key.push_back(static_cast<char>(permutation));
  return key;
}

void SetQuadKey(std::string* key, SpaceId space, Permutation permutation, const IdQuad& quad) {
  key->resize(kQuadKeyBytes);
  char* out = key->data();
  out[0] = kQuadKind;
  const uint32_t space_bytes = __builtin_bswap32(space);
  std::memcpy(out + 1, &space_bytes, sizeof(space_bytes));
  out[5] = static_cast<char>(permutation);
  const auto columns = PermutationColumns(permutation);
  for (size_t i = 0; i < 4; ++i) {
    const uint64_t id = __builtin_bswap64(quad[static_cast<size_t>(columns[i])].value());
    std::memcpy(out + kQuadPrefixBytes + i * sizeof(id), &id, sizeof(id));
  }
}

IdQuad QuadOfKey(std::string_view key, Permutation permutation) {
  QR_CHECK(key.size() == kQuadKeyBytes) << key.size();
  IdQuad quad;
  const auto columns = PermutationColumns(permutation);
  for (size_t i = 0; i < 4; ++i) {
    quad[static_cast<size_t>(columns[i])] =
        TermId(LoadBigEndian64(key.data() + kQuadPrefixBytes + i * sizeof(uint64_t)));
  }
  return quad;
}

std::string PrefixEnd(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  QR_CHECK(!prefix.empty());
  ++prefix.back();
  return prefix;
}

bool IsThere(std::string_view value) {
  size_t count = 0;
  for (const char byte : value) count += (byte & 0x80) == 0;
  return count % 2 == 1;
}

bool WasThereAt(std::string_view value, Timestamp at) {
  uint64_t version = 0;
  if (!GetVarint(&value, &version)) return false;
  size_t older = 0;  // How many versions at or before `at` there are: the parity tells.
  while (version > at.value() || (version == at.value() && QR_MUTANT("view-one-version-back"))) {
    uint64_t distance = 0;
    if (!GetVarint(&value, &distance)) return false;
    version -= distance;
  }
  for (const char byte : value) older += (byte & 0x80) == 0;
  return older % 2 == 0;  // The one at hand is not among the older ones.
}

std::string AddVersion(std::string_view value, Timestamp at) {
  std::string out;
  PutVarint(&out, at.value());
  uint64_t newest = 0;
  if (GetVarint(&value, &newest)) {
    QR_CHECK(newest < at.value()) << newest << " then " << at;
    PutVarint(&out, at.value() - newest);
    out.append(value);
  }
  return out;
}

StatusOr<std::vector<Timestamp>> DecodeVersions(std::string_view value) {
  std::vector<Timestamp> out;
  while (!value.empty()) {
    uint64_t number = 0;
    if (!GetVarint(&value, &number) || number == 0) return DataLoss("index: malformed versions");
    if (!out.empty() && number >= out.back().value())
      return DataLoss("index: versions out of order");
    out.push_back(out.empty() ? Timestamp(number) : Timestamp(out.back().value() - number));
  }
  if (out.empty()) return DataLoss("index: no versions");
  return out;
}

std::string DropVersions(std::string_view value, Timestamp horizon) {
  auto decoded = DecodeVersions(value);
  if (!decoded.ok())
    return std::string(value);  // Damage is for the reader to report, not to tidy away.
  std::vector<Timestamp>& versions = *decoded;
  for (size_t i = 0; i < versions.size(); ++i) {
    if (versions[i] > horizon) continue;
    const bool came = (versions.size() - i) % 2 == 1;
    versions.resize(came ? i + 1 : i);
    break;
  }
  return EncodeVersions(versions);
}

}  // namespace quadraft::store
