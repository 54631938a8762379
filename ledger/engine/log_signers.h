// The log's keys on this machine: the private ones that the daemon holds, and the public ones that the
// store's records name.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fundledger/v1/actions.pb.h"
#include "ledger/audit/log_keys.h"
#include "ledger/crypto/signature.h"
#include "ledger/log/note.h"
#include "ledger/store/store.h"

#include "absl/status/statusor.h"

namespace fundledger::engine {

// The log's key, and the next one while it is being replaced; and the one that adds an SM2 line, if any.
class LogSigners {
 public:
  // Null pointers are left out.
  explicit LogSigners(std::vector<std::shared_ptr<const crypto::Signer>> signers,
                      std::shared_ptr<const crypto::Signer> sm2 = nullptr)
      : signers_(std::move(signers)), sm2_(std::move(sm2)) {}
  // Null if it is not held. Lives as long as this.
  const crypto::Signer* Find(const ::fundledger::v1::PublicKey& key) const;
  // A checkpoint signed by `log_key`, one of those found, and by the SM2 key where there is one.
  absl::StatusOr<std::string> Sign(const log::Checkpoint& checkpoint, const crypto::Signer& log_key) const;
  // A checkpoint that the log signed before, with the SM2 line where it is wanted and not there yet.
  absl::StatusOr<std::string> Complete(std::string_view note) const;

 private:
  std::vector<std::shared_ptr<const crypto::Signer>> signers_;
  std::shared_ptr<const crypto::Signer> sm2_;
};

// From `genesis`, the store's record 0, along the records that the books say replaced the key, each of which
// must prove it. DATA_LOSS, reason LOG_KEY_ROTATION_INVALID, or that of reading.
absl::StatusOr<audit::LogKeys> LoadLogKeys(const store::Snapshot& snapshot, std::string_view genesis);

}  // namespace fundledger::engine
