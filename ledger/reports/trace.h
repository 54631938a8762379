// Which records a briefing's figures come from. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "fundledger/v1/report_service.pb.h"
#include "ledger/base/hash256.h"
#include "ledger/reports/postings.h"
#include "ledger/reports/reports.h"

#include "absl/status/statusor.h"

namespace fundledger::reports {

// What one action of a record counts in a figure.
struct FigurePart {
  Sequence record = 0;  // that took effect: of a proposal, the approval
  uint32_t action = 0;
  // What it is about: a line (project and fund), a fund, an outside payment (fund and programme), a project,
  // or a programme that an indicator was reported for.
  std::string project;
  std::string fund;
  std::string programme;
  // Fen; 1 for a project that is counted; an indicator's value times 10^scale.
  int64_t amount = 0;
  bool operator==(const FigurePart&) const = default;
};

struct BriefingTrace {
  ::fundledger::v1::GetBriefingResponse briefing;
  // By figure, as the briefing's JSON names it (planned_fen, programmes.housing.projects, …): what adds up to
  // it. A figure that no record counts in is not there, and is 0, nothing, or computed from others.
  std::map<std::string, std::vector<FigurePart>> figures;
};

// Errors as of Briefing; `source.balances` sums `postings`.
absl::StatusOr<BriefingTrace> TraceBriefing(const Source& source, const PostingList& postings,
                                            const ::fundledger::v1::GetBriefingRequest& request);

}  // namespace fundledger::reports
