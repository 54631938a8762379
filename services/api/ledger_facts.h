// Which ledger this is.
#pragma once

#include "fundledger/v1/ledger_service.pb.h"
#include "ledger/engine/engine.h"
#include "services/api/witnessed.h"

#include "absl/status/statusor.h"

namespace fundledger::api {

// What GetLedger answers; `witnessed` is null where the ledger has no witnesses. DATA_LOSS, reason
// GENESIS_MISSING, where the books hold no genesis.
absl::StatusOr<::fundledger::v1::GetLedgerResponse> LedgerFacts(const engine::Engine& engine,
                                                                const Witnessed* witnessed = nullptr);

}  // namespace fundledger::api
