// bench-http: committed writes and point reads per second, with latency percentiles, against running nodes.
//
//   bench-http --endpoints 127.0.0.1:8001,127.0.0.1:8002,127.0.0.1:8003 --clients 1,64,256 --seconds 5
#include <stdio.h>

#include <charconv>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "net/env/epoll_env.h"
#include "net/http/percent.h"
#include "tools/bench/load.h"

namespace quadraft::bench {
namespace {

struct Settings {
  std::vector<std::string> endpoints = {"127.0.0.1:8001"};
  std::vector<int> clients = {1, 64, 256};
  double seconds = 5;
  double warm_up = 1;
  size_t value_bytes = 256;
  std::string output = "table";
  std::string only;
};

const char* NameOf(Operation operation) { return operation == Operation::kWrite ? "write" : "read"; }

double Ms(Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

Duration Seconds(double s) { return Duration(static_cast<int64_t>(s * 1e9)); }

LoadReport RunLoad(net::EpollEnv& env, const Settings& settings, Operation operation, int clients,
                   Written* written) {
  Load load(env,
            {.endpoints = settings.endpoints,
             .operation = operation,
             .clients = clients,
             .warm_up = Seconds(settings.warm_up),
             .duration = Seconds(settings.seconds),
             .value_bytes = settings.value_bytes},
            written);
  bool done = false;
  load.Start([&done] { done = true; });
  while (!done) env.RunOnce(milliseconds(100));
  return load.report();
}

void PrintTableHead() {
  printf("%-6s %7s %8s %10s %7s %11s %9s %9s %9s %9s %9s\n", "what", "clients", "seconds", "ok", "errors",
         "per second", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms");
}

void PrintTableRow(const LoadReport& r) {
  printf("%-6s %7d %8.1f %10llu %7llu %11.1f %9.3f %9.3f %9.3f %9.3f %9.3f\n", NameOf(r.operation), r.clients,
         r.seconds, static_cast<unsigned long long>(r.ok), static_cast<unsigned long long>(r.errors),
         r.per_second(), Ms(r.latency.Percentile(50)), Ms(r.latency.Percentile(90)),
         Ms(r.latency.Percentile(99)), Ms(r.latency.Percentile(99.9)), Ms(r.latency.max()));
  for (const auto& [kind, count] : r.error_kinds) {
    printf("       %llu x %s: %s\n", static_cast<unsigned long long>(count), kind.c_str(),
           r.error_examples.contains(kind) ? r.error_examples.at(kind).c_str() : "");
  }
  fflush(stdout);
}

void PrintJsonRow(const LoadReport& r, bool first) {
  printf("%s\n  {\"what\": \"%s\", \"clients\": %d, \"seconds\": %.3f, \"ok\": %llu, \"errors\": %llu, "
         "\"per_second\": %.1f, \"p50_ms\": %.3f, \"p90_ms\": %.3f, \"p99_ms\": %.3f, \"p99_9_ms\": %.3f, "
         "\"max_ms\": %.3f, \"error_kinds\": {",
         first ? "" : ",", NameOf(r.operation), r.clients, r.seconds, static_cast<unsigned long long>(r.ok),
         static_cast<unsigned long long>(r.errors), r.per_second(), Ms(r.latency.Percentile(50)),
         Ms(r.latency.Percentile(90)), Ms(r.latency.Percentile(99)), Ms(r.latency.Percentile(99.9)),
         Ms(r.latency.max()));
  bool first_kind = true;
  for (const auto& [kind, count] : r.error_kinds) {  // Kinds are our own words: nothing to escape.
    printf("%s\"%s\": %llu", first_kind ? "" : ", ", kind.c_str(), static_cast<unsigned long long>(count));
    first_kind = false;
  }
  printf("}}");
  fflush(stdout);
}

int Run(const Settings& settings) {
  auto env = net::EpollEnv::Create({});
  if (!env.ok()) {
    fprintf(stderr, "bench-http: %s\n", ToString(env.status()).c_str());
    return 1;
  }
  Written written{.run = StrCat((*env)->clock().WallNow().unix_us)};
  const bool json = settings.output == "json";
  bool first = true, all_worked = true;
  if (json) {
    printf("[");
  } else {
    PrintTableHead();
  }
  for (const Operation operation : {Operation::kWrite, Operation::kRead}) {
    if (!settings.only.empty() && settings.only != NameOf(operation) && operation == Operation::kRead) continue;
    for (const int clients : settings.clients) {
      if (operation == Operation::kRead && written.acknowledged.empty()) {
        fprintf(stderr, "bench-http: no write was acknowledged, so there is nothing to read\n");
        all_worked = false;
        break;
      }
      const LoadReport report = RunLoad(**env, settings, operation, clients, &written);
      all_worked = all_worked && report.ok > 0;
      if (json) {
        PrintJsonRow(report, first);
      } else {
        PrintTableRow(report);
      }
      first = false;
    }
  }
  if (json) printf("\n]\n");
  return all_worked ? 0 : 1;
}

}  // namespace
}  // namespace quadraft::bench

int main(int argc, char** argv) {
  using namespace quadraft;
  bench::Settings settings;
  CLI::App app("Committed writes and point reads per second against running QuadRaft nodes.");
  app.add_option("--endpoints", settings.endpoints, "HTTP endpoints, host:port, comma-separated")->delimiter(',');
  app.add_option("--clients", settings.clients, "numbers of client connections, one run each")->delimiter(',')
      ->check(CLI::Range(1, 10'000));
  app.add_option("--seconds", settings.seconds, "measured time of each run")->check(CLI::Range(0.1, 86400.0));
  app.add_option("--warm-up", settings.warm_up, "seconds before measuring")->check(CLI::Range(0.0, 3600.0));
  app.add_option("--value-bytes", settings.value_bytes, "length of each written literal")->check(CLI::Range(1, 1 << 20));
  app.add_option("-o,--output", settings.output, "table or json")->check(CLI::IsMember({"table", "json"}));
  app.add_option("--only", settings.only, "write: leave the reads out")->check(CLI::IsMember({"write"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  for (std::string& endpoint : settings.endpoints) {
    auto url = http::ParseUrl(endpoint);
    if (!url.ok()) {
      fprintf(stderr, "bench-http: %s\n", ToString(url.status()).c_str());
      return 2;
    }
    endpoint = url->address;
  }
  return bench::Run(settings);
}
