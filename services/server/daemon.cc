#include "services/server/daemon.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

#include <google/protobuf/stubs/logging.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "services/api/ledger_facts.h"
#include "services/server/config.h"
#include "services/server/log.h"
#include "services/server/server.h"
#include "services/server/time_stamps.h"

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

namespace fundledger::server {
namespace {

// Blocked for good: they are taken with sigtimedwait, and a second one during the stop stays pending,
// unheard.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  (void)pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// The signal that came; 0 if none did for `seconds`.
int WaitForSignal(const sigset_t& signals, int seconds) {
  const timespec timeout{.tv_sec = seconds, .tv_nsec = 0};
  const int signal = sigtimedwait(&signals, nullptr, &timeout);
  return signal > 0 ? signal : 0;
}

std::string OrOff(const std::string& address) {
  return address.empty() ? "off" : address;
}

absl::Status LogStart(const Server& server) {
  ASSIGN_OR_RETURN(const auto facts, api::LedgerFacts(server.engine()));
  Log(LogLevel::kInfo, "serving",
      {{"pid", absl::StrCat(::getpid())},
       {"address", server.address()},
       {"ledger", HexEncode(facts.ledger())},
       {"origin", facts.origin()},
       {"size", absl::StrCat(server.engine().view()->size())},
       {"verifier_key", facts.verifier_key()},
       {"http", OrOff(server.http_address())},
       {"health", OrOff(server.health_address())},
       {"metrics", OrOff(server.metrics_address())}});
  return absl::OkStatus();
}

// Until a signal to stop comes, keeps health true to the engine; says so once when it stops writing.
void ServeUntilStopped(const sigset_t& signals, Server* server) {
  bool was_writing = true;
  while (true) {
    const int signal = WaitForSignal(signals, 1);
    if (signal == SIGHUP) {
      server->Reload();
      continue;
    }
    if (signal != 0) {
      Log(LogLevel::kInfo, "stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
      return;
    }
    const absl::Status status = server->Tend();
    if (!status.ok() && was_writing) LogStatus(LogLevel::kError, "ledger_read_only", status);
    was_writing = status.ok();
  }
}

// protobuf writes a line to standard error for every message with a text that is not UTF-8: anybody who can
// connect could fill the disk with them. The caller is told; here they are for debugging only.
void LogProtobuf(google::protobuf::LogLevel, const char*, int, const std::string& message) {
  Log(LogLevel::kDebug, "protobuf", {{"message", message}});
}

ExitCode Fail(ExitCode code, const absl::Status& status) {
  LogStatus(LogLevel::kError, "cannot_start", status);
  return code;
}

// Loud, since it must not happen unnoticed.
void WarnIfInsecure(const Config& config) {
  if (!config.insecure_loopback) return;
  Log(LogLevel::kWarn, "insecure",
      {{"message",
        "insecure_loopback is set: no TLS, nobody is told from anybody, and every user of this machine may "
        "ask "
        "everything; for development only"}});
}

ExitCode Serve(const Config& config, const sigset_t& signals) {
  auto tls = LoadTls(config);
  if (!tls.ok()) return Fail(kExitBadConfiguration, tls.status());
  auto log_keys = ReadLogKeys(config);
  if (!log_keys.ok()) return Fail(kExitBadConfiguration, log_keys.status());
  const auto stamping = LoadStamping(config);
  if (!stamping.ok()) return Fail(kExitBadConfiguration, stamping.status());
  auto engine = OpenEngine(config, *std::move(log_keys));
  if (!engine.ok()) return Fail(kExitLedgerRefused, engine.status());
  auto server = Server::Listen(config, *std::move(tls), *std::move(engine));
  if (!server.ok()) return Fail(kExitCannotListen, server.status());
  if (const absl::Status facts = LogStart(**server); !facts.ok()) return Fail(kExitLedgerRefused, facts);

  WarnIfInsecure(config);
  ServeUntilStopped(signals, server->get());
  (*server)->Stop();
  Log(LogLevel::kInfo, "stopped", {{"pid", absl::StrCat(::getpid())}});
  return kExitClean;
}

}  // namespace

ExitCode RunDaemon(const std::vector<std::string>& args) {
  // The packaged absl is built with its search for deadlocks, which takes every lock of gRPC's through one
  // graph.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const sigset_t signals = BlockSignals();
  const absl::StatusOr<CommandLine> line = ParseCommandLine(args);
  if (!line.ok()) {
    SetUpLog("info", "text");
    return Fail(kExitBadConfiguration, line.status());
  }
  if (!line->print.empty()) {
    (void)std::fputs(line->print.c_str(), stdout);
    return kExitClean;
  }
  SetUpLog(line->config.log_level, line->config.log_format);
  (void)google::protobuf::SetLogHandler(LogProtobuf);
  return Serve(line->config, signals);
}

}  // namespace fundledger::server
