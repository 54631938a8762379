// Every signature and rule of a whole ledger, and its books, computed anew by the code of the ledger itself.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "clients/verify/core/findings.h"
#include "ledger/audit/audit.h"
#include "ledger/audit/pipeline.h"
#include "ledger/reports/postings.h"
#include "ledger/reports/reports.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::verify {

class ReplayCheck {
 public:
  // `threads` as of audit::ReplayPipeline. Balances are kept as of each of `sequences`, for figures.
  ReplayCheck(size_t threads, const std::vector<Sequence>& sequences);

  // The next record. After the first that is not taken, none is.
  void Next(std::string_view record);
  void Finish();

  // Records taken; what is wrong with the one behind them.
  uint64_t size() const { return replay_.size(); }
  const absl::Status& failure() const { return failure_; }
  uint64_t signatures() const { return signatures_; }
  Hash256 Root() const { return replay_.Root(); }

  // The briefing that the records give; as_of.sequence is one of `sequences`. Errors as of reports::Briefing.
  absl::StatusOr<::fundledger::v1::GetBriefingResponse> Briefing(
      const ::fundledger::v1::GetBriefingRequest& request) const;

 private:
  void OnRecord();

  audit::Replay replay_;
  std::vector<std::pair<Sequence, reports::DayBalances>> balances_;
  absl::Status failure_;
  uint64_t signatures_ = 0;
  audit::ReplayPipeline pipeline_;
};

}  // namespace fundledger::verify
