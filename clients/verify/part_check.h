// A bundle of some records, each with its proof under one checkpoint: included, not complete.
#pragma once

#include <map>

#include "clients/verify/core/proof_check.h"
#include "clients/verify/core/reader.h"
#include "clients/verify/options.h"
#include "clients/verify/trust.h"
#include "clients/verify/verify.h"

namespace fundledger::verify {

using ProvenRecords = std::map<Sequence, ProvenRecord>;

// Fills the report, and gives the records that are proven.
ProvenRecords CheckPart(const Reader& reader, const Options& options, Trust* trust, Findings* findings,
                        Report* report);

}  // namespace fundledger::verify
