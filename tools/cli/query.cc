#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>

#include "net/http/percent.h"
#include "tools/cli/cluster_client.h"
#include "tools/cli/commands.h"
#include "tools/cli/table.h"
#include "tools/cli/world.h"

namespace quadraft::cli {
namespace {

StatusOr<std::string> TextOf(const QueryOptions& options) {
  if (!options.text.empty() && !options.file.empty()) return InvalidArgument("give the text or --file, not both");
  if (!options.text.empty()) return options.text;
  if (options.file.empty()) return InvalidArgument("give the text, or --file FILE (- for standard input)");
  if (options.file == "-") {
    return std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  }
  std::ifstream in(options.file, std::ios::binary);
  if (!in) return InvalidArgument("cannot read ", options.file);
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

std::string_view AcceptHeader(std::string_view output) {
  static const std::map<std::string_view, std::string_view> kAccept = {
      {"table", "text/tab-separated-values, application/n-triples;q=0.9"},
      {"tsv", "text/tab-separated-values, application/n-triples;q=0.9"},
      {"json", "application/sparql-results+json, application/n-triples;q=0.9"},
      {"csv", "text/csv, application/n-triples;q=0.9"},
      {"xml", "application/sparql-results+xml, application/n-triples;q=0.9"},
      {"nt", "application/n-triples"},
  };
  return kAccept.at(output);
}

// Writes the answer as it comes in; an answer of an error status is kept as text.
class Output {
 public:
  explicit Output(bool table) : table_(table) {}

  void Head(const http::Response& head) {
    ok_ = head.status >= 200 && head.status < 300;
    const bool rows = std::string_view(http::Find(head.headers, "content-type")).starts_with("text/tab-separated");
    if (ok_ && table_ && rows) printer_.emplace(std::cout);
  }
  void Body(std::string_view piece) {
    if (!ok_) {
      error_.append(piece.substr(0, kErrorBytesMax - std::min(error_.size(), kErrorBytesMax)));
    } else if (printer_) {
      printer_->Feed(piece);
    } else {
      std::cout << piece;
    }
  }
  void Finish() {
    if (printer_) printer_->Finish();
    std::cout.flush();
  }
  const std::string& error() const { return error_; }
  bool began() const { return ok_; }

 private:
  static constexpr size_t kErrorBytesMax = 64 << 10;
  const bool table_;
  bool ok_ = false;
  std::string error_;
  std::optional<TablePrinter> printer_;
};

// One request, answered in pieces, at the first endpoint that takes it.
Task<int> Ask(Env& env, std::vector<std::string> endpoints, http::Request request, const QueryOptions& options) {
  Status last;
  for (const std::string& endpoint : endpoints) {
    http::HttpClient client(env, endpoint, {});
    Output output(options.output == "table");
    http::SendOptions send;
    send.timeout = seconds(options.common.timeout_s);
    send.on_head = [&](const http::Response& head) { output.Head(head); };
    send.on_body = [&](std::string_view piece) { output.Body(piece); };
    auto response = co_await Callback<StatusOr<http::Response>>([&](auto done) {
      client.Send(request, std::move(send), std::move(done));
    });
    output.Finish();
    if (response.ok()) {
      response->body = output.error();
      last = ErrorOf(*response);
    } else {
      last = Annotate(response.status(), endpoint);
    }
    if (last.ok()) co_return 0;
    if (output.began()) co_return Complain(Annotate(last, "the answer is NOT whole"));
    if (!absl::IsUnavailable(last)) break;
  }
  co_return Complain(last);
}

int RunRequest(const QueryOptions& options, bool update) {
  auto text = TextOf(options);
  if (!text.ok()) return Complain(text.status()), 2;
  auto endpoints = ParseEndpoints(options.common.endpoint);
  if (!endpoints.ok()) return Complain(endpoints.status()), 2;
  http::Request request;
  request.method = "POST";
  request.path = "/sparql";
  request.query = StrCat("timeout=", options.common.timeout_s * 1000);
  if (!update && options.max_staleness_ms > 0) {
    StrAppend(&request.query, "&max-staleness=", options.max_staleness_ms);
  } else if (!update) {
    StrAppend(&request.query, "&consistency=", options.consistency);
  }
  request.headers = {{"content-type", update ? "application/sparql-update" : "application/sparql-query"}};
  if (!update) request.headers.emplace_back("accept", AcceptHeader(options.output));
  request.body = *std::move(text);
  return RunFlow([&](Env& env) { return Ask(env, *endpoints, request, options); });
}

}  // namespace

int RunQuery(const QueryOptions& options) { return RunRequest(options, /*update=*/false); }

int RunUpdate(const QueryOptions& options) { return RunRequest(options, /*update=*/true); }

}  // namespace quadraft::cli
