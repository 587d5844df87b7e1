#include "jepsen/raft_trace/event.h"

#include <array>

#include "core/base/strings.h"

namespace quadraft::jepsen {
namespace {

constexpr std::array<std::string_view, 14> kNames = {
    "InitState",       "BecomeFollower", "BecomePreCandidate",
    "BecomeCandidate", "BecomeLeader",   "GrantVote",
    "Commit",          "Replicate",      "ChangeConf",
    "ApplyConfChange", "Ready",          "ApplySnapshot",
    "Compact",         "Crash"};
constexpr std::array<std::string_view, 4> kRoles = {"StateFollower", "StatePreCandidate",
                                                    "StateCandidate", "StateLeader"};
struct TypeNames {
  std::string_view type;   // etcd's raftpb.MessageType.
  std::string_view event;  // Behind Send and Receive.
};
// A heartbeat is an AppendEntriesRequest of its own subtype in etcd's specification, too.
constexpr std::array<TypeNames, 13> kTypes = {{{"MsgVote", "RequestVoteRequest"},
                                               {"MsgVoteResp", "RequestVoteResponse"},
                                               {"MsgPreVote", "RequestPreVoteRequest"},
                                               {"MsgPreVoteResp", "RequestPreVoteResponse"},
                                               {"MsgApp", "AppendEntriesRequest"},
                                               {"MsgAppResp", "AppendEntriesResponse"},
                                               {"MsgHeartbeat", "AppendEntriesRequest"},
                                               {"MsgHeartbeatResp", "AppendEntriesResponse"},
                                               {"MsgSnap", "Snapshot"},
                                               {"MsgSnapResp", "SnapshotResponse"},
                                               {"MsgTimeoutNow", "TimeoutNow"},
                                               {"MsgReadIndex", "ReadIndexRequest"},
                                               {"MsgReadIndexResp", "ReadIndexResponse"}}};

void Field(std::string* out, std::string_view name, uint64_t value) {
  StrAppend(out, ",\"", name, "\":", value);
}

void FieldUnlessZero(std::string* out, std::string_view name, uint64_t value) {
  if (value != 0) Field(out, name, value);
}

void AppendList(std::string* out, const std::vector<uint64_t>& list) {
  out->push_back('[');
  for (size_t i = 0; i < list.size(); ++i) StrAppend(out, i > 0 ? "," : "", list[i]);
  out->push_back(']');
}

void AppendRuns(std::string* out, const RaftTermRuns& runs) {
  out->append(",\"entries\":[");
  for (size_t i = 0; i < runs.size(); ++i) {
    StrAppend(out, i > 0 ? "," : "", "[", runs[i].first, ",", runs[i].second, "]");
  }
  out->push_back(']');
}

void AppendConfs(std::string* out, const RaftConfs& confs) {
  out->append(",\"confs\":[");
  for (size_t i = 0; i < confs.size(); ++i) {
    const auto& [index, conf] = confs[i];
    StrAppend(out, i > 0 ? "," : "", "[", index);
    for (const auto* list : {&conf.incoming, &conf.outgoing, &conf.learners, &conf.learners_next}) {
      out->push_back(',');
      AppendList(out, *list);
    }
    out->push_back(']');
  }
  out->push_back(']');
}

void AppendMessage(std::string* out, const RaftTraceMessage& message) {
  StrAppend(out, ",\"msg\":{\"type\":\"", NameOf(message.type), "\"");
  Field(out, "from", message.from);
  Field(out, "to", message.to);
  Field(out, "term", message.term);
  Field(out, "index", message.index);
  FieldUnlessZero(out, "logTerm", message.log_term);
  FieldUnlessZero(out, "commit", message.commit);
  if (message.reject) out->append(",\"reject\":true");
  if (message.done) out->append(",\"done\":true");
  FieldUnlessZero(out, "number", message.number);
  FieldUnlessZero(out, "offset", message.offset);
  FieldUnlessZero(out, "bytes", message.bytes);
  FieldUnlessZero(out, "digest", message.digest);
  if (!message.entries.empty()) AppendRuns(out, message.entries);
  if (!message.confs.empty()) AppendConfs(out, message.confs);
  out->push_back('}');
}

// A reader of what ToJson writes, whatever the order of the fields; any other JSON value is
// skipped. Nothing is copied; `fail` ends it.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  bool failed() const { return failed_; }
  bool AtEnd() {
    Space();
    return in_.empty();
  }

