#include "clients/verify/trust.h"

#include <algorithm>

#include "clients/verify/language.h"
#include "ledger/audit/audit.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"
#include "ledger/crypto/time_stamp.h"
#include "ledger/log/log_signed.h"
#include "ledger/log/record.h"

#include "absl/strings/str_cat.h"

namespace fundledger::verify {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr uint64_t kTimeMaxS = 253'402'300'799;

}  // namespace

bool ReplacesLogKey(std::string_view bytes) {
  const auto record = log::DecodeRecord(bytes);
  if (!record.ok()) return false;
  const auto envelope = crypto::OpenEnvelope(record->envelope);
  if (!envelope.ok() || envelope->signatures.size() < 2) return false;
  ::fundledger::v1::Submission submission;
  return submission.ParseFromString(envelope->payload) && audit::IsLogKeyRotation(submission);
}

absl::StatusOr<Trust> Trust::Load(const Options& options, const Reader& reader, Report* report) {
  Trust trust(options);
  trust.given_key_ = options.verifier_key;
  if (!trust.given_key_.empty()) RETURN_IF_ERROR(log::NoteVerifier::Parse(trust.given_key_).status());
  if (!options.authorities_pem.empty())
    RETURN_IF_ERROR(crypto::CheckTimeStampAuthorities(options.authorities_pem));
  report->policy_was_given = options.policy.has_value();
  if (options.policy.has_value()) {
    ASSIGN_OR_RETURN(trust.policy_, log::Policy::Parse(*options.policy));
  } else if (const auto own = reader.File(bundle::kPolicyFile); own.ok()) {
    // It tells which cosignatures the exporter looked for; whether they are worth anything it cannot tell.
    auto policy = log::Policy::Parse(*own);
    if (policy.ok()) {
      trust.policy_ = *std::move(policy);
    } else {
      report->notes.push_back(
          T("The bundle's own policy cannot be read: which witnesses its maker looked for is "
            "not known.",
            "数据包自带的见证策略无法读取：不知制作者核对了哪些见证方。"));
    }
  }
  report->asks_witnesses = trust.policy_.AsksWitnesses();
  for (const log::PolicyWitness& witness : trust.policy_.witnesses())
    report->witnesses.push_back(witness.key.name);
  return trust;
}

void Trust::TakeKeys(const std::vector<std::string>& records, Findings* findings, Report* report) {
  auto keys = records.empty() ? absl::NotFoundError("the bundle does not hold record 0")
                              : audit::LogKeys::OfGenesis(records.front());
  if (keys.ok()) {
    key_records_ = {records.front()};
    const log::NoteVerifier& first = keys->At(0);
    report->origin = first.name;
    if (const auto key = audit::ToPublicKey(keys->current()); key.ok())
      report->verifier_key = log::VerifierKey(first.name, *key);
    // By the key that it names too: otherwise anybody puts a standby of their own under the log's key, says
    // that the key is lost, and goes on with theirs.
    audit::Replay replay;
    if (const absl::Status is_signed = replay.Next(records.front());
        !is_signed.ok() && !findings->HasRecordBefore(1))
      findings->Add(0, is_signed);
  } else {
    findings->Add(0, keys.status());
  }
  for (size_t i = 1; i < records.size() && keys.ok(); ++i) {
    const auto record = log::DecodeRecord(records[i]);
    const std::optional<Sequence> sequence =
        record.ok() ? std::optional<Sequence>(record->header.sequence) : std::nullopt;
    if (const absl::Status status = keys->Follow(records[i]); status.ok()) {
      key_records_.push_back(records[i]);
    } else {
      findings->Add(sequence, status);
    }
  }
  if (keys.ok()) keys_ = *std::move(keys);
  if (given_key_.empty() && options_.policy.has_value()) return HoldToPolicy(findings, report);
  report->key_was_given = !given_key_.empty();
  if (given_key_.empty() || given_key_ == report->verifier_key) return;
  TakeGiven(*log::NoteVerifier::Parse(given_key_));
  findings->Add(0, "LOG_KEY_MISMATCH",
                absl::StrCat("the genesis names the log key ", report->verifier_key, ", the one given is ",
                             given_key_, ": this is another ledger, or its genesis was replaced"));
}

