// Submissions: what an officer signs, built once and never serialized again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fundledger/v1/actions.pb.h"
#include "ledger/base/hash256.h"
#include "ledger/crypto/signature.h"
#include "ledger/log/note.h"

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace fundledger::sdk {

// A sealed submission: the very bytes that are sent, and sent again.
struct Sealed {
  std::string request_id;  // 16 bytes
  std::string payload;     // the serialized Submission
  std::string envelope;    // DSSE around it
};

// A random UUID (version 4), 16 bytes.
std::string NewRequestId();
// The request id of a row that is imported: always the same for one ledger, officer, kind of action and
// reference, so that importing again never records it twice.
std::string ImportRequestId(const Hash256& ledger, std::string_view officer, std::string_view kind,
                            std::string_view reference);

// A submission for `ledger`, valid for 30 days from `now_us` on, that names the last checkpoint verified.
// Unsigned.
v1::Submission DraftSubmission(const Hash256& ledger, const log::Checkpoint& seen, int64_t now_us,
                               std::string_view officer, const std::string& request_id,
                               const std::vector<v1::Action>& actions);

// Signs a submission whose every field is set.
absl::StatusOr<Sealed> Seal(const v1::Submission& submission, const crypto::Signer& signer);

// A submission and who is to sign it.
struct Unsealed {
  v1::Submission submission;
  const crypto::Signer* signer = nullptr;  // outlives the sealing
};
// Signs many, in parallel on as many threads as given; 0: one for each core. In the order given. If one
// cannot be signed, the error of the first such. May be called from several threads at once, with the same
// signers too; returns when all its threads have ended.
absl::StatusOr<std::vector<Sealed>> SealAll(absl::Span<const Unsealed> unsealed, size_t threads = 0);

// What proves a key when it signs it: the ledger and the officer's id.
std::string KeyProofMessage(std::string_view ledger, std::string_view officer);
// The officer's signature over their own id: what shows that a key to be registered is theirs.
absl::StatusOr<std::string> ProveKey(std::string_view ledger, std::string_view officer,
                                     const crypto::Signer& signer);

}  // namespace fundledger::sdk
