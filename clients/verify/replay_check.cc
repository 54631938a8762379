#include "clients/verify/replay_check.h"

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::verify {

ReplayCheck::ReplayCheck(size_t threads, const std::vector<Sequence>& sequences)
    : pipeline_(&replay_, threads, [this] { OnRecord(); }) {
  for (const Sequence sequence : sequences) balances_.emplace_back(sequence, reports::DayBalances(sequence));
}

void ReplayCheck::OnRecord() {
  const audit::Admitted& admitted = replay_.last_admitted();
  signatures_ += admitted.signatures.size() + audit::CountKeyProofs(admitted.submission());
  const Sequence sequence = replay_.size() - 1;
  for (auto& [last, balances] : balances_) {
    for (const auto& posting : replay_.last_effects().postings) balances.Add(sequence, posting);
  }
}

void ReplayCheck::Next(std::string_view record) {
  if (failure_.ok()) failure_ = pipeline_.Push(record);
}

void ReplayCheck::Finish() {
  if (failure_.ok()) failure_ = pipeline_.Finish();
}

absl::StatusOr<::fundledger::v1::GetBriefingResponse> ReplayCheck::Briefing(
    const ::fundledger::v1::GetBriefingRequest& request) const {
  for (const auto& [sequence, balances] : balances_) {
    if (sequence != request.as_of().sequence()) continue;
    return reports::Briefing({.entities = replay_, .balances = balances, .last = replay_.size() - 1},
                             request);
  }
  return Refuse(absl::StatusCode::kOutOfRange, "SEQUENCE_NOT_RECORDED",
                absl::StrCat("no balances were kept as of record ", request.as_of().sequence()));
}

}  // namespace fundledger::verify
