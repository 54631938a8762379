// Admission: what can be said of an envelope without knowing anything else. A field or enum value that is
// unknown today must not gain a meaning tomorrow, in a record that is already signed; so both are refused at
// every depth.
#include <algorithm>
#include <climits>
#include <utility>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/wire_format_lite.h>

#include "ledger/audit/audit.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/text.h"
#include "ledger/crypto/digest.h"
#include "ledger/crypto/dsse.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"

namespace fundledger::audit {
namespace {

namespace pb = ::google::protobuf;

constexpr size_t kRequestIdBytes = 16;
constexpr size_t kHashBytes = 32;

absl::Status Bad(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kInvalidArgument, reason, message);
}

// Where in a message: written out only for an error.
struct Place {
  const Place* above = nullptr;                // null at the top
  const pb::FieldDescriptor* field = nullptr;  // of `above`
  int index = -1;                              // in a repeated field
  std::string ToString() const {
    if (above == nullptr) return "submission";
    std::string name = absl::StrCat(above->ToString(), ".", field->name());
    if (index >= 0) absl::StrAppend(&name, "[", index, "]");
    return name;
  }
};

absl::Status CheckEnum(const Place& place, int value) {
  const pb::EnumDescriptor& type = *place.field->enum_type();
  if (type.FindValueByNumber(value) != nullptr) return absl::OkStatus();
  return Bad("UNKNOWN_ENUM_VALUE",
             absl::StrCat(place.ToString(), " has the value ", value, ", which ", type.full_name(),
                          " does not know: send it to a ledger of a newer edition"));
}

// What of a type of message may hold something unknown: its messages and enums, in the order of their
// numbers. Found out once a type: asking every message's reflection which of its fields are set costs more
// than looking.
using Plan = std::vector<const pb::FieldDescriptor*>;

Plan MakePlan(const pb::Descriptor& type) {
  Plan plan;
  for (int i = 0; i < type.field_count(); ++i) {
    const auto cpp_type = type.field(i)->cpp_type();
    const bool is_message = cpp_type == pb::FieldDescriptor::CPPTYPE_MESSAGE;
    if (is_message || cpp_type == pb::FieldDescriptor::CPPTYPE_ENUM) plan.push_back(type.field(i));
  }
  std::sort(plan.begin(), plan.end(), [](const auto* a, const auto* b) { return a->number() < b->number(); });
  return plan;
}

void AddPlans(const pb::Descriptor& type, absl::flat_hash_map<const pb::Descriptor*, Plan>* plans) {
  if (plans->contains(&type)) return;
  const Plan& plan = (*plans)[&type] = MakePlan(type);
  for (const pb::FieldDescriptor* field : Plan(plan)) {
    if (field->message_type() != nullptr) AddPlans(*field->message_type(), plans);
  }
}

// Of a type that stands somewhere in a submission.
const Plan& PlanOf(const pb::Descriptor& type) {
  static const auto& plans = *[] {
    auto* all = new absl::flat_hash_map<const pb::Descriptor*, Plan>();
    AddPlans(*v1::Submission::descriptor(), all);
    return all;
  }();
  return plans.find(&type)->second;
}

absl::Status CheckKnown(const pb::Message& message, const Place& place);

absl::Status CheckFieldKnown(const pb::Message& message, const pb::FieldDescriptor& field,
                             const Place& above) {
  const pb::Reflection& reflection = *message.GetReflection();
  const bool is_message = field.cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE;
  Place place{&above, &field};
  if (!field.is_repeated()) {
    if (!reflection.HasField(message, &field)) return absl::OkStatus();
    return is_message ? CheckKnown(reflection.GetMessage(message, &field), place)
                      : CheckEnum(place, reflection.GetEnumValue(message, &field));
  }
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    place.index = i;
    RETURN_IF_ERROR(is_message ? CheckKnown(reflection.GetRepeatedMessage(message, &field, i), place)
                               : CheckEnum(place, reflection.GetRepeatedEnumValue(message, &field, i)));
  }
  return absl::OkStatus();
}

// Nothing unknown in `message` or below it. The messages do not nest in themselves, so the depth is bounded.
absl::Status CheckKnown(const pb::Message& message, const Place& place) {
  const pb::Reflection& reflection = *message.GetReflection();
  const pb::UnknownFieldSet& unknown = reflection.GetUnknownFields(message);
  if (!unknown.empty()) {
    return Bad("UNKNOWN_FIELD",
               absl::StrCat(place.ToString(), " has the field ", unknown.field(0).number(), ", which ",
                            message.GetDescriptor()->full_name(), " does not know"));
  }
  for (const pb::FieldDescriptor* field : PlanOf(*message.GetDescriptor())) {
    RETURN_IF_ERROR(CheckFieldKnown(message, *field, place));
  }
  return absl::OkStatus();
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
  if (!admitted.submission.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return Bad("SUBMISSION_MALFORMED", "the payload is not a Submission, or has text that is not UTF-8");
  }
  RETURN_IF_ERROR(CheckKnown(admitted.submission, Place()));
  // A field given twice, a default written out, a number in more bytes than it needs: the parser forgives
  // them, and another reader might read them otherwise.
  if (const size_t accounted = admitted.submission.ByteSizeLong(); accounted != payload.size()) {
    return Bad("SUBMISSION_MALFORMED", absl::StrCat("the payload has ", payload.size(),
                                                    " bytes where its content needs ", accounted));
  }
  RETURN_IF_ERROR(CheckActions(admitted.submission));
  RETURN_IF_ERROR(CheckHead(admitted.submission, seen_needed));
  ASSIGN_OR_RETURN(admitted.actions_hash, HashActions(payload));
  admitted.form = books::FormOf(admitted.submission);
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
  if (IsGenesis(admitted.submission)) {
    signatures_needed += static_cast<size_t>(admitted.submission.actions(0).genesis().administrators_size());
  }
  if (IsLogKeyRotation(admitted.submission)) {
    signatures_needed = admitted.submission.actions(0).rotate_log_key().old_key_lost() ? 4 : 5;
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
