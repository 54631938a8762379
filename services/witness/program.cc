#include "services/witness/program.h"

#include <cstdio>
#include <memory>
#include <utility>

#include <signal.h>
#include <unistd.h>

#include "ledger/base/status.h"
#include "ledger/crypto/pkcs8.h"
#include "ledger/crypto/secret.h"
#include "ledger/crypto/terminal.h"
#include "services/process/files.h"
#include "services/process/log.h"
#include "services/process/signals.h"
#include "services/witness/config.h"
#include "services/witness/http_server.h"
#include "services/witness/init.h"
#include "services/witness/witness.h"

#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

namespace fundledger::witness {
namespace {

using process::Log;
using process::LogLevel;

ExitCode Fail(ExitCode code, const absl::Status& status) {
  process::LogStatus(LogLevel::kError, "cannot_start", status);
  return code;
}

absl::StatusOr<crypto::Secret> Passphrase(const Config& config) {
  if (!config.key_passphrase_file.empty()) {
    ASSIGN_OR_RETURN(std::string text, process::ReadSecretFile(config.key_passphrase_file));
    return crypto::PassphraseOf(crypto::Secret(std::move(text)));
  }
  if (config.key_passphrase_fd >= 0) {
    auto passphrase = crypto::ReadSecretLine(static_cast<int>(config.key_passphrase_fd));
    RETURN_IF_ERROR(Annotate(passphrase.status(), "key_passphrase_fd"));
    return passphrase;
  }
  return Refuse(absl::StatusCode::kInvalidArgument, "PASSPHRASE_NEEDED",
                absl::StrCat(config.key,
                             " is encrypted: set key_passphrase_file to a file with its passphrase, or "
                             "key_passphrase_fd to an open descriptor"));
}

absl::StatusOr<std::shared_ptr<const crypto::Signer>> ReadKey(const Config& config) {
  ASSIGN_OR_RETURN(std::string text, process::ReadSecretFile(config.key));
  crypto::Secret pem(std::move(text));
  if (crypto::IsEncryptedKey(pem.view())) {
    ASSIGN_OR_RETURN(const crypto::Secret passphrase, Passphrase(config));
    auto plain = crypto::DecryptKey(pem.view(), passphrase.view());
    if (!plain.ok()) return Annotate(plain.status(), config.key);
    pem = *std::move(plain);
  }
  auto key = crypto::SignerFromPem(pem.view());
  if (!key.ok()) return Annotate(key.status(), config.key);
  if ((*key)->public_key().algorithm != crypto::Algorithm::kEd25519) {
    return Refuse(absl::StatusCode::kInvalidArgument, "KEY_MALFORMED",
                  absl::StrCat(config.key, ": witnesses sign with Ed25519"));
  }
  return std::shared_ptr<const crypto::Signer>(*std::move(key));
}

absl::StatusOr<Options> WitnessOptions(const Config& config) {
  Options options;
  options.name = config.name;
  options.state = config.state;
  ASSIGN_OR_RETURN(options.key, ReadKey(config));
  for (const std::string& key : config.logs) {
    ASSIGN_OR_RETURN(log::NoteVerifier log, log::NoteVerifier::Parse(key));
    options.logs.push_back(std::move(log));
  }
  return options;
}

http::Patience PatienceOf(const Config& config) {
  http::Patience patience = kPatience;
  patience.request_seconds = config.request_seconds;
  return patience;
}

// SIGTERM or SIGINT. SIGHUP in between: the TLS files are read again.
int WaitForEnd(const sigset_t& signals, HttpServer* server) {
  while (true) {
    int signal = 0;
    (void)sigwait(&signals, &signal);
    if (signal != SIGHUP) return signal;
    const absl::Status read = server->Reload();
    if (read.ok()) {
      Log(LogLevel::kInfo, "tls_reloaded", {{"address", server->address()}});
    } else {
      process::LogStatus(LogLevel::kError, "tls_refused", read);
    }
  }
}

ExitCode Serve(const Config& config, const sigset_t& signals) {
  auto options = WitnessOptions(config);
  if (!options.ok()) return Fail(kExitBadConfiguration, options.status());
  auto witness = Witness::Open(*std::move(options));
  if (!witness.ok()) return Fail(kExitStateRefused, witness.status());
  auto server = HttpServer::Listen({.listen = config.listen,
                                    .tls_certificate = config.tls_certificate,
                                    .tls_key = config.tls_key,
                                    .connections = static_cast<size_t>(config.connections),
                                    .patience = PatienceOf(config)},
                                   witness->get());
  if (!server.ok()) {
    const bool is_certificate = server.status().code() == absl::StatusCode::kInvalidArgument;
    return Fail(is_certificate ? kExitBadConfiguration : kExitCannotListen, server.status());
  }
  if (!config.endpoints_file.empty()) {
    const nlohmann::json endpoints = {{"http", (*server)->address()}};
    const absl::Status written = process::ReplaceFile(config.endpoints_file, endpoints.dump() + "\n");
    if (!written.ok()) return Fail(kExitCannotListen, written);
  }
  Log(LogLevel::kInfo, "serving",
      {{"pid", absl::StrCat(::getpid())},
       {"address", (*server)->address()},
       {"tls", config.tls_certificate.empty() ? "off" : "on"},
       {"verifier_key", (*witness)->verifier_key()},
       {"log_keys", absl::StrCat(config.logs.size())}});
  const int signal = WaitForEnd(signals, server->get());
  Log(LogLevel::kInfo, "stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  (*server)->Stop();
  if (!config.endpoints_file.empty()) (void)std::remove(config.endpoints_file.c_str());
  Log(LogLevel::kInfo, "stopped", {{"pid", absl::StrCat(::getpid())}});
  return kExitClean;
}

}  // namespace

ExitCode RunProgram(const std::vector<std::string>& args) {
  const sigset_t signals = process::TakeSignals();
  const absl::StatusOr<CommandLine> line = ParseCommandLine(args);
  process::SetUpLog(line.ok() ? line->config.log_level : "info",
                    line.ok() ? line->config.log_format : "text");
  if (!line.ok()) return Fail(kExitBadConfiguration, line.status());
  if (line->command == CommandLine::Command::kServe) return Serve(line->config, signals);
  std::string print = line->print;
  if (line->command == CommandLine::Command::kInit) {
    auto made = Init(line->init);
    if (!made.ok()) return Fail(kExitBadConfiguration, made.status());
    print = *std::move(made);
  }
  (void)std::fputs(print.c_str(), stdout);
  return kExitClean;
}

}  // namespace fundledger::witness
