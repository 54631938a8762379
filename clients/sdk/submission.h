// Submissions: what an officer signs, built once and never serialized again.
#pragma once

#include <string>
#include <string_view>

#include "fundledger/v1/actions.pb.h"
#include "ledger/base/hash256.h"
#include "ledger/crypto/signature.h"

#include "absl/status/statusor.h"

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

// Signs a submission whose every field is set.
absl::StatusOr<Sealed> Seal(const v1::Submission& submission, const crypto::Signer& signer);

// The officer's signature over their own id: what shows that a key to be registered is theirs.
absl::StatusOr<std::string> ProveKey(std::string_view ledger, std::string_view officer,
                                     const crypto::Signer& signer);

}  // namespace fundledger::sdk
