// A query that a report answers: the report on the latest view, and that view's checkpoint.
#pragma once

#include <utility>

#include "ledger/reports/reports.h"
#include "services/api/context.h"

namespace fundledger::api {

template <typename Request, typename Response>
grpc::ServerUnaryReactor* Report(const Context& context, grpc::CallbackServerContext* call,
                                 const Request* request, Response* response,
                                 absl::StatusOr<Response> (*report)(const reports::Source&, const Request&)) {
  return Query(context, call, request, response,
               [report](const engine::View& view, const Asker&, const Request& asked,
                        Response* answer) -> absl::Status {
                 absl::StatusOr<Response> result = report({view, view, view.last_sequence()}, asked);
                 if (!result.ok()) return result.status();
                 *answer = *std::move(result);
                 answer->mutable_basis()->set_checkpoint(view.signed_checkpoint());
                 return absl::OkStatus();
               });
}

}  // namespace fundledger::api
