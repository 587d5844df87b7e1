// Gives ids to terms and puts terms into the store. For the loop, on which it must also end.
//
//   QR_ASSIGN_OR_RETURN(auto writer, DictionaryWriter::Of(kv, {}));
//   QR_ASSIGN_OR_RETURN(TermId id, writer->IdOf(term));        // A new id is in memory only,
//   QR_RETURN_IF_ERROR(writer->Flush());                       // and in the store from here on.
//   writer->dictionary()                                       // For queries.
//
// Stored terms lie in blocks by sequence (term_block.h); the way from a fingerprint to its ids is a run of rows
// (fingerprint, id), merged in the background as the runs of quads are (store/runs/run_store.h). A flush writes
// the blocks, then the rows, then by one write the run and how far the dictionary goes: what a crash leaves
// of an unfinished one is overwritten, or swept.
//
// An id is durable no later than the quads that use it: who writes quads into the store flushes first. Errors
// are the store's, and final.
#ifndef QUADRAFT_STORE_DICTIONARY_DICTIONARY_WRITER_H_
#define QUADRAFT_STORE_DICTIONARY_DICTIONARY_WRITER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/dictionary/dictionary.h"
#include "store/runs/run_store.h"
#include "store/runs/sweeper.h"

namespace quadraft::store {

inline constexpr uint64_t kFlushedTermsPerSlice = 512;
inline constexpr uint64_t kFlushedRowsPerSlice = 4096;

class DictionaryWriter {
 public:
  // That of `kv`, shared by all who ask; the first one's options count.
  static StatusOr<std::shared_ptr<DictionaryWriter>> Of(KvStore& kv, const Dictionary::Options& options);

  const std::shared_ptr<Dictionary>& dictionary() const { return dictionary_; }
  // The term's id, a new one if need be.
  StatusOr<TermId> IdOf(const rdf::Term& term);
  // Ids that are given from now on begin here.
  uint64_t next_sequence() const { return dictionary_->recent_.end_sequence(); }
  // Bytes of terms that no flush has begun to write.
  size_t recent_bytes() const { return dictionary_->recent_.bytes() - begun_bytes_; }

  // A piece of putting all terms before `sequence` into the store. True: they are there.
  StatusOr<bool> FlushSlice(uint64_t sequence);
  Status Flush();  // All terms.

  // Walks all that is stored: invariant 1, and that no entry is torn. Slow. Returns how many terms there are.
  StatusOr<uint64_t> Check() const;

 private:
  struct FlushTask {
    uint64_t end = 0;     // Sequences before this one are written.
    uint64_t blocks = 0;  // Sequences before this one are in blocks.
    std::vector<Row> rows;
    size_t rows_written = 0;
    std::optional<RunWriter> run;
    bool stored = false;
  };
  DictionaryWriter(KvStore& kv, std::shared_ptr<Dictionary> dictionary)
      : kv_(kv.Share()), dictionary_(std::move(dictionary)), sweeper_(*kv_, kDictionaryGroup) {}
  Status Open();
  Status ReadTail();
  void BeginFlush();
  Status WriteBlocks();
  Status WriteRows();
  Status FinishFlush();
  void DropFlushed();
  std::string_view TermAt(uint64_t sequence) const;
  StatusOr<uint64_t> CheckRuns() const;
  StatusOr<uint64_t> CheckLists() const;
  Status CheckTerm(TermId id, const Hash128& fingerprint, bool whole, std::string* bytes) const;

  const std::unique_ptr<KvStore> kv_;
  const std::shared_ptr<Dictionary> dictionary_;
  Sweeper sweeper_;
  std::unique_ptr<RunStore> runs_;
  uint64_t stored_ = 1;             // Sequences before this one are in the store.
  std::vector<std::string> tail_;   // The terms of the last block, when it is not full.
  std::optional<FlushTask> flush_;
  size_t begun_bytes_ = 0;  // Of the terms in memory that it writes, or has written.
  Status failed_;
  std::string term_;  // The encoded term at hand.
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_DICTIONARY_DICTIONARY_WRITER_H_
