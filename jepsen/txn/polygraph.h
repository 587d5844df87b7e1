// A history of registers as a graph with choices (Papadimitriou's polygraph): what is certain are
// arcs; of any two writes of a key either may come first, and each way brings arcs of its own.
//
// Serializable: the arcs of one way for every choice, and no cycle. Snapshot isolation: no cycle in
// which no two rw arcs are adjacent; for that each transaction is two nodes, as in sub_graph.h's
// View: 2x after any arc, 2x + 1 after an rw arc, from which no rw arc leaves.
#ifndef QUADRAFT_JEPSEN_TXN_POLYGRAPH_H_
#define QUADRAFT_JEPSEN_TXN_POLYGRAPH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "jepsen/txn/analysis.h"
#include "jepsen/txn/dep_graph.h"
#include "jepsen/txn/txn_history.h"
#include "jepsen/txn/version_index.h"

namespace quadraft::jepsen {

enum class Isolation : uint8_t { kSerializable, kSnapshot };

// Nodes of at most so many bits squared are held as a matrix: 32,768 take 128 MiB.
inline constexpr size_t kPolygraphNodesMax = 32768;
inline constexpr size_t kPolygraphChoicesMax = 4'000'000;

struct PolyArc {
  uint32_t from = 0;  // Nodes.
  uint32_t to = 0;
  EdgeKind kind = EdgeKind::kWr;
  // Of a choice, and which way; kNoChoice: certain.
  uint32_t choice = 0;
  bool way = false;
};
inline constexpr uint32_t kNoChoice = std::numeric_limits<uint32_t>::max();

// Whether version `first` (its writer) comes before `second`.
struct PolyChoice {
  KeyId key = 0;
  VersionId first = 0;
  VersionId second = 0;
};

class Polygraph {
 public:
  // ResourceExhausted, naming the limit, when it is too large.
  static StatusOr<Polygraph> Build(const TxnHistory& history, const VersionIndex& versions,
                                   Isolation isolation, const Orders& orders);

  uint32_t nodes() const { return static_cast<uint32_t>(txns_.size()) << shift_; }
  uint32_t txn(uint32_t node) const { return txns_[node >> shift_]; }
  const std::vector<PolyArc>& certain() const { return certain_; }
  const std::vector<PolyChoice>& choices() const { return choices_; }
  // Calls f(PolyArc) for the arcs of one way: true, first before second.
  template <typename F>
  void ForEachArc(uint32_t choice, bool way, F f) const {
    const PolyChoice& c = choices_[choice];
    const VersionId before = way ? c.first : c.second;
    const VersionId after = way ? c.second : c.first;
    const uint32_t writer = versions_->writer(after);
    Expand(versions_->writer(before), writer, EdgeKind::kWw, choice, way, f);
    for (const uint32_t reader : versions_->readers(before)) {
      Expand(reader, writer, EdgeKind::kRw, choice, way, f);
    }
  }
  // "T1 read key x = 3, which T2 ..." for people.
  std::string Why(const PolyArc& arc, std::string_view a, std::string_view b) const;

 private:
  Polygraph(const TxnHistory& history, const VersionIndex& versions, Isolation isolation)
      : history_(&history),
        versions_(&versions),
        shift_(isolation == Isolation::kSnapshot ? 1 : 0) {}

  void AddCertain(uint32_t from, uint32_t to, EdgeKind kind) {
    Expand(from, to, kind, kNoChoice, false,
           [this](const PolyArc& arc) { certain_.push_back(arc); });
  }
  void AddKey(KeyId key);
  void AddProcesses();
  void AddRealtime();

  template <typename F>
  void Expand(uint32_t from_txn, uint32_t to_txn, EdgeKind kind, uint32_t choice, bool way,
              F f) const {
    if (from_txn == to_txn) return;
    const uint32_t from = node_of_[from_txn] << shift_;
    const uint32_t to = node_of_[to_txn] << shift_;
    if (shift_ == 1 && kind == EdgeKind::kRw) {
      f(PolyArc{from, to + 1, kind, choice, way});
      return;
    }
    f(PolyArc{from, to, kind, choice, way});
    if (shift_ == 1) f(PolyArc{from + 1, to, kind, choice, way});
  }

  const TxnHistory* history_;
  const VersionIndex* versions_;
  uint32_t shift_;
  std::vector<uint32_t> txns_;     // That committed.
  std::vector<uint32_t> node_of_;  // Transaction to index into txns_.
  std::vector<PolyArc> certain_;
  std::vector<PolyChoice> choices_;
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_POLYGRAPH_H_
