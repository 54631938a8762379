// The log's keys as a client knows them: that of the genesis, which came by another way, and each that
// replaced it, by records that prove it. A checkpoint is believed by the key for its size. One that none of
// them signed may be signed by the next: then the ledger is asked whether there is one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "clients/sdk/facts.h"
#include "ledger/audit/log_keys.h"
#include "ledger/log/note.h"
#include "ledger/log/sm2_line.h"

#include "absl/status/statusor.h"

namespace fundledger::sdk {

// Not thread-safe.
class LogKeyring {
 public:
  // One key for all sizes, until Learn.
  explicit LogKeyring(log::NoteVerifier key) : keys_(audit::LogKeys::Of(std::move(key))) {}
  // From record 0 on. FAILED_PRECONDITION, reason WRONG_LEDGER, if its key is not `verifier_key`; DATA_LOSS,
  // reason LOG_KEY_ROTATION_INVALID, for what replaces no key.
  static absl::StatusOr<std::shared_ptr<LogKeyring>> FromFacts(const Facts& facts,
                                                               const log::NoteVerifier& verifier_key);

  // What is asked when a note is not signed by a known key: whether keys were learned.
  void AskForMore(std::function<absl::StatusOr<bool>()> ask) { ask_ = std::move(ask); }
  // A note must be signed by one of these too, unless there are none.
  void DemandSm2(std::vector<log::Sm2Verifier> sm2) { sm2_ = std::move(sm2); }
  // Puts what is now known in the place of what was.
  void Learn(LogKeyring&& other) {
    keys_ = std::move(other.keys_);
    records_ = std::move(other.records_);
  }
  // Record 0 and each that replaced the key, oldest first: what proves keys() from the first on. Empty while
  // nothing but the first is known.
  const std::vector<std::string>& records() const { return records_; }

  // Errors as of log::OpenCheckpoint and log::CheckSm2Line, or that of asking.
  absl::StatusOr<log::Checkpoint> Open(std::string_view note);
  const audit::LogKeys& keys() const { return keys_; }

 private:
  LogKeyring(audit::LogKeys keys, std::vector<std::string> records)
      : keys_(std::move(keys)), records_(std::move(records)) {}

  absl::StatusOr<log::Checkpoint> OpenByKnown(std::string_view note) const;

  audit::LogKeys keys_;
  std::vector<std::string> records_;
  std::vector<log::Sm2Verifier> sm2_;
  std::function<absl::StatusOr<bool>()> ask_;
  bool asking_ = false;  // what is asked opens notes too
};

}  // namespace fundledger::sdk
