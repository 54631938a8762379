// A briefing that was given against the one that the records give.
#pragma once

#include <string>
#include <vector>

#include "clients/verify/core/findings.h"

#include <nlohmann/json.hpp>

namespace fundledger::verify {

// Each figure that differs is a finding, reason FIGURE_DIFFERS, by its name. How many are the same; what
// stands in the briefing given and is no figure of a briefing goes into `unchecked`.
uint64_t CompareFigures(const nlohmann::json& given, const nlohmann::json& recomputed, Findings* findings,
                        std::vector<std::string>* unchecked);

}  // namespace fundledger::verify
