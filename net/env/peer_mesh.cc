#include "net/env/peer_mesh.h"

#include <algorithm>
#include <utility>

#include "net/env/address.h"
#include "net/env/send_queue.h"
#include "net/env/tcp_network.h"

namespace quadraft::net {
namespace {

using proto::EncodeHello;
using proto::FrameReader;
using proto::Hello;
using proto::kFragmentBytesMax;

// Handed to the stream at most: what an urgent frame may have to wait behind, with one fragment and the kernel's share
// (TCP_NOTSENT_LOWAT) about 256 KiB.
constexpr size_t kWriteAheadBytes = 128u << 10;
constexpr StreamTuning kPeerTuning = {.drain_bytes = kWriteAheadBytes / 2};

}  // namespace

// The way to one peer. kIdle -> kConnecting -> kUp -> kPausing -> (something to send) kConnecting ...
class PeerMesh::Link {
 public:
  Link(PeerMesh& mesh, NodeId peer, std::string address)
      : mesh_(mesh), peer_(peer), address_(std::move(address)), queue_(kPeerQueueBytesMax),
        alive_(std::make_shared<Link*>(this)) {}
  ~Link() {
    *alive_ = nullptr;
    mesh_.loop_.Cancel(timer_);
  }

  void Send(Channel channel, std::string payload) {
    mesh_.stats_.messages_dropped += queue_.Push(channel, std::move(payload));
    if (state_ == State::kIdle) {
      Connect();
    } else if (state_ == State::kUp && !pump_posted_) {
      pump_posted_ = true;  // What this round of the loop sends leaves together.
      mesh_.loop_.Post([alive = alive_] {
        if (*alive == nullptr) return;
        (*alive)->pump_posted_ = false;
        (*alive)->Pump();
      });
    }
  }

 private:
  enum class State { kIdle, kConnecting, kUp, kPausing };

  void Connect() {
    state_ = State::kConnecting;
    TcpConnect(
        mesh_.loop_, address_,
        [alive = alive_](StatusOr<std::unique_ptr<Stream>> stream) {
          if (*alive != nullptr) (*alive)->OnConnected(std::move(stream));
        },
        kPeerTuning);
  }

  void OnConnected(StatusOr<std::unique_ptr<Stream>> stream) {
    if (!stream.ok()) {
      ++mesh_.stats_.connect_failures;
      Pause(stream.status());
      return;
    }
    ++mesh_.stats_.connects;
    state_ = State::kUp;
    up_since_ = mesh_.env_.clock().Now();
    stream_ = *std::move(stream);
    stream_->SetHandlers({.on_data = [](std::string_view) {},  // Nothing is said on the way back.
                          .on_close = [this](Status status) { OnClose(std::move(status)); },
                          .on_drain = [this] { Pump(); }});
    stream_->Write(EncodeHello({mesh_.options_.self, peer_, mesh_.options_.cluster, mesh_.own_address_}));
    if (failing_) mesh_.env_.Log(LogLevel::kInfo, StrCat("peer ", peer_, " (", address_, "): connected"));
    failing_ = false;
    Pump();
  }

  void Pump() {
    if (state_ != State::kUp) return;
    while (stream_->unsent_bytes() < kWriteAheadBytes) {
      std::string batch;
      while (batch.size() < kFragmentBytesMax && queue_.PopFragment(&batch)) {
        ++mesh_.stats_.frames_sent;
      }
      if (batch.empty()) return;
      stream_->Write(std::move(batch));
    }
  }

  void OnClose(Status status) {
    if (mesh_.env_.clock().Now() - up_since_ > kReconnectPauseMax) pause_ = kReconnectPauseMin;
    // Later: we stand inside the stream's callback.
    mesh_.loop_.Post([stream = std::shared_ptr<Stream>(std::move(stream_))] {});
    Pause(status.ok() ? Unavailable("the peer ended the connection") : status);
  }

  void Pause(const Status& why) {
    if (!failing_) {  // Once per outage.
      mesh_.env_.Log(LogLevel::kWarning, StrCat("peer ", peer_, " (", address_, "): ", Message(why)));
    }
    failing_ = true;
    state_ = State::kPausing;
    mesh_.stats_.messages_dropped += queue_.Clear();
    const int64_t jitter = mesh_.env_.random("net/reconnect").Between(0, pause_.count() / 2);
    timer_ = mesh_.loop_.RunAfter(pause_ + Duration(jitter), [this] {
      timer_ = TimerId();
      state_ = State::kIdle;
      if (queue_.bytes() > 0) Connect();
    });
    pause_ = std::min<Duration>(2 * pause_, kReconnectPauseMax);
  }

  PeerMesh& mesh_;
  const NodeId peer_;
  const std::string address_;
  SendQueue queue_;
  State state_ = State::kIdle;
  std::unique_ptr<Stream> stream_;
  MonotonicTime up_since_;
  Duration pause_ = kReconnectPauseMin;
  bool failing_ = false;
  bool pump_posted_ = false;
  TimerId timer_;
  std::shared_ptr<Link*> alive_;
};

// A connection that a peer opened to us.
class PeerMesh::Inbound : public FrameReader {
 public:
  Inbound(PeerMesh& mesh, uint64_t id, std::unique_ptr<Stream> stream)
      : mesh_(mesh), id_(id), stream_(std::move(stream)) {
    timer_ = mesh_.loop_.RunAfter(kHelloTimeout, [this] {
      timer_ = TimerId();
      End();
    });
    stream_->SetHandlers({.on_data = [this](std::string_view bytes) { OnData(bytes); },
                          .on_close = [this](Status) { End(); },
                          .on_drain = [] {}});
  }
  ~Inbound() override { mesh_.loop_.Cancel(timer_); }

