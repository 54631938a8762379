// What is known of the log before its records are believed: its keys, and whose cosignatures count.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "clients/verify/core/findings.h"
#include "clients/verify/core/proof_check.h"
#include "clients/verify/core/reader.h"
#include "clients/verify/options.h"
#include "clients/verify/verify.h"
#include "ledger/audit/log_keys.h"
#include "ledger/audit/times.h"
#include "ledger/log/policy.h"

#include "absl/status/statusor.h"

namespace fundledger::verify {

// Whether a record replaces the log's key. Looks at the signatures first, so that most records cost little.
bool ReplacesLogKey(std::string_view record);

class Trust {
 public:
  // INVALID_ARGUMENT, reasons VERIFIER_KEY_MALFORMED, POLICY_MALFORMED, CERTIFICATE_MALFORMED. `options` must
  // outlive this.
  static absl::StatusOr<Trust> Load(const Options& options, const Reader& reader, Report* report);

  // Record 0 and those that replaced the key, in their order. What is wrong with them, or does not fit what
  // the inspector knows, is a finding.
  void TakeKeys(const std::vector<std::string>& records, Findings* findings, Report* report);
  KeyAt key_at() const {
    return [this](uint64_t size) -> const log::NoteVerifier& { return keys_->At(size); };
  }
  bool has_keys() const { return keys_.has_value(); }
  // What proves them, record 0 first; empty where the inspector knows another key than the records do.
  const std::vector<std::string>& key_records() const { return key_records_; }

  const log::Policy& policy() const { return policy_; }
  // When witnesses of the policy and authorities that are known saw the checkpoint of a note. A signature of
  // theirs that is not good is a finding. None of a note that the log's key did not sign: that it was seen
  // tells nothing of the log. After TakeKeys.
  std::vector<audit::AttestedTime> TimesOf(std::string_view note,
                                           const std::vector<std::pair<std::string, std::string>>& stamps,
                                           Findings* findings) const;

 private:
  explicit Trust(const Options& options) : options_(options) {}
  void HoldToPolicy(Findings* findings, Report* report);
  // What the inspector knows decides.
  void TakeGiven(log::NoteVerifier key) {
    keys_ = audit::LogKeys::Of(std::move(key));
    key_records_.clear();
  }

  const Options& options_;
  std::string given_key_;  // the inspector's; empty: none
  std::optional<audit::LogKeys> keys_;
  std::vector<std::string> key_records_;
  log::Policy policy_;
};

}  // namespace fundledger::verify
