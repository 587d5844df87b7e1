// SimDisk: what media and controllers do to bytes that were written and synced.
#include <algorithm>

#include "sim/world/disk.h"

namespace quadraft::sim {
namespace {

constexpr uint64_t kSector = 512;

}  // namespace

StatusOr<SimDisk::InodePtr> SimDisk::FindDurable(std::string_view path, uint64_t from,
                                                 uint64_t to) const {
  const auto found = names_.find(path);
  if (found == names_.end()) return NotFound(path);
  if (from > to || to > found->second->synced_size) {
    return InvalidArgument(path, ": [", from, ", ", to, ") is not within the ",
                           found->second->synced_size, " durable bytes");
  }
  return found->second;
}

Status SimDisk::FlipBit(std::string_view path, uint64_t offset, int bit) {
  QR_ASSIGN_OR_RETURN(const InodePtr inode, FindDurable(path, offset, offset + 1));
  inode->data[offset] ^= static_cast<char>(1 << (bit & 7));
  inode->harmed.emplace_back(offset, offset + 1);
  return OkStatus();
}

Status SimDisk::Overwrite(std::string_view path, uint64_t offset, std::string_view bytes) {
  QR_ASSIGN_OR_RETURN(const InodePtr inode, FindDurable(path, offset, offset + bytes.size()));
  inode->data.replace(offset, bytes.size(), bytes);
  inode->harmed.emplace_back(offset, offset + bytes.size());
  return OkStatus();
}

Status SimDisk::CutFile(std::string_view path, uint64_t size) {
  QR_ASSIGN_OR_RETURN(const InodePtr inode, FindDurable(path, size, size));
  const uint64_t before = inode->data.size();
  TruncateInode(*inode, size);
  inode->old_tail.clear();  // It is the medium that forgot: no crash brings it back.
  inode->harmed.emplace_back(size, before);
  return OkStatus();
}

Status SimDisk::LoseFile(std::string_view path) {
  QR_ASSIGN_OR_RETURN(const InodePtr inode, FindDurable(path, 0, 0));
  lost_files_.push_back({std::string(path), 0, inode->data.size()});
  SetName(path, nullptr);
  const auto durable = durable_names_.find(path);
  if (durable != durable_names_.end()) durable_names_.erase(durable);
  return OkStatus();
}

Status SimDisk::MakeUnreadable(std::string_view path, uint64_t from, uint64_t to) {
  QR_ASSIGN_OR_RETURN(const InodePtr inode, FindDurable(path, from, to));
  inode->unreadable.emplace_back(from, to);
  inode->harmed.emplace_back(from, to);
  reads_harmed_ = true;
  return OkStatus();
}

StatusOr<bool> SimDisk::LoseWrite(std::string_view path, uint64_t from, uint64_t to) {
  QR_ASSIGN_OR_RETURN(const InodePtr inode, FindDurable(path, from, to));
  // Sectors that were new hold nothing, or what another file left there.
  std::string medium;
  for (uint64_t at = from; at < to;) {
    const uint64_t next = std::min(to, (at / kSector + 1) * kSector);
    const bool garbage = random_.OneIn(2);
    for (; at < next; ++at) medium.push_back(garbage ? static_cast<char>(random_.Next()) : '\0');
  }
  if (inode->data.compare(from, to - from, medium) == 0) return false;
  inode->lost_writes.emplace_back(from, std::move(medium));
  inode->harmed.emplace_back(from, to);
  return true;
}

void SimDisk::ApplyLostWrites(Inode& inode) {
  for (const auto& [offset, medium] : inode.lost_writes) {
    const uint64_t end = std::min<uint64_t>(offset + medium.size(), inode.data.size());
    if (offset < end) inode.data.replace(offset, end - offset, medium, 0, end - offset);
  }
  inode.lost_writes.clear();
}

// The file was truncated: what is cut off is no longer harmed.
void SimDisk::ClipHarm(Inode& inode, uint64_t size) {
  for (auto* ranges : {&inode.harmed, &inode.unreadable}) {
    for (auto& [from, to] : *ranges) to = std::min(to, size);
    std::erase_if(*ranges, [](const auto& range) { return range.first >= range.second; });
  }
  std::erase_if(inode.lost_writes, [size](const auto& lost) { return lost.first >= size; });
}

void SimDisk::DropCache() {
  for (const auto& [name, inode] : names_) ApplyLostWrites(*inode);
}

void SimDisk::ArmLie(uint64_t n, bool misdirect) {
  lie_in_ = n;
  lie_misdirects_ = misdirect;
  if (n > 0) reads_harmed_ = true;
}

StatusOr<std::string> SimDisk::ReadHarmed(const Inode& inode, std::string_view path,
                                          uint64_t offset, size_t length) {
  std::string truth = inode.data.substr(offset, length);
  for (const auto& [from, to] : inode.unreadable) {
    if (from >= offset + truth.size() || to <= offset) continue;
    ++unreadable_hits_;
    return Unavailable(path, " at offset ", from, ": unreadable sector");
  }
  if (lie_in_ == 0 || --lie_in_ > 0) return truth;
  std::string told = Lie(inode, truth, offset);
  if (told != truth) {
    ++lies_;
    lied_epoch_ = epoch_;
  } else {
    lie_in_ = 1;  // Nobody noticed: the next one then.
  }
  return told;
}

std::string SimDisk::Lie(const Inode& inode, std::string truth, uint64_t offset) {
  if (truth.empty()) return truth;
  const uint64_t at = random_.Below(truth.size());
  if (!lie_misdirects_) {
    truth[at] ^= static_cast<char>(1 << random_.Below(8));
    return truth;
  }
  // The sector around that byte comes from anywhere on this disk.
  auto other = names_.begin();
  std::advance(other, random_.Below(names_.size()));
  const std::string& from = random_.OneIn(2) ? inode.data : other->second->data;
  const uint64_t sector = (offset + at) / kSector * kSector;
  const uint64_t begin = std::max(sector, offset);
  const uint64_t end = std::min<uint64_t>(sector + kSector, offset + truth.size());
  const uint64_t source = random_.Below(from.size() / kSector + 1) * kSector + (begin - sector);
  std::string bytes = source < from.size() ? from.substr(source, end - begin) : std::string();
  bytes.resize(end - begin, '\0');
  truth.replace(begin - offset, end - begin, bytes);
  return truth;
}

std::vector<SimDisk::Harm> SimDisk::Harms() const {
  std::vector<Harm> harms = lost_files_;
  for (const auto& [name, inode] : names_) {
    for (const auto& [from, to] : inode->harmed) harms.push_back({name, from, to});
  }
  return harms;
}

std::vector<SimDisk::FileInfo> SimDisk::DurableFiles() const {
  std::vector<FileInfo> files;
  for (const auto& [name, inode] : names_) {
    const auto durable = durable_names_.find(name);
    if (inode->synced_size == 0 || durable == durable_names_.end() || durable->second != inode) {
      continue;
    }
    files.push_back({name, inode->synced_size, inode->sync_from, inode->sync_to});
  }
  return files;
}

std::string SimDisk::Peek(std::string_view path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? std::string() : found->second->data;
}

uint64_t SimDisk::unsynced_bytes() const {
  uint64_t bytes = 0;
  for (const auto& [name, inode] : names_) bytes += inode->data.size() - inode->synced_size;
  return bytes;
}

size_t SimDisk::unsynced_names() const {
  size_t changes = 0;
  for (const auto& [directory, list] : changes_) changes += list.size();
  return changes;
}

}  // namespace quadraft::sim
