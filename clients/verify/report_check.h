// A report with the records its figures come from: each figure is what its records add up to, and each of
// these says what it is counted for. That no record was left out, only the whole ledger shows.
#pragma once

#include "clients/verify/core/reader.h"
#include "clients/verify/part_check.h"
#include "clients/verify/verify.h"

namespace fundledger::verify {

// `proven` are the bundle's records, as CheckPart gave them.
void CheckReport(const Reader& reader, const ProvenRecords& proven, Findings* findings, Report* report);

}  // namespace fundledger::verify
