#include "services/mirror/calls.h"

namespace fundledger::mirror {

Calls::UnderWay::UnderWay(Calls* calls, grpc::ClientContext* context) : calls_(*calls), context_(context) {
  const MutexLock lock(&calls_.mutex_);
  calls_.contexts_.insert(context_);
  if (calls_.is_cancelled_) context_->TryCancel();
}

Calls::UnderWay::~UnderWay() {
  const MutexLock lock(&calls_.mutex_);
  calls_.contexts_.erase(context_);
}

void Calls::Cancel() {
  const MutexLock lock(&mutex_);
  is_cancelled_ = true;
  for (grpc::ClientContext* context : contexts_) context->TryCancel();
}

}  // namespace fundledger::mirror
