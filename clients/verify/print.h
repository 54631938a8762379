// A report for people and for programs. Says no more than what was shown.
#pragma once

#include <ostream>

#include "clients/verify/verify.h"

#include <nlohmann/json.hpp>

namespace fundledger::verify {

nlohmann::ordered_json ReportJson(const Report& report);
void PrintReport(const Report& report, std::ostream& out);

}  // namespace fundledger::verify
