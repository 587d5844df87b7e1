// Errors. Every fallible call returns Status or StatusOr<T>; no exception crosses a file of ours.
//
// Which code (each against its nearest neighbour):
//   Unavailable        not leader or not reachable, nothing was done: retry elsewhere.
//   DeadlineExceeded   the outcome is unknown: it may have happened.
//   Aborted            a conflict with another transaction: retry the whole transaction.
//   ResourceExhausted  a named limit was reached: shed load or raise the limit.
//   InvalidArgument    the caller's query or data is wrong, with line and column where there are any.
//   Unimplemented      well formed, but this version does not do it; refused rather than answered wrongly.
//   NotFound           what was named does not exist.
//   DataLoss           stored bytes fail their checksum or contradict each other.
//   Cancelled          the caller asked to stop.
//   Internal           a broken promise of our own that is not worth a crash.
#ifndef QUADRAFT_CORE_BASE_STATUS_H_
#define QUADRAFT_CORE_BASE_STATUS_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/strings.h"

namespace quadraft {

using Status = absl::Status;
template <typename T>
using StatusOr = absl::StatusOr<T>;

inline Status OkStatus() { return absl::OkStatus(); }
inline std::string Message(const Status& status) { return std::string(Std(status.message())); }
// "NOT_FOUND: no such file", for logs and terminals.
inline std::string ToString(const Status& status) { return status.ToString(); }

#define QUADRAFT_DEFINE_ERROR_(Name)                          \
  template <typename... Pieces>                               \
  Status Name(const Pieces&... pieces) {                      \
    return absl::Name##Error(Absl(StrCat(pieces...)));        \
  }
QUADRAFT_DEFINE_ERROR_(Unavailable)
QUADRAFT_DEFINE_ERROR_(DeadlineExceeded)
QUADRAFT_DEFINE_ERROR_(Aborted)
QUADRAFT_DEFINE_ERROR_(ResourceExhausted)
QUADRAFT_DEFINE_ERROR_(InvalidArgument)
QUADRAFT_DEFINE_ERROR_(Unimplemented)
QUADRAFT_DEFINE_ERROR_(NotFound)
QUADRAFT_DEFINE_ERROR_(AlreadyExists)
QUADRAFT_DEFINE_ERROR_(FailedPrecondition)
QUADRAFT_DEFINE_ERROR_(DataLoss)
QUADRAFT_DEFINE_ERROR_(Cancelled)
QUADRAFT_DEFINE_ERROR_(Internal)
#undef QUADRAFT_DEFINE_ERROR_

// The same code with "context: " before the message; OK stays OK.
inline Status Annotate(const Status& status, std::string_view context) {
  if (status.ok()) return status;
  return Status(status.code(), Absl(StrCat(context, ": ", status.message())));
}

#define QR_CONCAT_INNER_(a, b) a##b
#define QR_CONCAT_(a, b) QR_CONCAT_INNER_(a, b)

#define QR_RETURN_IF_ERROR(expr)                            \
  do {                                                      \
    ::quadraft::Status qr_status_ = (expr);                 \
    if (!qr_status_.ok()) return qr_status_;                \
  } while (false)

// QR_ASSIGN_OR_RETURN(auto file, disk.Open(path));
#define QR_ASSIGN_OR_RETURN(lhs, expr) \
  QR_ASSIGN_OR_RETURN_IMPL_(QR_CONCAT_(qr_status_or_, __LINE__), lhs, expr)
#define QR_ASSIGN_OR_RETURN_IMPL_(var, lhs, expr) \
  auto var = (expr);                              \
  if (!var.ok()) return std::move(var).status();  \
  lhs = std::move(var).value()

// The coroutine forms (inside Task<Status> or Task<StatusOr<T>>).
#define QR_CO_RETURN_IF_ERROR(expr)                         \
  do {                                                      \
    ::quadraft::Status qr_status_ = (expr);                 \
    if (!qr_status_.ok()) co_return qr_status_;             \
  } while (false)
#define QR_CO_ASSIGN_OR_RETURN(lhs, expr) \
  QR_CO_ASSIGN_OR_RETURN_IMPL_(QR_CONCAT_(qr_status_or_, __LINE__), lhs, expr)
#define QR_CO_ASSIGN_OR_RETURN_IMPL_(var, lhs, expr)  \
  auto var = (expr);                                  \
  if (!var.ok()) co_return std::move(var).status();   \
  lhs = std::move(var).value()

}  // namespace quadraft

#endif  // QUADRAFT_CORE_BASE_STATUS_H_
