#include "jepsen/real/workload.h"

#include <algorithm>
#include <set>
#include <utility>

namespace quadraft::jepsen {
namespace {

constexpr size_t kNamedMax = 10;  // Elements that an error names.

std::string NameSome(const std::vector<int64_t>& elements) {
  std::string out;
  for (size_t i = 0; i < std::min(elements.size(), kNamedMax); ++i) {
    StrAppend(&out, i > 0 ? ", " : "", elements[i]);
  }
  if (elements.size() > kNamedMax) StrAppend(&out, " and ", elements.size() - kNamedMax, " more");
  return out;
}

}  // namespace

void Workload::Start() {
  int number = 0;
  for (int i = 0; i < options_.register_clients; ++i, ++number) {
    threads_.emplace_back([this, number] { RunClient(number, /*is_set_client=*/false); });
  }
  for (int i = 0; i < options_.set_clients; ++i, ++number) {
    threads_.emplace_back([this, number] { RunClient(number, /*is_set_client=*/true); });
  }
}

void Workload::Stop() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Workload::RunClient(int number, bool is_set_client) {
  Client client{.process = next_process_++,
                .random = Random(options_.seed, StrCat("client/", number)),
                .nodes = {}};
  for (const uint16_t port : http_ports_) client.nodes.emplace_back(port);
  while (!stop_) {
    if (is_set_client) {
      StepSet(client);
    } else {
      StepRegister(client);
    }
    std::this_thread::sleep_for(options_.pause);
  }
}

void Workload::StepRegister(Client& client) {
  StoreClient& node = client.nodes[client.random.Below(client.nodes.size())];
  const auto key =
      static_cast<int64_t>(client.random.Below(static_cast<uint64_t>(options_.registers)));
  const uint64_t dice = client.random.Below(10);
  if (dice < 3) {
    Read(client, node, key);
    return;
  }
  // A compare-and-set without a fresh read would nearly always fail.
  std::optional<int64_t> from;
  if (dice >= 6) from = Read(client, node, key);
  if (!from) {
    const int64_t value = next_value_++;
    Mutate(client, key, "write", Value::Int(value),
           [&] { return node.WriteRegister(key, value, options_.timeout); });
  } else {
    const int64_t to = next_value_++;
    Mutate(client, key, "cas", Value::Vector({Value::Int(*from), Value::Int(to)}), [&] {
      UpdateResult result = node.CasRegister(key, *from, to, options_.timeout);
      // An update that found nothing to change is a compare-and-set that failed.
      if (result.outcome == Outcome::kDone && !result.changed) result.outcome = Outcome::kNotDone;
      return result;
    });
  }
}

std::optional<int64_t> Workload::Read(Client& client, StoreClient& node, int64_t key) {
  {
    const std::lock_guard lock(mutex_);
    history_.Invoke(client.process, "read", Value(), Now(), Value::Int(key));
  }
  const StatusOr<Value> value = node.ReadRegister(key, options_.timeout);
  const std::lock_guard lock(mutex_);
  if (value.ok()) {
    ++counts_.done;
    history_.Ok(client.process, *value, Now());
    return value->is_int() ? std::optional(value->as_int()) : std::nullopt;
  }
  ++counts_.not_done;
  history_.Fail(client.process, Now());
  if (value.status().code() == absl::StatusCode::kDataLoss && harness_error_.ok()) {
    harness_error_ = value.status();
  }
  return std::nullopt;
}

void Workload::Mutate(Client& client, int64_t key, std::string_view f, Value argument,
                      const std::function<UpdateResult()>& run) {
  {
    const std::lock_guard lock(mutex_);
    history_.Invoke(client.process, f, argument, Now(), Value::Int(key));
  }
  const auto sent = RealClock::now();
  const UpdateResult result = run();
  const std::lock_guard lock(mutex_);
  Count(result, sent);
  switch (result.outcome) {
    case Outcome::kDone:
      return history_.Ok(client.process, std::move(argument), Now());
    case Outcome::kNotDone:
      return history_.Fail(client.process, Now());
    case Outcome::kUnknown:
      history_.Info(client.process, Now());
      client.process = next_process_++;
  }
}

void Workload::StepSet(Client& client) {
  StoreClient& node = client.nodes[client.random.Below(client.nodes.size())];
  const int64_t element = next_value_++;
  {
    const std::lock_guard lock(mutex_);
    elements_[element] = Outcome::kUnknown;
  }
  const auto sent = RealClock::now();
  const UpdateResult result = node.AddToSet(element, options_.timeout);
  const std::lock_guard lock(mutex_);
  Count(result, sent);
  elements_[element] = result.outcome;
}

// Under mutex_.
void Workload::Count(const UpdateResult& result, RealClock::time_point sent) {
  if (result.outcome == Outcome::kDone && armed_ && sent >= *armed_ && !first_ack_) {
    first_ack_ = RealClock::now();
  }
  ++(result.outcome == Outcome::kDone      ? counts_.done
     : result.outcome == Outcome::kNotDone ? counts_.not_done
                                           : counts_.unknown);
  const auto is = [&result](std::string_view status) { return result.message.starts_with(status); };
  // The requests are right and the paths exist: such an answer is a defect, of the store or of this
  // harness.
  const bool is_defect = is("HTTP 400") || is("HTTP 404") || is("HTTP 415") || is("HTTP 501");
  if (is_defect && harness_error_.ok()) harness_error_ = InvalidArgument(result.message);
}

void Workload::Note(std::string what) {
  const std::lock_guard lock(mutex_);
  history_.AddNote("nemesis", std::move(what), Now());
}

void Workload::ArmFirstAck() {
  const std::lock_guard lock(mutex_);
  armed_ = RealClock::now();
  first_ack_.reset();
}

std::optional<std::chrono::milliseconds> Workload::first_ack() const {
  const std::lock_guard lock(mutex_);
  if (!armed_ || !first_ack_) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(*first_ack_ - *armed_);
}

History Workload::TakeHistory() {
  const std::lock_guard lock(mutex_);
  return std::move(history_);
}

WorkloadCounts Workload::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

Status Workload::harness_error() const {
  const std::lock_guard lock(mutex_);
  return harness_error_;
}

size_t Workload::acknowledged_elements() const {
  const std::lock_guard lock(mutex_);
  return static_cast<size_t>(
      std::count_if(elements_.begin(), elements_.end(),
                    [](const auto& entry) { return entry.second == Outcome::kDone; }));
}

Status Workload::CheckSet(const std::vector<int64_t>& found) const {
  const std::lock_guard lock(mutex_);
  const std::set<int64_t> present(found.begin(), found.end());
  if (present.size() != found.size()) {
    return DataLoss("the set holds ", found.size() - present.size(), " elements twice");
  }
  std::vector<int64_t> lost;
  std::vector<int64_t> refused;
  for (const auto& [element, outcome] : elements_) {
    if (outcome == Outcome::kDone && !present.contains(element)) lost.push_back(element);
    if (outcome == Outcome::kNotDone && present.contains(element)) refused.push_back(element);
  }
  std::vector<int64_t> never_sent;
  for (const int64_t element : present) {
    const bool is_ours = element >= options_.first_value &&
                         element < options_.first_value + WorkloadOptions::kValuesMax;
    if (is_ours && !elements_.contains(element)) never_sent.push_back(element);
  }
  if (!lost.empty()) return DataLoss("acknowledged elements are lost: ", NameSome(lost));
  if (!refused.empty()) {
    return DataLoss("elements are there though the store said that nothing was done: ",
                    NameSome(refused));
  }
  if (!never_sent.empty()) return DataLoss("elements that nobody sent: ", NameSome(never_sent));
  return OkStatus();
}

}  // namespace quadraft::jepsen
