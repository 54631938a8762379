// Who signed. The officer's key comes from the books; a genesis brings its own keys, which is why it is
// believed only by those who got its log key by another way.
#include <unordered_map>

#include "ledger/audit/audit.h"
#include "ledger/base/mutex.h"
#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"

namespace fundledger::audit {
namespace {

// Decoded keys that are remembered; above it, all are forgotten and decoded anew. Only keys of registered
// officers, and those that authenticated officers propose, get here.
constexpr size_t kCachedKeysMax = 65536;

absl::Status Unauthenticated(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kUnauthenticated, reason, message);
}

absl::Status Verify(const v1::PublicKey& key, std::string_view message, std::string_view signature,
                    VerifierCache* keys) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const crypto::Verifier> verifier, keys->Find(key));
  return verifier->Verify(message, signature);
}

// `ledger`: what the submission names as its ledger; empty in the genesis. A proof made for one ledger
// registers nothing in another.
absl::Status CheckKeyProof(const v1::RegisterOfficer& officer, std::string_view ledger, VerifierCache* keys) {
  const std::string message =
      crypto::PreAuthEncoding(crypto::kKeyProofType, absl::StrCat(ToAbsl(ledger), officer.id()));
  const absl::Status status = Verify(officer.key(), message, officer.key_proof(), keys);
  if (status.ok()) return status;
  return Unauthenticated(
      "KEY_PROOF_INVALID",
      absl::StrCat("the proof of officer ", officer.id(), "'s key is not a signature of this ledger ",
                   "and the id by that key: have the officer make it anew (", status.message(), ")"));
}

absl::Status CheckGenesisSignatures(const Admitted& admitted, VerifierCache* keys) {
  const v1::Genesis& genesis = admitted.submission.actions(0).genesis();
  const std::string message = crypto::PreAuthEncoding(crypto::kSubmissionType, admitted.payload);
  // Invariant of Admit: one for the log's key and one for each administrator.
  if (admitted.signatures.size() != static_cast<size_t>(genesis.administrators_size()) + 1) {
    return Unauthenticated("SIGNATURE_INVALID", "the genesis lacks a signature");
  }
  if (!Verify(genesis.log_key(), message, admitted.signatures[0], keys).ok()) {
    return Unauthenticated("SIGNATURE_INVALID", "the genesis is not signed by the log's key");
  }
  for (int i = 0; i < genesis.administrators_size(); ++i) {
    const v1::RegisterOfficer& officer = genesis.administrators(i);
    if (!Verify(officer.key(), message, admitted.signatures[static_cast<size_t>(i) + 1], keys).ok()) {
      return Unauthenticated("SIGNATURE_INVALID",
                             absl::StrCat("the genesis is not signed by administrator ", officer.id()));
    }
    RETURN_IF_ERROR(CheckKeyProof(officer, "", keys));
  }
  return absl::OkStatus();
}

absl::Status CheckKeyProofs(const v1::Submission& submission, VerifierCache* keys) {
  for (int i = 0; i < submission.actions_size(); ++i) {
    const v1::Action& action = submission.actions(i);
    if (!action.has_register_officer()) continue;
    RETURN_IF_ERROR(Annotate(CheckKeyProof(action.register_officer(), submission.ledger(), keys),
                             absl::StrCat("action ", i)));
  }
  return absl::OkStatus();
}

bool IsSame(const crypto::PublicKey& decoded, const v1::PublicKey& key) {
  return static_cast<int>(decoded.algorithm) == static_cast<int>(key.algorithm()) &&
         decoded.bytes == key.key();
}

bool IsSignedBy(const v1::PublicKey& key, const Admitted& admitted, VerifierCache* keys) {
  const std::string message = crypto::PreAuthEncoding(crypto::kSubmissionType, admitted.payload);
  return admitted.signatures.size() == 1 && Verify(key, message, admitted.signatures[0], keys).ok();
}

}  // namespace

struct VerifierCache::State {
  Mutex mutex;
  std::unordered_map<std::string, std::shared_ptr<const crypto::Verifier>> keys ABSL_GUARDED_BY(mutex);
};

VerifierCache::VerifierCache() : state_(std::make_unique<State>()) {}
VerifierCache::~VerifierCache() = default;

absl::StatusOr<crypto::PublicKey> ToPublicKey(const v1::PublicKey& key) {
  switch (key.algorithm()) {
    case v1::KEY_ALGORITHM_ED25519:
      return crypto::PublicKey{crypto::Algorithm::kEd25519, key.key()};
    case v1::KEY_ALGORITHM_SM2:
      return crypto::PublicKey{crypto::Algorithm::kSm2, key.key()};
    default:
      return Refuse(absl::StatusCode::kInvalidArgument, "KEY_MALFORMED",
                    absl::StrCat("the key's algorithm ", static_cast<int>(key.algorithm()), " is not known"));
  }
}

absl::StatusOr<std::shared_ptr<const crypto::Verifier>> VerifierCache::Find(const v1::PublicKey& key) {
  const std::string name = absl::StrCat(static_cast<int>(key.algorithm()), ":", key.key());
  {
    MutexLock lock(&state_->mutex);
    if (const auto it = state_->keys.find(name); it != state_->keys.end()) return it->second;
  }
  ASSIGN_OR_RETURN(const crypto::PublicKey decoded, ToPublicKey(key));
  ASSIGN_OR_RETURN(std::shared_ptr<const crypto::Verifier> verifier, crypto::Verifier::Make(decoded));
  MutexLock lock(&state_->mutex);
  if (state_->keys.size() >= kCachedKeysMax) state_->keys.clear();
  state_->keys.emplace(name, verifier);
  return verifier;
}

SignaturesAhead VerifyAhead(const Admitted& admitted, const std::shared_ptr<const crypto::Verifier>& key,
                            VerifierCache* keys) {
  SignaturesAhead ahead;
  if (key == nullptr || admitted.signatures.size() != 1) return ahead;
  const std::string message = crypto::PreAuthEncoding(crypto::kSubmissionType, admitted.payload);
  if (!key->Verify(message, admitted.signatures[0]).ok()) return ahead;
  ahead.signed_by = key;
  ahead.proofs_hold = CheckKeyProofs(admitted.submission, keys).ok();
  return ahead;
}

absl::Status CheckSignatures(const books::Reader& reader, const Admitted& admitted, VerifierCache* keys,
                             const SignaturesAhead& ahead) {
  const v1::Submission& submission = admitted.submission;
  if (IsGenesis(submission)) return CheckGenesisSignatures(admitted, keys);
  ASSIGN_OR_RETURN(const books::EntityPtr officer,
                   reader.Get({books::EntityKind::kOfficer, submission.officer()}));
  if (officer == nullptr) {
    return Unauthenticated("OFFICER_UNKNOWN",
                           absl::StrCat("no officer ", submission.officer(), " is registered"));
  }
  const v1::PublicKey& key = officer->officer().registration().key();
  const bool is_signed = ahead.signed_by != nullptr && IsSame(ahead.signed_by->public_key(), key);
  if (!is_signed && !IsSignedBy(key, admitted, keys)) {
    return Unauthenticated(
        "SIGNATURE_INVALID",
        absl::StrCat("the envelope is not signed by the key of officer ", submission.officer()));
  }
  return ahead.proofs_hold ? absl::OkStatus() : CheckKeyProofs(submission, keys);
}

}  // namespace fundledger::audit
