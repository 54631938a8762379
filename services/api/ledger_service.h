// The one door in (fundledger/v1/ledger_service.proto).
#pragma once

#include "fundledger/v1/ledger_service.grpc.pb.h"
#include "services/api/context.h"
#include "services/api/door.h"
#include "services/api/submit_stream.h"

namespace fundledger::api {

class LedgerService final : public ::fundledger::v1::LedgerService::CallbackService {
 public:
  LedgerService(const Context& context, const DoorLimits& limits)
      : context_(context), door_(context.engine, limits), streams_(context_, &door_) {}

  // Submissions taken and not answered. Any thread.
  size_t under_way() const { return door_.under_way(); }

  // Submissions are refused from here on; those that were taken are in the engine's hands when it returns.
  void StopTaking();

  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* call,
                                   const ::fundledger::v1::SubmitRequest* request,
                                   ::fundledger::v1::SubmitResponse* response) override;
  SubmitStreams::Reactor* SubmitStream(grpc::CallbackServerContext* call) override;
  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* call,
                                  const ::fundledger::v1::CheckRequest* request,
                                  ::fundledger::v1::CheckResponse* response) override;
  grpc::ServerUnaryReactor* GetLedger(grpc::CallbackServerContext* call,
                                      const ::fundledger::v1::GetLedgerRequest* request,
                                      ::fundledger::v1::GetLedgerResponse* response) override;

 private:
  // Whose submissions the call brings.
  absl::StatusOr<Caller> Admit(grpc::CallbackServerContext* call);

  const Context context_;
  Door door_;
  SubmitStreams streams_;
};

}  // namespace fundledger::api
