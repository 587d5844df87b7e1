// quadraft: one binary, node and client. This file is the command line; the commands are in tools/cli.
#include <CLI/CLI.hpp>

#include <iostream>
#include <string>
#include <vector>

#include "jepsen/check_command.h"
#include "tools/cli/commands.h"

namespace {

using quadraft::cli::ClientCommon;

void AddCommon(CLI::App* command, ClientCommon* common) {
  command->add_option("--endpoint,-e", common->endpoint, "http://HOST:PORT of one node, or of several, comma-separated")
      ->envname("QUADRAFT_ENDPOINT")
      ->capture_default_str();
  command->add_option("--timeout", common->timeout_s, "Seconds to wait for one answer")->capture_default_str();
}

void AddStart(CLI::App* app, quadraft::cli::StartOptions* options) {
  CLI::App* start = app->add_subcommand("start", "Run one node until it is told to stop (SIGTERM, SIGINT)");
  start->add_option("--node", options->node, "This node's number, from 1")->required();
  start->add_option("--peers", options->peers, "Where the nodes talk to each other: 1=HOST:PORT,2=HOST:PORT,... "
                    "The founders name each other; what the cluster knows later counts more");
  start->add_option("--listen", options->listen, "HOST:PORT at which the other nodes reach this one (default: as --peers says)");
  start->add_flag("--pin-peers", options->pin_peers, "Reach nodes as --peers says, whatever the cluster says (proxies, translated addresses)");
  start->add_option("--http", options->http, "HOST:PORT for SPARQL, Graph Store, health and metrics")->required();
  start->add_option("--data", options->data, "Directory of this node's data")->required();
  start->add_option("--cache-mb", options->cache_mb, "Block cache")->capture_default_str();
  start->add_option("--query-memory-mb", options->query_memory_mb, "Limit of one query")->capture_default_str();
  start->add_option("--query-timeout", options->query_timeout_s, "Seconds, unless the request says otherwise")->capture_default_str();
  start->add_option("--founders", options->founders, "Which of the peers found the cluster: 1,2,3 (default: all)");
  start->add_option("--priority", options->priority, "How much this node is to lead, 0 to 1000; 0: only when nobody else can")
      ->capture_default_str()->check(CLI::Range(0, 1000));
  start->add_flag("--lease-reads", options->lease_reads, "As the leader, answer linearizable reads without asking the others: right only while "
                                                         "no node's monotonic clock is off by more than --clock-drift-ppm");
  start->add_option("--clock-drift-ppm", options->clock_drift_ppm, "How much faster or slower than true time a monotonic clock may run, in millionths "
                                                                   "(for --lease-reads and max-staleness)")
      ->capture_default_str()->check(CLI::Range(0, 500'000));
  start->add_flag("--join", options->join, "Not a founder: the node waits until `quadraft member add` names it");
  start->add_option("--log-level", options->log_level, "debug, info, warning, error")->capture_default_str();
}

void AddLoad(CLI::App* app, quadraft::cli::LoadOptions* options) {
  CLI::App* load = app->add_subcommand("load", "Load RDF files: .nt .nq .ttl .trig");
  AddCommon(load, &options->common);
  load->add_option("files", options->files, "Files")->required();
  load->add_option("--graph", options->graph, "IRI of the graph for what names none (default: the default graph)");
  load->add_option("--batch-bytes", options->batch_bytes, "Size of one transaction")
      ->capture_default_str()->check(CLI::Range(uint64_t{1} << 10, uint64_t{8} << 20));
  load->add_option("--in-flight", options->in_flight, "Transactions under way at once")->capture_default_str()->check(CLI::Range(1, 64));
  load->add_flag("--dry-run", options->dry_run, "Only read the files and count");
  load->add_flag("--quiet", options->quiet, "No progress");
}

void AddMember(CLI::App* app, quadraft::cli::MemberOptions* options) {
  CLI::App* member = app->add_subcommand("member", "Show or change who belongs to the cluster");
  AddCommon(member, &options->common);
  member->add_option("verb", options->verb, "list; add NODE HOST:PORT (as a learner); promote NODE (to a voter, once it has caught up: "
                     "waited for); update NODE HOST:PORT (it has moved); demote NODE; remove NODE; replace OLD NEW HOST:PORT (add, "
                     "promote when caught up and remove, for a node that lost its disk); transfer NODE (it leads)")
      ->required()->check(CLI::IsMember({"list", "add", "update", "promote", "demote", "remove", "replace", "transfer"}));
  member->add_option("nodes", options->words, "Numbers of nodes, and addresses behind them; several nodes are changed as one");
  member->add_option("--output,-o", options->output, "table or json")
      ->capture_default_str()->check(CLI::IsMember({"table", "json"}));
  member->footer("A new node is started first: quadraft start --node 4 --join --listen HOST:PORT ..., with an empty folder.");
}

void AddQueryOptions(CLI::App* command, quadraft::cli::QueryOptions* options, const char* what) {
  AddCommon(command, &options->common);
  command->add_option("text", options->text, what);
  command->add_option("--file,-f", options->file, "Read it from a file; - is standard input");
}

}  // namespace

int main(int argc, char** argv) {
  // Jepsen's checker has its own command line: quadraft check --model M FILE...
  if (argc >= 2 && std::string(argv[1]) == "check") {
    return quadraft::jepsen::RunCheckCommand(std::vector<std::string>(argv + 2, argv + argc), std::cout, std::cerr);
  }
  CLI::App app{"QuadRaft: a distributed RDF store that speaks SPARQL"};
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done; 1 the cluster or the data said no; 2 used wrongly.\n"
             "Example: quadraft query -e http://127.0.0.1:8001 'SELECT * { ?s ?p ?o } LIMIT 10'");
  quadraft::cli::StartOptions start;
  quadraft::cli::LoadOptions load;
  quadraft::cli::QueryOptions query, update;
  quadraft::cli::StatusOptions status;
  quadraft::cli::MemberOptions member;
  AddStart(&app, &start);
  AddLoad(&app, &load);
  CLI::App* query_command = app.add_subcommand("query", "Ask a SPARQL query");
  AddQueryOptions(query_command, &query, "The query");
  query_command->add_option("--output,-o", query.output, "table, json, csv, tsv, xml; nt for CONSTRUCT")
      ->capture_default_str()->check(CLI::IsMember({"table", "json", "csv", "tsv", "xml", "nt"}));
  query_command->add_option("--consistency", query.consistency, "linearizable or local")
      ->capture_default_str()->check(CLI::IsMember({"linearizable", "local"}));
  query_command->add_option("--max-staleness-ms", query.max_staleness_ms,
                            "The answer may be so far behind: any node that knows that it is not further gives it at once")
      ->check(CLI::Range(1, 86'400'000))->excludes("--consistency");
  CLI::App* update_command = app.add_subcommand("update", "Run a SPARQL update");
  AddQueryOptions(update_command, &update, "The update");
  CLI::App* status_command = app.add_subcommand("status", "Show every node of --endpoint");
  AddCommon(status_command, &status.common);
  status_command->add_option("--output,-o", status.output, "table or json")
      ->capture_default_str()->check(CLI::IsMember({"table", "json"}));
  AddMember(&app, &member);
  app.add_subcommand("check", "Check a history for linearizability (quadraft check --help)");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const std::string name = app.get_subcommands().front()->get_name();
  if (name == "start") return RunStart(start);
  if (name == "load") return RunLoad(load);
  if (name == "query") return RunQuery(query);
  if (name == "update") return RunUpdate(update);
  if (name == "member") return RunMember(member);
  return RunStatus(status);
}
