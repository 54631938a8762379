// Windows on the log itself (fundledger/v1/audit_service.proto).
#pragma once

#include <cstddef>

#include "fundledger/v1/audit_service.grpc.pb.h"
#include "services/api/context.h"
#include "services/api/record_watch.h"

namespace fundledger::api {

class AuditService final : public ::fundledger::v1::AuditService::CallbackService {
 public:
  // `watches_max`: who may watch the records at once.
  AuditService(const Context& context, size_t watches_max)
      : context_(context), watches_(context_, watches_max) {}

  // Who watches the records is sent away from here on.
  void StopWatches() { watches_.Stop(); }

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
  RecordWatches::Reactor* WatchRecords(grpc::CallbackServerContext* call,
                                       const ::fundledger::v1::WatchRecordsRequest* request) override;

 private:
  const Context context_;
  RecordWatches watches_;
};

}  // namespace fundledger::api
