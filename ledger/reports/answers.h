// Answers to serialized requests, as a signed answer (fundledger.v1.Answer) holds them: computed anew and
// compared.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message.h>

#include "fundledger/v1/resources.pb.h"
#include "ledger/reports/reports.h"

#include "absl/status/statusor.h"

namespace fundledger::reports {

// The response of `method` (SERVICE/METHOD with its package) to a serialized request, its basis without
// checkpoints. INVALID_ARGUMENT, reason ANSWER_METHOD_UNKNOWN for one that has no figures; ANSWER_MALFORMED
// for bytes that are not its request, or one of a newer program; errors of the report.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Answer(const Source& source,
                                                                  std::string_view method,
                                                                  std::string_view request);

// Where a stated answer differs from what `source` – all records under the answer's checkpoint and no more –
// gives: a line for each field, "programmes[3].planned_fen: stated 5, the records give 4". None: it is right.
// Errors as of Answer, but for what the records do not have at all, which is a difference.
absl::StatusOr<std::vector<std::string>> CompareAnswer(const Source& source,
                                                       const ::fundledger::v1::Answer& stated);

}  // namespace fundledger::reports
