#include "store/state/format2.h"

#include "core/base/bytes.h"

namespace quadraft::store {
namespace {

constexpr size_t kPrefixBytes = 6;  // Kind, space, permutation.
constexpr size_t kKeyBytes = kPrefixBytes + 4 * sizeof(uint64_t);

}  // namespace

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

Status ReadFormat2(const KvStore& kv, SpaceId space,
                   absl::FunctionRef<Status(const QuadChange&)> take) {
  const std::string prefix =
      SpacePrefix(kQuadKind, space) + static_cast<char>(Permutation::kSpog);
  const auto it = kv.NewIterator(false);
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    if (it->key().size() != kKeyBytes)
      return DataLoss("index: a key of ", it->key().size(), " bytes");
    KeyIds ids;
    for (size_t i = 0; i < 4; ++i)
      ids[i] = LoadBigEndian64(it->key().data() + kPrefixBytes + i * sizeof(uint64_t));
    QR_ASSIGN_OR_RETURN(const auto versions, DecodeVersions(it->value()));
    for (const Timestamp at : versions)
      QR_RETURN_IF_ERROR(take({QuadOf(ids, Permutation::kSpog), at}));
  }
  return it->status();
}

}  // namespace quadraft::store
