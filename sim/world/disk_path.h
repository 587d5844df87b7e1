// Paths of a SimDisk: '/'-separated, relative.
#ifndef QUADRAFT_SIM_WORLD_DISK_PATH_H_
#define QUADRAFT_SIM_WORLD_DISK_PATH_H_

#include <string_view>

namespace quadraft::sim {

// Of the directory that holds it; empty: the root.
inline std::string_view DirectoryOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORLD_DISK_PATH_H_
