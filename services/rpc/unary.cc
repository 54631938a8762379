#include "services/rpc/unary.h"

#include "ledger/base/status.h"
#include "services/rpc/status.h"

namespace fundledger::rpc {

namespace {

bool IsFault(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      return true;
    default:
      return ReasonOf(status) == "STORE_UNREADABLE";
  }
}

}  // namespace

void ReportFault(const Runtime& runtime, const absl::Status& status) {
  if (runtime.on_fault && IsFault(status)) runtime.on_fault(status);
}

void Finish(const Runtime& runtime, grpc::ServerUnaryReactor* reactor, const absl::Status& status) {
  ReportFault(runtime, status);
  reactor->Finish(ToGrpcStatus(status));
}

}  // namespace fundledger::rpc
