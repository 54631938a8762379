// Admission: what can be said of an envelope without knowing anything else.
#include <climits>
#include <utility>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "ledger/audit/audit.h"
#include "ledger/audit/known_fields.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/text.h"
#include "ledger/crypto/digest.h"
#include "ledger/crypto/dsse.h"

#include "absl/strings/str_cat.h"

namespace fundledger::audit {
namespace {

namespace pb = ::google::protobuf;

constexpr size_t kRequestIdBytes = 16;
constexpr size_t kHashBytes = 32;

absl::Status Bad(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kInvalidArgument, reason, message);
}

// SHA-256 over the length-prefixed bytes of each action, as they stand in `payload`, which parsed.
absl::StatusOr<Hash256> HashActions(std::string_view payload) {
  using pb::internal::WireFormatLite;
  const absl::Status malformed = Bad("SUBMISSION_MALFORMED", "the payload's actions cannot be told apart");
  constexpr uint32_t kActionsTag =
      WireFormatLite::MakeTag(v1::Submission::kActionsFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  pb::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(payload.data()),
                                 static_cast<int>(payload.size()));
  std::string hashed;
  while (const uint32_t tag = input.ReadTag()) {
    if (tag != kActionsTag) {
      if (!WireFormatLite::SkipField(&input, tag)) return malformed;
      continue;
    }
    uint32_t length = 0;
    if (!input.ReadVarint32(&length)) return malformed;
    const auto begin = static_cast<size_t>(input.CurrentPosition());
    if (length > payload.size() - begin || !input.Skip(static_cast<int>(length))) return malformed;
    AppendBigEndian64(length, &hashed);
    hashed.append(payload.substr(begin, length));
  }
  if (static_cast<size_t>(input.CurrentPosition()) != payload.size()) return malformed;
  return crypto::Sha256(hashed);
}

absl::Status CheckActions(const v1::Submission& submission) {
  const int count = submission.actions_size();
  if (count == 0) return Bad("ACTION_MISSING", "the submission has no action");
  if (static_cast<size_t>(count) > kMaxActions) {
    return Bad("TOO_MANY_ACTIONS", absl::StrCat("the submission has ", count, " actions, at most ",
                                                kMaxActions, " go together: send several submissions"));
  }
  for (int i = 0; i < count; ++i) {
    if (submission.actions(i).kind_case() == v1::Action::KIND_NOT_SET) {
      return Bad("ACTION_MISSING", absl::StrCat("action ", i, " is of no kind"));
    }
    if (submission.actions(i).has_rotate_log_key() && count > 1) {
      return Bad("SUBMISSION_MALFORMED", "what replaces the log's key is the only action of its submission");
    }
  }
  return absl::OkStatus();
}

// A genesis cannot name a log that is not there yet, nor have seen it; and whoever signs it makes the ledger,
// so there is no drawer it could be kept in.
absl::Status CheckGenesisHead(const v1::Submission& submission) {
  if (!submission.ledger().empty())
    return Bad("LEDGER_MALFORMED", "a genesis names a ledger: leave it empty");
  if (submission.has_seen() || submission.not_after_us() != 0) {
    return Bad("SUBMISSION_MALFORMED", "a genesis has seen or not_after_us: leave them unset");
  }
  const v1::Genesis& genesis = submission.actions(0).genesis();
  if (genesis.administrators().empty() || genesis.administrators(0).id() != submission.officer()) {
    return Bad("SUBMISSION_MALFORMED", "the officer of a genesis is its first administrator");
  }
  return absl::OkStatus();
}

absl::Status CheckHead(const v1::Submission& submission, bool seen_needed) {
  RETURN_IF_ERROR(Annotate(CheckId("officer", submission.officer()), "the submission's officer"));
  if (submission.request_id().size() != kRequestIdBytes) {
    return Bad("REQUEST_ID_MALFORMED", absl::StrCat("the request id has ", submission.request_id().size(),
                                                    " bytes: a UUID has ", kRequestIdBytes));
  }
  if (IsGenesis(submission)) return CheckGenesisHead(submission);
  if (submission.ledger().size() != kHashBytes) {
    return Bad("LEDGER_MALFORMED", absl::StrCat("the ledger has ", submission.ledger().size(),
                                                " bytes: the leaf hash of record 0 has ", kHashBytes));
  }
  const bool seen_unset = submission.seen().size() == 0 && submission.seen().root().empty();
  if (seen_unset && !seen_needed) return absl::OkStatus();
  if (submission.seen().root().size() != kHashBytes) {
    return Bad("SUBMISSION_MALFORMED", absl::StrCat("the root in seen has ", submission.seen().root().size(),
                                                    " bytes: it has ", kHashBytes));
  }
  return absl::OkStatus();
}

absl::StatusOr<Admitted> AdmitBytes(std::string payload, bool seen_needed) {
  if (payload.size() > kMaxEnvelopeBytes) {
    return Bad("ENVELOPE_TOO_LARGE", absl::StrCat("the submission has ", payload.size(), " bytes, at most ",
                                                  kMaxEnvelopeBytes, " fit: send the work as several"));
  }
  Admitted admitted;
  if (!admitted.mutable_submission()->ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return Bad("SUBMISSION_MALFORMED", "the payload is not a Submission, or has text that is not UTF-8");
  }
  const Look look = LookAt(payload);
  if (!look.has_only_known) RETURN_IF_ERROR(CheckKnown(admitted.submission()));
  // A field given twice, a default written out, a number in more bytes than it needs: the parser forgives
  // them, and another reader might read them otherwise.
  if (const size_t accounted = admitted.submission().ByteSizeLong(); accounted != payload.size()) {
    return Bad("SUBMISSION_MALFORMED", absl::StrCat("the payload has ", payload.size(),
                                                    " bytes where its content needs ", accounted));
  }
  RETURN_IF_ERROR(CheckActions(admitted.submission()));
  RETURN_IF_ERROR(CheckHead(admitted.submission(), seen_needed));
  ASSIGN_OR_RETURN(admitted.actions_hash, HashActions(payload));
  admitted.form = books::FormOf(admitted.submission(), look.has_good_text);
  admitted.payload = std::move(payload);
  return admitted;
}

}  // namespace

