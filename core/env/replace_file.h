// A file with these bytes takes the place of the one at `path`, durably: after a crash there is the
// old one or the whole new one, and at most a copy that was cut short (its name ends with
// kCopySuffix: whoever opens the directory removes it).
//
//   QR_ASSIGN_OR_RETURN(auto file, ReplaceFile(disk, "log", "log/high-water", bytes));
//
// The open file, for who goes on with it. An error of any of the steps, as the disk says it;
// whether the new file took the place is then unknown.
#ifndef QUADRAFT_CORE_ENV_REPLACE_FILE_H_
#define QUADRAFT_CORE_ENV_REPLACE_FILE_H_

#include <memory>
#include <string>
#include <string_view>

#include "core/base/status.h"
#include "core/base/strings.h"
#include "core/env/disk.h"

namespace quadraft {

inline constexpr std::string_view kCopySuffix = ".copy";

// `directory`: that `path` lies in.
inline StatusOr<std::unique_ptr<File>> ReplaceFile(Disk& disk, const std::string& directory,
                                                   const std::string& path,
                                                   std::string_view bytes) {
  const std::string copy = StrCat(path, kCopySuffix);
  QR_ASSIGN_OR_RETURN(std::unique_ptr<File> file, disk.Open(copy, OpenMode::kCreate));
  QR_RETURN_IF_ERROR(file->Append(bytes));
  QR_RETURN_IF_ERROR(file->SyncNow());
  QR_RETURN_IF_ERROR(disk.Rename(copy, path));
  QR_RETURN_IF_ERROR(disk.SyncDirectory(directory));
  return file;
}

}  // namespace quadraft

#endif  // QUADRAFT_CORE_ENV_REPLACE_FILE_H_
