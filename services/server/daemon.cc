#include "services/server/daemon.h"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include <google/protobuf/stubs/logging.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/engine/follower.h"
#include "services/api/ledger_facts.h"
#include "services/mirror/calls.h"
#include "services/mirror/mirror.h"
#include "services/mirror/origin.h"
#include "services/process/signals.h"
#include "services/server/config.h"
#include "services/server/log.h"
#include "services/server/server.h"
#include "services/server/time_stamps.h"
#include "services/server/witnesses.h"

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

namespace fundledger::server {
namespace {

// The signal that came; 0 if none did for `seconds`. A second one during the stop stays pending, unheard.
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

// Each connection takes an open file, and the store some hundreds: as many as this process may have.
void RaiseFileLimit(const Config& config) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &files);
  constexpr rlim_t kForTheStore = 512;
  const auto wanted = static_cast<rlim_t>(config.connections) + kForTheStore;
  if (files.rlim_max == RLIM_INFINITY || files.rlim_max >= wanted) return;
  Log(LogLevel::kWarn, "few_open_files",
      {{"message",
        absl::StrCat("this process may have ", files.rlim_max, " open files, and ", config.connections,
                     " connections would take more: raise LimitNOFILE, or lower limits.connections")}});
}

// Serves until a signal; `between` runs once it serves, and what it gives lives until the signal.
template <typename Between>
ExitCode ServeEngine(const Config& config, const sigset_t& signals, std::shared_ptr<rpc::TlsCredentials> tls,
                     std::unique_ptr<engine::Engine> engine, const Between& between) {
  auto server = Server::Listen(config, std::move(tls), std::move(engine));
  if (!server.ok()) return Fail(kExitCannotListen, server.status());
  if (const absl::Status facts = LogStart(**server); !facts.ok()) return Fail(kExitLedgerRefused, facts);

  WarnIfInsecure(config);
  {
    [[maybe_unused]] const auto meanwhile = between();
    ServeUntilStopped(signals, server->get());
  }
  (*server)->Stop();
  Log(LogLevel::kInfo, "stopped", {{"pid", absl::StrCat(::getpid())}});
  return kExitClean;
}

mirror::Settings MirrorSettings(const Config& config) {
  mirror::Settings settings;
  settings.origin = {.address = config.mirror_of,
                     .ca = config.mirror_ca,
                     .certificate = config.mirror_certificate,
                     .key = config.mirror_key};
  std::string directory = config.ledger;
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  settings.evidence = config.mirror_evidence.empty() ? directory + "-evidence" : config.mirror_evidence;
  settings.compare_seconds = config.mirror_compare_seconds;
  return settings;
}

bool IsToStop(int signal) {
  return signal == SIGTERM || signal == SIGINT;
}

// Nothing: a signal to stop came first.
std::optional<absl::StatusOr<mirror::RecordBatch>> FetchFirst(const Config& config, const sigset_t& signals) {
  constexpr std::chrono::milliseconds kLook(50);
  mirror::Calls calls;
  auto first = std::async(std::launch::async,
                          [&] { return mirror::FetchFirst(MirrorSettings(config).origin, &calls); });
  while (first.wait_for(kLook) != std::future_status::ready) {
    if (!IsToStop(WaitForSignal(signals, 0))) continue;
    calls.Cancel();
    first.wait();
    return std::nullopt;
  }
  return first.get();
}

// A new mirror waits for its ledger as long as it takes. Null: a signal came first.
absl::StatusOr<std::unique_ptr<engine::Follower>> OpenFollower(const Config& config,
                                                               const sigset_t& signals) {
  engine::FollowOptions options;
  options.directory = config.ledger;
  options.origin_address = config.mirror_of;
  options.ledger = *Hash256::FromBytes(*HexDecode(config.mirror_ledger));
  options.verifier_key = config.mirror_verifier_key;
  auto follower = engine::Follower::Open(options);
  absl::Status told;
  while (!follower.ok() && ReasonOf(follower.status()) == "MIRROR_MISSING") {
    const auto first = FetchFirst(config, signals);
    if (!first.has_value()) return nullptr;
    if (first->ok()) return engine::Follower::Create(options, (*first)->records, (*first)->note);
    if (first->status() != told) LogStatus(LogLevel::kWarn, "mirror_waiting", first->status());
    told = first->status();
    if (IsToStop(WaitForSignal(signals, 1))) return nullptr;
  }
  return follower;
}

ExitCode ServeMirror(const Config& config, const sigset_t& signals,
                     std::shared_ptr<rpc::TlsCredentials> tls) {
  auto follower = OpenFollower(config, signals);
  if (!follower.ok()) return Fail(kExitLedgerRefused, follower.status());
  if (*follower == nullptr) return kExitClean;
  engine::Follower* const followed = follower->get();
  return ServeEngine(config, signals, std::move(tls), *std::move(follower),
                     [&] { return std::make_unique<mirror::Mirror>(MirrorSettings(config), followed); });
}

ExitCode Serve(const Config& config, const sigset_t& signals) {
  RaiseFileLimit(config);
  auto tls = LoadTls(config);
  if (!tls.ok()) return Fail(kExitBadConfiguration, tls.status());
  // Before anything is opened, a mirror's copy too.
  const auto witnessing = LoadWitnessing(config);
  if (!witnessing.ok()) return Fail(kExitBadConfiguration, witnessing.status());
  if (config.is_mirror()) return ServeMirror(config, signals, *std::move(tls));
  auto log_keys = ReadLogKeys(config);
  if (!log_keys.ok()) return Fail(kExitBadConfiguration, log_keys.status());
  const auto stamping = LoadStamping(config);
  if (!stamping.ok()) return Fail(kExitBadConfiguration, stamping.status());
  auto engine = OpenEngine(config, *std::move(log_keys));
  if (!engine.ok()) return Fail(kExitLedgerRefused, engine.status());
  return ServeEngine(config, signals, *std::move(tls), *std::move(engine), [] { return 0; });
}

}  // namespace

ExitCode RunDaemon(const std::vector<std::string>& args) {
  // The packaged absl is built with its search for deadlocks, which takes every lock of gRPC's through one
  // graph.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const sigset_t signals = process::TakeSignals();
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
