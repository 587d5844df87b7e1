#include "store/runs/run.h"

#include "core/base/bytes.h"
#include "core/base/mutant.h"

namespace quadraft::store {
namespace {

constexpr uint32_t kRunFormat = 2;
constexpr uint64_t kKeysPerWord = 5;  // 12.8 bits a key, 5 of them set: about 1 % false answers.

uint64_t HashOf(std::span<const uint64_t> ids) {
  uint64_t hash = 0x9e3779b97f4a7c15u;
  for (const uint64_t id : ids) {
    hash = (hash ^ id) * 0xff51afd7ed558ccdu;
    hash ^= hash >> 32;
  }
  return hash;
}

// Five bits of one word, from the hash's upper half; the word comes from the lower.
uint64_t BitsOf(uint64_t hash) {
  uint64_t bits = 0;
  for (int i = 0; i < 5; ++i) bits |= uint64_t{1} << ((hash >> (34 + 6 * i)) & 63);
  return bits;
}

size_t WordOf(uint64_t hash, size_t words) {
  return static_cast<size_t>((hash & 0xffffffffu) * words >> 32);
}

template <typename T>
Status GetAll(const KvStore& kv, const std::string& key, std::string_view what, std::vector<T>* out) {
  std::string value;
  QR_ASSIGN_OR_RETURN(const bool found, kv.Get(key, &value));
  if (!found) return DataLoss("index: a run without its ", what);
  if (value.size() % sizeof(T) != 0) return DataLoss("index: malformed ", what);
  out->resize(value.size() / sizeof(T));
  __builtin_memcpy(out->data(), value.data(), value.size());
  return OkStatus();
}

StatusOr<std::shared_ptr<const StoredRun>> LoadRun(const KvStore& kv, SpaceId space, RunId id,
                                                   std::string_view meta, const RunShape& shape) {
  auto run = std::make_shared<StoredRun>();
  run->space = space;
  run->id = id;
  uint32_t format = 0;
  uint64_t horizon = 0, newest = 0;
  if (!GetFixed(&meta, &format) || format < 1 || format > kRunFormat || !GetFixed(&meta, &run->level) ||
      !GetFixed(&meta, &run->block_rows) || !GetFixed(&meta, &run->rows) ||
      !GetFixed(&meta, &horizon) || !GetFixed(&meta, &newest) || !meta.empty() || run->block_rows == 0) {
    return DataLoss("index: malformed run ", id, " of space ", space);
  }
  run->horizon = Timestamp(horizon);
  run->newest = Timestamp(newest);
  run->filter_first = shape.filter_first && format > 1;
  const uint64_t blocks = (run->rows + run->block_rows - 1) / run->block_rows;
  for (int p = 0; p < shape.permutations; ++p) {
    QR_RETURN_IF_ERROR(GetAll(kv, FencesKey(space, id, p), "fences", &run->fences[p]));
    if (run->fences[p].size() != blocks) {
      return DataLoss("index: run ", id, " of space ", space, " has ", run->fences[p].size(),
                      " fences for ", blocks, " blocks");
    }
  }
  std::vector<uint64_t> words;
  QR_RETURN_IF_ERROR(GetAll(kv, FilterKey(space, id), "filter", &words));
  if (words.empty()) return DataLoss("index: run ", id, " of space ", space, " has an empty filter");
  run->filter = RowFilter(std::move(words));
  return std::shared_ptr<const StoredRun>(std::move(run));
}

}  // namespace

RowFilter::RowFilter(uint64_t keys) : words_(keys / kKeysPerWord + 1) {}

void RowFilter::Add(std::span<const uint64_t> key) {
  const uint64_t hash = HashOf(key);
  words_[WordOf(hash, words_.size())] |= BitsOf(hash);
}

bool RowFilter::MayHave(std::span<const uint64_t> key) const {
  const uint64_t hash = HashOf(key), bits = BitsOf(hash);
  return (words_[WordOf(hash, words_.size())] & bits) == bits;
}

std::string EncodeRunMeta(const StoredRun& run) {
  std::string out;
  PutFixed<uint32_t>(&out, kRunFormat);
  PutFixed<uint32_t>(&out, run.level);
  PutFixed<uint32_t>(&out, run.block_rows);
  PutFixed<uint64_t>(&out, run.rows);
  PutFixed<uint64_t>(&out, run.horizon.value());
  PutFixed<uint64_t>(&out, run.newest.value());
  return out;
}

StatusOr<std::vector<std::shared_ptr<const StoredRun>>> LoadRuns(const KvStore& kv, SpaceId space,
                                                                 const RunShape& shape) {
  std::vector<std::shared_ptr<const StoredRun>> runs;
  const std::string prefix = SpacePrefix(kRunKind, space);
  const auto it = kv.NewIterator();
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    if (it->key().size() != prefix.size() + sizeof(RunId))
      return DataLoss("index: malformed key of a run");
    const RunId id = LoadBigEndian32(it->key().data() + prefix.size());
    QR_ASSIGN_OR_RETURN(auto run, LoadRun(kv, space, id, it->value(), shape));
    runs.push_back(std::move(run));
  }
  QR_RETURN_IF_ERROR(it->status());
  return runs;
}

}  // namespace quadraft::store
