// report … --proof: the records a report's figures come from, with their proofs, as a bundle.
#pragma once

#include <string>

#include "clients/export/export.h"
#include "fundledger/v1/report_service.pb.h"

#include "absl/status/status.h"

namespace fundledger::exporting {

// Replays the log of `source` here, computes the briefing from it, and writes which record counts how much in
// which figure. `answered` is what a server said, of the same checkpoint; null: what is computed is the
// report. Memory: the books, and every posting. DATA_LOSS, reasons FIGURE_DIFFERS, LOG_FORKED, and those of
// the replay, where the records do not give what was answered; errors of bundle::Writer.
absl::Status WriteReportBundle(Source* source, const v1::GetBriefingRequest& request,
                               const v1::GetBriefingResponse* answered, const std::string& directory);

}  // namespace fundledger::exporting
