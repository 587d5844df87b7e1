#include "core/rdf/reader_base.h"

#include <algorithm>
#include <cstring>

#include "core/rdf/chars.h"

namespace quadraft::rdf {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// How much is copied behind a cut piece at a time to complete it.
constexpr size_t kSliceBytes = 64u << 10;
// A cut piece at least this long is offered again only when it has grown by half, so that a long
// literal fed in crumbs is scanned a bounded number of times, not once for each crumb.
constexpr size_t kEagerRetryBytes = 4096;
constexpr size_t kQuotedBytesMax = 40;

uint64_t CountCharacters(std::string_view text) {
  return static_cast<uint64_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

void Position::Advance(std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (after_cr_ && !(line.empty() && end < text.size())) after_cr_ = false;
    for (size_t cr = line.find('\r'); cr != std::string_view::npos; cr = line.find('\r')) {
      ++line_;
      column_ = 1;
      line.remove_prefix(cr + 1);
      after_cr_ = line.empty();
    }
    if (end == text.size()) {
      column_ += CountCharacters(line);
      return;
    }
    if (!after_cr_) ++line_;  // The LF of CR LF was counted with its CR.
    after_cr_ = false;
    column_ = 1;
    text.remove_prefix(end + 1);
  }
}

std::string Position::ToString() const { return StrCat("line ", line_, ", column ", column_); }

Status ReaderBase::Offer(std::string_view text, bool final, size_t* used) {
  StatusOr<size_t> taken = Consume(text, final);
  if (!taken.ok()) return taken.status();
  *used = *taken;
  position_.Advance(text.substr(0, *used));
  text.remove_prefix(*used);
  return text.size() <= kStatementBytesMax ? OkStatus() : LimitAt(text, text.data(), kTooLong);
}

// Completes what is pending from the front of `bytes`. On return either pending_ or *bytes is
// empty.
Status ReaderBase::FeedPending(std::string_view* bytes) {
  while (!pending_.empty() && !bytes->empty()) {
    const size_t wanted = std::max(kSliceBytes, retry_at_ - std::min(retry_at_, pending_.size()));
    const size_t slice = std::min(wanted, bytes->size());
    pending_.append(bytes->substr(0, slice));
    bytes->remove_prefix(slice);
    if (pending_.size() < retry_at_) return OkStatus();
    size_t used = 0;
    QR_RETURN_IF_ERROR(Offer(pending_, false, &used));
    const size_t left = pending_.size() - used;
    if (left <=
        slice) {  // All that is left also lies in the caller's bytes: go on there, without copying.
      *bytes = std::string_view(bytes->data() - left, bytes->size() + left);
      pending_.clear();
    } else {
      pending_.erase(0, used);
      retry_at_ = left + (left < kEagerRetryBytes ? 1 : left / 2);
      retry_at_ = std::min(retry_at_, std::max(left + 1, kStatementBytesMax));
    }
  }
  return OkStatus();
}

bool ReaderBase::SkipByteOrderMark(bool final) {
  const std::string_view start = std::string_view(pending_).substr(0, kByteOrderMark.size());
  if (!final && start.size() < kByteOrderMark.size() && kByteOrderMark.starts_with(start)) {
    return false;
  }
  at_start_ = false;
  if (start == kByteOrderMark) pending_.erase(0, kByteOrderMark.size());
  return true;
}

Status ReaderBase::Feed(std::string_view bytes) {
  if (finished_) return FailedPrecondition("rdf reader: fed after Finish");
  if (!status_.ok()) return status_;
  if (at_start_) {
    const size_t taken = std::min(bytes.size(), kByteOrderMark.size() - pending_.size());
    pending_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    retry_at_ = 0;
    if (!SkipByteOrderMark(false)) return OkStatus();
  }
  status_ = FeedPending(&bytes);
  if (!status_.ok() || bytes.empty()) return status_;
  size_t used = 0;
  status_ = Offer(bytes, false, &used);
  if (!status_.ok()) return status_;
  pending_.assign(bytes.substr(used));
  retry_at_ = pending_.size() + (pending_.size() < kEagerRetryBytes ? 1 : pending_.size() / 2);
  return OkStatus();
}

Status ReaderBase::Finish() {
  if (finished_) return FailedPrecondition("rdf reader: finished twice");
  finished_ = true;
  if (!status_.ok()) return status_;
  if (at_start_) SkipByteOrderMark(true);
  size_t used = 0;
  status_ = Offer(pending_, true, &used);
  return status_;
}

Status ReaderBase::ErrorAt(std::string_view text, const char* at, std::string_view found,
                           std::string_view expected) const {
  Position position = position_;
  position.Advance(text.substr(0, static_cast<size_t>(at - text.data())));
  return InvalidArgument(position.ToString(), ": found ", found, ", expected ", expected);
}

Status ReaderBase::LimitAt(std::string_view text, const char* at, std::string_view what) const {
  Position position = position_;
  position.Advance(text.substr(0, static_cast<size_t>(at - text.data())));
  return ResourceExhausted(position.ToString(), ": ", what);
}

std::string DescribeCharacter(const char* at, const char* end) {
  if (at == end) return "end of input";
  if (*at == '\n' || *at == '\r') return "end of line";
  char32_t c;
  const int length = DecodeUtf8(at, end, &c);
  if (length <= 0) return StrCat("byte 0x", HexEncode({at, 1}), " (not UTF-8)");
  if (c < 0x20 || (c >= 0x7F && c < 0xA0))
    return StrCat("control character 0x", HexEncode({at, 1}));
  return StrCat("'", std::string_view(at, static_cast<size_t>(length)), "'");
}

std::string DescribeText(std::string_view text) {
  text = text.substr(0, std::min(text.find_first_of("\r\n"), text.size()));
  if (text.size() <= kQuotedBytesMax) return StrCat("'", text, "'");
  size_t cut = kQuotedBytesMax;
  while (cut > 0 && (text[cut] & 0xC0) == 0x80) --cut;
  return StrCat("'", text.substr(0, cut), "...'");
}

}  // namespace quadraft::rdf
