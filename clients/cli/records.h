// All records of a ledger, for whoever recomputes something from them.
#pragma once

#include "clients/evidence/check.h"
#include "clients/sdk/client.h"

namespace fundledger::cli {

// As the server gives them out; nothing of them is believed. The client must outlive it.
evidence::EachRecord RecordsOfServer(sdk::Client* client);

}  // namespace fundledger::cli
