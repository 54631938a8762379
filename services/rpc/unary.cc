#include "services/rpc/unary.h"

#include "services/rpc/status.h"

namespace fundledger::rpc {

void ReportFault(const Runtime& runtime, const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      if (runtime.on_fault) runtime.on_fault(status);
      break;
    default:
      break;
  }
}

void Finish(const Runtime& runtime, grpc::ServerUnaryReactor* reactor, const absl::Status& status) {
  ReportFault(runtime, status);
  reactor->Finish(ToGrpcStatus(status));
}

}  // namespace fundledger::rpc