  // field(key) for each one.
  template <typename Fn>
  void Object(Fn field) {
    if (!Take('{')) return Fail();
    if (Take('}')) return;
    do {
      const std::string_view key = Text();
      if (!Take(':')) return Fail();
      field(key);
    } while (!failed_ && Take(','));
    if (!Take('}')) Fail();
  }
  template <typename Fn>
  void Array(Fn item) {
    if (!Take('[')) return Fail();
    if (Take(']')) return;
    do item();
    while (!failed_ && Take(','));
    if (!Take(']')) Fail();
  }
  uint64_t Number() {
    Space();
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(in_.data(), in_.data() + in_.size(), number);
    if (error != std::errc()) return Fail(), 0;
    in_.remove_prefix(static_cast<size_t>(end - in_.data()));
    return number;
  }
  bool Bool() {
    Space();
    for (const std::string_view word : {"true", "false"}) {
      if (!in_.starts_with(word)) continue;
      in_.remove_prefix(word.size());
      return word == "true";
    }
    return Fail(), false;
  }
  std::string_view Text() {
    if (!Take('"')) return Fail(), std::string_view();
    for (size_t i = 0; i < in_.size(); ++i) {
      if (in_[i] == '\\') {
        ++i;  // Whatever is escaped.
      } else if (in_[i] == '"') {
        const std::string_view text = in_.substr(0, i);
        in_.remove_prefix(i + 1);
        return text;
      }
    }
    return Fail(), std::string_view();
  }
  // Of any kind, at most that deep.
  void Skip(int depth = 32) {
    Space();
    if (in_.empty() || depth == 0) return Fail();
    switch (in_[0]) {
      case '{':
        return Object([&](std::string_view) { Skip(depth - 1); });
      case '[':
        return Array([&] { Skip(depth - 1); });
      case '"':
        Text();
        return;
      default:
        const size_t length = in_.find_first_of(",]} \t");
        if (length == 0) return Fail();
        in_.remove_prefix(std::min(length, in_.size()));
    }
  }
  bool Take(char c) {
    Space();
    if (in_.empty() || in_[0] != c) return false;
    in_.remove_prefix(1);
    return true;
  }
  void Fail() { failed_ = true; }

 private:
  void Space() {
    while (!in_.empty() && (in_[0] == ' ' || in_[0] == '\t')) in_.remove_prefix(1);
  }
  std::string_view in_;
  bool failed_ = false;
};

// Exactly these numbers.
template <typename... Numbers>
void ReadTuple(Reader& in, Numbers*... numbers) {
  const std::array<uint64_t*, sizeof...(numbers)> wanted = {numbers...};
  size_t at = 0;
  in.Array([&] {
    if (at == wanted.size()) return in.Fail();
    *wanted[at++] = in.Number();
  });
  if (at != wanted.size()) in.Fail();
}

void ReadRuns(Reader& in, RaftTermRuns* runs) {
  in.Array([&] {
    auto& run = runs->emplace_back();
    ReadTuple(in, &run.first, &run.second);
  });
}

void ReadConfs(Reader& in, RaftConfs* confs) {
  in.Array([&] {
    auto& entry = confs->emplace_back();
    uint64_t& index = entry.first;  // Not a structured binding: Clang 14's lambdas take none.
    auto& conf = entry.second;
    const std::array<std::vector<uint64_t>*, 4> lists = {&conf.incoming, &conf.outgoing,
                                                         &conf.learners, &conf.learners_next};
    size_t at = 0;
    in.Array([&] {
      if (at == 0) {
        index = in.Number();
      } else if (at <= lists.size()) {
        in.Array([&] { lists[at - 1]->push_back(in.Number()); });
      } else {
        in.Fail();
      }
      ++at;
    });
    if (at != lists.size() + 1) in.Fail();
  });
}

void ReadType(std::string_view text, RaftTraceMessage* message, Reader& in) {
  for (size_t i = 0; i < kTypes.size(); ++i) {
    if (kTypes[i].type != text) continue;
    message->type = static_cast<RaftMessageType>(i);
    return;
  }
  in.Fail();
}

void ReadMessage(Reader& in, RaftTraceMessage* message) {
  in.Object([&](std::string_view key) {
    const std::pair<std::string_view, uint64_t*> numbers[] = {
        {"from", &message->from},        {"to", &message->to},
        {"term", &message->term},        {"index", &message->index},
        {"logTerm", &message->log_term}, {"commit", &message->commit},
        {"number", &message->number},    {"offset", &message->offset},
        {"bytes", &message->bytes},      {"digest", &message->digest}};
    for (const auto& [name, number] : numbers) {
      if (key != name) continue;
      *number = in.Number();
      return;
    }
    if (key == "type") return ReadType(in.Text(), message, in);
    if (key == "entries") return ReadRuns(in, &message->entries);
    if (key == "confs") return ReadConfs(in, &message->confs);
    if (key != "reject" && key != "done") return in.Skip();
    (key == "reject" ? message->reject : message->done) = in.Bool();
  });
}

// False: there is no such name.
bool ReadName(std::string_view text, RaftEventName* name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] != text) continue;
    *name = static_cast<RaftEventName>(i);
    return true;
  }
  const bool send = text.starts_with("Send"), receive = text.starts_with("Receive");
  if (send) *name = RaftEventName::kSend;
  if (receive) *name = RaftEventName::kReceive;
  return send || receive;
}

bool ReadRole(std::string_view text, RaftRole* role) {
  for (size_t i = 0; i < kRoles.size(); ++i) {
    if (kRoles[i] != text) continue;
    *role = static_cast<RaftRole>(i);
    return true;
  }
  return false;
}

