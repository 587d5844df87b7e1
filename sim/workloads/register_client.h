// One client of the register workload: a loop of operations, one at a time. Internal to
// register_workload.
#ifndef QUADRAFT_SIM_WORKLOADS_REGISTER_CLIENT_H_
#define QUADRAFT_SIM_WORKLOADS_REGISTER_CLIENT_H_

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/workloads/register_workload.h"

namespace quadraft::sim {

class RegisterWorkload::Client : public Program {
 public:
  Client(Env& env, RegisterWorkload* workload, int index);
  ~Client() override;

  Task<void> FinalReads(std::string address);
  void Spawn(Task<void> task) { tasks_.Spawn(std::move(task)); }

 private:
  struct Answer {
    Outcome outcome = Outcome::kUnknown;
    std::string body;
  };

  Task<void> Loop();
  Task<void> Write(int key);
  Task<void> Read(int key);
  Task<void> CompareAndSet(int key);
  Task<void> Insert();
  Task<void> ReadSet(int of_client);

  Task<Answer> Update(std::string text);
  Task<Answer> Query(std::string text);
  Task<Answer> Call(std::string content_type, std::string body);
  Answer Judge(const StatusOr<http::Response>& response, std::string_view request);
  // nullopt: unknown or failed (then *outcome says which).
  Task<std::optional<bool>> TagExists(std::string tag);
  http::HttpClient& Pick();

  void Invoke(std::string_view f, jepsen::Value value, int key);
  void Complete(Outcome outcome, jepsen::Value value);

  Env& env_;
  RegisterWorkload& workload_;
  const int index_;
  Random& random_;
  int64_t process_;
  size_t server_ = 0;
  std::vector<std::unique_ptr<http::HttpClient>> http_;
  std::vector<std::optional<int64_t>> last_seen_;  // By key: what a compare-and-set starts from.
  uint64_t next_tag_ = 1;
  TaskScope tasks_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORKLOADS_REGISTER_CLIENT_H_
