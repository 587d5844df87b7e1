#include "tools/cli/table.h"

#include <algorithm>

namespace quadraft::cli {
namespace {

// Characters on a terminal, taken as code points.
size_t Width(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

void Measure(const std::vector<std::string>& row, std::vector<size_t>* widths) {
  if (widths->size() < row.size()) widths->resize(row.size());
  for (size_t i = 0; i < row.size(); ++i) (*widths)[i] = std::max((*widths)[i], Width(row[i]));
}

void Print(std::ostream& out, const std::vector<std::string>& row, const std::vector<size_t>& widths) {
  for (size_t i = 0; i < row.size(); ++i) {
    out << row[i];
    if (i + 1 == row.size()) break;
    const size_t width = Width(row[i]);
    out << std::string((i < widths.size() && widths[i] > width ? widths[i] - width : 0) + 2, ' ');
  }
  out << '\n';
}

}  // namespace

void TablePrinter::Feed(std::string_view bytes) {
  while (true) {
    const size_t newline = bytes.find('\n');
    if (newline == std::string_view::npos) break;
    partial_.append(bytes.substr(0, newline));
    bytes.remove_prefix(newline + 1);
    AddLine(partial_);
    partial_.clear();
  }
  partial_.append(bytes);
}

void TablePrinter::AddLine(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  Row row;
  while (true) {
    const size_t tab = line.find('\t');
    row.emplace_back(line.substr(0, tab));
    if (tab == std::string_view::npos) break;
    line.remove_prefix(tab + 1);
  }
  if (flushed_) return PrintRow(row);
  measured_.push_back(std::move(row));
  if (measured_.size() > kMeasuredRows) FlushMeasured();
}

void TablePrinter::FlushMeasured() {
  flushed_ = true;
  for (const Row& row : measured_) Measure(row, &widths_);
  if (!measured_.empty()) {
    Print(out_, measured_[0], widths_);
    size_t total = 0;
    for (const size_t width : widths_) total += width + 2;
    out_ << std::string(std::min<size_t>(total > 2 ? total - 2 : 0, 200), '-') << '\n';
  }
  for (size_t i = 1; i < measured_.size(); ++i) PrintRow(measured_[i]);
  measured_.clear();
}

void TablePrinter::PrintRow(const Row& row) {
  ++rows_;
  Print(out_, row, widths_);
}

void TablePrinter::Finish() {
  if (!partial_.empty()) AddLine(partial_);
  partial_.clear();
  if (!flushed_) FlushMeasured();
  out_ << "(" << rows_ << (rows_ == 1 ? " row)\n" : " rows)\n");
}

void PrintTable(std::ostream& out, const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) Measure(row, &widths);
  for (const auto& row : rows) Print(out, row, widths);
}

}  // namespace quadraft::cli
