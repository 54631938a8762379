#include "ledger/audit/answer.h"

#include <string>
#include <utility>

#include "ledger/base/hash256.h"
#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"

#include "absl/strings/str_cat.h"

namespace fundledger::audit {
namespace {

absl::Status Malformed(std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "ANSWER_MALFORMED",
                absl::StrCat("the signed answer ", ToAbsl(why)));
}

}  // namespace

absl::StatusOr<OpenedAnswer> OpenAnswer(std::string_view envelope,
                                        const std::vector<log::NoteVerifier>& keys) {
  auto opened = crypto::OpenEnvelope(envelope);
  if (!opened.ok()) return Malformed(ToStd(opened.status().message()));
  if (opened->payload_type != crypto::kAnswerType || opened->signatures.size() != 1) {
    return Malformed("is signed as something else");
  }
  OpenedAnswer found;
  const bool parsed = found.answer.ParseFromString(opened->payload);
  const auto& unknown = found.answer.GetReflection()->GetUnknownFields(found.answer);
  if (!parsed || !unknown.empty() || found.answer.ByteSizeLong() != opened->payload.size()) {
    return Malformed("is no fundledger.v1.Answer and nothing else");
  }
  if (!Hash256::FromBytes(found.answer.ledger()).has_value()) return Malformed("names no ledger");
  const std::string signed_bytes = crypto::PreAuthEncoding(opened->payload_type, opened->payload);
  absl::Status why = absl::UnauthenticatedError("no key of the log is known");
  for (const log::NoteVerifier& key : keys) {
    auto checkpoint = log::OpenCheckpoint(found.answer.checkpoint(), key);
    why = checkpoint.ok() ? key.key->Verify(signed_bytes, opened->signatures[0]) : checkpoint.status();
    if (!why.ok()) continue;
    found.checkpoint = *std::move(checkpoint);
    found.key = key;
    return found;
  }
  return Refuse(absl::StatusCode::kUnauthenticated, "ANSWER_UNVERIFIED",
                absl::StrCat("no one key of the log signed the answer and its checkpoint: ", why.message()));
}

absl::StatusOr<OpenedAnswer> OpenAnswer(std::string_view envelope, const LogKeys& keys) {
  ASSIGN_OR_RETURN(OpenedAnswer opened, OpenAnswer(envelope, keys.verifiers()));
  const log::NoteVerifier& key = keys.At(opened.checkpoint.size);
  if (opened.key.key->public_key() == key.key->public_key()) return opened;
  return Refuse(absl::StatusCode::kUnauthenticated, "ANSWER_UNVERIFIED",
                absl::StrCat("the answer is signed by a key that the log had at another time, not at ",
                             opened.checkpoint.size, " records"));
}

}  // namespace fundledger::audit
