// Receipts: the one function that believes them, and where they are kept.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "clients/sdk/log_keyring.h"
#include "clients/sdk/submission.h"
#include "fundledger/v1/resources.pb.h"
#include "ledger/base/hash256.h"
#include "ledger/crypto/signature.h"
#include "ledger/log/note.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::sdk {

struct CheckedReceipt {
  Sequence sequence = 0;
  int64_t recorded_at_us = 0;
  Hash256 leaf;
  log::Checkpoint checkpoint;
  v1::Receipt receipt;    // with the envelope, so that it proves something by itself
  bool repeated = false;  // recorded earlier, with the same actions
  // By Client::Submit. OK; else FAILED_PRECONDITION, reason NOT_SETTLED: it is recorded, and that the log
  // only grew since it was last seen is still to be proven.
  absl::Status settled;
};

// Opens checkpoints signed by one log, and verifies a note once that comes many times in a row, as those of
// the receipts of one group do. Not thread-safe.
class CheckpointReader {
 public:
  explicit CheckpointReader(std::shared_ptr<LogKeyring> log) : log_(std::move(log)) {}
  // As log::OpenCheckpoint.
  absl::StatusOr<log::Checkpoint> Open(const std::string& note);
  // Signatures verified so far.
  size_t verified() const { return verified_; }

 private:
  std::shared_ptr<LogKeyring> log_;
  size_t verified_ = 0;
  std::string last_;  // the last note that was verified, with its checkpoint; empty: none
  log::Checkpoint last_checkpoint_;
};

// The keys that records before one name for an officer, each record proven to be in the log. Whoever replaced
// their key signs a repeated request by another key than the one that stands in the record.
using KeysNamedFor = std::function<absl::StatusOr<std::vector<crypto::PublicKey>>(const std::string& officer,
                                                                                  Sequence before)>;

// Checks everything a receipt says against what was sent: the header decodes; header ‖ envelope is a record;
// its leaf is in the tree, at the header's sequence, of the size the checkpoint states; the checkpoint is
// signed by the log under its origin. The envelope is our own; for a repeated request it is the recorded one,
// signed for the same ledger, officer and request id, with actions equal to ours, by our key or by one that
// the log names for the officer before the record; `named` is asked only where it is not by ours. Evidence,
// reason RECEIPT_INVALID, otherwise; errors of `named`, which are none of the receipt.
absl::StatusOr<CheckedReceipt> CheckReceipt(const v1::Receipt& receipt, const Sealed& sent,
                                            const crypto::PublicKey& own_key, CheckpointReader* checkpoints,
                                            const KeysNamedFor& named = nullptr);
absl::StatusOr<CheckedReceipt> CheckReceipt(const v1::Receipt& receipt, const Sealed& sent,
                                            const crypto::PublicKey& own_key, std::shared_ptr<LogKeyring> log,
                                            const KeysNamedFor& named = nullptr);

// Keeps receipts as <directory>/<sequence>.receipt, protobuf bytes of fundledger.v1.Receipt; durable on
// return, all of them, with one sync of the directory. One for another record of a sequence is evidence, and
// kept beside the first. UNAVAILABLE, reason FILE_UNWRITABLE.
absl::Status KeepReceipts(const std::filesystem::path& directory,
                          const std::vector<const CheckedReceipt*>& receipts);
absl::Status KeepReceipt(const std::filesystem::path& directory, const CheckedReceipt& receipt);

}  // namespace fundledger::sdk
