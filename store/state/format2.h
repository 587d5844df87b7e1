// The index as it was before runs (state formats 1 and 2): one key per quad and permutation, and under it
// the quad's versions. Read once, when such a state is opened; never written.
//
// Key: 'q', space (4), permutation (1), four ids (8 each, big-endian). Value: the timestamps at which the
// quad came and went, newest first, as varints: the newest itself, then the distances to the next older.
#ifndef QUADRAFT_STORE_STATE_FORMAT2_H_
#define QUADRAFT_STORE_STATE_FORMAT2_H_

#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "store/kv/kv_store.h"
#include "store/runs/quad_index.h"

namespace quadraft::store {

StatusOr<std::vector<Timestamp>> DecodeVersions(
    std::string_view value);  // Newest first; DataLoss when malformed.

// Every coming and going in the space, a quad after the other. Stops at the first error of `take`.
Status ReadFormat2(const KvStore& kv, SpaceId space,
                   absl::FunctionRef<Status(const QuadChange&)> take);

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_STATE_FORMAT2_H_
