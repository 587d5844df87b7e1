// What every workload of clients over HTTP and SPARQL has: clients on processes of their own, each
// with one operation at a time; which server they ask; what an answer's status promises; the
// history; progress. A workload of this kind says what one operation is.
//
//   class SetWorkload : public ClientWorkload {
//     Task<void> Operate(Client& client) override {
//       client.Invoke("add", Value::Int(7));
//       const Answer answer = co_await client.Update("INSERT DATA { ... }");
//       client.Complete(answer.outcome, Value::Int(7));
//     }
//
// An update that was acknowledged must be in the committed log, at the index that the answer names,
// with the effect that it names: checked here for all. Outcomes: 2xx: happened; 409, 429, 503, 507
// and "could not be reached": certainly not (the server's promise, which the workloads check);
// everything else: unknown.
//
// Some clients work in sessions (client_session.cc): an update whose outcome is unknown is sent again, with its sequence, elsewhere, and
// is one operation of the history; its copies must be answered alike.
#ifndef QUADRAFT_SIM_WORKLOADS_CLIENT_WORKLOAD_H_
#define QUADRAFT_SIM_WORKLOADS_CLIENT_WORKLOAD_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/task.h"
#include "net/http/client.h"
#include "sim/checkers/committed_log.h"
#include "sim/workloads/operation.h"
#include "sim/workloads/workload.h"
#include "sim/world/world.h"

namespace quadraft::sim {

inline constexpr uint64_t kFirstClientId = 1001;  // Of a world's clients, which count on from here.

// Where a workload lives.
struct WorkloadContext {
  World* world = nullptr;
  std::vector<std::string> addresses;  // Of the servers.
  CommittedLog* committed = nullptr;   // What the answers are held against; null: nothing.
  uint64_t first_client = kFirstClientId;
};

struct ClientOptions {
  int clients = 4;
  Duration think_max = milliseconds(40);  // Between two operations of a client, uniform.
  Duration request_timeout = seconds(4);
  // After that many operations in all, each client thinks for long: bounds the history.
  int operations_full_speed = 1500;
  int sessions_of_ten = 0;     // Of ten clients so many work in sessions.
  bool sessions_last = false;  // No session can come to its end in this run.
  // Says when each operation begins, and seeds it; its clients are counted over all workloads.
  // Null: drawn from the world's seed. Not owned.
  OperationTape* operations = nullptr;
};

class ClientWorkload : public Workload {
 public:
  ClientWorkload(WorkloadContext context, std::string_view name, const ClientOptions& options);
  ~ClientWorkload() override;

  std::string_view name() const override { return name_; }
  void Start() override;
  void AskOnly(const std::vector<std::string>& addresses) override;
  void StopIssuing() override { issuing_ = false; }
  bool Idle() const override { return busy_ == 0; }
  void MarkProgress() override { acknowledged_before_ = acknowledged_; }
  bool Progressed() const override;
  void BeginFinalReads(std::string address) override;
  bool FinalReadsDone() const override { return final_reads_done_; }
  const Status& violation() const override { return violation_; }
  std::string Summary() const override;
  const jepsen::History& history() const override { return history_; }

  uint64_t operations() const { return operations_; }

 protected:
  enum class Outcome : uint8_t { kOk, kFail, kUnknown };
  struct Answer {
    Outcome outcome = Outcome::kUnknown;
    int status = 0;  // HTTP's; 0: none came.
    std::string body;
    bool repeated = false;  // Of a copy that was done before.
    bool ok() const { return outcome == Outcome::kOk; }
  };
  class Client;

  // One operation of a client, drawn by its random().
  virtual Task<void> Operate(Client& client) = 0;
  // By the first client, before any operation.
  virtual Task<void> Prepare(Client& client);
  virtual Task<void> FinalReads(Client& client) = 0;

  void Fail(const Status& violation) {
    if (violation_.ok()) violation_ = violation;
  }
  // `process` left an operation open, and now it is known how it ended.
  void CompleteOpen(int64_t process, bool happened, jepsen::Value value);
  World* world() const { return context_.world; }
  CommittedLog& committed() const { return *context_.committed; }
  int clients() const { return options_.clients; }

 private:
  int64_t NewProcess() { return next_process_++; }
  std::optional<Operation> NextOperation(int client);

  NodeId client_id(int client) const {
    return NodeId{context_.first_client + static_cast<uint64_t>(client)};
  }

