#include "services/api/context.h"

namespace fundledger::api {

void WatchQuery(const Context& context, const grpc::CallbackServerContext& call, const QueryRule& rule,
                const Caller& caller, const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kResourceExhausted:
      context.watch->OnRefused({rule.method, call.peer(), caller.officer, {}, status});
      break;
    default:
      break;
  }
}

}  // namespace fundledger::api
