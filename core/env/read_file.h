// All bytes of a small file.
//
//   QR_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(disk, "log/identity"));
#ifndef QUADRAFT_CORE_ENV_READ_FILE_H_
#define QUADRAFT_CORE_ENV_READ_FILE_H_

#include <string>

#include "core/base/status.h"
#include "core/env/disk.h"

namespace quadraft {

// Errors are the disk's.
inline StatusOr<std::string> ReadFile(Disk& disk, const std::string& path) {
  QR_ASSIGN_OR_RETURN(const auto file, disk.Open(path, OpenMode::kRead));
  return file->Read(0, file->size());
}

}  // namespace quadraft

#endif  // QUADRAFT_CORE_ENV_READ_FILE_H_
