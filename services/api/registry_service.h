// Windows on who and what is registered (fundledger/v1/registry_service.proto).
#pragma once

#include "fundledger/v1/registry_service.grpc.pb.h"
#include "services/api/context.h"

namespace fundledger::api {

class RegistryService final : public ::fundledger::v1::RegistryService::CallbackService {
 public:
  explicit RegistryService(const Context& context) : context_(context) {}

  grpc::ServerUnaryReactor* ListRegistered(grpc::CallbackServerContext* call,
                                           const ::fundledger::v1::ListRegisteredRequest* request,
                                           ::fundledger::v1::ListRegisteredResponse* response) override;

 private:
  const Context context_;
};

}  // namespace fundledger::api
