// What a mirror compares: an answer of the ledger with what the mirror's own records give, and a note with
// what others signed below it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message.h>

#include "fundledger/v1/report_service.pb.h"
#include "ledger/audit/log_keys.h"
#include "ledger/engine/view.h"
#include "ledger/log/note.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::mirror {

// The briefing of the last record's day and year, as of that record.
absl::StatusOr<::fundledger::v1::GetBriefingRequest> BriefingOf(const engine::View& view);

// Whether an error says nothing of figures: the ledger could not be asked, or would not answer.
bool IsNoAnswer(const absl::Status& status);

// Where the ledger's `answer` to `request` of `method` (null: it refused with `refused`) is not what the
// view's records give; empty: it is. Both are of the same as_of.sequence.
absl::StatusOr<std::string> Difference(const engine::View& view, std::string_view method,
                                       const google::protobuf::Message& request,
                                       const google::protobuf::Message* answer, const absl::Status& refused);

// The checkpoint that a signed answer names, if the key of its size signed both; otherwise empty.
std::string SignedCheckpoint(const std::string& envelope, const audit::LogKeys& keys);

struct SplitNote {
  std::string log_note;             // the text and the log's own signature
  std::vector<std::string> others;  // the other signature lines, each with its newline
};
SplitNote SplitAttested(std::string_view note, const log::NoteVerifier& log);

}  // namespace fundledger::mirror
