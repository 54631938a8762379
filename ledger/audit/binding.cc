// What binds a submission to one log, one state of it and one moment.
#include "ledger/audit/audit.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/time_text.h"

#include "absl/strings/str_cat.h"

namespace fundledger::audit {
namespace {

// The longest a submission may stay valid: 366 days, in microseconds.
constexpr int64_t kValidityMaxUs = int64_t{366} * 24 * 60 * 60 * 1'000'000;

absl::Status CheckGenesisPlace(const v1::Submission& submission, Sequence sequence) {
  bool has_genesis = false;
  for (const v1::Action& action : submission.actions()) has_genesis = has_genesis || action.has_genesis();
  const bool is_fit = sequence == 0 ? IsGenesis(submission) : !has_genesis;
  if (is_fit) return absl::OkStatus();
  return Refuse(
      absl::StatusCode::kInvalidArgument, "GENESIS_MISPLACED",
      absl::StrCat("a genesis is the only action of record 0 and stands nowhere else; this is record ",
                   sequence));
}

absl::Status CheckSeen(const v1::Seen& seen, Sequence sequence,
                       const std::function<absl::StatusOr<Hash256>(uint64_t size)>& root_at) {
  const absl::Status not_a_prefix = Refuse(
      absl::StatusCode::kFailedPrecondition, "SEEN_NOT_A_PREFIX",
      absl::StrCat("the client has seen a log of ", seen.size(), " records with the root ",
                   HexEncode(seen.root()), ", which is not how this log of ", sequence,
                   " began: keep that checkpoint and report it, one of the two logs was forked or restored"));
  if (seen.size() == 0 || seen.size() > sequence) return not_a_prefix;
  const absl::StatusOr<Hash256> root = root_at(seen.size());
  if (absl::IsOutOfRange(root.status())) return not_a_prefix;
  RETURN_IF_ERROR(root.status());
  return root->view() == seen.root() ? absl::OkStatus() : not_a_prefix;
}

}  // namespace

absl::Status CheckBinding(const Admitted& admitted, Sequence sequence, int64_t recorded_at_us,
                          const std::optional<Hash256>& ledger,
                          const std::function<absl::StatusOr<Hash256>(uint64_t size)>& root_at) {
  const v1::Submission& submission = admitted.submission();
  RETURN_IF_ERROR(CheckGenesisPlace(submission, sequence));
  if (sequence == 0) return absl::OkStatus();
  if (!ledger.has_value() || submission.ledger() != ledger->view()) {
    return Refuse(absl::StatusCode::kInvalidArgument, "WRONG_LEDGER",
                  absl::StrCat("the submission is for the ledger ", HexEncode(submission.ledger()),
                               ", this is ", ledger.has_value() ? HexEncode(ledger->view()) : "none"));
  }
  if (recorded_at_us > submission.not_after_us()) {
    return Refuse(
        absl::StatusCode::kFailedPrecondition, "EXPIRED",
        absl::StrCat("the submission was not to be recorded after ", TimeText(submission.not_after_us(), 0),
                     " UTC and it is ", TimeText(recorded_at_us, 0), " UTC: sign it anew"));
  }
  if (submission.not_after_us() - recorded_at_us > kValidityMaxUs) {
    return Refuse(
        absl::StatusCode::kInvalidArgument, "NOT_AFTER_TOO_FAR",
        absl::StrCat("the submission may be recorded until ", TimeText(submission.not_after_us(), 0),
                     " UTC, more than 366 days from now: nobody keeps a signed "
                     "request in a drawer for so long; sign it with an earlier not_after"));
  }
  return CheckSeen(submission.seen(), sequence, root_at);
}

}  // namespace fundledger::audit
