// Who signed. The officer's key comes from the books; a genesis brings its own keys, which is why it is
// believed only by those who got its log key by another way.
#include <algorithm>
#include <optional>
#include <unordered_map>

#include "ledger/audit/audit.h"
#include "ledger/base/mutex.h"
#include "ledger/base/status.h"
#include "ledger/books/officers.h"
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

// A key that a submission gives to an officer, and its proof.
struct KeyProof {
  std::string_view officer;
  const v1::PublicKey& key;
  std::string_view proof;
};

std::optional<KeyProof> KeyProofIn(const v1::Submission& submission, const v1::Action& action) {
  switch (action.kind_case()) {
    case v1::Action::kRegisterOfficer: {
      const v1::RegisterOfficer& what = action.register_officer();
      return KeyProof{what.id(), what.key(), what.key_proof()};
    }
    case v1::Action::kRotateKey:
      return KeyProof{submission.officer(), action.rotate_key().key(), action.rotate_key().key_proof()};
    case v1::Action::kRecoverKey: {
      const v1::RecoverKey& what = action.recover_key();
      return KeyProof{what.officer(), what.key(), what.key_proof()};
    }
    default:
      return std::nullopt;
  }
}

// `ledger`: what the submission names as its ledger; empty in the genesis. A proof made for one ledger
// registers nothing in another.
absl::Status CheckKeyProof(const KeyProof& proof, std::string_view ledger, VerifierCache* keys) {
  const std::string message =
      crypto::PreAuthEncoding(crypto::kKeyProofType, absl::StrCat(ToAbsl(ledger), ToAbsl(proof.officer)));
  const absl::Status status = Verify(proof.key, message, proof.proof, keys);
  if (status.ok()) return status;
  return Unauthenticated(
      "KEY_PROOF_INVALID",
      absl::StrCat("the proof of officer ", ToAbsl(proof.officer),
                   "'s key is not a signature of this ledger and the id by that key: have the officer make "
                   "it anew (",
                   status.message(), ")"));
}

