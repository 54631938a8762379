// Receipts of one view. A proof and its checkpoint come from the same view, never from two.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "fundledger/v1/resources.pb.h"
#include "ledger/engine/view.h"

#include "absl/status/statusor.h"

namespace fundledger::engine {

// Makes many receipts of one view; what their proofs share is read and hashed once. One thread. The view must
// outlive it.
class ReceiptMaker {
 public:
  explicit ReceiptMaker(const View& view) : view_(view) {}

  // `record` is the record at `sequence`. With `repeated_request`, the recorded envelope goes along.
  absl::StatusOr<::fundledger::v1::Receipt> Make(Sequence sequence, std::string_view record,
                                                 bool repeated_request);

 private:
  absl::StatusOr<Hash256> Node(int level, uint64_t index);
  absl::StatusOr<Hash256> TileHash(int tile_level, uint64_t index);

  const View& view_;
  std::map<std::pair<int, uint64_t>, Hash256> nodes_;
  std::map<std::pair<int, uint64_t>, std::string> tiles_;
};

}  // namespace fundledger::engine
