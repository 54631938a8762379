#include "services/mirror/figures.h"

#include <utility>

#include "fundledger/v1/resources.pb.h"
#include "ledger/audit/answer.h"
#include "ledger/base/date.h"
#include "ledger/base/status.h"
#include "ledger/log/record.h"
#include "ledger/reports/answers.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace fundledger::mirror {

namespace v1 = ::fundledger::v1;

absl::StatusOr<v1::GetBriefingRequest> BriefingOf(const engine::View& view) {
  ASSIGN_OR_RETURN(const std::string bytes, view.Record(view.last_sequence()));
  ASSIGN_OR_RETURN(const log::Record record, log::DecodeRecord(bytes));
  ASSIGN_OR_RETURN(const books::EntityPtr ledger, view.Get({books::EntityKind::kLedger, ""}));
  if (ledger == nullptr) return Refuse(absl::StatusCode::kDataLoss, "GENESIS_MISSING", "there is no genesis");
  const Date date =
      Date::FromUnixMicros(record.header.recorded_at_us, ledger->ledger().genesis().utc_offset_minutes());
  v1::GetBriefingRequest request;
  request.set_year(date.year());
  request.mutable_as_of()->set_sequence(view.last_sequence());
  request.mutable_as_of()->mutable_date()->set_year(date.year());
  request.mutable_as_of()->mutable_date()->set_month(date.month());
  request.mutable_as_of()->mutable_date()->set_day(date.day());
  return request;
}

bool IsNoAnswer(const absl::Status& status) {
  return !absl::IsNotFound(status) && !absl::IsInvalidArgument(status) && !absl::IsOutOfRange(status);
}

absl::StatusOr<std::string> Difference(const engine::View& view, std::string_view method,
                                       const google::protobuf::Message& request,
                                       const google::protobuf::Message* answer, const absl::Status& refused) {
  const reports::Source source{view, view, view.last_sequence()};
  if (answer == nullptr) {
    const auto own = reports::Answer(source, method, request.SerializeAsString());
    // That the copy here cannot be read says nothing of the ledger.
    if (!own.ok() && IsNoAnswer(own.status())) return own.status();
    const bool is_same = !own.ok() && ReasonOf(own.status()) == ReasonOf(refused);
    return is_same ? std::string()
                   : absl::StrCat("the ledger refuses (", refused.message(), "), the records answer");
  }
  v1::Answer stated;
  stated.set_method(std::string(method));
  stated.set_request(request.SerializeAsString());
  stated.set_response(answer->SerializeAsString());
  ASSIGN_OR_RETURN(const std::vector<std::string> differences, reports::CompareAnswer(source, stated));
  return absl::StrJoin(differences, "; ");
}

std::string SignedCheckpoint(const std::string& envelope, const audit::LogKeys& keys) {
  const auto opened = audit::OpenAnswer(envelope, keys);
  return opened.ok() ? opened->answer.checkpoint() : "";
}

SplitNote SplitAttested(std::string_view note, const log::NoteVerifier& log) {
  const size_t end = note.find("\n\n");
  SplitNote split{std::string(note.substr(0, end + 2)), {}};
  std::string_view rest = note.substr(end + 2);
  while (!rest.empty()) {
    const std::string line(rest.substr(0, rest.find('\n') + 1));
    rest.remove_prefix(line.size());
    const auto alone = log::ParseNote(absl::StrCat(ToAbsl(note.substr(0, end + 2)), line));
    if (!alone.ok()) continue;
    const log::NoteSignature& signature = alone->signatures.front();
    if (signature.name == log.name && signature.key_id == log.key_id) {
      split.log_note += line;
    } else {
      split.others.push_back(line);
    }
  }
  return split;
}

}  // namespace fundledger::mirror
