// Trial runs: what Submit would say, on the latest view, without a signature and without a trace.
#include <algorithm>
#include <unordered_map>

#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"
#include "ledger/engine/layout.h"
#include "ledger/engine/sequencer.h"
#include "ledger/log/record.h"

namespace fundledger::engine {
namespace {

// A series of trials, each on top of those before.
class Trial {
 public:
  Trial(const LedgerFacts& facts, const View& view, int64_t now_us)
      : facts_(facts), view_(view), books_(view), now_us_(now_us), sequence_(view.size()) {}

  CheckOutcome Try(std::string_view payload) {
    CheckOutcome outcome;
    absl::StatusOr<audit::Admitted> admitted = audit::AdmitPayload(payload);
    outcome.status = admitted.ok() ? TryAdmitted(*admitted, &outcome.repeated_request) : admitted.status();
    return outcome;
  }

 private:
  absl::Status TryAdmitted(const audit::Admitted& admitted, bool* repeated_request) {
    const v1::Submission& submission = admitted.submission();
    const std::string request_key = RequestKey(submission.officer(), submission.request_id());
    const auto in_trial = requests_.find(request_key);
    std::optional<RequestFound> found;
    if (in_trial != requests_.end()) found = in_trial->second;
    if (!found.has_value()) {
      ASSIGN_OR_RETURN(found, FindRequest(view_, request_key));
    }
    if (found.has_value()) {
      RETURN_IF_ERROR(CheckRepeated(*found, admitted));
      *repeated_request = true;
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(CheckBinding(admitted));
    // Made up: what the leaf will be is known only once the submission is signed and has its place.
    const books::RecordContext context{sequence_, now_us_, crypto::Sha256(admitted.payload)};
    ASSIGN_OR_RETURN(books::Effects effects, books::Apply(books_, context, submission, admitted.form));
    books_.Add(std::move(effects.entities));
    requests_[request_key] = {sequence_, admitted.actions_hash};
    ++sequence_;
    return absl::OkStatus();
  }

  // A trial may leave out what is known only when it is signed.
  absl::Status CheckBinding(const audit::Admitted& admitted) const {
    audit::Admitted completed;
    v1::Submission& submission = *completed.mutable_submission();
    submission = admitted.submission();
    if (!audit::IsGenesis(submission) && submission.seen().size() == 0) {
      submission.mutable_seen()->set_size(view_.size());
      submission.mutable_seen()->set_root(view_.checkpoint().root.str());
    }
    if (submission.not_after_us() == 0) submission.set_not_after_us(now_us_);
    return audit::CheckBinding(completed, sequence_, now_us_, facts_.ledger,
                               [this](uint64_t size) { return view_.RootAt(size); });
  }

  const LedgerFacts& facts_;
  const View& view_;
  books::Overlay books_;
  const int64_t now_us_;
  Sequence sequence_;
  std::unordered_map<std::string, RequestFound> requests_;
};

absl::StatusOr<int64_t> LastRecordedAt(const View& view) {
  ASSIGN_OR_RETURN(const std::string bytes, view.Record(view.last_sequence()));
  ASSIGN_OR_RETURN(const log::Record record, log::DecodeRecord(bytes));
  return record.header.recorded_at_us;
}

}  // namespace

std::vector<CheckOutcome> Sequencer::Check(const std::vector<std::string>& submissions) const {
  const std::shared_ptr<const View> latest = view();
  const absl::StatusOr<int64_t> last_us = LastRecordedAt(*latest);
  if (!last_us.ok()) return std::vector<CheckOutcome>(submissions.size(), {last_us.status(), false});
  Trial trial(facts_, *latest, std::max(options_.clock(), *last_us));
  std::vector<CheckOutcome> outcomes;
  for (const std::string& submission : submissions) outcomes.push_back(trial.Try(submission));
  return outcomes;
}

}  // namespace fundledger::engine
