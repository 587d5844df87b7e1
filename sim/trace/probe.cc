#include "sim/trace/probe.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <utility>

#include "sim/trace/describe.h"

namespace quadraft::sim {
namespace {

// How far before the window causes and messages are remembered.
constexpr uint64_t kRunUp = 20'000;

std::string Hex(uint64_t number) {
  char text[20];
  std::snprintf(text, sizeof(text), "%016" PRIx64, number);
  return text;
}

std::string DescribeRaft(const raft::Raft* raft) {
  if (raft == nullptr) return "down";
  return StrCat(raft::RoleName(raft->role()), " of term ", raft->term(), ", vote ", raft->vote(),
                ", leader ", raft->leader(), ", commit ", raft->commit(), ", last ",
                raft->log().last_index(), "/", raft->log().last_term());
}

}  // namespace

void Probe::Begin(World* world, RaftOf raft_of) {
  world_ = world;
  raft_of_ = std::move(raft_of);
}

void Probe::End(std::string_view violation) {
  raft_of_ = nullptr;
  world_ = nullptr;
}

bool Probe::looking() const {
  const uint64_t now = world_->events();
  return now + kRunUp >= options_.first && now <= options_.last;
}

// What happens outside of any event belongs to the one before it.
void Probe::Note(std::string text) {
  if (!window_.empty()) window_.back().effects.push_back(std::move(text));
}

void Probe::BeforeEvent(const EventRecord& event, uint64_t id) {
  const uint64_t number = world_->events();
  if (number < options_.first || number > options_.last) return;
  char time[40];
  std::snprintf(time, sizeof(time), "%" PRId64 ".%09" PRId64, event.time_ns / 1'000'000'000,
                event.time_ns % 1'000'000'000);
  std::string what = StrCat("#", number, " ", time, " ", EventKindName(event.kind), " ",
                            event.node == NodeId{} ? std::string("world") : StrCat("n", event.node),
                            " digest ", Hex(event.digest));
  const auto cause =
      std::lower_bound(causes_.begin(), causes_.end(), id,
                       [](const Cause& c, uint64_t wanted) { return c.id < wanted; });
  if (cause != causes_.end() && cause->id == id) {
    StrAppend(&what, ", set by #", cause->event, " ", (event.time_ns - cause->time_ns) / 1000,
              " us before");
  }
  window_.push_back({.number = number, .what = std::move(what)});
  if (event.node != NodeId{}) raft_before_ = DescribeRaft(raft_of_(event.node));
}

void Probe::AfterEvent(const EventRecord& event) {
  const uint64_t number = world_->events();
  if (number % options_.checkpoint_every == 0) checkpoints_.push_back(world_->hash());
  if (number < options_.first || number > options_.last) return;
  if (event.node != NodeId{}) {
    std::string after = DescribeRaft(raft_of_(event.node));
    if (after != raft_before_) Note("raft: " + after);
  }
  Note("hash " + world_->hash().ToHex());
}

void Probe::OnSchedule(uint64_t id, EventKind kind, NodeId owner, int64_t at_ns) {
  if (!looking()) return;
  causes_.push_back({id, world_->events(), world_->now_ns()});
  if (causes_.size() > kCausesMax) causes_.pop_front();
  Note(StrCat("sets ", EventKindName(kind), " of ",
              owner == NodeId{} ? std::string("world") : StrCat("n", owner), " in ",
              at_ns - world_->now_ns(), " ns"));
}

void Probe::OnFold(EventKind kind, NodeId node, uint64_t digest) {
  if (looking()) Note(StrCat("folds ", EventKindName(kind), " of n", node, " ", Hex(digest)));
}

void Probe::OnSend(uint64_t message, NodeId from, NodeId to, Channel channel,
                   std::string_view payload, MessageFate fate) {
  if (!looking()) return;
  static constexpr std::string_view kFates[] = {"", " (lost)", " (cut)", " (queue full)",
                                                " (peer down)"};
  const MessageText described = DescribePayload(from, to, channel, payload);
  std::string text =
      StrCat(MessageKindName(described.kind), " n", from, "->n", to, ": ", described.text, ", ",
             payload.size(), " bytes ", Hex(Fingerprint64(payload)));
  Note(StrCat("sends ", text, kFates[static_cast<int>(fate)]));
  if (fate != MessageFate::kSent) return;
  messages_[message] = std::move(text);
  if (messages_.size() > kMessagesMax) messages_.erase(messages_.begin());
}

void Probe::OnArrival(uint64_t message, bool delivered) {
  if (!looking()) return;
  const auto known = messages_.find(message);
  const std::string text =
      known != messages_.end() ? known->second : StrCat("message ", message, ", sent long before");
  Note(StrCat(delivered ? "gets " : "loses (cut) ", text));
}

void Probe::OnLink(NodeId from, NodeId to, int cuts) {
  if (looking()) Note(StrCat("link n", from, "->n", to, " has ", cuts, " cuts"));
}

void Probe::OnProcess(NodeId node, ProcessChange change) {
  static constexpr std::string_view kNames[] = {"starts", "loses power", "is killed", "is paused",
                                                "goes on"};
  if (looking()) Note(StrCat("n", node, " ", kNames[static_cast<int>(change)]));
}

void Probe::OnLog(NodeId node, LogLevel level, std::string_view line) {
  if (looking()) Note(StrCat("n", node, " logs: ", line));
}

void Probe::OnFaultBegin(uint64_t fault, std::string_view name, std::string_view detail) {
  if (looking()) Note(StrCat("fault ", fault, " begins: ", name, " ", detail));
}

void Probe::OnFaultEnd(uint64_t fault) {
  if (looking()) Note(StrCat("fault ", fault, " ends"));
}

void Probe::OnInvoke(int64_t process, NodeId client, std::string_view text) {
  if (looking()) Note(StrCat("operation ", process, " of n", client, " begins: ", text));
}

void Probe::OnComplete(int64_t process, NodeId client, OperationOutcome outcome,
                       std::string_view text) {
  static constexpr std::string_view kNames[] = {"ok", "fail", "unknown"};
  if (looking()) {
    Note(StrCat("operation ", process, " of n", client,
                " ends: ", kNames[static_cast<int>(outcome)], " ", text));
  }
}

}  // namespace quadraft::sim
