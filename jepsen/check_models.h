// The models of `quadraft check`: one row each. A new model is a row here and a function that fills
// a Report; the command, its help and its page need not change.
//
//   const ModelRow* row = FindModel("cas-register");
//   Report report = row->run(*row, history, options);
#ifndef QUADRAFT_JEPSEN_CHECK_MODELS_H_
#define QUADRAFT_JEPSEN_CHECK_MODELS_H_

#include <string>
#include <string_view>
#include <vector>

#include "jepsen/history/history.h"
#include "jepsen/history/read_history.h"
#include "jepsen/linear/checker.h"
#include "jepsen/report/report.h"
#include "jepsen/txn/check.h"
#include "jepsen/txn/workloads.h"

namespace quadraft::jepsen {

struct CheckOptions {
  bool help = false;
  bool quiet = false;
  std::string model;
  std::string html;  // Where to write the page; "": nowhere.
  Value initial;
  ReadOptions read;
  Limits limits;
  TxnOptions txn;
  std::string svg;  // Where to draw the worst cycle; "": nowhere.
  BankOptions bank;
  size_t group_size = 0;      // long-fork
  bool stale_is_bad = false;  // set-full
  std::vector<std::string> files;

  // Whether Report::parts and Report::anomalies are looked at.
  bool wants_page() const { return !html.empty(); }
};

struct ModelRow {
  std::string_view name;
  std::string_view what;  // The operations and the promise, one line of the help.
  Report (*run)(const ModelRow& row, const History& history, const CheckOptions& options);
  // Null, or how to judge a file without making a History of it; not for the page.
  Report (*run_file)(const std::string& path, const CheckOptions& options) = nullptr;
};

const std::vector<ModelRow>& ModelRows();
// Null when there is none of that name.
const ModelRow* FindModel(std::string_view name);
// "  name   what" per row, for the help.
std::string DescribeModels();

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_CHECK_MODELS_H_
