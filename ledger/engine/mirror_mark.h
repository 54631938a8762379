// What a store says of itself when it was made as a mirror's: that it follows another machine's log, or was
// promoted and follows none any more. One entry of table meta; a primary's store has none.
#pragma once

#include <string>
#include <string_view>

#include "ledger/store/store.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::engine {

// Its key in table meta. The value: "following" or "promoted", a newline, and the latest checkpoint of the
// log's that was seen, if it is of more records than are here.
inline constexpr std::string_view kMirrorKey = "mirror";

enum class MirrorStanding { kPrimary, kFollowing, kPromoted };

struct MirrorMark {
  MirrorStanding standing = MirrorStanding::kPrimary;
  std::string seen;  // a note; may be empty
};

// DATA_LOSS, reason STORE_DAMAGED.
absl::StatusOr<MirrorMark> ReadMirrorMark(const store::Snapshot& snapshot);
void WriteMirrorMark(const MirrorMark& mark, store::Batch* batch);

// FAILED_PRECONDITION, reason LEDGER_IS_MIRROR, of one that follows.
absl::Status CheckNoMirror(const store::Snapshot& snapshot);
// FAILED_PRECONDITION, reason NOT_A_MIRROR, of any other.
absl::Status CheckMirror(const store::Snapshot& snapshot);

}  // namespace fundledger::engine
