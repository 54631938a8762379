// Calls of a client that are under way, so that whoever stops need not wait for answers.
//
//   Calls calls;                          // in one thread: calls.Cancel();
//   grpc::ClientContext context;          // in another
//   const Calls::UnderWay call(&calls, &context);
//   stub->GetLedger(&context, …);         // ends at once, CANCELLED
#pragma once

#include <set>

#include <grpcpp/client_context.h>

#include "ledger/base/mutex.h"

#include "absl/base/thread_annotations.h"

namespace fundledger::mirror {

// Thread-safe.
class Calls {
 public:
  // A call, for as long as this lives; both others outlive it.
  class UnderWay {
   public:
    UnderWay(Calls* calls, grpc::ClientContext* context);
    ~UnderWay();
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;

   private:
    Calls& calls_;
    grpc::ClientContext* const context_;
  };

  // Ends those under way, and each that begins later.
  void Cancel();

 private:
  Mutex mutex_;
  bool is_cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<grpc::ClientContext*> contexts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fundledger::mirror
