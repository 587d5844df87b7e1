// The client commands of `quadraft`. Each takes its options, runs to its end on a world of its own, and returns the exit code:
// 0 done, 1 the cluster or the data said no (the reason is on stderr), 2 used wrongly or not readable.
#ifndef QUADRAFT_TOOLS_CLI_COMMANDS_H_
#define QUADRAFT_TOOLS_CLI_COMMANDS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace quadraft::cli {

struct StartOptions {
  uint64_t node = 0;
  std::string peers;          // "1=host:port,2=host:port,...": where the nodes talk to each other, as far as known.
  std::string listen;         // "host:port": where this one does; empty: as --peers says.
  bool pin_peers = false;     // What --peers says of the others stands, whatever the configuration says.
  std::string http;           // "host:port"
  std::string data;           // Directory.
  uint64_t cache_mb = 256;
  uint64_t query_memory_mb = 1024;
  uint64_t query_timeout_s = 60;
  std::string log_level = "info";
  std::string founders;       // "1,2,3": of the peers; empty: all of them.
  uint32_t priority = 100;    // 0 to 1000: how much it is to lead; 0: only for want of others.
  bool lease_reads = false;
  int64_t clock_drift_ppm = 100'000;
  bool join = false;          // No founder: it waits to be added by `quadraft member add`.
};
int RunStart(const StartOptions& options);

struct ClientCommon {
  std::string endpoint = "http://127.0.0.1:8001";
  uint64_t timeout_s = 60;
};

struct LoadOptions {
  ClientCommon common;
  std::vector<std::string> files;
  std::string graph;              // For quads without a graph.
  uint64_t batch_bytes = 256 << 10;
  uint64_t in_flight = 4;
  bool dry_run = false;
  bool quiet = false;
};
int RunLoad(const LoadOptions& options);

struct QueryOptions {
  ClientCommon common;
  std::string text, file;         // One of them; file "-" is standard input.
  std::string output = "table";   // table json csv tsv xml nt
  std::string consistency = "linearizable";
  uint64_t max_staleness_ms = 0;  // Not 0: a bounded read.
};
int RunQuery(const QueryOptions& options);
int RunUpdate(const QueryOptions& options);

struct StatusOptions {
  ClientCommon common;
  std::string output = "table";   // table json
};
int RunStatus(const StatusOptions& options);

struct MemberOptions {
  ClientCommon common;            // Of any node or of several; the leader is found.
  std::string verb = "list";      // list add update promote demote remove replace transfer
  std::vector<std::string> words;  // Numbers of nodes, and after one of them its address.
  std::string output = "table";   // table json
};
int RunMember(const MemberOptions& options);

}  // namespace quadraft::cli

#endif  // QUADRAFT_TOOLS_CLI_COMMANDS_H_
