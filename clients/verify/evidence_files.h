// Evidence files (docs/evidence.md) judged with a bundle's records beside them.
#pragma once

#include "clients/verify/core/findings.h"
#include "clients/verify/core/reader.h"
#include "clients/verify/options.h"
#include "clients/verify/verify.h"
#include "ledger/log/note.h"

namespace fundledger::verify {

// What each of options.evidence shows, into the report; one that does not hold is a finding. `log` is the key
// of record 0. A signed figure whose records do not stand in its file is judged by those of a whole ledger.
void JudgeEvidence(const Reader& reader, const Options& options, const log::NoteVerifier& log,
                   Findings* findings, Report* report);

}  // namespace fundledger::verify
