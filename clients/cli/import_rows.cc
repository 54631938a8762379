#include "clients/cli/import_rows.h"

#include <iostream>

#include <unistd.h>

#include "clients/cli/receipts.h"
#include "ledger/base/status.h"
#include "ledger/books/keys.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {
namespace {

// A request of the server's default size holds so much; each submission of a batch sees those before it.
constexpr size_t kTrialBytesMax = 900 * 1024;
constexpr size_t kTrialCountMax = 1000;
// What protobuf adds to each.
constexpr size_t kFieldBytes = 8;

}  // namespace

Progress::Progress(size_t total, bool quiet)
    : total_(total), quiet_(quiet), terminal_(::isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (!quiet_ && terminal_ && shown_) std::cerr << '\n';
}

void Progress::Show(size_t done) {
  const auto now = std::chrono::steady_clock::now();
  const auto pause = terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000);
  if (quiet_ || (now - last_ < pause && (done < total_ || !shown_))) return;
  last_ = now;
  shown_ = true;
  if (!terminal_) {
    std::cerr << done << " / " << total_ << '\n';
    return;
  }
  constexpr size_t kWidth = 40;
  const size_t filled = total_ == 0 ? kWidth : kWidth * done / total_;
  std::cerr << "\r[" << std::string(filled, '#') << std::string(kWidth - filled, ' ') << "] " << done << " / "
            << total_ << std::flush;
}

RowError ErrorOf(const ImportAction& action, const absl::Status& status) {
  // A row is one action: which of a submission's it is tells nothing here.
  std::string message(status.message());
  const std::string of_action = absl::StrCat("action 0 (", action.form->kind, "): ");
  if (message.starts_with(of_action)) message.erase(0, of_action.size());
  return {action.file, action.rows[0], "", "", ReasonOf(status), std::move(message)};
}

bool IsFatal(const absl::Status& status) {
  const int code = ExitCodeOf(status);
  const bool of_row = absl::IsInvalidArgument(status) || absl::IsNotFound(status);
  return code != kExitRefused && !(code == kExitUsage && of_row);
}

absl::StatusOr<v1::Action> ResolveRow(const sdk::Client& client, const ImportAction& from,
                                      Resolver* resolver) {
  v1::Action action;
  const std::vector<CellError> errors = FillAction(*from.form, from.cells, resolver, &action);
  if (!errors.empty()) {
    return Annotate(errors[0].status, absl::StrCat(errors[0].column, " \"", errors[0].value, "\""));
  }
  RETURN_IF_ERROR(MarkHistorical(client.first_day(), &action));
  return action;
}

v1::Submission DraftRow(const sdk::Client& client, const ImportAction& from, const v1::Action& action) {
  const std::string request_id =
      sdk::ImportRequestId(client.config().ledger, from.officer, from.form->kind, from.reference);
  return client.Draft(from.officer, request_id, {action});
}

void Made::Add(const ImportAction& action) {
  if (action.form->kind == "request_payment") references_.insert(books::Fold(action.reference));
  if (action.form->kind == "register_indicator") indicators_.insert(action.cells[0].at("id"));
}

bool Made::NamedBy(const ImportAction& action) const {
  for (const Cells& cells : action.cells) {
    if (const auto payment = cells.find("payment"); payment != cells.end()) {
      const size_t slash = payment->second.find('/');
      if (slash != std::string::npos &&
          references_.count(books::Fold(payment->second.substr(slash + 1))) != 0)
        return true;
    }
    if (const auto indicator = cells.find("indicator"); indicator != cells.end()) {
      if (indicators_.count(indicator->second) != 0) return true;
    }
    if (cells.count("targets") != 0 && !indicators_.empty()) return true;
  }
  return false;
}

bool Trial::HasRoom(size_t bytes) const {
  return size() == 0 || (size() < kTrialCountMax && bytes_ + bytes + kFieldBytes <= kTrialBytesMax);
}

void Trial::Add(const v1::Submission& draft) {
  std::string bytes = draft.SerializeAsString();
  bytes_ += bytes.size() + kFieldBytes;
  request_.add_submissions(std::move(bytes));
}

absl::StatusOr<v1::CheckResponse> Trial::Ask(sdk::Client* client) const {
  ASSIGN_OR_RETURN(v1::CheckResponse response,
                   client->Call(client->ledger_service(), &v1::LedgerService::Stub::Check, request_));
  if (response.results_size() != request_.submissions_size()) {
    return absl::InternalError("the server answered for another number of submissions");
  }
  return response;
}

}  // namespace fundledger::cli
