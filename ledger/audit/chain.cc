#include "ledger/audit/chain.h"

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/books/books.h"

#include "absl/strings/str_cat.h"

namespace fundledger::audit {
namespace {

absl::Status Lost(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kDataLoss, reason, message);
}

}  // namespace

absl::Status Chain::CheckHeader(const log::RecordHeader& header) const {
  if (header.sequence != size_) {
    return Lost("SEQUENCE_WRONG",
                absl::StrCat("the record says it is number ", header.sequence, ", it stands at ", size_));
  }
  if (header.semantics != books::kSemantics) {
    return Lost("SEMANTICS_UNKNOWN",
                absl::StrCat("record ", header.sequence, " was applied by edition ", header.semantics,
                             " of the rules, this program knows ", books::kSemantics, ": upgrade it"));
  }
  if (header.previous != last_leaf_) {
    return Lost("LINK_BROKEN", absl::StrCat("record ", header.sequence, " follows the leaf ",
                                            HexEncode(header.previous.view()), ", the leaf before it is ",
                                            HexEncode(last_leaf_.view())));
  }
  if (header.recorded_at_us < last_recorded_at_us_) {
    return Lost("TIME_WENT_BACK", absl::StrCat("record ", header.sequence, " is of ", header.recorded_at_us,
                                               ", the one before of ", last_recorded_at_us_));
  }
  return absl::OkStatus();
}

absl::Status Chain::CheckSm3(const log::RecordHeader& header, bool is_sm_genesis) const {
  // Record 0 says itself which suite the ledger is of.
  const bool needed = header.sequence == 0 ? is_sm_genesis : has_sm3_links_;
  if (header.sm3_link.has_value() != needed) {
    return Lost("SM3_LINK_BROKEN", absl::StrCat("record ", header.sequence, needed ? " lacks an" : " has an",
                                                " SM3 link, against its ledger's suite"));
  }
  if (needed && *header.sm3_link != last_sm3_) {
    return Lost("SM3_LINK_BROKEN", absl::StrCat("record ", header.sequence, " has the SM3 link ",
                                                HexEncode(header.sm3_link->view()),
                                                ", the record before has ", HexEncode(last_sm3_.view())));
  }
  return absl::OkStatus();
}

void Chain::Append(const log::RecordHeader& header, const Hash256& leaf, const Hash256& sm3) {
  if (size_ == 0) has_sm3_links_ = header.sm3_link.has_value();
  ++size_;
  last_recorded_at_us_ = header.recorded_at_us;
  last_leaf_ = leaf;
  if (has_sm3_links_) last_sm3_ = sm3;
}

}  // namespace fundledger::audit
