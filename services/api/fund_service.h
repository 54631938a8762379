// Windows on money (fundledger/v1/fund_service.proto).
#pragma once

#include "fundledger/v1/fund_service.grpc.pb.h"
#include "services/api/context.h"

namespace fundledger::api {

class FundService final : public ::fundledger::v1::FundService::CallbackService {
 public:
  explicit FundService(const Context& context) : context_(context) {}

  grpc::ServerUnaryReactor* ListFunds(grpc::CallbackServerContext* call,
                                      const ::fundledger::v1::ListFundsRequest* request,
                                      ::fundledger::v1::ListFundsResponse* response) override;
  grpc::ServerUnaryReactor* GetStatement(grpc::CallbackServerContext* call,
                                         const ::fundledger::v1::GetStatementRequest* request,
                                         ::fundledger::v1::GetStatementResponse* response) override;
  grpc::ServerUnaryReactor* ListPayments(grpc::CallbackServerContext* call,
                                         const ::fundledger::v1::ListPaymentsRequest* request,
                                         ::fundledger::v1::ListPaymentsResponse* response) override;
  grpc::ServerUnaryReactor* GetPayment(grpc::CallbackServerContext* call,
                                       const ::fundledger::v1::GetPaymentRequest* request,
                                       ::fundledger::v1::GetPaymentResponse* response) override;
  grpc::ServerUnaryReactor* ListProposals(grpc::CallbackServerContext* call,
                                          const ::fundledger::v1::ListProposalsRequest* request,
                                          ::fundledger::v1::ListProposalsResponse* response) override;

 private:
  const Context context_;
};

}  // namespace fundledger::api
