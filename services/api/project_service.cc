#include "services/api/project_service.h"

#include "services/api/report_query.h"

namespace fundledger::api {

namespace v1 = ::fundledger::v1;

grpc::ServerUnaryReactor* ProjectService::ListProjects(grpc::CallbackServerContext* call,
                                                       const v1::ListProjectsRequest* request,
                                                       v1::ListProjectsResponse* response) {
  return Report(context_, call, request, response, reports::Projects);
}

grpc::ServerUnaryReactor* ProjectService::GetProject(grpc::CallbackServerContext* call,
                                                     const v1::GetProjectRequest* request,
                                                     v1::GetProjectResponse* response) {
  return Report(context_, call, request, response, reports::Project);
}

}  // namespace fundledger::api