  const WorkloadContext context_;
  const std::string name_;
  const ClientOptions options_;
  OperationTape drawn_;
  std::vector<size_t> asked_;     // Indexes of the addresses that may be asked.
  std::vector<Client*> clients_;  // Of the running incarnation of each client's process.
  jepsen::History history_;
  std::vector<uint64_t> acknowledged_, acknowledged_before_;  // By client.
  bool prepared_ = false, issuing_ = false;
  int busy_ = 0;
  bool final_reads_done_ = false;
  uint64_t operations_ = 0;
  uint64_t outcomes_[3] = {};
  int64_t next_process_ = 0;
  Status violation_;
};

class ClientWorkload::Client : public Program {
 public:
  Client(Env& env, ClientWorkload* workload, int index);
  ~Client() override;

  int index() const { return index_; }
  NodeId id() const { return workload_.client_id(index_); }
  Random& random() { return random_; }  // Of the operation under way.
  Env& env() { return env_; }

  // `may_miss`: 404 (an update of a graph that is not there) is an answer, with outcome kFail;
  // otherwise it is a violation, as are all other refusals of a valid request.
  Task<Answer> Update(std::string text, bool may_miss = false);
  Task<Answer> Query(std::string text, std::string accept = "text/csv");
  // The answer may be so far behind.
  Task<Answer> QueryBehind(std::string text, Duration bound);
  // Again and again until one is answered; nullopt after kTries.
  Task<Answer> QueryPatiently(std::string text, std::string accept = "text/csv");
  // A query or update whose effect or answer the history does not record.
  void Count(Outcome outcome) { ++workload_.outcomes_[static_cast<int>(outcome)]; }

  // One operation of the history. Invoke, then Complete.
  void Invoke(std::string_view f, jepsen::Value value, jepsen::Value key = {});
  void Complete(Outcome outcome, jepsen::Value value);
  // Leaves the operation open, to be completed by CompleteOpen; the client goes on as a new
  // process.
  int64_t LeaveOpen();
  // A write of this client was acknowledged: progress.
  void Acknowledged() { ++workload_.acknowledged_[index_]; }

 private:
  friend class ClientWorkload;
  static constexpr int kTries = 12;
  Task<void> Loop();
  Task<void> RunFinalReads(std::string address);
  Task<Answer> Call(std::string content_type, std::string accept, std::string body, bool may_miss,
                    http::Headers more = {}, std::string parameters = {});
  // client_session.cc
  static constexpr int kCopiesMax = 6;
  static constexpr int kUpdatesWithout = 10;  // After a session could not be registered.
  struct SentInSession {
    std::string text;
    uint64_t sequence = 0;
    Answer answer;
  };
  Task<Answer> UpdateInSession(std::string text, bool may_miss);
  // Copies, one after the other, until one has the update's answer. `unknown`: another one is under way beside them.
  Task<Answer> SendUntilKnown(std::string text, uint64_t sequence, bool may_miss, bool unknown);
  // A copy beside those, by way of another server; its answer says nothing new.
  Task<void> SendBeside(http::Request copy, std::shared_ptr<bool> done);
  Task<void> RegisterSession();
  // Sends a copy of what has its answer. It must be the same one, or say that it is not kept any more.
  Task<void> SendCopy(SentInSession sent);
  Task<Answer> CallInSession(std::string text, uint64_t sequence, bool may_miss);
  http::Headers SessionHeaders(uint64_t sequence);
  void CheckAcknowledged(std::string_view body, std::string_view request);
  Answer Judge(const StatusOr<http::Response>& response, std::string_view request, bool may_miss);
  http::HttpClient& Pick();
  bool DrawsSessions() const;
  void PickAnother() { server_ = workload_.asked_[random_.Below(workload_.asked_.size())]; }

  Env& env_;
  ClientWorkload& workload_;
  const int index_;
  Random random_;
  int64_t process_;
  size_t server_ = 0;
  const bool in_sessions_;
  std::string session_;  // Empty: none now.
  uint64_t next_sequence_ = 1;
  int updates_without_ = 0;  // Until the next try to register.
  std::optional<SentInSession> last_;
  std::vector<std::unique_ptr<http::HttpClient>> http_;
  TaskScope tasks_;
};

// The rows of a one-column CSV answer, without its header.
std::vector<std::string> CsvRows(std::string_view csv);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORKLOADS_CLIENT_WORKLOAD_H_
