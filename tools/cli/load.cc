#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>

#include "core/rdf/syntax.h"
#include "net/http/percent.h"
#include "tools/cli/cluster_client.h"
#include "tools/cli/commands.h"
#include "tools/cli/world.h"

namespace quadraft::cli {
namespace {

constexpr size_t kReadBytes = 256 << 10;
constexpr Duration kProgressInterval = milliseconds(500);
constexpr Duration kRetryInterval = milliseconds(200);
constexpr size_t kQuotedLineMax = 160;

std::string Thousands(uint64_t n) {
  const std::string digits = StrCat(n);
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out.push_back(',');
    out.push_back(digits[i]);
  }
  return out;
}

// The line that a reader's "line L, column C: ..." speaks of, with a mark below the column.
std::string Quote(const std::string& file, std::string_view message) {
  unsigned line = 0, column = 0;
  if (std::sscanf(std::string(message).c_str(), "line %u, column %u", &line, &column) != 2) return {};
  std::ifstream in(file, std::ios::binary);
  std::string text;
  for (unsigned i = 0; i < line; ++i) {
    if (!std::getline(in, text)) return {};
  }
  const size_t from = column > kQuotedLineMax / 2 ? column - kQuotedLineMax / 2 : 0;
  const std::string shown = from < text.size() ? text.substr(from, kQuotedLineMax) : "";
  const size_t mark = column > from ? column - from - 1 : 0;
  return StrCat("\n  ", shown, "\n  ", std::string(std::min(mark, kQuotedLineMax), ' '), "^");
}

// Sends batches, up to `in_flight` at once. A batch may be sent twice: its quads and blank node labels are the same then.
class Sender {
 public:
  Sender(Env& env, const LoadOptions& options, const std::vector<std::string>& endpoints, std::string scope)
      : env_(env), options_(options), scope_(std::move(scope)) {
    for (uint64_t i = 0; i < options.in_flight; ++i) {
      // Each starts at another endpoint, so that parsing is shared; updates go to the leader anyway.
      auto rotated = endpoints;
      std::rotate(rotated.begin(), rotated.begin() + static_cast<long>(i % rotated.size()), rotated.end());
      idle_.push_back(std::make_unique<ClusterClient>(env, std::move(rotated)));
    }
  }

  // Waits for a free connection, then sends in the background. The first failure is returned from then on.
  Task<Status> Send(std::string body, uint64_t quads) {
    while (idle_.empty() && failure_.ok()) {
      co_await Callback<bool>([&](auto done) { waiting_ = std::move(done); });
    }
    if (!failure_.ok()) co_return failure_;
    auto client = std::move(idle_.back());
    idle_.pop_back();
    tasks_.Spawn(SendOne(std::move(client), std::move(body), quads));
    co_return OkStatus();
  }

  Task<Status> Finish() {
    while (tasks_.size() > 0) co_await Callback<bool>([&](auto done) { waiting_ = std::move(done); });
    co_return failure_;
  }

  uint64_t quads_sent() const { return quads_sent_; }

 private:
  Task<void> SendOne(std::unique_ptr<ClusterClient> client, std::string body, uint64_t quads) {
    http::Request request;
    request.method = "POST";
    request.path = "/store";
    request.query = StrCat("blank-scope=", scope_, "&timeout=", options_.common.timeout_s * 1000);
    request.headers = {{"content-type", "application/n-quads"}};
    request.body = std::move(body);
    const MonotonicTime deadline = env_.clock().Now() + seconds(options_.common.timeout_s);
    Status status;
    while (failure_.ok()) {
      auto response = co_await client->Send(request, seconds(options_.common.timeout_s));
      status = response.ok() ? ErrorOf(*response) : response.status();
      const bool again = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsAborted(status) ||
                         (response.ok() && response->status == 429);
      if (status.ok() || !again || env_.clock().Now() >= deadline) break;
      co_await Sleep(env_.executor(), kRetryInterval);
    }
    if (status.ok()) quads_sent_ += quads;
    if (!status.ok() && failure_.ok()) failure_ = status;
    idle_.push_back(std::move(client));
    // After this frame has ended, so that Finish() sees the true number of tasks.
    env_.executor().Post([this] {
      if (waiting_) std::exchange(waiting_, nullptr)(true);
    });
  }

  Env& env_;
  const LoadOptions& options_;
  const std::string scope_;
  std::vector<std::unique_ptr<ClusterClient>> idle_;
  absl::AnyInvocable<void(bool)> waiting_;
  Status failure_;
  uint64_t quads_sent_ = 0;
  TaskScope tasks_;
};

class Loader {
 public:
  Loader(Env& env, const LoadOptions& options) : env_(env), options_(options) {}

