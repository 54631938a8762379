#include "services/api/report_service.h"

#include "services/api/report_query.h"

namespace fundledger::api {

namespace v1 = ::fundledger::v1;

grpc::ServerUnaryReactor* ReportService::GetBriefing(grpc::CallbackServerContext* call,
                                                     const v1::GetBriefingRequest* request,
                                                     v1::GetBriefingResponse* response) {
  return Report(context_, call, request, response, reports::Briefing);
}

}  // namespace fundledger::api
