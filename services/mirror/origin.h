// The ledger that a mirror follows, as a client of it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/client_context.h>

#include "fundledger/v1/audit_service.grpc.pb.h"
#include "fundledger/v1/fund_service.grpc.pb.h"
#include "fundledger/v1/ledger_service.grpc.pb.h"
#include "fundledger/v1/report_service.grpc.pb.h"
#include "services/mirror/calls.h"
#include "services/rpc/status.h"

#include "absl/status/statusor.h"

namespace fundledger::mirror {

// How it is reached. Without `ca` in the clear, which only goes to this machine.
struct OriginAddress {
  std::string address;      // HOST:PORT
  std::string ca;           // by whom the server's certificate is; PEM file, as the two others
  std::string certificate;  // of the inspector or auditor who asks
  std::string key;
};

class Origin {
 public:
  // Reads the files anew each time. `calls`, which outlives it, has its calls. UNAVAILABLE, reason
  // FILE_UNREADABLE; errors of process::ReadSecretFile.
  static absl::StatusOr<std::unique_ptr<Origin>> Dial(const OriginAddress& address, Calls* calls);

  // One question and its answer, within 20 seconds.
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(Stub& stub,
                                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    grpc::ClientContext context;
    const Calls::UnderWay call(calls_, &context);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpcStatus(status);
    return response;
  }

  ::fundledger::v1::LedgerService::Stub& ledger() { return *ledger_; }
  ::fundledger::v1::AuditService::Stub& audit() { return *audit_; }
  ::fundledger::v1::FundService::Stub& funds() { return *funds_; }
  ::fundledger::v1::ReportService::Stub& reports() { return *reports_; }

 private:
  explicit Origin(Calls* calls) : calls_(calls) {}

  Calls* const calls_;
  std::unique_ptr<::fundledger::v1::LedgerService::Stub> ledger_;
  std::unique_ptr<::fundledger::v1::AuditService::Stub> audit_;
  std::unique_ptr<::fundledger::v1::FundService::Stub> funds_;
  std::unique_ptr<::fundledger::v1::ReportService::Stub> reports_;
};

// Records that are yet to be led to a checkpoint.
struct RecordBatch {
  std::vector<std::string> records;
  std::string note;  // empty: it is yet to come
  size_t bytes = 0;
};
// Adds the next message of a watch. DATA_LOSS, reason CHECKPOINT_MISSING, where so much came without one that
// no ledger would have signed so late.
absl::Status AddMessage(::fundledger::v1::WatchRecordsResponse* message, RecordBatch* batch);

// What a new mirror begins with: record 0, and what comes with it up to the first checkpoint, within two
// minutes. Errors of Dial and of the call.
absl::StatusOr<RecordBatch> FetchFirst(const OriginAddress& address, Calls* calls);

}  // namespace fundledger::mirror
