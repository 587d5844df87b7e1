// The store as a query sees it: an immutable picture of all quads at one timestamp. SPARQL depends
// on this and on nothing else of the store.
//
//   auto view = store.ViewAt(timestamp);
//   ScanSpec spec{.permutation = Permutation::kSpog, .prefix = {subject_id}};
//   auto scan = view->Scan(spec);
//   while (true) { QR_ASSIGN_OR_RETURN(size_t rows, scan->Next(&batch)); if (rows == 0) break; ...
//   }
//
// A view and its scans may be used from one Offload worker at a time; several views may be used at
// once.
#ifndef QUADRAFT_STORE_READ_READ_VIEW_H_
#define QUADRAFT_STORE_READ_READ_VIEW_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/rdf/term.h"

namespace quadraft::store {

// The orders in which quads are kept; a letter is a position (subject, predicate, object, graph).
enum class Permutation : uint8_t {
  kSpog = 0,
  kPosg = 1,
  kOspg = 2,
  kGspo = 3,
  kGpos = 4,
  kGosp = 5
};
inline constexpr int kPermutationCount = 6;

enum class Position : uint8_t { kSubject = 0, kPredicate = 1, kObject = 2, kGraph = 3 };

// Which position each key column of a permutation holds.
constexpr std::array<Position, 4> PermutationColumns(Permutation permutation) {
  constexpr auto s = Position::kSubject, p = Position::kPredicate, o = Position::kObject,
                 g = Position::kGraph;
  constexpr std::array<std::array<Position, 4>, kPermutationCount> kTable = {
      {{s, p, o, g}, {p, o, s, g}, {o, s, p, g}, {g, s, p, o}, {g, p, o, s}, {g, o, s, p}}};
  return kTable[static_cast<size_t>(permutation)];
}

// Column batches: ids by column; all columns have the same number of rows.
struct ColumnBatch {
  std::vector<std::vector<TermId>> columns;
  size_t rows() const { return columns.empty() ? 0 : columns[0].size(); }
};
inline constexpr size_t kBatchRows = 1024;

struct ScanSpec {
  Permutation permutation = Permutation::kSpog;
  std::vector<TermId> prefix;  // Values of the first key columns; at most 4.
};

// Rows in ascending order of the permutation's key columns, compared as unsigned ids.
class QuadScan {
 public:
  virtual ~QuadScan() = default;
  // Replaces *batch by up to kBatchRows rows of the columns after the prefix, in key order. 0 rows:
  // the end. (With a prefix of four the batch has no columns; the return value alone says whether
  // the quad is there.)
  virtual StatusOr<size_t> Next(ColumnBatch* batch) = 0;
  // Skips forward so that the next row is the first whose columns after the prefix are >= `key`
  // (lexicographic; `key` may be shorter). Never goes back.
  virtual Status SeekTo(const std::vector<TermId>& key) = 0;
};

class ReadView {
 public:
  virtual ~ReadView() = default;
  virtual Timestamp timestamp() const = 0;
  virtual std::unique_ptr<QuadScan> Scan(const ScanSpec& spec) const = 0;

  // About how many rows Scan(spec) yields: exact up to kExactCountRows, an estimate of at least
  // that beyond.
  virtual StatusOr<uint64_t> EstimateRows(const ScanSpec& spec) const = 0;

  // The id of a term, when any quad of the node ever used it (or it is inline); nullopt otherwise.
  virtual StatusOr<std::optional<TermId>> Find(const rdf::Term& term) const = 0;
  // DataLoss when `id` is not one of the dictionary's or an inline one.
  virtual StatusOr<rdf::Term> Lookup(TermId id) const = 0;
};
inline constexpr uint64_t kExactCountRows = 1000;

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_READ_READ_VIEW_H_
