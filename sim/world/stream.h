// A stream between two processes: two directions, each an ordered queue of chunks on their way. A
// chunk that finds its link cut waits and tries again; when it has waited for stream_timeout, its
// sender's end breaks, and the other end hears of it when the link is whole again (until then it is
// half open, as with TCP).
//
// Back-pressure: at most kWindowBytes are on their way or unread at the receiver; the rest counts
// as unsent at the sender. Internal to sim/world.
#ifndef QUADRAFT_SIM_WORLD_STREAM_H_
#define QUADRAFT_SIM_WORLD_STREAM_H_

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/env/network.h"
#include "sim/world/network.h"

namespace quadraft::sim {

inline constexpr size_t kWindowBytes = 256u << 10;
inline constexpr size_t kChunkBytes = 64u << 10;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(SimNetwork* network, uint64_t id, uint32_t client, uint32_t server,
             std::string address);

  uint64_t id() const { return id_; }
  std::unique_ptr<Stream> OpenSide(int side);
  void OnCrash(uint32_t process);  // Its end goes without a word; the other hears of it.
  void Abandon();                  // The client stopped waiting for it.
  bool abandoned() const { return abandoned_; }
  bool IsBetween(uint32_t a, uint32_t b) const {
    return (ends_[0].process == a && ends_[1].process == b) ||
           (ends_[0].process == b && ends_[1].process == a);
  }
  bool open() const {
    return ends_[0].open && ends_[1].open && !ends_[0].closed && !ends_[1].closed;
  }
  void Reset();                        // Both ends hear of it.
  void Strand() { stranded_ = true; }  // Neither does, and nothing arrives any more.

  // What SimStream does, for its side.
  void SetHandlers(int side, Stream::Handlers handlers);
  void Write(int side, std::string bytes);
  size_t unsent(int side) const { return ends_[side].unsent; }
  void CloseWhenSent(int side);
  void Pause(int side, bool paused);
  void HandleGone(int side);  // The Stream was destroyed.
  std::string PeerName(int side) const;

 private:
  enum class ChunkKind : uint8_t { kData, kEnd, kReset };
  struct Chunk {
    ChunkKind kind;
    std::string bytes;
    int64_t not_before_ns;
  };
  struct End {
    uint32_t process = 0;
    bool open = false;  // A Stream exists and its process lives.
    bool gone = false;  // Destroyed or crashed; never opens again.
    bool paused = false;
    bool closing = false;     // CloseWhenSent was called (or the handle is gone).
    bool end_sent = false;    // kEnd or kReset is on its way or delivered: nothing follows it.
    bool closed = false;      // on_close was called or is scheduled.
    bool above_mark = false;  // unsent was above kStreamBufferBytes.
    bool arrival_scheduled = false;  // For outgoing.
    bool delivery_scheduled = false;
    std::shared_ptr<Stream::Handlers> handlers;
    std::deque<std::string> unsent_queue;
    size_t unsent = 0;
    size_t in_window = 0;        // Of outgoing bytes.
    std::deque<Chunk> outgoing;  // On their way to the other end.
    int64_t last_arrival_ns = 0;
    int64_t blocked_since_ns = -1;
    std::deque<Chunk> received;  // Arrived, not yet handed to on_data / on_close.
  };

  void Pump(int side);
  void Launch(int side, ChunkKind kind, std::string bytes);
  void ScheduleArrival(int side);
  void Arrive(int from_side);
  void ScheduleDelivery(int side);
  void DeliverReceived(int side);
  void CloseEnd(int side, Status status);
  void Break(int side, std::string_view why);  // This end gives up; the other one gets a reset.
  void NoteDrain(int side);

  SimNetwork* network_;
  uint64_t id_;
  std::string address_;
  bool abandoned_ = false;
  bool stranded_ = false;
  End ends_[2];
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORLD_STREAM_H_
