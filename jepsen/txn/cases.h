// Anomalies as they are found: all are counted, the first few of each kind are kept in words.
//
//   CaseList cases(8);
//   cases.Add("G1a", {reader, writer}, [&] { return StrCat(...); });    // Words only when kept.
#ifndef QUADRAFT_JEPSEN_TXN_CASES_H_
#define QUADRAFT_JEPSEN_TXN_CASES_H_

#include <cstddef>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jepsen/report/report.h"

namespace quadraft::jepsen {

struct CaseKind {
  size_t count = 0;
  std::vector<ReportAnomaly> kept;
};

class CaseList {
 public:
  explicit CaseList(size_t kept_max) : kept_max_(kept_max) {}

  template <typename Words>
  void Add(std::string_view name, std::initializer_list<size_t> txns, Words words) {
    CaseKind& kind = kinds_[std::string(name)];
    if (kind.count++ >= kept_max_) return;
    ReportAnomaly anomaly;
    anomaly.name = name;
    anomaly.what = words();
    anomaly.operations = txns;
    kind.kept.push_back(std::move(anomaly));
  }
  // Counts one, and says whether it is to be kept: then the caller adds it.
  bool Count(const std::string& name) { return kinds_[name].count++ < kept_max_; }
  void Keep(ReportAnomaly anomaly) { kinds_[anomaly.name].kept.push_back(std::move(anomaly)); }

  const std::map<std::string, CaseKind>& kinds() const { return kinds_; }
  std::map<std::string, CaseKind>* mutable_kinds() { return &kinds_; }

 private:
  size_t kept_max_;
  std::map<std::string, CaseKind> kinds_;
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_CASES_H_