bool IsGenesis(const v1::Submission& submission) {
  return submission.actions_size() == 1 && submission.actions(0).has_genesis();
}

bool IsLogKeyRotation(const v1::Submission& submission) {
  return submission.actions_size() == 1 && submission.actions(0).has_rotate_log_key();
}

absl::StatusOr<Admitted> Admit(std::string_view envelope) {
  if (envelope.size() > kMaxEnvelopeBytes) {
    return Bad("ENVELOPE_TOO_LARGE", absl::StrCat("the envelope has ", envelope.size(), " bytes, at most ",
                                                  kMaxEnvelopeBytes, " fit: send the work as several"));
  }
  ASSIGN_OR_RETURN(crypto::OpenedEnvelope opened, crypto::OpenEnvelope(envelope));
  if (opened.payload_type != crypto::kSubmissionType) {
    return Bad("PAYLOAD_TYPE_UNKNOWN",
               absl::StrCat("the envelope's payload is not of the type ", ToAbsl(crypto::kSubmissionType)));
  }
  ASSIGN_OR_RETURN(Admitted admitted, AdmitBytes(std::move(opened.payload), /*seen_needed=*/true));
  size_t signatures_needed = 1;
  if (IsGenesis(admitted.submission())) {
    signatures_needed +=
        static_cast<size_t>(admitted.submission().actions(0).genesis().administrators_size());
  }
  if (IsLogKeyRotation(admitted.submission())) {
    signatures_needed = admitted.submission().actions(0).rotate_log_key().old_key_lost() ? 4 : 5;
  }
  if (opened.signatures.size() != signatures_needed) {
    return Bad("ENVELOPE_MALFORMED", absl::StrCat("the envelope has ", opened.signatures.size(),
                                                  " signatures, it takes ", signatures_needed));
  }
  admitted.signatures = std::move(opened.signatures);
  return admitted;
}

absl::StatusOr<Admitted> AdmitPayload(std::string_view payload) {
  return AdmitBytes(std::string(payload), /*seen_needed=*/false);
}

}  // namespace fundledger::audit