void ReadField(Reader& in, std::string_view key, RaftTraceEvent* event) {
  const std::pair<std::string_view, uint64_t*> numbers[] = {
      {"event", &event->event}, {"node", &event->node},          {"term", &event->term},
      {"vote", &event->vote},   {"commit", &event->commit},      {"last", &event->last},
      {"conf", &event->conf},   {"lastTerm", &event->last_term}, {"from", &event->from}};
  for (const auto& [name, number] : numbers) {
    if (key != name) continue;
    *number = in.Number();
    return;
  }
  if (key == "time") {
    event->time_ns = static_cast<int64_t>(in.Number());
  } else if (key == "role") {
    if (!ReadRole(in.Text(), &event->role)) in.Fail();
  } else if (key == "entries") {
    ReadRuns(in, &event->entries);
  } else if (key == "confs") {
    ReadConfs(in, &event->confs);
  } else if (key == "snapshot") {
    ReadTuple(in, &event->snapshot.first, &event->snapshot.second);
  } else if (key == "repairFloor") {
    event->repair_floor = in.Number();
  } else if (key == "durable") {
    RaftDurable& durable = event->durable;
    ReadTuple(in, &durable.term, &durable.vote, &durable.last, &durable.last_term);
  } else if (key == "msg") {
    ReadMessage(in, &event->message.emplace());
  } else {
    in.Skip();
  }
}

}  // namespace

std::string_view NameOf(RaftRole role) { return kRoles[static_cast<size_t>(role)]; }
std::string_view NameOf(RaftMessageType type) { return kTypes[static_cast<size_t>(type)].type; }

std::string NameOf(const RaftTraceEvent& event) {
  const auto name = static_cast<size_t>(event.name);
  if (name < kNames.size()) return std::string(kNames[name]);
  const std::string_view what =
      event.message ? kTypes[static_cast<size_t>(event.message->type)].event : "Nothing";
  return StrCat(event.name == RaftEventName::kSend ? "Send" : "Receive", what);
}

std::string Describe(const RaftConf& conf) {
  std::string out = "voters ";
  const auto list = [&out](const std::vector<uint64_t>& nodes) {
    out.push_back('(');
    for (size_t i = 0; i < nodes.size(); ++i) StrAppend(&out, i > 0 ? " " : "", nodes[i]);
    out.push_back(')');
  };
  list(conf.incoming);
  if (!conf.outgoing.empty()) {
    out.append(" && ");
    list(conf.outgoing);
  }
  if (!conf.learners.empty()) {
    out.append(" learners ");
    list(conf.learners);
  }
  return out;
}

std::string ToJson(const RaftTraceEvent& event) {
  std::string out = StrCat("{\"event\":", event.event, ",\"time\":", event.time_ns);
  Field(&out, "node", event.node);
  StrAppend(&out, ",\"name\":\"", NameOf(event), "\"");
  Field(&out, "term", event.term);
  Field(&out, "vote", event.vote);
  Field(&out, "commit", event.commit);
  StrAppend(&out, ",\"role\":\"", NameOf(event.role), "\"");
  Field(&out, "last", event.last);
  Field(&out, "lastTerm", event.last_term);
  Field(&out, "conf", event.conf);
  FieldUnlessZero(&out, "from", event.from);
  if (!event.entries.empty()) AppendRuns(&out, event.entries);
  if (!event.confs.empty()) AppendConfs(&out, event.confs);
  if (event.snapshot != std::pair<uint64_t, uint64_t>()) {
    StrAppend(&out, ",\"snapshot\":[", event.snapshot.first, ",", event.snapshot.second, "]");
  }
  FieldUnlessZero(&out, "repairFloor", event.repair_floor);
  if (const RaftDurable& durable = event.durable; durable != RaftDurable()) {
    StrAppend(&out, ",\"durable\":[", durable.term, ",", durable.vote, ",", durable.last, ",",
              durable.last_term, "]");
  }
  if (event.message) AppendMessage(&out, *event.message);
  out.push_back('}');
  return out;
}

StatusOr<RaftTraceEvent> ParseRaftTraceEvent(std::string_view line) {
  Reader in(line);
  RaftTraceEvent event;
  bool named = false;
  in.Object([&](std::string_view key) {
    if (key != "name") return ReadField(in, key, &event);
    named = ReadName(in.Text(), &event.name);
  });
  if (in.failed() || !in.AtEnd()) return InvalidArgument("not a JSON object of a Raft trace");
  if (!named) return InvalidArgument("an event without a known name");
  const bool speaks = event.name == RaftEventName::kSend || event.name == RaftEventName::kReceive;
  if (speaks != event.message.has_value()) {
    return InvalidArgument(NameOf(event), speaks ? " lacks its message" : " has a message");
  }
  if (event.node == 0) return InvalidArgument(NameOf(event), " of no node");
  return event;
}

}  // namespace quadraft::jepsen
