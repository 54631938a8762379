// Which ledger this is.
#pragma once

#include "fundledger/v1/ledger_service.pb.h"
#include "ledger/engine/engine.h"

#include "absl/status/statusor.h"

namespace fundledger::api {

// What GetLedger answers. DATA_LOSS, reason GENESIS_MISSING, where the books hold no genesis.
absl::StatusOr<::fundledger::v1::GetLedgerResponse> LedgerFacts(const engine::Engine& engine);

}  // namespace fundledger::api
