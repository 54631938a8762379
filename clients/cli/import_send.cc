#include "clients/cli/import_send.h"

#include <algorithm>
#include <utility>

#include "clients/sdk/bulk.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {
namespace {

class Sender {
 public:
  Sender(Context* context, sdk::Client* client, const Import& import, bool keep_going, ImportSummary* summary)
      : context_(context),
        client_(client),
        actions_(import.actions),
        keep_going_(keep_going),
        summary_(summary),
        resolver_(context, client),
        bulk_(client),
        progress_(import.actions.size(), context->json()) {}

  absl::StatusOr<int> Run() {
    while (next_ < actions_.size() && !stopped_) {
      const absl::Status sent = SendPart();
      if (!sent.ok()) return StoppedAt(sent);
    }
    RETURN_IF_ERROR(client_->Settle());
    return summary_->refused == 0 ? kExitOk : kExitRefused;
  }

 private:
  // Some rows from next_ on that do not name each other: their actions could all be filled.
  struct Part {
    std::vector<sdk::Unsealed> drafts;
    Trial trial;
    Made made;
  };

  absl::Status SendPart() {
    Part part;
    absl::Status unfilled;
    while (unfilled.ok() && !part_is_full_) unfilled = AddRow(&part);
    part_is_full_ = false;
    if (!unfilled.ok()) {
      if (IsFatal(unfilled)) return unfilled;
      // Perhaps it names what the rows before it make: looked at again when they are recorded.
      if (part.drafts.empty()) return Refused(unfilled);
    }
    RETURN_IF_ERROR(KeepGoodOnes(&part));
    const size_t first = next_;
    const absl::Status sent =
        bulk_.Run(part.drafts, [&](size_t i, const sdk::Sealed& sealed, const auto& outcome) {
          return Took(first + i, sealed, outcome);
        });
    summary_->unanswered = bulk_.unanswered();
    return fatal_.ok() ? sent : fatal_;
  }

  // Adds the next row to a part, or finds it full: what a row names must be recorded before it is asked for.
  absl::Status AddRow(Part* part) {
    const size_t at = next_ + part->drafts.size();
    const size_t rows_max = suspect_ == next_ ? 1 : actions_.size();
    if (at >= actions_.size() || part->drafts.size() >= rows_max || part->made.NamedBy(actions_[at])) {
      part_is_full_ = true;
      return absl::OkStatus();
    }
    const ImportAction& from = actions_[at];
    ASSIGN_OR_RETURN(const v1::Action action, ResolveRow(*client_, from, &resolver_));
    ASSIGN_OR_RETURN(const crypto::Signer* signer, context_->signer(from.officer));
    v1::Submission draft = DraftRow(*client_, from, action);
    if (!part->trial.HasRoom(draft.ByteSizeLong())) {
      part_is_full_ = true;
      return absl::OkStatus();
    }
    part->trial.Add(draft);
    part->made.Add(from);
    part->drafts.push_back({std::move(draft), signer});
    return absl::OkStatus();
  }

  // Where a refused row is to be the last, nothing behind it is sent: the ledger says which one that is. It
  // goes alone then, and is refused for good, or taken if the ledger has changed its mind.
  absl::Status KeepGoodOnes(Part* part) {
    if (keep_going_ || part->drafts.size() == 1) return absl::OkStatus();
    ASSIGN_OR_RETURN(const v1::CheckResponse response, part->trial.Ask(client_));
    const auto& results = response.results();
    const auto bad = std::find_if(results.begin(), results.end(),
                                  [](const v1::CheckResult& result) { return result.code() != 0; });
    if (bad == results.end()) return absl::OkStatus();
    const auto good = static_cast<size_t>(bad - results.begin());
    suspect_ = next_ + good;
    part->drafts.resize(std::max<size_t>(good, 1));
    return absl::OkStatus();
  }

  // What became of one row. False: send no more.
  bool Took(size_t at, const sdk::Sealed& sealed, const absl::StatusOr<sdk::CheckedReceipt>& outcome) {
    if (!fatal_.ok()) return false;
    if (!outcome.ok() && IsFatal(outcome.status())) {
      fatal_ = outcome.status();
      return false;
    }
    next_ = at + 1;
    if (outcome.ok()) {
      // Recorded by an earlier import; not by this one, whose answer was lost with a broken connection.
      const bool already = outcome->repeated && outcome->receipt.envelope() != sealed.envelope;
      ++(already ? summary_->already : summary_->recorded);
      if (stopped_ && !already) summary_->behind.push_back(actions_[at].rows[0]);
    } else {
      CountRefused(at, outcome.status());
    }
    progress_.Show(next_);
    return !stopped_;
  }

  absl::Status Refused(const absl::Status& status) {
    CountRefused(next_++, status);
    progress_.Show(next_);
    return absl::OkStatus();
  }

  void CountRefused(size_t at, const absl::Status& status) {
    ++summary_->refused;
    summary_->errors.push_back(ErrorOf(actions_[at], status));
    stopped_ = stopped_ || !keep_going_;
  }

  absl::Status StoppedAt(absl::Status status) {
    if (next_ == actions_.size())
      return status;  // all rows are recorded, but the last checkpoint not believed
    // Rows are left: an error about a proof is none that says all was recorded.
    const bool is_open = summary_->unanswered > 0 || ReasonOf(status) == "NOT_SETTLED";
    if (is_open && !sdk::IsEvidence(status)) status = MarkUnanswered(std::move(status));
    const RowError error = ErrorOf(actions_[next_], status);
    summary_->errors.push_back(error);
    return Annotate(status, absl::StrCat("stopped at row ", error.row, " of ", error.file, "; ",
                                         summary_->recorded, " recorded, ", summary_->already,
                                         " were there before. Importing the same again "
                                         "records nothing twice"));
  }

  Context* context_;
  sdk::Client* client_;
  const std::vector<ImportAction>& actions_;
  const bool keep_going_;
  ImportSummary* summary_;
  LedgerResolver resolver_;
  sdk::BulkSubmitter bulk_;
  Progress progress_;

  size_t next_ = 0;            // the first row without an outcome
  size_t suspect_ = SIZE_MAX;  // a row that the ledger would refuse
  bool part_is_full_ = false;
  bool stopped_ = false;  // a row was refused, and no other is to be sent
  absl::Status fatal_;
};

}  // namespace

absl::StatusOr<int> SendImport(Context& context, const Import& import, bool keep_going,
                               ImportSummary* summary) {
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  return Sender(&context, client, import, keep_going, summary).Run();
}

}  // namespace fundledger::cli
