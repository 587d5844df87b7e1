// QR_CHECK: our own mistakes, on in release builds too. Never for bytes from a peer, a disk or a user.
//
//   QR_CHECK(commit <= last) << "commit " << commit;
#ifndef QUADRAFT_CORE_BASE_CHECK_H_
#define QUADRAFT_CORE_BASE_CHECK_H_

#include <sstream>

namespace quadraft::check_internal {

class FatalMessage {
 public:
  FatalMessage(const char* file, int line, const char* condition);
  [[noreturn]] ~FatalMessage();  // Prints to stderr and aborts.
  std::ostream& stream() { return stream_; }

 private:
  std::ostringstream stream_;
};

struct Voidify {
  void operator&(std::ostream&) {}
};

}  // namespace quadraft::check_internal

#define QR_CHECK(condition)                        \
  (condition) ? (void)0                            \
              : ::quadraft::check_internal::Voidify() & \
                    ::quadraft::check_internal::FatalMessage(__FILE__, __LINE__, #condition).stream()

#endif  // QUADRAFT_CORE_BASE_CHECK_H_
