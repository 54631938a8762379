// fundledger agent: keys opened once, used many times.
#include "clients/sdk/agent.h"

#include <iostream>
#include <memory>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clients/cli/commands.h"
#include "clients/cli/language.h"
#include "clients/sdk/files.h"
#include "clients/sdk/keys.h"
#include "ledger/crypto/digest.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {
namespace {

struct AgentOptions {
  std::vector<std::string> officers;
  int32_t hours = 8;
  bool foreground = false;
  bool stop = false;
};

// The two keys of an officer: opened here, so that a wrong passphrase or PIN is told at once.
absl::Status Open(Context& context, const std::string& officer, std::vector<sdk::HeldKey>* keys) {
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  const std::filesystem::path path = config->key_path(officer);
  ASSIGN_OR_RETURN(const std::string file, sdk::ReadSecretFile(path));
  sdk::HeldKey signing;
  signing.file = crypto::Sha256(file);
  ASSIGN_OR_RETURN(signing.signer, sdk::LoadSigner(path, &context.passphrases()));
  keys->push_back(std::move(signing));
  if (!config->tls.has_value() || !config->tls->shows_certificate()) return absl::OkStatus();
  const std::filesystem::path connection = config->tls->key_of(officer);
  ASSIGN_OR_RETURN(const std::string connection_file, sdk::ReadSecretFile(connection));
  sdk::HeldKey opening;
  opening.file = crypto::Sha256(connection_file);
  ASSIGN_OR_RETURN(opening.pem, sdk::ReadKeyPem(connection, &context.passphrases()));
  keys->push_back(std::move(opening));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<sdk::AgentServer>> Begin(Context& context, const AgentOptions& options) {
  // Neither a debugger of the same user nor a core file nor the swap gets to see the keys. What the machine
  // does not allow is done without.
  (void)::prctl(PR_SET_DUMPABLE, 0);
  (void)::mlockall(MCL_CURRENT | MCL_FUTURE);
  std::vector<std::string> officers = options.officers;
  if (officers.empty()) {
    ASSIGN_OR_RETURN(const std::string officer, context.officer());
    officers.push_back(officer);
  }
  std::vector<sdk::HeldKey> keys;
  for (const std::string& officer : officers) RETURN_IF_ERROR(Open(context, officer, &keys));
  return sdk::AgentServer::Listen(sdk::AgentSocket(), std::move(keys));
}

void LeaveTerminal() {
  (void)::setsid();
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) (void)::dup2(nothing, fd);
}

absl::StatusOr<int> Serve(Context& context, const AgentOptions& options, int ready) {
  ASSIGN_OR_RETURN(const auto server, Begin(context, options));
  std::cout << T("the agent listens at ", "代理已启动：") << sdk::AgentSocket().string() << std::endl;
  if (ready >= 0) {
    LeaveTerminal();
    (void)::write(ready, "+", 1);
    (void)::close(ready);
  }
  server->Serve(int64_t{options.hours} * 3600);
  return kExitOk;
}

// The process that asks for passphrases is the one that keeps the keys: tokens' sessions do not survive a
// fork.
absl::StatusOr<int> RunAgent(Context& context, const AgentOptions& options) {
  if (options.stop) {
    RETURN_IF_ERROR(sdk::StopAgent());
    return kExitOk;
  }
  if (options.foreground) return Serve(context, options, -1);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return UsageError("AGENT_FAILED", "no pipe");
  const pid_t child = ::fork();
  if (child < 0) return UsageError("AGENT_FAILED", "cannot start a process");
  if (child == 0) {
    (void)::close(ends[0]);
    return Serve(context, options, ends[1]);
  }
  (void)::close(ends[1]);
  char sign = 0;
  const bool serves = ::read(ends[0], &sign, 1) == 1;
  (void)::close(ends[0]);
  if (serves) return kExitOk;
  int status = 0;
  (void)::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : kExitUsage;
}

}  // namespace

void AddAgentCommand(Program* program) {
  CLI::App* app = AddCommand(program, "agent",
                             T("hold opened keys in memory, so that a passphrase is given once a day",
                               "在内存中保管已解锁的密钥，口令每天只输一次"));
  const auto options = std::make_shared<AgentOptions>();
  app->add_option("--officer", options->officers,
                  T("whose keys; repeat it; else the configuration's officer", "经办人编号，可重复"));
  app->add_option("--hours", options->hours, T("how long (8)", "保管小时数，默认 8"))
      ->check(CLI::Range(1, 24));
  app->add_flag("--foreground", options->foreground, T("stay in the foreground", "在前台运行"));
  app->add_flag("--stop", options->stop, T("end the agent that runs", "结束正在运行的代理"));
  app->footer(T(
      "Listens at $FUNDLEDGER_AGENT, else in $XDG_RUNTIME_DIR. Every program of yours that can read a key's "
      "file can\nhave it sign meanwhile.\nExample:\n  fundledger agent --officer clerk-1",
      "监听 $FUNDLEDGER_AGENT，否则 $XDG_RUNTIME_DIR。期间本人能读取密钥文件的程序均可请求签名。\n"
      "示例：\n  fundledger agent --officer clerk-1"));
  OnCall(program, app, [options](Context& context) { return RunAgent(context, *options); });
}

}  // namespace fundledger::cli
