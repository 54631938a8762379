// What is said after something was sent, or tried out.
#pragma once

#include <string>
#include <vector>

#include "clients/cli/context.h"

namespace fundledger::cli {

// Sets `historical`: true exactly when the business date lies before the ledger's first day.
absl::Status MarkHistorical(Date first_day, v1::Action* action);

// Where it was recorded, and whether it waits for approval.
void PrintRecorded(const Context& context, const sdk::CheckedReceipt& receipt,
                   const std::vector<v1::Action>& actions);

// Asks the ledger whether it would record a submission of these actions; prints the answer.
absl::StatusOr<int> TryActions(Context& context, const std::string& officer,
                               const std::vector<v1::Action>& actions);

}  // namespace fundledger::cli
