// Whether what is kept of others' words on checkpoints has its form, each under a checkpoint that is kept.
// Whether it is true only those know who know the witnesses' and authorities' keys.
#pragma once

#include <cstdint>
#include <functional>

#include "ledger/engine/index_check.h"
#include "ledger/store/store.h"

namespace fundledger::engine {

// `has_checkpoint` of a size. Findings: ATTESTATION_MALFORMED, ATTESTATION_STRAY, INDEX_UNREADABLE.
void CheckAttestations(const store::Snapshot& snapshot,
                       const std::function<bool(uint64_t size)>& has_checkpoint, Findings* findings);

}  // namespace fundledger::engine
