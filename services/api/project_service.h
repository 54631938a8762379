// Windows on projects (fundledger/v1/project_service.proto).
#pragma once

#include "fundledger/v1/project_service.grpc.pb.h"
#include "services/api/context.h"

namespace fundledger::api {

class ProjectService final : public ::fundledger::v1::ProjectService::CallbackService {
 public:
  explicit ProjectService(const Context& context) : context_(context) {}

  grpc::ServerUnaryReactor* ListProjects(grpc::CallbackServerContext* call,
                                         const ::fundledger::v1::ListProjectsRequest* request,
                                         ::fundledger::v1::ListProjectsResponse* response) override;
  grpc::ServerUnaryReactor* GetProject(grpc::CallbackServerContext* call,
                                       const ::fundledger::v1::GetProjectRequest* request,
                                       ::fundledger::v1::GetProjectResponse* response) override;

 private:
  const Context context_;
};

}  // namespace fundledger::api
