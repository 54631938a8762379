#include "services/api/ledger_service.h"

#include <string>
#include <utility>
#include <vector>

#include "ledger/base/status.h"
#include "services/api/ledger_facts.h"

#include "absl/strings/str_cat.h"

namespace fundledger::api {
namespace {

namespace v1 = ::fundledger::v1;

// Bounds how long one call, whose submissions need no signature, keeps the others waiting.
constexpr int kCheckMax = 1000;

absl::Status Check(const engine::Engine& engine, const v1::CheckRequest& request,
                   v1::CheckResponse* response) {
  if (request.submissions_size() > kCheckMax) {
    return Refuse(absl::StatusCode::kInvalidArgument, "TOO_MANY_SUBMISSIONS",
                  absl::StrCat("asked to check ", request.submissions_size(), " submissions; ", kCheckMax,
                               " are checked in one call"));
  }
  const std::vector<engine::CheckOutcome> outcomes =
      engine.Check({request.submissions().begin(), request.submissions().end()});
  for (const engine::CheckOutcome& outcome : outcomes) {
    v1::CheckResult& result = *response->add_results();
    result.set_code(static_cast<int>(outcome.status.code()));
    result.set_reason(ReasonOf(outcome.status));
    result.set_message(std::string(outcome.status.message()));
    result.set_repeated_request(outcome.repeated_request);
  }
  return absl::OkStatus();
}

}  // namespace

void LedgerService::StopTaking() {
  streams_.Stop();
  door_.Stop();
}

// Nothing of the call crosses into the sequencer but a copy of the bytes; its thread only moves the receipt
// over and finishes the call, which does not block.
grpc::ServerUnaryReactor* LedgerService::Submit(grpc::CallbackServerContext* call,
                                                const v1::SubmitRequest* request,
                                                v1::SubmitResponse* response) {
  grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
  door_.Submit(request->envelope(),
               [runtime = context_.runtime, reactor, response](absl::StatusOr<v1::Receipt> receipt) {
                 if (receipt.ok()) *response->mutable_receipt() = *std::move(receipt);
                 rpc::Finish(*runtime, reactor, receipt.status());
               });
  return reactor;
}

SubmitStreams::Reactor* LedgerService::SubmitStream(grpc::CallbackServerContext*) {
  return streams_.Open();
}

grpc::ServerUnaryReactor* LedgerService::Check(grpc::CallbackServerContext* call,
                                               const v1::CheckRequest* request, v1::CheckResponse* response) {
  const rpc::Runtime& runtime = *context_.runtime;
  return rpc::RunOn(runtime.checks, runtime, call, [engine = context_.engine, request, response] {
    return api::Check(*engine, *request, response);
  });
}

grpc::ServerUnaryReactor* LedgerService::GetLedger(grpc::CallbackServerContext* call,
                                                   const v1::GetLedgerRequest*,
                                                   v1::GetLedgerResponse* response) {
  return rpc::Answer(*context_.runtime, call, [engine = context_.engine, response]() -> absl::Status {
    ASSIGN_OR_RETURN(*response, LedgerFacts(*engine));
    return absl::OkStatus();
  });
}

}  // namespace fundledger::api
