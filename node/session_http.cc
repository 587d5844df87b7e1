#include "node/session_http.h"

#include <charconv>

#include "node/json.h"
#include "sparql/protocol/errors.h"

namespace quadraft::node {
namespace {

using txn::SessionVerdict;

constexpr std::string_view kSession = "quadraft-session", kSequence = "quadraft-sequence",
                           kAcknowledged = "quadraft-acknowledged";

std::optional<uint64_t> Number(std::string_view text) {
  uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

StatusOr<txn::SessionId> DecodeSessionId(std::string_view text) {
  const auto id = txn::ParseSessionId(text);
  if (!id) return InvalidArgument("'", text, "' is no session: expected what POST /sessions answers, like 17-0123456789abcdef");
  return *id;
}

StatusOr<std::optional<proto::SessionRequest>> DecodeSessionHeaders(const http::Headers& headers) {
  const std::string_view session = http::Find(headers, kSession), sequence_text = http::Find(headers, kSequence),
                         acknowledged_text = http::Find(headers, kAcknowledged);
  if (session.empty() && sequence_text.empty() && acknowledged_text.empty()) return std::optional<proto::SessionRequest>();
  if (session.empty()) return InvalidArgument("Quadraft-Sequence and Quadraft-Acknowledged need Quadraft-Session");
  QR_ASSIGN_OR_RETURN(const txn::SessionId id, DecodeSessionId(session));
  const auto sequence = Number(sequence_text);
  if (!sequence || *sequence == 0) {
    return InvalidArgument("Quadraft-Sequence: expected a number, 1 for the session's first update, not '", sequence_text, "'");
  }
  // Unless the client says otherwise it has what lies a window back.
  uint64_t kept_from = *sequence >= txn::kSessionWindow ? *sequence - txn::kSessionWindow + 1 : 1;
  if (!acknowledged_text.empty()) {
    const auto acknowledged = Number(acknowledged_text);
    if (!acknowledged || *acknowledged >= *sequence) {
      return InvalidArgument("Quadraft-Acknowledged: expected a number below Quadraft-Sequence ", *sequence, ", not '",
                             acknowledged_text, "'");
    }
    kept_from = *acknowledged + 1;
  }
  proto::SessionRequest request;
  request.set_kind(proto::SessionRequest::UPDATE);
  request.set_number(id.index.value());
  request.set_key(id.key);
  request.set_sequence(*sequence);
  request.set_kept_from(kept_from);
  return std::optional(std::move(request));
}

std::string SessionJson(const proto::MutationResponse& registered) {
  JsonObject body;
  body.Add("session", txn::FormatSessionId({LogIndex{registered.log_index()}, registered.session_key()}));
  body.Add("window", txn::kSessionWindow);
  body.Add("timeout_ms", uint64_t{registered.session_timeout_ms()});
  return body.Text();
}

Status SessionError(const proto::MutationResponse& response) {
  switch (static_cast<SessionVerdict>(response.session_verdict())) {
    case SessionVerdict::kUnknownSession:
      return sparql::Gone(
          "the session is not known: it expired, was closed, or had to make room. This request did nothing; whether an earlier copy "
          "of it was done is not known: look, then register a new session (POST /sessions)");
    case SessionVerdict::kSequenceTooOld:
      return sparql::Gone(StrCat("the session keeps outcomes from sequence ", response.kept_from(),
                                 " on. This request did nothing; whether an earlier copy of it was done is not known: look"));
    case SessionVerdict::kWindowFull:
      return ResourceExhausted("the session keeps outcomes from sequence ", response.kept_from(), " on, ", txn::kSessionWindow,
                               " at most: wait for the answers of earlier updates and say so in Quadraft-Acknowledged");
    case SessionVerdict::kOtherRequest:
      return sparql::UnprocessableContent(
          "the sequence was used for another update, which stays as it is; give each update a sequence of its own");
    case SessionVerdict::kDone:
    case SessionVerdict::kRepeated:
      break;
  }
  return Status(static_cast<absl::StatusCode>(response.code()), Absl(response.message()));
}

std::string_view OutcomeOf(const StatusOr<proto::MutationResponse>& response) {
  if (!response.ok()) {
    const absl::StatusCode code = response.status().code();
    const bool unknown = code == absl::StatusCode::kDeadlineExceeded || code == absl::StatusCode::kInternal ||
                         code == absl::StatusCode::kUnknown || code == absl::StatusCode::kDataLoss;
    return unknown ? "unknown" : "none";
  }
  const auto verdict = static_cast<SessionVerdict>(response->session_verdict());
  if (verdict > SessionVerdict::kRepeated) return "none";
  return verdict == SessionVerdict::kRepeated ? "repeated" : "done";
}

}  // namespace quadraft::node
