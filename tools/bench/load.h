// A closed-loop load on SPARQL endpoints: N clients, each with one kept connection, each sending its next request when the
// last one is answered. Written against core/env: a test runs it on any world.
//
//   Load load(env, {.endpoints = {"127.0.0.1:8001"}, .operation = Operation::kWrite, .clients = 64, .duration = seconds(5)});
//   load.Start([&] { Print(load.report()); });
//
// A write inserts one quad of a new subject; a read asks for one that an earlier write of the same run has had acknowledged
// and compares the answer: a wrong one counts as an error.
#ifndef QUADRAFT_TOOLS_BENCH_LOAD_H_
#define QUADRAFT_TOOLS_BENCH_LOAD_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/env/env.h"
#include "net/http/client.h"
#include "tools/bench/histogram.h"

namespace quadraft::bench {

enum class Operation { kWrite, kRead };

// What was written and acknowledged, shared by the phases of one run: a write's number is its subject.
struct Written {
  std::string run;        // Tells the subjects of this run from those of others.
  uint64_t next = 0;      // The next number.
  std::vector<uint64_t> acknowledged;
};

struct LoadOptions {
  std::vector<std::string> endpoints;  // "host:port"; clients are spread over them.
  Operation operation = Operation::kWrite;
  int clients = 1;
  Duration warm_up = seconds(1);       // Before measuring.
  Duration duration = seconds(5);
  Duration request_timeout = seconds(10);
  size_t value_bytes = 256;
};

struct LoadReport {
  Operation operation = Operation::kWrite;
  int clients = 0;
  double seconds = 0;                   // Measured.
  uint64_t ok = 0;                      // Answered right within the measured time.
  uint64_t errors = 0;                  // Also those of the warm-up and after the end: none is hidden.
  std::map<std::string, uint64_t> error_kinds;  // "HTTP 503", "DEADLINE_EXCEEDED", "wrong answer".
  std::map<std::string, std::string> error_examples;  // The first of each kind.
  Histogram latency;                    // Of right answers whose request began within the measured time.
  double per_second() const { return seconds > 0 ? ok / seconds : 0; }
};

class Load {
 public:
  Load(Env& env, LoadOptions options, Written* written);
  ~Load();

  void Start(absl::AnyInvocable<void()> done);  // Once; `done` when every client has stopped.
  const LoadReport& report() const { return report_; }

 private:
  struct Client {
    std::unique_ptr<http::HttpClient> http;
    uint64_t number = 0;  // Of the request under way.
    MonotonicTime begun;
  };
  static constexpr size_t kErrorKindsMax = 32;
  static constexpr Duration kPauseAfterError = milliseconds(20);

  void SendNext(Client& client);
  void OnAnswer(Client& client, StatusOr<http::Response> answer);
  std::string Problem(const Client& client, const StatusOr<http::Response>& answer,
                      std::string* kind) const;  // "" when right.
  void CountError(std::string kind, std::string example);
  http::Request MakeRequest(Client& client);
  std::string SubjectOf(uint64_t number) const;
  std::string ValueOf(uint64_t number) const;

  Env& env_;
  const LoadOptions options_;
  Written* written_;
  LoadReport report_;
  std::vector<std::unique_ptr<Client>> clients_;
  int running_ = 0;
  MonotonicTime measure_from_, measure_until_;
  absl::AnyInvocable<void()> done_;
};

}  // namespace quadraft::bench

#endif  // QUADRAFT_TOOLS_BENCH_LOAD_H_
