// The operator's eyes: what the services tell of calls, counted and written to the audit file.
#pragma once

#include "services/api/watch.h"
#include "services/server/audit_file.h"
#include "services/server/metrics.h"

namespace fundledger::server {

class OperatorWatch final : public api::Watch {
 public:
  // Both outlive it; `audit` is null where no audit file is configured.
  OperatorWatch(Metrics* metrics, AuditFile* audit) : metrics_(metrics), audit_(audit) {}

  void OnRefused(const api::Attempt& attempt) override;
  void OnRecorded() override { metrics_->CountRecorded(); }
  void OnTrailRead(const api::Caller& caller, std::string_view peer,
                   const ::fundledger::v1::ListTrailRequest& request) override;
  void OnEntriesRead(const api::Caller& caller, std::string_view peer, Sequence first,
                     uint64_t count) override;
  void OnHttpAnswered(std::string_view what, int status) override { metrics_->CountHttpAnswer(what, status); }
  void OnRecordsWatched(const api::Caller& caller, std::string_view peer, Sequence from) override;
  // A connection that ended before it began; TLS does not say whose.
  void OnFailedHandshake(std::string_view why);
  // One that was closed for there were as many as may be.
  void OnTooManyConnections(std::string_view peer);

 private:
  Metrics* const metrics_;
  AuditFile* const audit_;
};

}  // namespace fundledger::server
