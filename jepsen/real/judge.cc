#include "jepsen/real/judge.h"

#include <fstream>

#include "core/base/strings.h"
#include "jepsen/history/own_format.h"
#include "jepsen/linear/report_linear.h"
#include "jepsen/report/html.h"

namespace quadraft::jepsen {
namespace {

constexpr std::string_view kModel = "quad-register";

Status WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) return Internal("cannot write ", path);
  return OkStatus();
}

}  // namespace

Status JudgeRegisterHistory(const History& history, const std::string& folder, std::ostream& out) {
  const std::string path = folder + "/history.ndjson";
  QR_RETURN_IF_ERROR(WriteFile(path, ToOwnFormat(history, kModel)));
  Report report = ReportLinearizability(history, *CasRegisterModel(), {}, false);
  out << "registers: " << report.verdict << " (" << report.summary << "); quadraft check " << path
      << std::endl;
  if (report.outcome == Outcome::kGood) return OkStatus();
  QR_RETURN_IF_ERROR(report.error);
  report = ReportLinearizability(history, *CasRegisterModel(), {}, true);
  const std::string page = folder + "/history.html";
  QR_ASSIGN_OR_RETURN(const std::string html,
                      ToHtml({.title = path, .model = std::string(kModel)}, history, report));
  QR_RETURN_IF_ERROR(WriteFile(page, html));
  out << "registers: drawn in " << page << std::endl;
  if (report.outcome == Outcome::kBad) return DataLoss(report.explanation);
  return Internal(report.explanation);
}

}  // namespace quadraft::jepsen
