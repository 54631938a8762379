// Evidence files (docs/evidence.md) judged with a bundle's records beside them.
#pragma once

#include "clients/verify/core/findings.h"
#include "clients/verify/core/reader.h"
#include "clients/verify/options.h"
#include "clients/verify/trust.h"
#include "clients/verify/verify.h"

namespace fundledger::verify {

// What each of options.evidence shows, into the report; one that does not hold is a finding. `trust` has the
// log's keys. A signed figure whose records do not stand in its file is judged by those of a whole ledger.
void JudgeEvidence(const Reader& reader, const Options& options, const Trust& trust, Findings* findings,
                   Report* report);

}  // namespace fundledger::verify
