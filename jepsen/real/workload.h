// Client threads that use the store and write down what they saw.
//
//   Workload workload(cluster->http_ports(), {.seed = 7});
//   workload.Start();  ...nemeses...  workload.Stop();
//   CheckResult result = CheckLinearizable(workload.TakeHistory(), *CasRegisterModel());
//   Status lost = workload.CheckSet(...);
// Register clients read, write and compare-and-set a few quad registers, every value unique. Set
// clients insert unique quads and remember each one's outcome: an acknowledged one must be there in
// the end, one that was refused must not.
#ifndef QUADRAFT_JEPSEN_REAL_WORKLOAD_H_
#define QUADRAFT_JEPSEN_REAL_WORKLOAD_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/env/random.h"
#include "jepsen/history/history.h"
#include "jepsen/real/store_client.h"

namespace quadraft::jepsen {

struct WorkloadOptions {
  uint64_t seed = 1;
  int register_clients = 6;
  int set_clients = 2;
  int64_t registers = 4;
  std::chrono::milliseconds pause{4};       // Between the operations of one client.
  std::chrono::milliseconds timeout{3000};  // Of one operation.
  // Values and elements are counted from here, so that several workloads share the store without
  // meeting.
  int64_t first_value = 1;
  static constexpr int64_t kValuesMax = 1'000'000'000;
};

struct WorkloadCounts {
  int64_t done = 0;
  int64_t not_done = 0;
  int64_t unknown = 0;
};

class Workload {
 public:
  // `http_ports`: of the nodes.
  Workload(std::vector<uint16_t> http_ports, WorkloadOptions options)
      : http_ports_(std::move(http_ports)),
        options_(options),
        start_(RealClock::now()),
        next_value_(options.first_value) {}
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;
  ~Workload() { Stop(); }

  void Start();
  void Stop();  // Waits for the operations under way.

  // Something that is done to the cluster now, for those who read the history.
  void Note(std::string what);

  // From now on, notes the first update that was both sent and acknowledged after this moment.
  void ArmFirstAck();
  // How long after ArmFirstAck it was acknowledged; nullopt when there was none yet.
  std::optional<std::chrono::milliseconds> first_ack() const;

  // After Stop.
  History TakeHistory();
  WorkloadCounts counts() const;
  // DataLoss naming acknowledged elements that `found` lacks, refused or never sent ones that it
  // has, and doubles. Elements of other workloads in it are passed over.
  Status CheckSet(const std::vector<int64_t>& found) const;
  size_t acknowledged_elements() const;
  // The first answer that no correct store gives to a correct request (400 and the like); OK when
  // there was none.
  Status harness_error() const;

 private:
  // One client thread: its connections, and the process number that changes after an unknown
  // outcome.
  struct Client {
    int64_t process;
    Random random;
    std::vector<StoreClient> nodes;
  };

  void RunClient(int number, bool is_set_client);
  void StepRegister(Client& client);
  void StepSet(Client& client);
  // The integer that was read; nullopt when there was none, or no answer.
  std::optional<int64_t> Read(Client& client, StoreClient& node, int64_t key);
  void Mutate(Client& client, int64_t key, std::string_view f, Value argument,
              const std::function<UpdateResult()>& run);
  void Count(const UpdateResult& result, RealClock::time_point sent);
  int64_t Now() const { return (RealClock::now() - start_).count(); }

  const std::vector<uint16_t> http_ports_;
  const WorkloadOptions options_;
  const RealClock::time_point start_;
  std::atomic<bool> stop_{false};
  std::atomic<int64_t> next_value_;
  std::atomic<int64_t> next_process_{0};
  std::vector<std::thread> threads_;

  mutable std::mutex mutex_;  // All below.
  History history_;
  WorkloadCounts counts_;
  std::map<int64_t, Outcome> elements_;
  Status harness_error_;
  std::optional<RealClock::time_point> armed_;
  std::optional<RealClock::time_point> first_ack_;
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_REAL_WORKLOAD_H_
