#include "core/raft/testing/etcd_text.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "core/base/strings.h"

namespace quadraft::raft {
namespace {

constexpr std::string_view kAck = "MsgAppResp";

std::string Commit(LogIndex commit) {
  return commit == LogIndex{} ? "" : StrCat(" Commit:", commit);
}
std::string Body(const VoteRequest& body) {
  return StrCat(body.pre ? "MsgPreVote" : "MsgVote", "|",
                EtcdPosition(body.last_term, body.last_index));
}
std::string Body(const VoteReply& body) {
  return StrCat(body.pre ? "MsgPreVoteResp" : "MsgVoteResp", "|0/0",
                body.granted ? "" : " Rejected (Hint: 0)");
}
std::string Body(const Append& body, const ChangeNames& names) {
  std::string out =
      StrCat("MsgApp|", EtcdPosition(body.prev_term, body.prev_index), Commit(body.commit));
  if (body.entries.empty()) return out;
  std::string entries;
  for (const Entry& entry : body.entries) {
    StrAppend(&entries, entries.empty() ? "" : " ", EtcdEntry(entry, names));
  }
  return StrCat(out, " Entries:[", entries, "]");
}
std::string Body(const AppendReply& body) {
  if (!body.rejected) return StrCat(kAck, "|0/", body.index);
  const std::string hint = EtcdPosition(body.hint_term, body.hint_index);
  return StrCat(kAck, "|", hint.substr(0, hint.find('/')), "/", body.index,
                " Rejected (Hint: ", body.hint_index, ")");
}
std::string Body(const Heartbeat& body) { return StrCat("MsgHeartbeat|0/0", Commit(body.commit)); }
std::string Body(const HeartbeatReply& body) {
  return body.round == 0 ? "MsgAppResp|0/0" : "MsgHeartbeatResp|0/0";
}
std::string Body(const SnapshotChunk& body) {
  const auto configuration = DecodeConfiguration(body.configuration ? *body.configuration : "");
  return StrCat("MsgSnap|0/0 Snapshot: Index:", body.index,
                " Term:", EtcdPosition(body.index_term, body.index).substr(0, 1),
                " ConfState:", configuration.ok() ? EtcdConfState(*configuration) : "none");
}
std::string Body(const SnapshotReply& body) { return StrCat(kAck, "|0/", body.index); }
std::string Body(const TimeoutNow&) { return "MsgTimeoutNow|0/0"; }
std::string Body(const ReadIndexRequest&) { return "MsgReadIndex|0/0"; }
std::string Body(const ReadIndexReply&) { return "MsgReadIndexResp|0/0"; }

template <typename B>
std::string Body(const B& body, const ChangeNames&) {
  return Body(body);
}

std::string List(const NodeSet& nodes) {
  std::string out;
  for (NodeId node : nodes) StrAppend(&out, out.empty() ? "" : " ", node);
  return StrCat("[", out, "]");
}

constexpr std::string_view kSwitched = " switched to configuration ";

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

bool IsLog(std::string_view line) {
  if (line.find(kSwitched) != std::string_view::npos) return false;
  if (line.starts_with("raft: cannot step as peer not found")) return true;
  for (std::string_view level : {"INFO ", "DEBUG ", "WARN ", "ERROR "}) {
    if (line.starts_with(level)) return true;
  }
  return false;
}

// "A->B Msg...": between a node and its storage, or itself.
bool IsInternal(std::string_view line) {
  const size_t arrow = line.find("->");
  const size_t end = line.find(' ');
  if (arrow == std::string_view::npos || end == std::string_view::npos || end < arrow) return false;
  const std::string_view from = line.substr(0, arrow);
  const std::string_view to = line.substr(arrow + 2, end - arrow - 2);
  return from == to || from.ends_with("Thread") || to.ends_with("Thread");
}

// Lines with what follows an open bracket joined on, and a snapshot to its message; without the
// switch to a snapshot's configuration.
std::vector<std::string> JoinedLines(std::string_view output) {
  std::vector<std::string> lines;
  std::istringstream in{std::string(output)};
  bool open = false;
  bool restores = false;
  for (std::string raw; std::getline(in, raw);) {
    const std::string_view line = Trim(raw);
    if (line.empty()) continue;
    const bool by_snapshot = restores && line.find(kSwitched) != std::string_view::npos;
    restores = line.find("starts to restore snapshot") != std::string_view::npos;
    if (by_snapshot) continue;
    if (open) {
      const bool first = lines.back().ends_with('[');
      StrAppend(&lines.back(), first || line == "]" ? "" : " ", line);
      open = line != "]";
    } else if (line.starts_with("Snapshot: ") && !lines.empty()) {
      StrAppend(&lines.back(), " ", line);
    } else {
      open = line.ends_with('[');
      lines.emplace_back(line);
    }
  }
  return lines;
}

// How high a heading stands: a block of a node, a Ready, its messages, or 0 for what is none.
int HeadingLevel(std::string_view line) {
  if (line.starts_with("> ")) return 3;
  if (line.starts_with("Ready MustSync=")) return 2;
  return line == "Messages:" ? 1 : 0;
}

std::vector<std::string> WithoutEmptyHeadings(std::vector<std::string> lines) {
  std::vector<std::string> kept;
  for (size_t i = lines.size(); i-- > 0;) {
    const int level = HeadingLevel(lines[i]);
    const bool nothing_below = kept.empty() || HeadingLevel(kept.back()) >= level ||
                               (level == 1 && kept.back().find(kSwitched) != std::string::npos);
    if (level == 0 || !nothing_below) kept.push_back(std::move(lines[i]));
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

bool ContainsOne(const std::string& event, const std::vector<std::string>& parts) {
  return std::any_of(parts.begin(), parts.end(), [&](const std::string& part) {
    return event.find(part) != std::string::npos;
  });
}

// What our machine does not keep.
std::string WithoutForeignMarks(std::string line) {
  for (std::string_view mark : {" inactive", " pendingSnap="}) {
    const size_t at = line.find(mark);
    if (at == std::string::npos || line.find(": State") == std::string::npos) continue;
    line.erase(at, std::min(line.find(' ', at + 1), line.size()) - at);
  }
  return line;
}

}  // namespace

std::string EtcdPosition(RaftTerm term, LogIndex index) {
  if (index == LogIndex{}) return "0/0";
  return StrCat(std::max(term, RaftTerm{1}), "/", index);
}

std::string EtcdEntry(const Entry& entry, const ChangeNames& names) {
  const std::string position = StrCat(entry.term, "/", entry.index, " ");
  const std::string payload = entry.payload ? *entry.payload : std::string();
  if (entry.kind == EntryKind::kConfiguration) {
    const auto name = names.find({entry.index, entry.term});
    if (name != names.end()) return position + name->second;
    const auto configuration = DecodeConfiguration(payload);
    if (configuration.ok() && !configuration->joint()) return position + "EntryConfChangeV2";
    return position + "a configuration that nobody asked for";
  }
  std::string text;
  for (char c : payload) {
    if (c == '"') text += '\\';
    text += c;
  }
  return StrCat(position, "EntryNormal \"", text, "\"");
}

std::string EtcdConfState(const Configuration& configuration) {
  const ConfigurationState& state = configuration.state();
  return StrCat("Voters:", List(state.voters.incoming),
                " VotersOutgoing:", List(state.voters.outgoing), " Learners:", List(state.learners),
                " LearnersNext:", List(state.learners_next),
                " AutoLeave:", state.auto_leave ? "true" : "false");
}

std::string EtcdSwitch(NodeId node, const Configuration& configuration) {
  return StrCat("INFO ", node, kSwitched, Describe(configuration));
}

std::string EtcdRole(Role role) {
  switch (role) {
    case Role::kFollower:
      return "StateFollower";
    case Role::kPreCandidate:
      return "StatePreCandidate";
    case Role::kCandidate:
      return "StateCandidate";
    case Role::kLeader:
      return "StateLeader";
  }
  return "";
}

std::string EtcdMessage(const Message& message, const ChangeNames& names) {
  const std::string body = std::visit([&](const auto& b) { return Body(b, names); }, message.body);
  const size_t bar = body.find('|');
  return StrCat(message.from, "->", message.to, " ", body.substr(0, bar), " Term:", message.term,
                " Log:", body.substr(bar + 1));
}

std::string EtcdProgress(const Progress& progress, const Options& options) {
  const bool full = progress.inflight.full(options);
  std::string state = "StateReplicate";
  bool paused = full;
  if (progress.state == ProgressState::kProbe) {
    state = "StateProbe";
    paused = progress.probe_sent;
  } else if (progress.state == ProgressState::kSnapshot) {
    state = "StateSnapshot";
    paused = true;
  }
  std::string out = StrCat(state, " match=", progress.match, " next=", progress.next);
  if (paused) out += " paused";
  if (!progress.inflight.empty()) {
    StrAppend(&out, " inflight=", progress.inflight.size(), full ? "[full]" : "");
  }
  return out;
}

std::vector<std::string> EtcdEvents(std::string_view output) {
  std::vector<std::string> events;
  bool apply = false;  // Within a block of the apply thread.
  for (std::string& line : JoinedLines(output)) {
    if (line.starts_with("> ")) apply = line.ends_with("processing apply thread");
    if (apply || IsLog(line) || IsInternal(line)) continue;
    if (line == "ok" || line == "Processing:" || line == "Responses:") continue;
    const bool ack = line.find(kAck) != std::string::npos;
    if (ack && !events.empty() && events.back() == line) continue;
    events.push_back(WithoutForeignMarks(std::move(line)));
  }
  return WithoutEmptyHeadings(std::move(events));
}

std::vector<std::string> EventsWith(const std::vector<std::string>& events,
                                    const std::vector<std::string>& parts) {
  std::vector<std::string> some;
  for (const std::string& event : events) {
    if (ContainsOne(event, parts)) some.push_back(event);
  }
  return some;
}

std::vector<std::string> EventsWithout(const std::vector<std::string>& events,
                                       const std::vector<std::string>& parts) {
  std::vector<std::string> others;
  for (const std::string& event : events) {
    if (!ContainsOne(event, parts)) others.push_back(event);
  }
  return WithoutEmptyHeadings(std::move(others));
}

}  // namespace quadraft::raft
