// The judgement of the registers' history of a run, and what is left of it in the run's folder:
// history.ndjson always (our own format, with the faults as notes), history.html when it is not
// linearizable or could not be decided.
#ifndef QUADRAFT_JEPSEN_REAL_JUDGE_H_
#define QUADRAFT_JEPSEN_REAL_JUDGE_H_

#include <ostream>
#include <string>

#include "core/base/status.h"
#include "jepsen/history/history.h"

namespace quadraft::jepsen {

// `folder` exists. DataLoss with the explanation when no order fits; Internal when it was not
// decided or could not be written down. One line about it goes to `out`.
Status JudgeRegisterHistory(const History& history, const std::string& folder, std::ostream& out);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_REAL_JUDGE_H_
