#include "sim/world/stream.h"

#include <algorithm>
#include <utility>

#include "core/base/hash.h"
#include "sim/world/world.h"

namespace quadraft::sim {

class SimStream : public Stream {
 public:
  SimStream(std::shared_ptr<Connection> connection, int side)
      : connection_(std::move(connection)), side_(side) {}
  ~SimStream() override { connection_->HandleGone(side_); }
  void SetHandlers(Handlers handlers) override {
    connection_->SetHandlers(side_, std::move(handlers));
  }
  void Write(std::string bytes) override { connection_->Write(side_, std::move(bytes)); }
  size_t unsent_bytes() const override { return connection_->unsent(side_); }
  void CloseWhenSent() override { connection_->CloseWhenSent(side_); }
  void PauseReading(bool paused) override { connection_->Pause(side_, paused); }
  std::string peer() const override { return connection_->PeerName(side_); }

 private:
  std::shared_ptr<Connection> connection_;
  int side_;
};

Connection::Connection(SimNetwork* network, uint64_t id, uint32_t client, uint32_t server,
                       std::string address)
    : network_(network), id_(id), address_(std::move(address)) {
  ends_[0].process = client;
  ends_[1].process = server;
}

std::unique_ptr<Stream> Connection::OpenSide(int side) {
  ends_[side].open = true;
  return std::make_unique<SimStream>(shared_from_this(), side);
}

std::string Connection::PeerName(int side) const {
  const NodeId peer = network_->world_->process_at(ends_[1 - side].process).id();
  return side == 0 ? address_ : StrCat("node", peer, ":", 50000 + id_ % 10000);
}

void Connection::SetHandlers(int side, Stream::Handlers handlers) {
  End& end = ends_[side];
  if (!end.open) return;
  end.handlers = std::make_shared<Stream::Handlers>(std::move(handlers));
  ScheduleDelivery(side);
}

void Connection::Write(int side, std::string bytes) {
  End& end = ends_[side];
  if (!end.open || end.closed || end.closing || bytes.empty()) return;
  end.unsent += bytes.size();
  end.unsent_queue.push_back(std::move(bytes));
  Pump(side);
  if (end.unsent > kStreamBufferBytes) end.above_mark = true;
}

void Connection::CloseWhenSent(int side) {
  if (!ends_[side].open) return;
  ends_[side].closing = true;
  Pump(side);
}

void Connection::Pause(int side, bool paused) {
  if (ends_[side].paused == paused) return;
  ends_[side].paused = paused;
  if (!paused) ScheduleDelivery(side);
}

void Connection::HandleGone(int side) {
  End& end = ends_[side];
  if (end.gone) return;
  end.open = false;
  end.gone = true;
  const std::shared_ptr<Stream::Handlers> dying = std::move(end.handlers);
  if (!end.closing) {
    const bool whole = end.unsent == 0;  // Cut short, the peer must be able to tell.
    end.unsent_queue.clear();
    end.unsent = 0;
    if (!end.end_sent) Launch(side, whole ? ChunkKind::kEnd : ChunkKind::kReset, {});
  }
  for (const Chunk& chunk : end.received) ends_[1 - side].in_window -= chunk.bytes.size();
  end.received.clear();
}

void Connection::Abandon() {
  abandoned_ = true;
  if (ends_[0].gone) return;
  ends_[0].gone = true;
  if (!ends_[0].end_sent) Launch(0, ChunkKind::kReset, {});
}

void Connection::OnCrash(uint32_t process) {
  for (int side = 0; side < 2; ++side) {
    End& end = ends_[side];
    if (end.process != process) continue;
    const bool was_open = end.open;
    end.open = false;
    end.gone = true;
    end.closed = true;
    network_->world_->Bury(std::move(end.handlers));
    end.unsent_queue.clear();
    end.unsent = 0;
    end.received.clear();
    ends_[1 - side].outgoing.clear();  // Their arrival events died with the process.
    ends_[1 - side].arrival_scheduled = false;
    if (!was_open) {
      abandoned_ = true;
    }
    if (!end.end_sent) Launch(side, ChunkKind::kReset, {});
  }
}

// Moves what fits into the window onto the link, then the end mark when the stream is closing.
void Connection::Pump(int side) {
  End& end = ends_[side];
  while (!end.unsent_queue.empty() && end.in_window < kWindowBytes) {
    std::string& front = end.unsent_queue.front();
    std::string bytes;
    if (front.size() <= kChunkBytes) {
      bytes = std::move(front);
      end.unsent_queue.pop_front();
    } else {
      bytes = front.substr(0, kChunkBytes);
      front.erase(0, kChunkBytes);
    }
    end.unsent -= bytes.size();
    end.in_window += bytes.size();
    network_->counters_.stream_bytes += bytes.size();
    Launch(side, ChunkKind::kData, std::move(bytes));
  }
  NoteDrain(side);
  if (end.closing && end.unsent_queue.empty() && !end.end_sent) Launch(side, ChunkKind::kEnd, {});
}

void Connection::Reset() {
  for (int side = 0; side < 2; ++side) Break(side, "connection reset by peer");
}

void Connection::NoteDrain(int side) {
  End& end = ends_[side];
  if (!end.above_mark || end.unsent > kStreamBufferBytes / 2 || !end.open) return;
  end.above_mark = false;
  network_->world_->Schedule(Duration(1000), EventKind::kStream, end.process, 5,
                             [self = shared_from_this(), side] {
                               const auto handlers = self->ends_[side].handlers;
                               if (handlers && handlers->on_drain) handlers->on_drain();
                             });
}

void Connection::Launch(int side, ChunkKind kind, std::string bytes) {
  End& end = ends_[side];
  if (end.end_sent) return;
  if (kind != ChunkKind::kData) end.end_sent = true;
  const uint32_t peer = ends_[1 - side].process;
  Duration delay = network_->DrawDelay(end.process, peer);
  if (kind == ChunkKind::kData && network_->DrawLoss(end.process, peer))
    delay += network_->options_.retransmit;
  if (network_->now_.bytes_per_second > 0) {
    delay += network_->Transmission(end.process, bytes.size());
  }
  const int64_t at = std::max(end.last_arrival_ns + 1, network_->world_->now_ns() + delay.count());
  end.last_arrival_ns = at;
  end.outgoing.push_back({kind, std::move(bytes), at});
  ScheduleArrival(side);
}

void Connection::ScheduleArrival(int side) {
  End& end = ends_[side];
  const End& peer = ends_[1 - side];
  if (end.arrival_scheduled || end.outgoing.empty()) return;
  if (peer.gone) {  // Nobody is there to hear; a sender of data learns that.
    const bool data = end.outgoing.front().kind == ChunkKind::kData;
    end.outgoing.clear();
    end.in_window = 0;
    if (data && end.open && !end.closed && peer.end_sent == false) Break(side, "connection reset");
    return;
  }
  end.arrival_scheduled = true;
  World& world = *network_->world_;
  const int64_t wait = std::max<int64_t>(0, end.outgoing.front().not_before_ns - world.now_ns());
  const uint64_t digest = Fingerprint64(end.outgoing.front().bytes, id_);
  world.Schedule(Duration(wait), EventKind::kStream, peer.process, digest,
                 [self = shared_from_this(), side] { self->Arrive(side); });
}

void Connection::Arrive(int from_side) {
  End& from = ends_[from_side];
  End& to = ends_[1 - from_side];
  from.arrival_scheduled = false;
  if (from.outgoing.empty()) return;
  World& world = *network_->world_;
  if (stranded_) {
    ++network_->counters_.stranded;
    if (!from.open || from.closed) {  // Nobody waits for an acknowledgement.
      from.outgoing.clear();
      return;
    }
  }
  if (stranded_ || !network_->Passes(from.process, to.process)) {
    if (!stranded_) network_->CountStopped(from.process, to.process);
    if (from.blocked_since_ns < 0) from.blocked_since_ns = world.now_ns();
    const bool waits_for_data = from.outgoing.front().kind != ChunkKind::kReset;
    if (waits_for_data && from.open && !from.closed &&
        world.now_ns() - from.blocked_since_ns > network_->options_.stream_timeout.count()) {
      Break(from_side, "connection timed out");
    }
    if (from.outgoing.empty()) return;
    from.outgoing.front().not_before_ns = world.now_ns() + network_->options_.retransmit.count();
    ScheduleArrival(from_side);
    return;
  }
  from.blocked_since_ns = -1;
  Chunk chunk = std::move(from.outgoing.front());
  from.outgoing.pop_front();
  if (to.gone) {
    from.in_window -= std::min(from.in_window, chunk.bytes.size());
  } else {
    to.received.push_back(std::move(chunk));
  }
  ScheduleArrival(from_side);
  DeliverReceived(1 - from_side);
}

void Connection::ScheduleDelivery(int side) {
  End& end = ends_[side];
  if (end.delivery_scheduled || end.received.empty() || !end.open) return;
  end.delivery_scheduled = true;
  network_->world_->Schedule(Duration(1000), EventKind::kStream, end.process, 6,
                             [self = shared_from_this(), side] {
                               self->ends_[side].delivery_scheduled = false;
                               self->DeliverReceived(side);
                             });
}

void Connection::DeliverReceived(int side) {
  End& end = ends_[side];
  while (!end.received.empty() && end.open && end.handlers && !end.paused && !end.closed) {
    Chunk chunk = std::move(end.received.front());
    end.received.pop_front();
    const auto handlers = end.handlers;  // Lives through its own call.
    if (chunk.kind == ChunkKind::kData) {
      End& sender = ends_[1 - side];
      sender.in_window -= std::min(sender.in_window, chunk.bytes.size());
      Pump(1 - side);
      if (handlers->on_data) handlers->on_data(chunk.bytes);
    } else {
      CloseEnd(side, chunk.kind == ChunkKind::kEnd ? OkStatus()
                                                   : Unavailable("connection reset by peer"));
    }
  }
}

void Connection::CloseEnd(int side, Status status) {
  End& end = ends_[side];
  if (end.closed) return;
  end.closed = true;
  if (!status.ok()) ++network_->counters_.streams_broken;
  end.unsent_queue.clear();
  end.unsent = 0;
  const auto handlers = end.handlers;
  if (handlers && handlers->on_close) handlers->on_close(std::move(status));
}

void Connection::Break(int side, std::string_view why) {
  End& end = ends_[side];
  end.unsent_queue.clear();
  end.unsent = 0;
  end.outgoing.clear();
  end.in_window = 0;
  if (end.closed) return;
  // The end hears of it in an event of its own process.
  network_->world_->Schedule(Duration(1000), EventKind::kStream, end.process, 7,
                             [self = shared_from_this(), side, why = std::string(why)] {
                               if (self->ends_[side].open) self->CloseEnd(side, Unavailable(why));
                             });
  if (!end.end_sent) Launch(side, ChunkKind::kReset, {});
}

}  // namespace quadraft::sim
