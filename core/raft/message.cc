#include "core/raft/message.h"

#include "core/base/strings.h"

namespace quadraft::raft {
namespace {

std::string DescribeBody(const VoteRequest& body) {
  return StrCat(body.pre ? "PreVote" : "Vote", " last=", body.last_index, "/", body.last_term,
                body.transfer ? " transfer" : "", body.waits ? "" : " waits_not");
}
std::string DescribeBody(const VoteReply& body) {
  return StrCat(body.pre ? "PreVoteReply " : "VoteReply ", body.granted ? "granted" : "refused",
                body.removed_at == LogIndex{} ? "" : StrCat(" removed_at=", body.removed_at),
                !body.promise_known ? " promise_unknown"
                : body.promise.left <= Duration(0)
                    ? ""
                    : StrCat(" promise=", body.promise.left / milliseconds(1), "ms of ",
                             body.promise.term, "/", body.promise.round));
}
std::string DescribeBody(const Append& body) {
  std::string out = StrCat("Append prev=", body.prev_index, "/", body.prev_term,
                           " commit=", body.commit, " entries=[");
  for (size_t i = 0; i < body.entries.size(); ++i) {
    StrAppend(&out, i == 0 ? "" : " ", body.entries[i].index, "/", body.entries[i].term);
  }
  return out + "]";
}
std::string DescribeBody(const AppendReply& body) {
  if (!body.rejected) return StrCat("AppendReply match=", body.index);
  return StrCat("AppendReply rejected=", body.index, " hint=", body.hint_index, "/",
                body.hint_term);
}
std::string DescribeBody(const Heartbeat& body) {
  return StrCat("Heartbeat commit=", body.commit, " round=", body.round,
                body.quiesce ? " quiesce" : "",
                body.lease <= Duration(0) ? "" : StrCat(" lease=", body.lease / milliseconds(1), "ms"),
                body.rank == 0 ? "" : StrCat(" rank=", body.rank));
}
std::string DescribeBody(const HeartbeatReply& body) {
  return StrCat("HeartbeatReply round=", body.round, body.quiesced ? " quiesced" : "",
                body.promised ? " promised" : "");
}
std::string DescribeBody(const SnapshotChunk& body) {
  return StrCat("SnapshotChunk at=", body.index, "/", body.index_term, " stream=", body.stream,
                " offset=", body.offset, " bytes=", body.data ? body.data->size() : 0,
                body.done ? " done" : "");
}
std::string DescribeBody(const SnapshotReply& body) {
  return StrCat("SnapshotReply at=", body.index, " stream=", body.stream,
                " next=", body.next_offset, body.failed ? " failed" : "",
                body.installed ? " installed" : "");
}
std::string DescribeBody(const TimeoutNow& body) {
  return body.waived_round == 0 ? "TimeoutNow" : StrCat("TimeoutNow waived=", body.waived_round);
}
std::string DescribeBody(const ReadIndexRequest& body) { return StrCat("ReadIndex id=", body.id); }
std::string DescribeBody(const ReadIndexReply& body) {
  return StrCat("ReadIndexReply id=", body.id,
                body.ok ? StrCat(" index=", body.index) : " refused");
}

}  // namespace

std::string Describe(const Message& message) {
  return StrCat(message.from, "->", message.to, " term=", message.term, " ",
                std::visit([](const auto& body) { return DescribeBody(body); }, message.body));
}

}  // namespace quadraft::raft
