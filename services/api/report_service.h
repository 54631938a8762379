// Reports (fundledger/v1/report_service.proto).
#pragma once

#include "fundledger/v1/report_service.grpc.pb.h"
#include "services/api/context.h"

namespace fundledger::api {

class ReportService final : public ::fundledger::v1::ReportService::CallbackService {
 public:
  explicit ReportService(const Context& context) : context_(context) {}

  grpc::ServerUnaryReactor* GetBriefing(grpc::CallbackServerContext* call,
                                        const ::fundledger::v1::GetBriefingRequest* request,
                                        ::fundledger::v1::GetBriefingResponse* response) override;

 private:
  const Context context_;
};

}  // namespace fundledger::api
