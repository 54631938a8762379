// A bundle of a whole ledger.
#pragma once

#include "clients/verify/core/reader.h"
#include "clients/verify/options.h"
#include "clients/verify/trust.h"
#include "clients/verify/verify.h"

#include "absl/status/status.h"

namespace fundledger::verify {

// Fills everything but what the manifest says. Errors as of Verify.
absl::Status CheckWhole(const Reader& reader, const Options& options, Trust* trust, Findings* findings,
                        Report* report);

}  // namespace fundledger::verify
