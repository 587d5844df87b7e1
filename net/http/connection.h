// One client's connection: bytes -> requests -> handler, and the answers back, one exchange at a time.
//
// kIdle -> kHead -> kBody -> kBusy (handler at work) -> kIdle ... ; kLingering: we have ended it and wait for the client's
// end, so that unread bytes do not reset the connection under our last answer; kDead: gone, waiting for its removal.
// One timer serves all deadlines: it is only ever moved later, by looking again when it fires.
#ifndef QUADRAFT_NET_HTTP_CONNECTION_H_
#define QUADRAFT_NET_HTTP_CONNECTION_H_

#include <memory>
#include <string>
#include <string_view>

#include "core/env/env.h"
#include "net/http/encode.h"
#include "net/http/exchange.h"
#include "net/http/parser.h"
#include "net/http/server.h"

namespace quadraft::http::server_internal {

// What a connection needs of its server.
class ConnectionHost {
 public:
  virtual ~ConnectionHost() = default;
  virtual Env& env() = 0;
  virtual const ServerOptions& options() const = 0;
  virtual ServerStats& stats() = 0;
  virtual bool stopping() const = 0;
  virtual void Handle(Request request, ResponseWriter writer) = 0;
  // Adds to the bytes of bodies held by all connections; false (and nothing added) over bodies_bytes_max.
  virtual bool ReserveBodyBytes(size_t bytes) = 0;
  virtual void ReleaseBodyBytes(size_t bytes) = 0;
  virtual void Remove(uint64_t connection_id) = 0;  // Destroys it later, from the loop.
};

class Connection {
 public:
  Connection(ConnectionHost& host, uint64_t id, std::unique_ptr<Stream> stream);
  ~Connection();  // The exchange under way learns that its client has gone.
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Start();                       // Begins to read.
  void Refuse(int status, std::string_view reason);  // Instead of Start: answers, then ends.
  void StopWhenIdle();                // Graceful stop: ends now when idle, else after the answer.

  // For ResponseWriter; the exchange is the current one.
  void SendHead(Exchange& exchange, int status, const Headers& headers, Framing framing,
                std::string body);
  void SendBody(Exchange& exchange, std::string bytes);
  void EndExchange(Exchange& exchange);  // The answer is whole.
  void Break();                          // Ends the connection without ending the answer.
  size_t unsent_bytes() const { return stream_ == nullptr ? 0 : stream_->unsent_bytes(); }
  void WaitWritable(Exchange& exchange, absl::AnyInvocable<void(Status)> done);

 private:
  enum class Phase { kIdle, kHead, kBody, kBusy, kLingering, kDead };

  void OnData(std::string_view bytes);
  void OnDrain();
  void OnClose();
  void Parse(std::string_view bytes);
  void ParsePending();
  bool AccountBody();                   // False: rejected.
  bool AnswerExpectation();             // False: rejected.
  void Dispatch();
  void Reject(int status, std::string_view reason);
  void Linger();
  void Die();
  void DropExchange();
  void EnterReadingPhase();             // Sets phase and deadline by what the parser has seen.
  void SetDeadline(Duration from_now);
  void OnTimer();
  void OnDeadline();
  bool ClientTookBytes();               // Since the last look.

  ConnectionHost& host_;
  const uint64_t id_;
  std::unique_ptr<Stream> stream_;
  MessageParser parser_;
  Phase phase_ = Phase::kIdle;
  std::shared_ptr<Exchange> exchange_;
  std::string pending_;                 // Bytes of later requests, at most kPipelineBytesMax and one read.
  bool parsing_ = false;
  bool paused_ = false;
  bool head_seen_ = false;              // The expectation of this request has been dealt with.
  bool keep_alive_ = true;              // After the current exchange.
  size_t body_reserved_ = 0;
  uint64_t written_bytes_ = 0;
  uint64_t taken_bytes_seen_ = 0;
  MonotonicTime deadline_;
  MonotonicTime timer_at_;
  TimerId timer_;
  std::shared_ptr<Connection*> alive_;  // For posted closures: null content when gone.
};

}  // namespace quadraft::http::server_internal

#endif  // QUADRAFT_NET_HTTP_CONNECTION_H_
