// The briefing as JSON, for programs: what the command line prints, and what a verifier compares.
#pragma once

#include <map>
#include <string>

#include "fundledger/v1/report_service.pb.h"
#include "ledger/base/hash256.h"

#include "absl/status/statusor.h"
#include <nlohmann/json.hpp>

namespace fundledger::bundle {

// The answer to `request` from the ledger of that id. Amounts and counts are integers, rates and indicators
// text, what does not exist is null.
nlohmann::ordered_json BriefingJson(const ::fundledger::v1::GetBriefingRequest& request,
                                    const ::fundledger::v1::GetBriefingResponse& briefing,
                                    const Hash256& ledger);
// Growth over the year before, percent; null where there was no plan.
nlohmann::ordered_json GrowthJson(const ::fundledger::v1::ProgrammeFigures& programme);

// Every figure of a briefing as JSON, by name: planned_fen, disbursed_by_level.township,
// invested_by_year.2020.received_fen, programmes.housing.planned_fen, indicators.housing.length.value. The
// value is as it is printed. The basis – what was asked, of which state – is left out. INVALID_ARGUMENT,
// reason BRIEFING_MALFORMED: something stands twice, so that a reader may see one and a check the other.
absl::StatusOr<std::map<std::string, std::string>> FiguresOf(const nlohmann::json& briefing);

// The question that a briefing as JSON answers; as of the record that it names. INVALID_ARGUMENT, reason
// BRIEFING_MALFORMED.
absl::StatusOr<::fundledger::v1::GetBriefingRequest> QuestionOf(const nlohmann::json& briefing);

}  // namespace fundledger::bundle
