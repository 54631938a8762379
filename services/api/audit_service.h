// Windows on the log itself (fundledger/v1/audit_service.proto).
#pragma once

#include "fundledger/v1/audit_service.grpc.pb.h"
#include "services/api/context.h"

namespace fundledger::api {

class AuditService final : public ::fundledger::v1::AuditService::CallbackService {
 public:
  explicit AuditService(const Context& context) : context_(context) {}

  grpc::ServerUnaryReactor* ListTrail(grpc::CallbackServerContext* call,
                                      const ::fundledger::v1::ListTrailRequest* request,
                                      ::fundledger::v1::ListTrailResponse* response) override;
  grpc::ServerUnaryReactor* GetRecord(grpc::CallbackServerContext* call,
                                      const ::fundledger::v1::GetRecordRequest* request,
                                      ::fundledger::v1::GetRecordResponse* response) override;
  grpc::ServerUnaryReactor* GetInclusionProof(grpc::CallbackServerContext* call,
                                              const ::fundledger::v1::GetInclusionProofRequest* request,
                                              ::fundledger::v1::GetInclusionProofResponse* response) override;
  grpc::ServerUnaryReactor* GetConsistencyProof(
      grpc::CallbackServerContext* call, const ::fundledger::v1::GetConsistencyProofRequest* request,
      ::fundledger::v1::GetConsistencyProofResponse* response) override;
  grpc::ServerUnaryReactor* GetCheckpoint(grpc::CallbackServerContext* call,
                                          const ::fundledger::v1::GetCheckpointRequest* request,
                                          ::fundledger::v1::GetCheckpointResponse* response) override;
  grpc::ServerUnaryReactor* ListCheckpoints(grpc::CallbackServerContext* call,
                                            const ::fundledger::v1::ListCheckpointsRequest* request,
                                            ::fundledger::v1::ListCheckpointsResponse* response) override;

 private:
  const Context context_;
};

}  // namespace fundledger::api