  Task<int> Run(const std::vector<std::string>& endpoints) {
    for (const std::string& file : options_.files) {
      std::ifstream in(file, std::ios::binary | std::ios::ate);
      if (!in) co_return Complain(InvalidArgument(file, ": cannot be read")), 2;
      if (!rdf::SyntaxByExtension(file)) {
        co_return Complain(InvalidArgument(file, ": the ending says no syntax; known are .nt .nq .ttl .trig")), 2;
      }
      bytes_total_ += static_cast<uint64_t>(in.tellg());
    }
    start_ = env_.clock().Now();
    const std::string scope = StrCat("l", HexEncode(std::to_string(env_.random("load").Next())));
    if (!options_.dry_run) sender_ = std::make_unique<Sender>(env_, options_, endpoints, scope);
    Status status;
    for (size_t i = 0; i < options_.files.size() && status.ok(); ++i) status = co_await LoadFile(i);
    if (status.ok()) status = co_await Flush();
    if (sender_) {
      const Status finished = co_await sender_->Finish();
      if (status.ok()) status = finished;
    }
    Progress(/*last=*/true);
    if (status.ok()) co_return 0;
    if (sender_) {
      status = Annotate(status, StrCat("loading stopped after ", Thousands(sender_->quads_sent()),
                                       " quads were stored (loading again is safe: quads are a set; blank nodes would be new)"));
    }
    co_return Complain(status);
  }

 private:
  Task<Status> LoadFile(size_t number) {
    const std::string& file = options_.files[number];
    rdf::ReaderOptions reader_options;
    reader_options.base = StrCat("file://", file);
    reader_options.blank_prefix = StrCat("f", number, "x");
    if (!options_.graph.empty()) reader_options.graph = rdf::Term::Iri(options_.graph);
    auto reader = rdf::NewReader(*rdf::SyntaxByExtension(file), reader_options);
    reader->OnQuad([this](rdf::Quad&& quad) {
      rdf::AppendNQuad(&batch_, quad);
      ++batch_quads_;
      ++quads_read_;
      return OkStatus();
    });
    std::ifstream in(file, std::ios::binary);
    std::string buffer(kReadBytes, '\0');
    Status status;
    while (status.ok() && in) {
      in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
      status = reader->Feed(std::string_view(buffer.data(), static_cast<size_t>(in.gcount())));
      bytes_read_ += static_cast<uint64_t>(in.gcount());
      if (status.ok() && batch_.size() >= options_.batch_bytes) QR_CO_RETURN_IF_ERROR(co_await Flush());
      Progress(false);
    }
    if (status.ok() && in.bad()) status = Unavailable("reading failed");
    if (status.ok()) status = reader->Finish();
    if (!status.ok()) {
      co_return Status(status.code(), Absl(StrCat(file, ": ", status.message(), Quote(file, Message(status)))));
    }
    co_return OkStatus();
  }

  // Sends the quads gathered so far, cut at line ends into batches of about batch_bytes.
  Task<Status> Flush() {
    std::string gathered = std::exchange(batch_, {});
    uint64_t quads = std::exchange(batch_quads_, 0);
    if (!sender_) co_return OkStatus();
    std::string_view rest = gathered;
    while (!rest.empty()) {
      size_t end = rest.size();
      if (end > options_.batch_bytes * 2) end = rest.find('\n', options_.batch_bytes) + 1;
      const std::string_view piece = rest.substr(0, end);
      rest.remove_prefix(end);
      const auto lines = static_cast<uint64_t>(std::count(piece.begin(), piece.end(), '\n'));
      QR_CO_RETURN_IF_ERROR(co_await sender_->Send(std::string(piece), lines));
      quads -= lines;
    }
    QR_CHECK(quads == 0);
    co_return OkStatus();
  }

  void Progress(bool last) {
    const MonotonicTime now = env_.clock().Now();
    if (!last && (options_.quiet || now - shown_ < kProgressInterval)) return;
    shown_ = now;
    const double elapsed = std::max(std::chrono::duration<double>(now - start_).count(), 1e-3);
    const double share = bytes_total_ == 0 ? 1 : static_cast<double>(bytes_read_) / static_cast<double>(bytes_total_);
    const auto rate = static_cast<uint64_t>(static_cast<double>(quads_read_) / elapsed);
    if (last) {
      std::fprintf(stderr, "%sload: %s quads %s from %zu files in %.1f s (%s quads/s)\n", options_.quiet ? "" : "\r\x1b[K",
                   Thousands(sender_ ? sender_->quads_sent() : quads_read_).c_str(), sender_ ? "stored" : "read",
                   options_.files.size(), elapsed, Thousands(rate).c_str());
      return;
    }
    const double left = share > 0 ? elapsed / share - elapsed : 0;
    std::fprintf(stderr, "\r\x1b[Kload: %3.0f %%  %s quads  %s quads/s  %.0f s left", share * 100,
                 Thousands(quads_read_).c_str(), Thousands(rate).c_str(), left);
    std::fflush(stderr);
  }

  Env& env_;
  const LoadOptions& options_;
  std::unique_ptr<Sender> sender_;
  std::string batch_;
  uint64_t batch_quads_ = 0, quads_read_ = 0, bytes_read_ = 0, bytes_total_ = 0;
  MonotonicTime start_, shown_;
};

}  // namespace

int RunLoad(const LoadOptions& options) {
  auto endpoints = ParseEndpoints(options.common.endpoint);
  if (!endpoints.ok()) return Complain(endpoints.status()), 2;
  return RunFlow([&](Env& env) -> Task<int> {
    Loader loader(env, options);
    co_return co_await loader.Run(*endpoints);
  });
}

}  // namespace quadraft::cli
