// Histories as people have them on disk:
//   Jepsen's log    INFO  jepsen.util - 0   :invoke :write  3
//                   lines without "jepsen.util" are passed over
//   EDN             {:process 0, :type :invoke, :f :write, :value 3}
//                   one map after another, or all in one vector or list; also :key (Porcupine's kv
//                   files), :time, and records such as #jepsen.history.Op{...}
//   JSON            [{"process": 0, "type": "invoke", "f": "write", "value": 3}, ...]
//                   or one object per line
//   our own         one JSON object per line after a header: own_format.h
// Events of processes that are no numbers (:nemesis) become History::notes(). Events without a
// process get processes of their own, below 0: an invoke the first that is idle, a completion the
// first whose open operation has the same f. A transaction (a value that is a list) needs no f.
//
//   QR_ASSIGN_OR_RETURN(History history, ReadHistory(text));
//   QR_ASSIGN_OR_RETURN(History history, ReadHistoryFile("etcd_000.log"));
#ifndef QUADRAFT_JEPSEN_HISTORY_READ_HISTORY_H_
#define QUADRAFT_JEPSEN_HISTORY_READ_HISTORY_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/status.h"
#include "jepsen/history/history.h"

namespace quadraft::jepsen {

inline constexpr uint64_t kHistoryBytesMax = uint64_t{2} << 30;

enum class HistoryFormat : uint8_t { kGuess, kLog, kEdn, kJson, kOwn };

struct ReadOptions {
  HistoryFormat format = HistoryFormat::kGuess;
  // Values are [key value], as jepsen.independent writes them: split them into Event::key and
  // Event::value.
  bool independent = false;
};

// InvalidArgument with line (and column, where the text itself is broken); also when there is no
// event in the text.
StatusOr<History> ReadHistory(std::string_view text, const ReadOptions& options = {});

// NotFound when the file cannot be opened, ResourceExhausted above kHistoryBytesMax; else as above.
StatusOr<History> ReadHistoryFile(const std::string& path, const ReadOptions& options = {});

// The same text, each client's event handed on and forgotten: for millions of them. Stops at the
// first error of `take`. Needs: not independent.
using TakeEvent = std::function<Status(Event event)>;
Status ReadEvents(std::string_view text, const ReadOptions& options, const TakeEvent& take);
Status ReadEventsOfFile(const std::string& path, const ReadOptions& options, const TakeEvent& take);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_HISTORY_READ_HISTORY_H_
