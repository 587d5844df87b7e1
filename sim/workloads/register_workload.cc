#include "sim/workloads/register_workload.h"

#include <utility>

#include "jepsen/linear/checker.h"
#include "jepsen/linear/model.h"
#include "sim/workloads/register_client.h"

namespace quadraft::sim {

RegisterOptions RegisterOptions::Draw(Random& random) {
  RegisterOptions options;
  options.clients = static_cast<int>(random.Between(2, 6));
  options.keys = static_cast<int>(random.Between(1, 4));
  options.think_max = milliseconds(random.Between(5, 80));
  return options;
}

std::string RegisterOptions::Describe() const {
  return StrCat(clients, " clients, ", keys, " registers, up to ", think_max / milliseconds(1),
                " ms between operations");
}

RegisterWorkload::RegisterWorkload(World* world, std::vector<std::string> addresses,
                                   RegisterOptions options)
    : world_(world),
      addresses_(std::move(addresses)),
      options_(options),
      clients_(options.clients),
      sets_(options.clients),
      acknowledged_(options.clients) {
  for (int i = 0; i < options_.clients; ++i) {
    world_->AddProcess(NodeId{kFirstClientId + i}, StrCat("c", i),
                       [this, i](Env& env) { return std::make_unique<Client>(env, this, i); });
  }
}

RegisterWorkload::~RegisterWorkload() {
  // The clients speak to this object to their end.
  for (int i = 0; i < options_.clients; ++i)
    world_->process(NodeId{kFirstClientId + i}).Crash(CrashKind::kKill);
}

void RegisterWorkload::Start() {
  issuing_ = true;
  for (int i = 0; i < options_.clients; ++i) world_->process(NodeId{kFirstClientId + i}).Start();
}

void RegisterWorkload::BeginFinalReads(std::string address) {
  final_reads_left_ = options_.keys + options_.clients;
  Client* const client = clients_[0];
  world_->Schedule(
      Duration(0), EventKind::kPost, world_->index_of(NodeId{kFirstClientId}), 0,
      [client, address = std::move(address)] { client->Spawn(client->FinalReads(address)); });
}

void RegisterWorkload::Fail(const Status& violation) {
  if (violation_.ok()) violation_ = violation;
}

void RegisterWorkload::CheckSet(int client, const std::set<std::string>& must,
                                const std::set<std::string>& seen) {
  for (const std::string& element : must) {
    if (seen.contains(element)) continue;
    Fail(
        Internal("acknowledged write lost: ", element, " of set ", client,
                 " was acknowledged before this linearizable read began and is not in its answer"));
    return;
  }
  const InsertSet& set = sets_[client];
  for (const std::string& element : seen) {
    if (set.acknowledged.contains(element) || set.unknown.contains(element)) continue;
    Fail(Internal(set.failed.contains(element) ? "refused write happened: " : "never written: ",
                  element, " of set ", client, " was read"));
    return;
  }
}

Status RegisterWorkload::CheckHistory() const {
  const jepsen::CheckResult result =
      jepsen::CheckLinearizable(history_, *jepsen::CasRegisterModel());
  if (result.verdict == jepsen::Verdict::kOk) return OkStatus();
  return Internal("linearizability: ", jepsen::Name(result.verdict), ". ", result.explanation,
                  result.error.ok() ? "" : " " + Message(result.error));
}

std::string RegisterWorkload::Summary() const {
  return StrCat("ok ", outcomes_[0], ", fail ", outcomes_[1], ", unknown ", outcomes_[2]);
}

}  // namespace quadraft::sim
