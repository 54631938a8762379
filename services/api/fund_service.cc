#include "services/api/fund_service.h"

#include "ledger/base/status.h"
#include "services/api/report_query.h"

namespace fundledger::api {

namespace v1 = ::fundledger::v1;

grpc::ServerUnaryReactor* FundService::ListFunds(grpc::CallbackServerContext* call,
                                                 const v1::ListFundsRequest* request,
                                                 v1::ListFundsResponse* response) {
  return Report(context_, call, request, response, reports::Funds);
}

grpc::ServerUnaryReactor* FundService::GetStatement(grpc::CallbackServerContext* call,
                                                    const v1::GetStatementRequest* request,
                                                    v1::GetStatementResponse* response) {
  return Report(context_, call, request, response, reports::Statement);
}

grpc::ServerUnaryReactor* FundService::ListPayments(grpc::CallbackServerContext* call,
                                                    const v1::ListPaymentsRequest* request,
                                                    v1::ListPaymentsResponse* response) {
  return Report(context_, call, request, response, reports::Payments);
}

grpc::ServerUnaryReactor* FundService::GetPayment(grpc::CallbackServerContext* call,
                                                  const v1::GetPaymentRequest* request,
                                                  v1::GetPaymentResponse* response) {
  return Report(context_, call, request, response, reports::Payment);
}

grpc::ServerUnaryReactor* FundService::ListProposals(grpc::CallbackServerContext* call,
                                                     const v1::ListProposalsRequest* request,
                                                     v1::ListProposalsResponse* response) {
  return Query(
      context_, call, request, response,
      [](const engine::View& view, const Asker& asker, const v1::ListProposalsRequest& asked,
         v1::ListProposalsResponse* answer) -> absl::Status {
        reports::ProposalFilter shown;
        if (asker.reach != Reach::kAll) {
          shown = [&](const auto& proposal) { return MayShow(asker.caller, view, proposal); };
        }
        ASSIGN_OR_RETURN(*answer, reports::Proposals({view, view, view.last_sequence()}, asked, shown));
        answer->mutable_basis()->set_checkpoint(view.signed_checkpoint());
        return absl::OkStatus();
      });
}

}  // namespace fundledger::api