// A key that replaced another vouches for the genesis as that one does: it signed its own record, which names
// the ledger. A line that names none of the keys is not passed over, though another names one: the log that
// the inspector knows has that key, and this one has gone another way.
void Trust::HoldToPolicy(Findings* findings, Report* report) {
  const std::vector<log::NoteVerifier> proven =
      keys_.has_value() ? keys_->verifiers() : std::vector<log::NoteVerifier>();
  const log::NoteVerifier* stranger = nullptr;
  bool names_one = false;
  for (const log::PolicyLog& each : policy_.logs()) {
    if (each.key.name != report->origin) continue;
    const bool is_proven = std::any_of(proven.begin(), proven.end(), [&each](const log::NoteVerifier& key) {
      return log::IsSameKey(key, each.key);
    });
    if (is_proven) names_one = true;
    if (!is_proven && stranger == nullptr) stranger = &each.key;
  }
  report->key_was_given = names_one || stranger != nullptr;
  if (stranger != nullptr) {
    findings->Add(
        0, "LOG_KEY_MISMATCH",
        absl::StrCat("the policy given names the key ",
                     log::VerifierKey(stranger->name, stranger->key->public_key()),
                     " of this log, which the records here never gave it: this is another ledger, or its "
                     "genesis was replaced, or it ends before the log had that key"));
    if (!names_one) TakeGiven(*stranger);
  } else if (!policy_.logs().empty() && !names_one) {
    findings->Add(0, "LOG_KEY_MISMATCH",
                  absl::StrCat("the policy given names no log of the origin ", report->origin));
  }
}

std::vector<audit::AttestedTime> Trust::TimesOf(
    std::string_view note, const std::vector<std::pair<std::string, std::string>>& stamps,
    Findings* findings) const {
  std::vector<audit::AttestedTime> times;
  const auto checkpoint = PeekCheckpoint(note);
  const auto parsed = log::ParseNote(note);
  // Whoever opens the note says so.
  if (!checkpoint.ok() || !parsed.ok() || !has_keys()) return times;
  if (!log::OpenNote(note, {keys_->At(checkpoint->size)}).ok()) return times;
  const std::optional<Sequence> last =
      checkpoint->size == 0 ? std::nullopt : std::optional<Sequence>(checkpoint->size - 1);
  // The bundle's own policy may name witnesses that its maker invented: their clocks speak against nobody.
  const auto cosigned = log::OpenCosignatures(
      *parsed, options_.policy.has_value() ? policy_.WitnessKeys() : std::vector<log::WitnessVerifier>());
  if (cosigned.ok()) {
    for (const log::Cosignature& each : *cosigned) {
      // Bounded, so that no clock of a witness overflows; the year 9999 is far enough.
      const auto time_us = static_cast<int64_t>(std::min(each.time_s, kTimeMaxS)) * kMicrosPerSecond;
      times.push_back({checkpoint->size, time_us, each.name});
    }
  }
  if (options_.authorities_pem.empty()) return times;
  const std::string_view stamped = log::LogSigned(note);
  for (const auto& [authority, response] : stamps) {
    const auto time = crypto::VerifyTimeStamp(response, stamped, options_.authorities_pem);
    if (time.ok()) {
      times.push_back({checkpoint->size, time->time_us, authority});
    } else {
      findings->Add(last, ReasonOf(time.status()),
                    absl::StrCat("the time stamp of ", authority, " on the checkpoint of ", checkpoint->size,
                                 " records: ", time.status().message()));
    }
  }
  return times;
}

}  // namespace fundledger::verify
