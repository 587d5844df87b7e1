#include "net/env/tcp_stream.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "core/base/check.h"

namespace quadraft::net {
namespace {

constexpr size_t kReadBytes = 64u << 10;
constexpr int kReadsPerEvent = 4;  // Then the others have their turn (level-triggered: we are called again).
constexpr int kPiecesPerWrite = 16;
constexpr Duration kLingerMax = seconds(10);

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(EventLoop& loop, std::unique_ptr<Transport> transport, std::string peer,
             StreamTuning tuning)
      : loop_(loop), transport_(std::move(transport)), peer_(std::move(peer)), tuning_(tuning) {}

  void SetHandlers(Stream::Handlers handlers) {
    QR_CHECK(!handlers_set_) << "SetHandlers is called once";
    handlers_set_ = true;
    handlers_ = std::move(handlers);
    if (transport_ != nullptr) StartWatching();
  }

  void Write(std::string bytes) {
    if (transport_ == nullptr || write_broken_ || closing_ || bytes.empty()) return;
    unsent_ += bytes.size();
    queue_.push_back(std::move(bytes));
    if (unsent_ > tuning_.drain_bytes) above_mark_ = true;
    ScheduleFlush();
  }

  void CloseWhenSent() {
    if (closing_) return;
    closing_ = true;
    ScheduleFlush();
  }

  void PauseReading(bool paused) {
    paused_ = paused;
    UpdateInterest();
  }

  size_t unsent_bytes() const { return unsent_; }
  const std::string& peer() const { return peer_; }

  // The handle is gone. `handlers_` may be running up the stack: they die with the connection, uncalled. What is queued
  // behind CloseWhenSent still goes out, for kLingerMax at most; anything else unsent is a break that the peer must see.
  void Abandon() {
    abandoned_ = true;
    if (transport_ == nullptr) return;
    if (closing_ && !write_ended_ && !write_broken_) {
      linger_timer_ =
          loop_.RunAfter(kLingerMax, [self = shared_from_this()] { self->CloseTransport(); });
      if (watch_ == nullptr) StartWatching();
      ScheduleFlush();
      return;
    }
    CloseTransport();
  }

 private:
  void StartWatching() {
    watch_ = loop_.WatchFd(transport_->fd(), 0, [weak = weak_from_this()](uint32_t events) {
      if (auto self = weak.lock()) self->OnEvents(events);
    });
    UpdateInterest();
  }

  void CloseTransport() {
    if (transport_ != nullptr && unsent_ > 0) transport_->ResetOnClose();
    watch_ = nullptr;
    transport_ = nullptr;
    queue_.clear();
    unsent_ = 0;
    loop_.Cancel(linger_timer_);
  }

  void ScheduleFlush() {
    if (flush_posted_ || waiting_to_write_) return;
    flush_posted_ = true;
    loop_.Post([weak = weak_from_this()] {
      auto self = weak.lock();
      if (self == nullptr) return;
      self->flush_posted_ = false;
      self->Flush();
    });
  }