  NodeId from() const { return from_; }
  void End() {
    ended_ = true;
    mesh_.RemoveInbound(id_);
  }

 protected:
  Status OnHello(const Hello& hello) override {
    mesh_.loop_.Cancel(timer_);
    const MeshOptions& options = mesh_.options_;
    if (hello.cluster != options.cluster) {
      return Refuse(StrCat("it belongs to cluster '", hello.cluster, "', we to '", options.cluster, "'"));
    }
    if (hello.to != options.self) {
      return Refuse(StrCat("it wants node ", hello.to, ", we are ", options.self));
    }
    if (hello.from == options.self || hello.from == NodeId{} || !mesh_.Meet(hello)) {
      return Refuse(StrCat("it says to be node ", hello.from, ", which we do not know"));
    }
    for (auto& [id, other] : mesh_.inbound_) {  // The peer has connected anew: the old one is dead.
      if (other.get() != this && other->from() == hello.from) other->End();
    }
    from_ = hello.from;
    return OkStatus();
  }

  void OnMessage(Channel channel, std::string_view payload) override {
    if (!ended_) mesh_.Deliver(from_, channel, payload);
  }

 private:
  Status Refuse(std::string why) {
    ++mesh_.stats_.refused_hellos;
    return FailedPrecondition(why);
  }

  void OnData(std::string_view bytes) {
    if (ended_) return;
    const Status status = Feed(bytes);
    if (status.ok()) return;
    if (absl::IsDataLoss(status)) ++mesh_.stats_.bad_frames;
    mesh_.env_.Log(LogLevel::kWarning, StrCat("closed a peer connection from ", stream_->peer(),
                                              ": ", Message(status)));
    End();
  }

  PeerMesh& mesh_;
  const uint64_t id_;
  std::unique_ptr<Stream> stream_;
  NodeId from_;
  bool ended_ = false;
  TimerId timer_;
};

PeerMesh::PeerMesh(Env& env, EventLoop& loop, MeshOptions options)
    : env_(env), loop_(loop), options_(std::move(options)),
      alive_(std::make_shared<PeerMesh*>(this)) {
  for (const auto& [id, address] : options_.peers) {
    if (id == options_.self) continue;
    links_[id] = std::make_unique<Link>(*this, id, address);
    if (options_.pin_peers) pinned_.insert(id);
  }
}

PeerMesh::~PeerMesh() { *alive_ = nullptr; }

Status PeerMesh::Listen(std::string_view address) {
  QR_ASSIGN_OR_RETURN(listener_, TcpListen(loop_, address, [this](std::unique_ptr<Stream> stream) {
                        Accept(std::move(stream));
                      }));
  QR_ASSIGN_OR_RETURN(const HostPort parts, ParseHostPort(address));
  if (!parts.host.empty()) own_address_ = parts.port == 0 ? listener_->address() : std::string(address);
  return OkStatus();
}

std::string PeerMesh::address() const { return listener_ == nullptr ? "" : listener_->address(); }

void PeerMesh::SetPeer(NodeId id, std::string_view address) {
  if (id == options_.self || pinned_.contains(id)) return;
  std::string& known = options_.peers[id];
  if (known == address) return;
  known = address;
  links_[id] = std::make_unique<Link>(*this, id, known);
}

// A node that has moved, or that nobody named so far: it can be answered.
bool PeerMesh::Meet(const Hello& hello) {
  const auto parts = ParseHostPort(hello.address);
  if (!parts.ok() || parts->host.empty() || parts->port == 0) return links_.contains(hello.from);
  if (!links_.contains(hello.from) && links_.size() >= kPeersMax) return false;
  SetPeer(hello.from, hello.address);
  return true;
}

void PeerMesh::Send(NodeId to, Channel channel, std::string payload) {
  const auto link = links_.find(to);
  if (link == links_.end() || payload.size() > kMessageBytesMax) {
    ++stats_.messages_dropped;
    return;
  }
  link->second->Send(channel, std::move(payload));
}

void PeerMesh::OnMessage(Channel channel, Network::MessageHandler handler) {
  handlers_[static_cast<size_t>(channel)] =
      std::make_shared<Network::MessageHandler>(std::move(handler));
}

void PeerMesh::Accept(std::unique_ptr<Stream> stream) {
  if (inbound_.size() >= kInboundConnectionsMax) return;  // Closed by dropping it.
  const uint64_t id = ++last_inbound_;
  inbound_[id] = std::make_unique<Inbound>(*this, id, std::move(stream));
}

void PeerMesh::RemoveInbound(uint64_t id) {
  loop_.Post([alive = alive_, id] {
    if (*alive != nullptr) (*alive)->inbound_.erase(id);
  });
}

void PeerMesh::Deliver(NodeId from, Channel channel, std::string_view payload) {
  ++stats_.messages_received;
  const auto handler = handlers_[static_cast<size_t>(channel)];  // It may replace itself.
  if (handler != nullptr && *handler) (*handler)(from, payload);
}

}  // namespace quadraft::net
