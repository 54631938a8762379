#include "services/api/shares.h"

#include <algorithm>
#include <utility>

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::api {

Shares::Shares(size_t all, std::string things, std::string limit, std::string reason)
    : all_(all),
      share_(std::max<size_t>(1, all / 4)),
      things_(std::move(things)),
      limit_(std::move(limit)),
      reason_(std::move(reason)) {}

absl::Status Shares::Take(const std::string& officer) {
  const auto own = taken_by_.find(officer);
  if (!officer.empty() && own != taken_by_.end() && own->second >= share_) {
    return Refuse(
        absl::StatusCode::kResourceExhausted, reason_,
        absl::StrCat("officer ", officer, " has ", share_, " ", things_, " open, one officer's share of ",
                     all_, " (", limit_, "): come back when one of them has ended"));
  }
  if (taken_ >= all_) {
    return Refuse(
        absl::StatusCode::kResourceExhausted, reason_,
        absl::StrCat(taken_, " ", things_, " are open, as many as may (", limit_, "): come back later"));
  }
  ++taken_;
  ++taken_by_[officer];
  return absl::OkStatus();
}

void Shares::GiveBack(const std::string& officer) {
  const auto own = taken_by_.find(officer);
  if (--own->second == 0) taken_by_.erase(own);
  --taken_;
}

}  // namespace fundledger::api
