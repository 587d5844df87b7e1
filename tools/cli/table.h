// SPARQL TSV results as an aligned table for a terminal, streaming: the widths come from the first rows; later cells that are
// wider push their row to the right. Nothing is cut.
//
//   TablePrinter printer(std::cout); printer.Feed(bytes); ... printer.Finish();
#ifndef QUADRAFT_TOOLS_CLI_TABLE_H_
#define QUADRAFT_TOOLS_CLI_TABLE_H_

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace quadraft::cli {

class TablePrinter {
 public:
  static constexpr size_t kMeasuredRows = 1000;

  explicit TablePrinter(std::ostream& out) : out_(out) {}
  void Feed(std::string_view bytes);
  void Finish();  // With a line that counts the rows.

 private:
  using Row = std::vector<std::string>;
  void AddLine(std::string_view line);
  void FlushMeasured();
  void PrintRow(const Row& row);

  std::ostream& out_;
  std::string partial_;
  std::vector<Row> measured_;  // Header first; until the widths are known.
  std::vector<size_t> widths_;
  bool flushed_ = false;
  size_t rows_ = 0;
};

// Aligned columns of rows that are all at hand; the first row is the header.
void PrintTable(std::ostream& out, const std::vector<std::vector<std::string>>& rows);

}  // namespace quadraft::cli

#endif  // QUADRAFT_TOOLS_CLI_TABLE_H_
