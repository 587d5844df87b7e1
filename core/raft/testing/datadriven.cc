#include "core/raft/testing/datadriven.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "core/base/strings.h"

namespace quadraft::raft {
namespace {

constexpr std::string_view kSeparator = "----";

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<std::string> SplitValues(std::string_view inside) {
  std::vector<std::string> values;
  if (Trim(inside).empty()) return values;
  for (size_t at = 0; at <= inside.size();) {
    const size_t end = std::min(inside.find(',', at), inside.size());
    values.emplace_back(Trim(inside.substr(at, end - at)));
    at = end + 1;
  }
  return values;
}

// "cmd key key=value key=(value, value)".
Status ParseCommand(std::string_view line, DataDrivenCase* out) {
  size_t at = std::min(line.find(' '), line.size());
  out->command = line.substr(0, at);
  while ((at = line.find_first_not_of(' ', at)) != std::string_view::npos) {
    DataDrivenCase::Argument argument;
    size_t end = std::min(line.find_first_of(" =", at), line.size());
    argument.key = line.substr(at, end - at);
    at = end;
    if (at < line.size() && line[at] == '=') {
      ++at;
      if (at < line.size() && line[at] == '(') {
        end = line.find(')', at);
        if (end == std::string_view::npos) return InvalidArgument("open parenthesis");
        argument.values = SplitValues(line.substr(at + 1, end - at - 1));
        at = end + 1;
      } else {
        end = std::min(line.find(' ', at), line.size());
        argument.values.emplace_back(line.substr(at, end - at));
        at = end;
      }
    }
    out->arguments.push_back(std::move(argument));
  }
  return OkStatus();
}

class Parser {
 public:
  explicit Parser(std::string_view text) {
    std::istringstream in{std::string(text)};
    for (std::string line; std::getline(in, line);) lines_.push_back(std::move(line));
  }

  StatusOr<std::vector<DataDrivenCase>> Run() {
    std::vector<DataDrivenCase> cases;
    while (at_ < lines_.size()) {
      const std::string_view line = Trim(lines_[at_]);
      if (line.empty() || line[0] == '#') {
        ++at_;
        continue;
      }
      DataDrivenCase& next = cases.emplace_back();
      next.line = static_cast<int>(at_) + 1;
      const Status status = ReadCase(&next);
      if (!status.ok()) return Annotate(status, StrCat("line ", next.line));
    }
    return cases;
  }

 private:
  bool AtSeparator() const { return at_ < lines_.size() && Trim(lines_[at_]) == kSeparator; }

  Status ReadCase(DataDrivenCase* out) {
    std::string command(Trim(lines_[at_++]));
    while (command.ends_with('\\') && at_ < lines_.size()) {
      command.pop_back();
      StrAppend(&command, " ", Trim(lines_[at_++]));
    }
    QR_RETURN_IF_ERROR(ParseCommand(command, out));
    for (; at_ < lines_.size() && !AtSeparator(); ++at_) StrAppend(&out->input, lines_[at_], "\n");
    if (at_ == lines_.size()) return InvalidArgument("no ---- after '", command, "'");
    ++at_;
    const bool doubled = AtSeparator();
    if (doubled) ++at_;
    for (; at_ < lines_.size(); ++at_) {
      if (!doubled && lines_[at_].empty()) return OkStatus();
      if (doubled && AtSeparator() && at_ + 1 < lines_.size() &&
          Trim(lines_[at_ + 1]) == kSeparator) {
        at_ += 2;
        return OkStatus();
      }
      StrAppend(&out->expected, lines_[at_], "\n");
    }
    return doubled ? InvalidArgument("no second ---- ----") : OkStatus();
  }

  std::vector<std::string> lines_;
  size_t at_ = 0;
};

}  // namespace

const DataDrivenCase::Argument* DataDrivenCase::Find(std::string_view key) const {
  for (const Argument& argument : arguments) {
    if (argument.key == key) return &argument;
  }
  return nullptr;
}

std::string DataDrivenCase::ValueOr(std::string_view key, std::string_view otherwise) const {
  const Argument* argument = Find(key);
  return std::string(argument != nullptr && argument->values.size() == 1 ? argument->values[0]
                                                                         : otherwise);
}

StatusOr<std::vector<DataDrivenCase>> ParseDataDriven(std::string_view text) {
  return Parser(text).Run();
}

std::string EtcdFolder() {
  const char* const shared = std::getenv("QUADRAFT_SHARED");
  if (shared == nullptr || *shared == '\0') return "";
  const std::string folder = StrCat(shared, "/data/raft/etcd/");
  return std::filesystem::exists(folder) ? folder : "";
}

std::vector<DataDrivenFile> ReadDataDrivenFiles(const std::string& folder) {
  std::vector<DataDrivenFile> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".txt") continue;
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    files.push_back({.path = entry.path().string(), .text = text.str()});
  }
  std::sort(files.begin(), files.end(),
            [](const DataDrivenFile& a, const DataDrivenFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace quadraft::raft
