#include "services/server/log.h"

#include <utility>

#include <grpc/support/log.h>

#include "ledger/base/mutex.h"

#include "absl/base/thread_annotations.h"

namespace fundledger::server {
namespace {

struct Handshakes {
  Mutex mutex;
  std::function<void(std::string_view)> told ABSL_GUARDED_BY(mutex);
};
Handshakes& FailedHandshakes() {
  static auto& handshakes = *new Handshakes;
  return handshakes;
}

// gRPC has no other way to say it: ssl_transport_security.cc logs "Handshake failed with fatal error …:
// WHY.".
void NoticeHandshake(const gpr_log_func_args& args) {
  const std::string_view file(args.file);
  const std::string_view message(args.message);
  if (!file.ends_with("ssl_transport_security.cc") || !message.starts_with("Handshake failed")) return;
  const size_t colon = message.find(": ");
  MutexLock lock(&FailedHandshakes().mutex);
  if (FailedHandshakes().told)
    FailedHandshakes().told(colon == std::string_view::npos ? message : message.substr(colon + 2));
}

void GrpcLog(gpr_log_func_args* args) {
  NoticeHandshake(*args);
  const LogLevel level = args->severity == GPR_LOG_SEVERITY_ERROR ? LogLevel::kWarn : LogLevel::kDebug;
  Log(level, "grpc", {{"message", args->message}});
}

}  // namespace

void SetUpLog(std::string_view level, std::string_view format) {
  process::SetUpLog(level, format);
  gpr_set_log_function(GrpcLog);
}

void TellFailedHandshakes(std::function<void(std::string_view)> told) {
  MutexLock lock(&FailedHandshakes().mutex);
  FailedHandshakes().told = std::move(told);
}

}  // namespace fundledger::server
