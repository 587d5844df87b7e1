#include "core/raft/testing/etcd_state.h"

#include <algorithm>
#include <cstdlib>

#include "core/base/strings.h"

namespace quadraft::raft {
namespace {

bool IsNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "1/4 EntryNormal "a"".
bool IsEntry(std::string_view event) {
  const size_t slash = event.find('/');
  return slash != std::string_view::npos && IsNumber(event.substr(0, slash)) &&
         event.find(" Entry") != std::string_view::npos;
}

// What follows `key`, up to the first of `ends`.
std::string_view After(std::string_view text, std::string_view key, char end) {
  const size_t at = text.find(key);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + key.size());
  return text.substr(0, text.find(end));
}

// A snapshot's "Voters:[1 2] VotersOutgoing:[1] ..." as in "voters=(1 2)&&(1)".
std::string FromConfState(std::string_view text) {
  std::string out = StrCat("voters=(", After(text, "ConfState:Voters:[", ']'), ")");
  const auto add = [&](std::string_view before, std::string_view key) {
    const std::string_view nodes = After(text, key, ']');
    if (!nodes.empty()) StrAppend(&out, before, "(", nodes, ")");
  };
  add("&&", "VotersOutgoing:[");
  add(" learners=", "Learners:[");
  add(" learners_next=", "LearnersNext:[");
  if (After(text, "AutoLeave:", ' ') == "true") out += " autoleave";
  return out;
}

}  // namespace

void EtcdState::TakeEntry(std::string_view event, Node* applies) {
  const size_t slash = event.find('/') + 1;
  log_[std::strtoull(std::string(event.substr(slash)).c_str(), nullptr, 10)] = event;
  if (applies != nullptr) applies->applied = event.substr(0, event.find(' '));
}

void EtcdState::Take(const DataDrivenCase& command, const std::vector<std::string>& events) {
  std::string id;  // Of the node that the events are of.
  for (const auto& argument : command.arguments) {
    if (id.empty() && IsNumber(argument.key)) id = argument.key;
  }
  bool committed = false;
  for (const std::string& event : events) {
    if (event.starts_with("> ")) id = event.substr(2, event.find(' ', 2) - 2);
    const std::string_view switched = " switched to configuration ";
    const size_t at = event.find(switched);
    if (at != std::string::npos) {
      nodes_[std::string(After(event, "INFO ", ' '))].configuration =
          event.substr(at + switched.size());
    } else if (event.starts_with("Lead:")) {
      nodes_[id].soft = event;
    } else if (event.starts_with("HardState ")) {
      nodes_[id].hard = event;
    } else if (event.starts_with("Snapshot Index:")) {
      nodes_[id].applied = StrCat(After(event, " Term:", ' '), "/", After(event, "Index:", ' '));
      nodes_[id].configuration = FromConfState(event);
    } else if (IsEntry(event)) {
      TakeEntry(event, committed ? &nodes_[id] : nullptr);
    }
    committed = event == "CommittedEntries:" || (committed && IsEntry(event));
  }
}

std::vector<std::string> EtcdState::Lines() const {
  std::vector<std::string> lines;
  for (const auto& [id, node] : nodes_) {
    for (const std::string& line :
         {node.soft, node.hard, StrCat("applied ", node.applied), node.configuration}) {
      lines.push_back(StrCat(id, ": ", line));
    }
  }
  for (const auto& [index, entry] : log_) lines.push_back(StrCat("log: ", entry));
  return lines;
}

}  // namespace quadraft::raft
