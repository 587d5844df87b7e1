// Our own format of histories, which the simulator and the nemesis of real clusters write: JSON,
// one object per line.
//
//   {"quadraft-history":1,"model":"quad-register"}
//   {"process":3,"type":"invoke","f":"write","key":7,"value":4,"time":1200345}
//   {"process":"nemesis","type":"info","f":"partition [[n1] [n2 n3]]","time":1300000}
//   {"process":3,"type":"ok","f":"write","key":7,"value":4,"time":1400001}
//
// The header is the first line: the version (1) and, if known, the model to judge by. Of an event
// `process` is a number for clients, a name for others (such lines are notes, never judged), `type`
// one of invoke, ok, fail, info, `f` the operation, `key` the object (left out when there is one),
// `value` the argument or the result, `time` nanoseconds (for people: the order of the lines is the
// order of events). Values are JSON; what JSON cannot say (keywords, symbols, sets, characters,
// maps with other keys than strings, infinities, big numbers) is {"#edn": "its EDN text"}.
//
//   std::ofstream(path) << ToOwnFormat(history, "cas-register");
//   QR_ASSIGN_OR_RETURN(History same, ReadHistoryFile(path));
#ifndef QUADRAFT_JEPSEN_HISTORY_OWN_FORMAT_H_
#define QUADRAFT_JEPSEN_HISTORY_OWN_FORMAT_H_

#include <string>
#include <string_view>

#include "core/base/status.h"
#include "jepsen/history/history.h"
#include "jepsen/history/value.h"

namespace quadraft::jepsen {

inline constexpr int kOwnFormatVersion = 1;

// The whole text, header included; `model` may be "".
std::string ToOwnFormat(const History& history, std::string_view model);

// Appends the value as JSON, as said above.
void AppendOwnValue(const Value& value, std::string* out);
// Appends `text` as a JSON string. Also fit for a <script> of an HTML page: '<' is escaped.
void AppendJsonString(std::string_view text, std::string* out);

// Replaces every {"#edn": "text"} in what a JSON reader made. InvalidArgument when a text is no
// EDN.
Status FromOwnValue(Value* value);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_HISTORY_OWN_FORMAT_H_
