#include "jepsen/txn/testing/generator.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/env/random.h"

namespace quadraft::jepsen {
namespace {

// A micro-operation under way. Of a read `result` is how many writes of the key it saw.
struct Step {
  size_t key = 0;
  bool is_read = false;
  ValueId value = 0;
  size_t result = 0;
};

struct Client {
  enum class Phase { kIdle, kInvoked, kDone };
  Phase phase = Phase::kIdle;
  int64_t process = 0;
  EventType outcome = EventType::kOk;
  bool takes_effect = true;
  std::vector<Step> steps;
};

struct Key {
  std::vector<ValueId> writes;
  // Length of `writes` at the end of each transaction that wrote it; for reads in the middle.
  std::vector<size_t> ends = {0};
  size_t attempts = 0;
};

class Generator {
 public:
  explicit Generator(const GeneratorOptions& options)
      : options_(options), random_(options.seed, "txn/generator"), builder_(options.kind) {
    for (size_t i = 0; i < options.keys; ++i) active_.push_back(NewKey());
    for (size_t i = 0; i < options.processes; ++i) {
      clients_.emplace_back();
      clients_.back().process = static_cast<int64_t>(i);
    }
    next_process_ = static_cast<int64_t>(options.processes);
  }

  TxnHistory Run() && {
    size_t invoked = 0;
    size_t busy = 0;
    while (invoked < options_.txns || busy > 0) {
      Client& client = clients_[random_.Below(clients_.size())];
      ++now_;
      switch (client.phase) {
        case Client::Phase::kIdle:
          if (invoked == options_.txns) break;
          ++invoked;
          ++busy;
          Invoke(&client);
          break;
        case Client::Phase::kInvoked:
          Execute(&client);
          break;
        case Client::Phase::kDone:
          --busy;
          Complete(&client);
          break;
      }
    }
    if (options_.final_reads) FinalReads();
    auto history = std::move(builder_).Finish();
    QR_CHECK(history.ok()) << history.status();
    return *std::move(history);
  }

 private:
  size_t NewKey() {
    keys_.emplace_back();
    return keys_.size() - 1;
  }

  // The first active key half of the time, the second a quarter of it, ...
  size_t PickSlot() {
    size_t slot = 0;
    while (slot + 1 < active_.size() && random_.OneIn(2)) ++slot;
    return slot;
  }

  void Invoke(Client* client) {
    client->steps.clear();
    const size_t mops = 1 + random_.Below(options_.mops_max);
    for (size_t i = 0; i < mops; ++i) {
      const size_t slot = PickSlot();
      Step step;
      step.is_read = random_.OneIn(2);
      if (!step.is_read && keys_[active_[slot]].attempts == options_.writes_per_key_max) {
        active_[slot] = NewKey();
      }
      step.key = active_[slot];
      if (!step.is_read) step.value = static_cast<ValueId>(++keys_[step.key].attempts);
      client->steps.push_back(step);
    }
    client->outcome = EventType::kOk;
    client->takes_effect = true;
    if (options_.info_one_in > 0 && random_.OneIn(options_.info_one_in)) {
      client->outcome = EventType::kInfo;
      client->takes_effect = random_.OneIn(2);
    } else if (options_.fail_one_in > 0 && random_.OneIn(options_.fail_one_in)) {
      client->outcome = EventType::kFail;
      client->takes_effect = false;
    }
    client->phase = Client::Phase::kInvoked;
    QR_CHECK(builder_.Invoke(client->process, now_).ok());
    if (options_.fault == Fault::kSnapshot) Read(client);
  }

  // All reads at once; those after a write of the transaction's own are read again (Execute).
  void Read(Client* client) {
    for (Step& step : client->steps) {
      if (step.is_read) step.result = keys_[step.key].writes.size();
    }
  }