absl::Status CheckGenesisSignatures(const Admitted& admitted, VerifierCache* keys) {
  const v1::Genesis& genesis = admitted.submission().actions(0).genesis();
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
    RETURN_IF_ERROR(CheckKeyProof({officer.id(), officer.key(), officer.key_proof()}, "", keys));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::PublicKey> FindGenesisSigner(const Admitted& admitted, VerifierCache* keys) {
  RETURN_IF_ERROR(CheckGenesisSignatures(admitted, keys));
  return admitted.submission().actions(0).genesis().administrators(0).key();
}

absl::Status CheckKeyProofs(const v1::Submission& submission, VerifierCache* keys) {
  for (int i = 0; i < submission.actions_size(); ++i) {
    const auto proof = KeyProofIn(submission, submission.actions(i));
    if (!proof.has_value()) continue;
    RETURN_IF_ERROR(Annotate(CheckKeyProof(*proof, submission.ledger(), keys), absl::StrCat("action ", i)));
  }
  return absl::OkStatus();
}

bool IsSame(const crypto::PublicKey& decoded, const v1::PublicKey& key) {
  return static_cast<int>(decoded.algorithm) == static_cast<int>(key.algorithm()) &&
         decoded.bytes == key.key();
}

// By signature `index` of the envelope; the officer's is the first.
bool IsSignedBy(const v1::PublicKey& key, const Admitted& admitted, VerifierCache* keys, size_t index = 0) {
  const std::string message = crypto::PreAuthEncoding(crypto::kSubmissionType, admitted.payload);
  return index < admitted.signatures.size() && Verify(key, message, admitted.signatures[index], keys).ok();
}

absl::StatusOr<books::EntityPtr> FindOfficer(const books::Reader& reader, const std::string& id) {
  ASSIGN_OR_RETURN(books::EntityPtr officer, reader.Get({books::EntityKind::kOfficer, id}));
  if (officer != nullptr) return officer;
  return Unauthenticated("OFFICER_UNKNOWN", absl::StrCat("no officer ", id, " is registered"));
}

absl::Status NotSigned(const std::string& officer) {
  return Unauthenticated("SIGNATURE_INVALID",
                         absl::StrCat("the envelope is not signed by the key of officer ", officer));
}

// The second administrator's signature, and those of the log's keys.
absl::Status CheckRotation(const books::Reader& reader, const Admitted& admitted, VerifierCache* keys) {
  const std::string& second = admitted.submission().actions(0).rotate_log_key().second_officer();
  ASSIGN_OR_RETURN(const books::EntityPtr officer, reader.Get({books::EntityKind::kOfficer, second}));
  const storage::v1::OfficerKey* key = officer == nullptr ? nullptr : books::ValidKey(officer->officer());
  if (key == nullptr || !IsSignedBy(key->key(), admitted, keys, 1)) {
    return Unauthenticated("SIGNATURE_INVALID",
                           absl::StrCat("the second signature is not by the key of officer ", second));
  }
  ASSIGN_OR_RETURN(const books::EntityPtr ledger, reader.Get({books::EntityKind::kLedger, ""}));
  if (ledger == nullptr || ledger->ledger().log_keys().empty()) {
    return Unauthenticated("SIGNATURE_INVALID", "the log has no key yet that could be replaced");
  }
  const auto& log_keys = ledger->ledger().log_keys();
  return CheckLogSignatures(admitted, log_keys.rbegin()->key(), ledger->ledger().standby_key(), keys);
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
  if (key == nullptr || admitted.signatures.empty()) return ahead;
  const std::string message = crypto::PreAuthEncoding(crypto::kSubmissionType, admitted.payload);
  if (!key->Verify(message, admitted.signatures[0]).ok()) return ahead;
  ahead.signed_by = key;
  ahead.proofs_hold = CheckKeyProofs(admitted.submission(), keys).ok();
  return ahead;
}

absl::StatusOr<v1::PublicKey> FindSigner(const books::Reader& reader, const Admitted& admitted,
                                         VerifierCache* keys, const SignaturesAhead& ahead) {
  const v1::Submission& submission = admitted.submission();
  if (IsGenesis(submission)) return FindGenesisSigner(admitted, keys);
  ASSIGN_OR_RETURN(const books::EntityPtr entity, FindOfficer(reader, submission.officer()));
  const auto& all = entity->officer().keys();
  const auto is_signer = [&](const storage::v1::OfficerKey& each) {
    const bool is_known = ahead.signed_by != nullptr && IsSame(ahead.signed_by->public_key(), each.key());
    return is_known || IsSignedBy(each.key(), admitted, keys);
  };
  const auto signer = std::find_if(all.rbegin(), all.rend(), is_signer);
  if (signer == all.rend()) return NotSigned(submission.officer());
  if (!ahead.proofs_hold) RETURN_IF_ERROR(CheckKeyProofs(submission, keys));
  return signer->key();
}

absl::StatusOr<v1::PublicKey> FindSender(const books::Reader& reader, const Admitted& admitted,
                                         VerifierCache* keys, const FindRecorded& find_recorded) {
  const v1::Submission& submission = admitted.submission();
  if (IsGenesis(submission)) return FindGenesisSigner(admitted, keys);
  ASSIGN_OR_RETURN(const books::EntityPtr entity, FindOfficer(reader, submission.officer()));
  const storage::v1::Officer& officer = entity->officer();
  const int oldest = std::max(0, officer.keys_size() - kSenderKeysMax);
  const storage::v1::OfficerKey* signer = nullptr;
  for (int i = officer.keys_size() - 1; i >= oldest && signer == nullptr; --i) {
    if (IsSignedBy(officer.keys(i).key(), admitted, keys)) signer = &officer.keys(i);
  }
  if (signer == nullptr && oldest > 0) {
    ASSIGN_OR_RETURN(const std::optional<Sequence> recorded, find_recorded());
    const auto* then = recorded.has_value() ? books::KeyAt(officer, *recorded) : nullptr;
    if (then != nullptr && IsSignedBy(then->key(), admitted, keys)) signer = then;
  }
  if (signer == nullptr) return NotSigned(submission.officer());
  RETURN_IF_ERROR(CheckKeyProofs(submission, keys));
  return signer->key();
}

absl::Status CheckLogSignatures(const Admitted& admitted, const v1::PublicKey& in_force,
                                const v1::PublicKey& standby, VerifierCache* keys) {
  const v1::RotateLogKey& what = admitted.submission().actions(0).rotate_log_key();
  const auto unsigned_by = [](std::string_view key) {
    return Unauthenticated("SIGNATURE_INVALID",
                           absl::StrCat("the rotation is not signed by the ", ToAbsl(key)));
  };
  size_t next = 2;  // behind the two administrators
  if (what.old_key_lost()) {
    if (what.log_key().key() != standby.key()) {
      return Refuse(absl::StatusCode::kInvalidArgument, "LOG_KEY_INVALID",
                    "a lost key is replaced by the standby key and no other");
    }
  } else if (!IsSignedBy(in_force, admitted, keys, next++)) {
    return unsigned_by("log's key");
  }
  if (!IsSignedBy(what.log_key(), admitted, keys, next++)) return unsigned_by("new log key");
  if (!IsSignedBy(what.standby_key(), admitted, keys, next)) return unsigned_by("new standby key");
  return absl::OkStatus();
}

absl::Status CheckCounts(const books::Reader& reader, const Admitted& admitted, const v1::PublicKey& signer,
                         VerifierCache* keys) {
  if (IsGenesis(admitted.submission())) return absl::OkStatus();
  ASSIGN_OR_RETURN(const books::EntityPtr officer, FindOfficer(reader, admitted.submission().officer()));
  RETURN_IF_ERROR(books::CheckKeyCounts(officer->officer(), signer));
  return IsLogKeyRotation(admitted.submission()) ? CheckRotation(reader, admitted, keys) : absl::OkStatus();
}

absl::Status CheckSignatures(const books::Reader& reader, const Admitted& admitted, VerifierCache* keys,
                             const SignaturesAhead& ahead) {
  ASSIGN_OR_RETURN(const v1::PublicKey signer, FindSigner(reader, admitted, keys, ahead));
  return CheckCounts(reader, admitted, signer, keys);
}

size_t CountKeyProofs(const v1::Submission& submission) {
  size_t count = 0;
  for (const v1::Action& action : submission.actions()) {
    count += KeyProofIn(submission, action).has_value() ? 1 : 0;
    count += static_cast<size_t>(action.genesis().administrators_size());
  }
  return count;
}

}  // namespace fundledger::audit
