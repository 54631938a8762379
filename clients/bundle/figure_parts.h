// Which record counts how much in which figure of a report: figures.json.
//
//   {"figures": {"planned_fen": [{"record": 12, "action": 0, "project": "p-1", "fund": "f-1", "amount": 500},
//   …]}}
//
// Names are those of FiguresOf (briefing_json.h). The amounts of a figure's parts add up to the figure: fen,
// projects, or an indicator's value without its decimal point.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/reports/trace.h"

#include "absl/status/statusor.h"

namespace fundledger::bundle {

using FigureParts = std::map<std::string, std::vector<reports::FigurePart>>;

std::string FormatFigureParts(const FigureParts& figures);
// INVALID_ARGUMENT, reason BUNDLE_MALFORMED.
absl::StatusOr<FigureParts> ParseFigureParts(std::string_view text);

}  // namespace fundledger::bundle