  void Execute(Client* client) {
    client->phase = Client::Phase::kDone;
    ++executed_;
    if (!client->takes_effect) return;
    const bool snapshot = options_.fault == Fault::kSnapshot;
    touched_.clear();
    for (Step& step : client->steps) {
      Key& key = keys_[step.key];
      if (!step.is_read) {
        key.writes.push_back(step.value);
        touched_.push_back(step.key);
        MaybeLose(client, &key);
      } else if (!snapshot || std::count(touched_.begin(), touched_.end(), step.key) > 0) {
        step.result = key.writes.size();
      }
    }
    for (Step& step : client->steps) {
      if (!step.is_read || options_.stale_one_in == 0) continue;
      if (random_.OneIn(options_.stale_one_in)) step.result = random_.Below(step.result + 1);
    }
    for (const size_t key : touched_) keys_[key].ends.push_back(keys_[key].writes.size());
    if (!snapshot) MaybeSpoil(client);
  }

  bool IsTimeForFault() const { return !spoiled_ && executed_ > options_.txns / 2; }

  void MaybeLose(Client* client, Key* key) {
    if (options_.fault != Fault::kLostWrite || !IsTimeForFault()) return;
    if (client->outcome != EventType::kOk || client->steps.size() != 1) return;
    // Others must be seen to build on the key without it.
    if (key->writes.size() < 2 || key->attempts + 2 > options_.writes_per_key_max) return;
    key->writes.pop_back();
    spoiled_ = true;
  }

  void MaybeSpoil(Client* client) {
    if (!IsTimeForFault() || client->outcome != EventType::kOk) return;
    if (options_.fault == Fault::kAbortedRead) {
      const bool writes = std::any_of(client->steps.begin(), client->steps.end(),
                                      [](const Step& step) { return !step.is_read; });
      const bool reads = std::any_of(client->steps.begin(), client->steps.end(),
                                     [](const Step& step) { return step.is_read; });
      if (!writes || reads) return;
      client->outcome = EventType::kFail;
      spoiled_ = true;
      return;
    }
    // The others take a transaction that is one read.
    if (client->steps.size() != 1 || !client->steps[0].is_read) return;
    Step& read = client->steps[0];
    const Key& key = keys_[read.key];
    if (options_.fault == Fault::kStaleRead && key.writes.size() >= options_.processes + 4) {
      read.result = 2;
      while (!IsEnd(key, read.result)) --read.result;
      spoiled_ = true;
    } else if (options_.fault == Fault::kIntermediateRead) {
      for (size_t length = 1; length < key.writes.size(); ++length) {
        if (IsEnd(key, length)) continue;
        read.result = length;
        spoiled_ = true;
        return;
      }
    }
  }

  static bool IsEnd(const Key& key, size_t length) {
    return std::find(key.ends.begin(), key.ends.end(), length) != key.ends.end();
  }

  void Complete(Client* client) {
    for (const Step& step : client->steps) Push(step, client->outcome == EventType::kOk);
    QR_CHECK(builder_.Complete(client->process, client->outcome, now_).ok());
    // Who does not know its fate goes on as somebody else.
    if (client->outcome == EventType::kInfo) client->process = next_process_++;
    client->phase = Client::Phase::kIdle;
  }

  void Push(const Step& step, bool known) {
    const KeyId key = builder_.Key(static_cast<int64_t>(step.key));
    if (!step.is_read) return builder_.Write(key, step.value);
    if (!known) return builder_.ReadUnknown(key);
    const std::vector<ValueId>& writes = keys_[step.key].writes;
    if (options_.kind == TxnKind::kListAppend) {
      builder_.ReadList(key, {writes.data(), step.result});
    } else {
      builder_.Read(key, step.result == 0 ? kNilValue : writes[step.result - 1]);
    }
  }

  void FinalReads() {
    for (size_t key = 0; key < keys_.size(); ++key) {
      QR_CHECK(builder_.Invoke(-1, ++now_).ok());
      Push({key, true, 0, keys_[key].writes.size()}, true);
      QR_CHECK(builder_.Complete(-1, EventType::kOk, ++now_).ok());
    }
  }

  const GeneratorOptions options_;
  Random random_;
  TxnHistoryBuilder builder_;
  std::vector<Key> keys_;
  std::vector<size_t> active_;
  std::vector<Client> clients_;
  std::vector<size_t> touched_;
  int64_t next_process_ = 0;
  int64_t now_ = 0;
  size_t executed_ = 0;
  bool spoiled_ = false;
};

}  // namespace

TxnHistory Generate(const GeneratorOptions& options) { return Generator(options).Run(); }

}  // namespace quadraft::jepsen
