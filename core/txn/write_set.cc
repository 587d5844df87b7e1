#include "core/txn/write_set.h"

#include <array>

#include "absl/container/flat_hash_map.h"
#include "core/base/bytes.h"

namespace quadraft::txn {
namespace {

constexpr char kFormat = 1;

class TermTable {
 public:
  uint64_t IndexOf(const rdf::Term& term) {
    std::string bytes = rdf::EncodeTerm(term);
    const auto [it, fresh] = index_.try_emplace(std::move(bytes), index_.size());
    if (fresh) PutLengthPrefixed(&encoded_, it->first);
    return it->second;
  }
  size_t size() const { return index_.size(); }
  const std::string& encoded() const { return encoded_; }

 private:
  absl::flat_hash_map<std::string, uint64_t> index_;
  std::string encoded_;  // In order of first use, so that hash order never shows.
};

void AppendQuads(const std::vector<rdf::Quad>& quads, TermTable* table, std::string* out) {
  PutVarint(out, quads.size());
  for (const rdf::Quad& quad : quads) {
    for (const rdf::Term* term : {&quad.subject, &quad.predicate, &quad.object, &quad.graph}) {
      PutVarint(out, table->IndexOf(*term));
    }
  }
}

Status DecodeQuads(std::string_view* in, const std::vector<rdf::Term>& terms,
                   std::vector<rdf::Quad>* quads) {
  uint64_t count = 0;
  if (!GetVarint(in, &count) || count > in->size() / 4) return DataLoss("write set: bad quad count");
  quads->reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    std::array<uint64_t, 4> at;
    for (uint64_t& index : at) {
      if (!GetVarint(in, &index) || index >= terms.size()) return DataLoss("write set: bad term number");
    }
    quads->push_back({terms[at[0]], terms[at[1]], terms[at[2]], terms[at[3]]});
  }
  return OkStatus();
}

}  // namespace

std::string EncodeWriteSet(const WriteSet& writes) {
  TermTable table;
  std::string quads;
  AppendQuads(writes.deletes, &table, &quads);
  AppendQuads(writes.inserts, &table, &quads);
  std::string out;
  out.reserve(table.encoded().size() + quads.size() + 12);
  out.push_back(kFormat);
  PutVarint(&out, table.size());
  out += table.encoded();
  out += quads;
  return out;
}

StatusOr<WriteSet> DecodeWriteSet(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != kFormat) return DataLoss("write set: unknown format");
  bytes.remove_prefix(1);
  uint64_t count = 0;
  if (!GetVarint(&bytes, &count) || count > bytes.size()) return DataLoss("write set: bad term count");
  std::vector<rdf::Term> terms;
  terms.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    std::string_view term;
    if (!GetLengthPrefixed(&bytes, &term)) return DataLoss("write set: cut short");
    QR_ASSIGN_OR_RETURN(terms.emplace_back(), rdf::DecodeTerm(term));
  }
  WriteSet writes;
  QR_RETURN_IF_ERROR(DecodeQuads(&bytes, terms, &writes.deletes));
  QR_RETURN_IF_ERROR(DecodeQuads(&bytes, terms, &writes.inserts));
  if (!bytes.empty()) return DataLoss("write set: ", bytes.size(), " bytes too many");
  return writes;
}

bool ReadPattern::Matches(const rdf::Quad& quad) const {
  return (!subject || *subject == quad.subject) && (!predicate || *predicate == quad.predicate) &&
         (!object || *object == quad.object) && (!graph || *graph == quad.graph);
}

}  // namespace quadraft::txn
