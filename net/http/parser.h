// One HTTP/1.1 message out of bytes that come in any pieces: a thin, bounded wrapper of llhttp.
//
//   MessageParser parser(MessageParser::kRequest, limits);
//   size_t used = parser.Feed(bytes);         // Stops behind the message; the rest belongs to the next.
//   if (parser.failed()) ... parser.error() ...; else if (parser.complete()) { ...; parser.Reset(); }
//
// State goes kHead -> kBody -> kComplete, or to kFailed from anywhere. Owned by one connection.
#ifndef QUADRAFT_NET_HTTP_PARSER_H_
#define QUADRAFT_NET_HTTP_PARSER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "core/http/message.h"
#include "llhttp.h"

namespace quadraft::http {

struct ParserLimits {
  size_t target_bytes_max;
  size_t head_bytes_max;    // Also of what stands around the body: trailers and chunk extensions.
  size_t header_count_max;
  size_t body_bytes_max;
};

class MessageParser {
 public:
  enum Kind { kRequest, kResponse };
  enum class State { kHead, kBody, kComplete, kFailed };
  struct Error {
    int status = 0;       // The answer that says it to a client: 400, 413, 414, 431, 501, 505.
    std::string message;  // One line.
  };

  MessageParser(Kind kind, ParserLimits limits);
  MessageParser(const MessageParser&) = delete;
  MessageParser& operator=(const MessageParser&) = delete;

  // How many of `bytes` were taken: all of them unless the message ended (or failed) before. With stop_after_head, also
  // stops once when the head is complete, so that the caller can look at it; Feed goes on from there (call it then even
  // with no bytes: a message without a body completes).
  size_t Feed(std::string_view bytes);
  // The peer ended the stream: completes a response whose length was not given, fails anything else unfinished.
  void FeedEnd();
  void Reset();  // For the next message.

  State state() const { return state_; }
  bool complete() const { return state_ == State::kComplete; }
  bool failed() const { return state_ == State::kFailed; }
  bool started() const { return started_; }  // Some byte of the message has come.
  const Error& error() const { return error_; }

  // From the end of the head on. For responses the status stands in status().
  Request& message() { return message_; }
  int status() const { return status_; }
  bool keep_alive() const { return keep_alive_; }
  bool http_1_0() const { return http_1_0_; }
  bool body_announced() const { return chunked_ || content_length_ > 0; }
  uint64_t content_length() const { return content_length_; }  // Zero when chunked or absent.

  void set_stop_after_head(bool stop) { stop_after_head_ = stop; }
  void set_no_body(bool no_body) { no_body_ = no_body; }  // The next response answers a HEAD.
  // Takes the body's pieces instead of message().body; false fails the message.
  void set_body_sink(absl::AnyInvocable<bool(std::string_view)> sink) { body_sink_ = std::move(sink); }

 private:
  struct Hooks;  // llhttp's callbacks.
  int Fail(int status, std::string message);
  bool CountOverhead(size_t bytes);
  void FailFromLlhttp(int code);
  int OnHeadComplete();
  int CheckHead();
  int OnBody(std::string_view piece);

  const Kind kind_;
  const ParserLimits limits_;
  llhttp_t parser_;
  State state_ = State::kHead;
  Error error_;
  Request message_;
  int status_ = 0;
  bool started_ = false;
  bool keep_alive_ = false;
  bool http_1_0_ = false;
  bool chunked_ = false;
  bool in_value_ = false;
  bool stop_after_head_ = false;
  bool no_body_ = false;
  uint64_t content_length_ = 0;
  uint64_t body_bytes_ = 0;
  size_t overhead_bytes_ = 0;   // Seen by callbacks: names, values, extensions.
  size_t raw_head_bytes_ = 0;   // Fed in whole pieces before the head was complete.
  std::string target_;
  absl::AnyInvocable<bool(std::string_view)> body_sink_;
};

}  // namespace quadraft::http

#endif  // QUADRAFT_NET_HTTP_PARSER_H_
