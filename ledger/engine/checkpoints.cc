#include "ledger/engine/checkpoints.h"

#include <algorithm>

#include "ledger/base/status.h"
#include "ledger/engine/layout.h"

namespace fundledger::engine {

using store::Table;

absl::StatusOr<std::optional<SizedNote>> LastCheckpoint(const View& view, uint64_t above, uint64_t size_max) {
  if (size_max >= view.size() && above < view.size()) {
    return std::optional<SizedNote>({view.size(), view.signed_checkpoint()});
  }
  std::optional<SizedNote> last;
  bool malformed = false;
  RETURN_IF_ERROR(view.snapshot().Scan(Table::kCheckpoints, SequenceKey(above + 1), SequenceKey(size_max + 1),
                                       [&](std::string_view key, std::string_view note) {
                                         const std::optional<Sequence> size = ReadSequenceKey(key);
                                         malformed = !size.has_value();
                                         if (malformed) return false;
                                         last = {*size, std::string(note)};
                                         return true;
                                       }));
  if (!malformed) return last;
  return Refuse(absl::StatusCode::kDataLoss, "STORE_DAMAGED", "a key of checkpoints is no size");
}

}  // namespace fundledger::engine
