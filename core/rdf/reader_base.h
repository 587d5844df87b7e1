// What the readers share: buffering of cut input, the first error kept, and positions. Internal to
// core/rdf.
//
// A reader derives from ReaderBase and implements Consume, which takes as many whole pieces (lines,
// tokens) from the front of the text as there are. What it leaves is kept and offered again,
// longer. Invariants:
// 1. Text is offered without a gap, each byte until it was taken. 2. After `final` was offered
// nothing is offered any more.
// 3. `position_` is that of the first byte not yet taken, so no scanner counts lines as it goes.
#ifndef QUADRAFT_CORE_RDF_READER_BASE_H_
#define QUADRAFT_CORE_RDF_READER_BASE_H_

#include <memory>
#include <string>
#include <string_view>

#include "core/rdf/syntax.h"

namespace quadraft::rdf {

inline constexpr std::string_view kTooLong = "a line or token of more than 64 MiB";
static_assert(kStatementBytesMax == 64u << 20, "kTooLong says so");

// Line and column (in characters), both from 1. A line ends with LF, CR LF, or a lone CR.
class Position {
 public:
  void Advance(std::string_view text);
  std::string ToString() const;  // "line 3, column 7"

 private:
  uint64_t line_ = 1;
  uint64_t column_ = 1;
  bool after_cr_ = false;
};

class ReaderBase : public Reader {
 public:
  void OnQuad(QuadHandler handler) override { handler_ = std::move(handler); }
  Status Feed(std::string_view bytes) override;
  Status Finish() override;

 protected:
  explicit ReaderBase(const ReaderOptions& options) : options_(options) {}

  // Takes whole pieces from the front of `text` and answers how many bytes. `final`: no more will
  // come, all must be taken.
  virtual StatusOr<size_t> Consume(std::string_view text, bool final) = 0;

  // Hands `quad` out; without a handler the text is only checked. The strings of `quad` may be
  // moved from.
  Status Emit(Quad* quad) { return handler_ ? handler_(std::move(*quad)) : OkStatus(); }

  // "line L, column C: found F, expected E" for the byte at `at`, inside the `text` now offered to
  // Consume.
  Status ErrorAt(std::string_view text, const char* at, std::string_view found,
                 std::string_view expected) const;
  // ResourceExhausted "line L, column C: what".
  Status LimitAt(std::string_view text, const char* at, std::string_view what) const;

  const ReaderOptions options_;

 private:
  Status Offer(std::string_view text, bool final, size_t* used);
  Status FeedPending(std::string_view* bytes);
  bool SkipByteOrderMark(bool final);

  QuadHandler handler_;
  Status status_;  // The first error; final.
  bool finished_ = false;
  bool at_start_ = true;  // The byte order mark is still possible.
  std::string pending_;   // Offered and not taken.
  size_t retry_at_ = 0;   // How long pending_ must be before it is offered again.
  Position position_;
};

// What a reader names as found: the character at `at`, or "end of line", "end of input", "byte 0xFF
// (not UTF-8)".
std::string DescribeCharacter(const char* at, const char* end);
// A piece of source, quoted and cut to a readable length.
std::string DescribeText(std::string_view text);

std::unique_ptr<Reader> NewLineReader(bool quads, const ReaderOptions& options);
std::unique_ptr<Reader> NewTurtleReader(bool trig, const ReaderOptions& options);

}  // namespace quadraft::rdf

#endif  // QUADRAFT_CORE_RDF_READER_BASE_H_
