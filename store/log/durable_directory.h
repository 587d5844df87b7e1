// A directory whose own name is durable. core/env's CreateDirectory does not promise that: the name
// is durable once the directory that holds it is synced, and what is synced into a directory that
// vanishes goes with it.
#ifndef QUADRAFT_STORE_LOG_DURABLE_DIRECTORY_H_
#define QUADRAFT_STORE_LOG_DURABLE_DIRECTORY_H_

#include <string_view>

#include "core/env/disk.h"

namespace quadraft::store {

// CreateDirectory, and every name on the way to it made durable.
inline Status CreateDirectoryDurably(Disk& disk, std::string_view path) {
  QR_RETURN_IF_ERROR(disk.CreateDirectory(path));
  while (true) {
    const size_t slash = path.rfind('/');
    path = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
    QR_RETURN_IF_ERROR(disk.SyncDirectory(path));
    if (path.empty()) return OkStatus();
  }
}

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_LOG_DURABLE_DIRECTORY_H_
