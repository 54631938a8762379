// The one door in (fundledger/v1/ledger_service.proto).
#pragma once

#include "fundledger/v1/ledger_service.grpc.pb.h"
#include "services/api/context.h"

namespace fundledger::api {

class LedgerService final : public ::fundledger::v1::LedgerService::CallbackService {
 public:
  explicit LedgerService(const Context& context) : context_(context) {}

  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* call,
                                   const ::fundledger::v1::SubmitRequest* request,
                                   ::fundledger::v1::SubmitResponse* response) override;
  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* call,
                                  const ::fundledger::v1::CheckRequest* request,
                                  ::fundledger::v1::CheckResponse* response) override;
  grpc::ServerUnaryReactor* GetLedger(grpc::CallbackServerContext* call,
                                      const ::fundledger::v1::GetLedgerRequest* request,
                                      ::fundledger::v1::GetLedgerResponse* response) override;

 private:
  const Context context_;
};

}  // namespace fundledger::api
