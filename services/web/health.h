// What a machine that watches the ledger asks for: GET /health.
//
//   {"writable":true,"size":1234,
//    "witnessed":{"size":1200,"since":"2026-01-05T08:30:00Z","quorum":2,"witnesses":[…]},"mirror":null}
#pragma once

#include "fundledger/v1/ledger_service.pb.h"
#include "services/http/message.h"

#include "absl/status/status.h"

namespace fundledger::web {

using http::Request;
using http::Response;

// What is so of a ledger of `size` records. `facts` as GetLedger answers; `write_status` as the engine says:
// 200 while it writes, otherwise 503, with reason and message. `witnessed` and `mirror` are null where there
// is nothing of the kind.
Response HealthAnswer(const Request& request, uint64_t size, const ::fundledger::v1::GetLedgerResponse& facts,
                      const absl::Status& write_status);

}  // namespace fundledger::web