  void OnEvents(uint32_t events) {
    const auto keep = shared_from_this();
    if ((events & EPOLLOUT) != 0) Flush();
    if (transport_ == nullptr) return;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) == 0) return;
    if (paused_) {  // Hung up: level-triggered events would spin until reading goes on, which will find out.
      hung_up_ = true;
      UpdateInterest();
      return;
    }
    ReadSome();
  }

  void ReadSome() {
    static thread_local std::vector<char> buffer(kReadBytes);
    for (int i = 0; i < kReadsPerEvent; ++i) {
      if (transport_ == nullptr || paused_ || closed_) return;
      size_t count = 0;
      int error = 0;
      switch (transport_->Read(buffer.data(), buffer.size(), &count, &error)) {
        case Transport::Result::kBytes:
          if (handlers_.on_data && !abandoned_) handlers_.on_data({buffer.data(), count});
          if (count < buffer.size()) return;  // Very likely all there was.
          break;
        case Transport::Result::kWouldBlock:
          return;
        case Transport::Result::kEnd:
          Close(write_broken_ ? Broken(write_error_) : OkStatus());
          return;
        case Transport::Result::kBroken:
          Close(Broken(error));
          return;
      }
    }
  }

  Status Broken(int error) const {
    char text[128];
    return Unavailable("connection to ", peer_, " broke: ", strerror_r(error, text, sizeof(text)));
  }

  void Close(Status status) {
    closed_ = true;
    unsent_ = 0;  // Given up; the descriptor closes without more ado.
    CloseTransport();
    if (handlers_.on_close && !abandoned_) handlers_.on_close(std::move(status));
  }

  void Flush() {
    while (transport_ != nullptr && !write_broken_ && !queue_.empty()) {
      Transport::Piece pieces[kPiecesPerWrite];
      int piece_count = 0;
      for (const std::string& bytes : queue_) {
        if (piece_count == kPiecesPerWrite) break;
        const size_t skip = piece_count == 0 ? front_sent_ : 0;
        pieces[piece_count++] = {bytes.data() + skip, bytes.size() - skip};
      }
      size_t count = 0;
      int error = 0;
      const auto result = transport_->Write(pieces, piece_count, &count, &error);
      if (result == Transport::Result::kBytes) {
        Consume(count);
      } else if (result == Transport::Result::kWouldBlock) {
        break;
      } else {
        // What the peer sent before it broke off is still to be read: the end comes from there.
        write_broken_ = true;
        write_error_ = error;
        queue_.clear();
        unsent_ = 0;
      }
    }
    if (transport_ == nullptr) return;
    if (queue_.empty() && closing_ && !write_ended_ && !write_broken_) {
      write_ended_ = true;
      transport_->EndWriting();
    }
    if (abandoned_) {
      if (queue_.empty()) CloseTransport();
      if (transport_ == nullptr) return;
    }
    waiting_to_write_ = !queue_.empty();
    UpdateInterest();
    if (above_mark_ && !abandoned_ && unsent_ <= tuning_.drain_bytes / 2 && handlers_set_) {
      above_mark_ = false;
      if (handlers_.on_drain) handlers_.on_drain();
    }
  }

  void Consume(size_t count) {
    unsent_ -= count;
    count += front_sent_;
    while (!queue_.empty() && count >= queue_.front().size()) {
      count -= queue_.front().size();
      queue_.pop_front();
    }
    front_sent_ = count;
  }

  void UpdateInterest() {
    if (watch_ == nullptr) return;
    uint32_t events = 0;
    if (!paused_) {
      hung_up_ = false;
      events |= EPOLLIN | EPOLLRDHUP;
    }
    if (waiting_to_write_) events |= EPOLLOUT;
    if (events == 0 && !hung_up_) events = EPOLLET;  // Only to hear, once, of a break.
    if (hung_up_) events = 0;
    if (events == events_) return;
    events_ = events;
    watch_->SetEvents(events);
  }

  EventLoop& loop_;
  std::unique_ptr<Transport> transport_;
  const std::string peer_;
  const StreamTuning tuning_;
  Stream::Handlers handlers_;
  std::unique_ptr<EventLoop::Watch> watch_;  // Destroyed before transport_ (below Abandon, Close too).
  uint32_t events_ = 0;
  std::deque<std::string> queue_;
  size_t front_sent_ = 0;
  size_t unsent_ = 0;
  bool handlers_set_ = false;
  bool paused_ = false;
  bool hung_up_ = false;
  bool closing_ = false;
  bool write_ended_ = false;
  bool write_broken_ = false;
  int write_error_ = 0;
  bool closed_ = false;
  bool abandoned_ = false;
  TimerId linger_timer_;
  bool above_mark_ = false;
  bool flush_posted_ = false;
  bool waiting_to_write_ = false;
};

class TcpStream : public Stream {
 public:
  explicit TcpStream(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  ~TcpStream() override { connection_->Abandon(); }

  void SetHandlers(Handlers handlers) override { connection_->SetHandlers(std::move(handlers)); }
  void Write(std::string bytes) override { connection_->Write(std::move(bytes)); }
  size_t unsent_bytes() const override { return connection_->unsent_bytes(); }
  void CloseWhenSent() override { connection_->CloseWhenSent(); }
  void PauseReading(bool paused) override { connection_->PauseReading(paused); }
  std::string peer() const override { return connection_->peer(); }

 private:
  std::shared_ptr<Connection> connection_;
};

}  // namespace

std::unique_ptr<Stream> MakeTcpStream(EventLoop& loop, std::unique_ptr<Transport> transport,
                                      std::string peer, StreamTuning tuning) {
  return std::make_unique<TcpStream>(
      std::make_shared<Connection>(loop, std::move(transport), std::move(peer), tuning));
}

}  // namespace quadraft::net
