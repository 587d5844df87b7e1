// Reads the test files of github.com/cockroachdb/datadriven, the format of etcd's published Raft
// tests:
//
//   # A comment.
//   committed cfg=(1, 2) idx=(12,_) fast      a command, then arguments: a key, or key=value, or
//   lines of input                            key=(value, value)
//   ----
//   lines of expected output, up to an empty line; or, when there are empty ones within, between
//   two doubled separators ("----" twice).
//
//   QR_ASSIGN_OR_RETURN(const auto cases, ParseDataDriven(text));
//   for (const DataDrivenCase& c : cases) EXPECT_EQ(Run(c), c.expected) << c.line;
#ifndef QUADRAFT_CORE_RAFT_TESTING_DATADRIVEN_H_
#define QUADRAFT_CORE_RAFT_TESTING_DATADRIVEN_H_

#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"

namespace quadraft::raft {

struct DataDrivenCase {
  struct Argument {
    std::string key;
    std::vector<std::string> values;  // Trimmed; empty: a key alone.
  };
  int line = 0;  // Of the command, from 1.
  std::string command;
  std::vector<Argument> arguments;
  std::string input;     // Every line with its end.
  std::string expected;  // Likewise.

  const Argument* Find(std::string_view key) const;  // Null: not given.
  // The only value of `key`; `otherwise` when it is not given.
  std::string ValueOr(std::string_view key, std::string_view otherwise) const;
};

// InvalidArgument with the line's number: a command without separator, an open parenthesis.
StatusOr<std::vector<DataDrivenCase>> ParseDataDriven(std::string_view text);

// The published files are not part of this repository: "$QUADRAFT_SHARED/data/raft/etcd/", or empty
// when the variable does not lead there.
std::string EtcdFolder();
// Every *.txt of a folder, sorted, with its text.
struct DataDrivenFile {
  std::string path;
  std::string text;
};
std::vector<DataDrivenFile> ReadDataDrivenFiles(const std::string& folder);

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_TESTING_DATADRIVEN_H_
