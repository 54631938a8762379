// Making a mirror's copy a ledger of its own, when the machine it followed is lost for good
// (docs/operations.md). Afterwards it opens with the standby key, and takes nothing but the record that puts
// that key in the place of the lost one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/hash256.h"

#include "absl/status/statusor.h"

namespace fundledger::engine {

struct PromoteOptions {
  std::string directory;
  // Of the genesis, given by another way.
  std::string verifier_key;
  // The latest checkpoints that witnesses cosigned, whose cosignatures the caller verified.
  std::vector<std::string> witnessed;
};

struct Promotion {
  uint64_t size = 0;  // records of the new ledger
  Hash256 root;
  // Records of the largest checkpoint that the mirror saw of the lost machine; at least `size`. Those between
  // were acknowledged, and are in nobody's hands here.
  uint64_t seen_size = 0;
};

// Verifies the whole copy first. FAILED_PRECONDITION: NOT_A_MIRROR; MIRROR_BELOW_WITNESSED, where a witness
// has cosigned more records than are here. DATA_LOSS: MIRROR_CONTRADICTS_WITNESS; MIRROR_NOT_VERIFIED, with
// the first finding. Otherwise as Engine::Open. Unless it returns OK it stays a mirror, with the records that
// it has; but opening it has put in order what a crash left, as every start does (OpenMirror).
absl::StatusOr<Promotion> Promote(const PromoteOptions& options);

}  // namespace fundledger::engine
