#include "services/server/operator_watch.h"

#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/text.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace fundledger::server {
namespace {

namespace v1 = ::fundledger::v1;

void Add(std::string name, std::string_view value, AuditFile::Line* line) {
  if (!value.empty()) line->emplace_back(std::move(name), value);
}

// What anybody may write where an id belongs is not for the file.
std::string_view IfId(std::string_view text) {
  return CheckId("", text).ok() ? text : std::string_view();
}

bool IsSubmission(std::string_view method) {
  return method.starts_with("LedgerService.Submit");
}

}  // namespace

void OperatorWatch::OnRefused(const api::Attempt& attempt) {
  const std::string reason = ReasonOf(attempt.status);
  if (IsSubmission(attempt.method)) {
    metrics_->CountRefusedSubmission(reason);
  } else {
    metrics_->CountRefusedQuery(reason);
  }
  if (audit_ == nullptr) return;
  AuditFile::Line line = {{"event", "refused"}, {"method", std::string(attempt.method)}};
  Add("peer", attempt.peer, &line);
  Add("officer", attempt.officer, &line);
  Add("reason", reason, &line);
  Add("submission_officer", IfId(attempt.claims.officer), &line);
  Add("request_id", HexEncode(attempt.claims.request_id), &line);
  audit_->Append(std::move(line));
}

void OperatorWatch::OnTrailRead(const api::Caller& caller, std::string_view peer,
                                const v1::ListTrailRequest& request) {
  if (audit_ == nullptr) return;
  AuditFile::Line line = {{"event", "trail_read"}, {"method", "AuditService.ListTrail"}};
  Add("peer", peer, &line);
  Add("officer", caller.officer, &line);
  Add("dimension", v1::TrailDimension_Name(request.dimension()), &line);
  Add("id", IfId(request.id()), &line);
  if (request.recorded_from_us() != 0)
    Add("recorded_from_us", absl::StrCat(request.recorded_from_us()), &line);
  if (request.recorded_until_us() != 0)
    Add("recorded_until_us", absl::StrCat(request.recorded_until_us()), &line);
  Add("page", request.page_token().empty() ? "first" : "later", &line);
  audit_->Append(std::move(line));
}

void OperatorWatch::OnEntriesRead(const api::Caller& caller, std::string_view peer, Sequence first,
                                  uint64_t count) {
  if (audit_ == nullptr) return;
  AuditFile::Line line = {{"event", "entries_read"}, {"method", "HTTP.GetEntryTile"}};
  Add("peer", peer, &line);
  Add("officer", caller.officer, &line);
  Add("first", absl::StrCat(first), &line);
  Add("count", absl::StrCat(count), &line);
  audit_->Append(std::move(line));
}

// A trail of everything, without an end.
void OperatorWatch::OnRecordsWatched(const api::Caller& caller, std::string_view peer, Sequence from) {
  if (audit_ == nullptr) return;
  AuditFile::Line line = {{"event", "trail_read"}, {"method", "AuditService.WatchRecords"}};
  Add("peer", peer, &line);
  Add("officer", caller.officer, &line);
  Add("dimension", v1::TrailDimension_Name(v1::TRAIL_DIMENSION_UNSPECIFIED), &line);
  Add("from", absl::StrCat(from), &line);
  audit_->Append(std::move(line));
}

void OperatorWatch::OnFailedHandshake(std::string_view why) {
  metrics_->CountFailedHandshake();
  if (audit_ == nullptr) return;
  AuditFile::Line line = {{"event", "refused"}, {"method", "TLS"}, {"reason", "TLS_HANDSHAKE_FAILED"}};
  Add("message", why, &line);
  audit_->Append(std::move(line));
}

void OperatorWatch::OnTooManyConnections(std::string_view peer) {
  metrics_->CountTooManyConnections();
  if (audit_ == nullptr) return;
  AuditFile::Line line = {{"event", "refused"}, {"method", "TCP"}, {"reason", "CONNECTIONS_FULL"}};
  Add("peer", peer, &line);
  audit_->Append(std::move(line));
}

}  // namespace fundledger::server
