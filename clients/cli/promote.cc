// fundledger admin promote: a mirror's copy becomes the ledger, where its machine is lost for good.
#include "ledger/engine/promote.h"

#include <algorithm>
#include <iostream>
#include <memory>

#include "clients/cli/ask_witness.h"
#include "clients/cli/commands.h"
#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/sdk/files.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/log/policy.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace fundledger::cli {
namespace {

struct PromoteCommand {
  std::string directory;
  std::string policy;
  std::string witness_ca;
  std::string verifier_key;
  std::vector<std::string> without;
};

// Of every witness that is not left out by name: one that is silent may be the one that has seen more.
absl::StatusOr<std::vector<std::string>> AskAll(const PromoteCommand& command, std::string_view origin) {
  ASSIGN_OR_RETURN(const std::string text, sdk::ReadFile(command.policy));
  auto policy = log::Policy::Parse(text);
  if (!policy.ok()) return Annotate(policy.status(), command.policy);
  for (const std::string& name : command.without) {
    const auto is_it = [&name](const log::PolicyWitness& witness) { return witness.name == name; };
    if (std::none_of(policy->witnesses().begin(), policy->witnesses().end(), is_it)) {
      return UsageError("WITNESS_UNKNOWN", absl::StrCat(command.policy, " has no witness ", name));
    }
  }
  std::vector<std::string> notes;
  for (const log::PolicyWitness& witness : policy->witnesses()) {
    const auto& without = command.without;
    if (std::find(without.begin(), without.end(), witness.name) != without.end()) continue;
    auto answer = AskWitness(witness, origin, command.witness_ca);
    // It may never have been asked; or the policy's URL leads elsewhere, and the witness has seen more.
    if (answer.ok() && answer->note.empty()) {
      answer =
          Refuse(absl::StatusCode::kUnavailable, "WITNESS_UNREACHABLE",
                 absl::StrCat("witness ", witness.name, " says that it has cosigned nothing of this log; is ",
                              witness.url, " its URL?"));
    }
    if (!answer.ok()) {
      return Refuse(answer.status().code(), ReasonOf(answer.status()),
                    absl::StrCat(answer.status().message(),
                                 "; ask again when it answers, or, where it is lost too, give --without ",
                                 witness.name));
    }
    notes.push_back(std::move(answer->note));
  }
  return notes;
}

void Print(const Context& context, const PromoteCommand& command, const engine::Promotion& done) {
  if (context.json()) {
    PrintJson({{"directory", command.directory},
               {"size", done.size},
               {"root", HexEncode(done.root.view())},
               {"seen_size", done.seen_size},
               {"lost_from", done.size},
               {"without_witnesses", command.without}});
    return;
  }
  std::cout << T("promoted: ", "已提升：") << command.directory << ", " << done.size
            << T(" records, root ", " 条记录，根 ") << HexEncode(done.root.view()) << '\n';
  if (done.seen_size > done.size) {
    std::cout << T("acknowledged and lost: records ", "已确认但丢失的记录：") << done.size << "–"
              << done.seen_size - 1 << '\n';
  }
  std::cout
      << T("acknowledged later than this mirror saw, records from ", "镜像未见到的确认记录自 ")
      << done.seen_size
      << T(" on are lost too: whoever has a receipt for one submits it again\n",
           " 起亦丢失：持有回执者请重新提交\n")
      << T("next: serve it with log_key set to the standby key, and have two administrators put that key "
           "in the place of the lost one (docs/mirror.md)\n",
           "下一步：以备用密钥作 log_key 启动，并由两名管理员完成密钥替换（docs/mirror.md）\n");
}

absl::StatusOr<int> RunPromote(Context& context, const PromoteCommand& command) {
  engine::PromoteOptions options;
  options.directory = command.directory;
  options.verifier_key = command.verifier_key;
  if (options.verifier_key.empty()) {
    ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
    options.verifier_key = config->verifier_key;
  }
  ASSIGN_OR_RETURN(const log::NoteVerifier log, log::NoteVerifier::Parse(options.verifier_key));
  ASSIGN_OR_RETURN(options.witnessed, AskAll(command, log.name));
  ASSIGN_OR_RETURN(const engine::Promotion done, engine::Promote(options));
  Print(context, command, done);
  return kExitOk;
}

}  // namespace

void AddPromoteCommand(Program* program) {
  auto command = std::make_shared<PromoteCommand>();
  CLI::App* app = AddCommand(program, "admin promote",
                             T("make a stopped mirror's copy the ledger, where its machine is lost for good",
                               "原账本机器永久丢失时，把已停止的镜像提升为账本"));
  app->add_option("--data", command->directory, T("directory of the mirror", "镜像目录"))->required();
  app->add_option("--policy", command->policy,
                  T("the ledger's policy file: each of its witnesses is asked how far it has cosigned",
                    "账本的策略文件：逐一询问其中的见证人"))
      ->required();
  app->add_option("--witness-ca", command->witness_ca,
                  T("by whom witnesses' certificates are, PEM; default: the system's authorities",
                    "签发见证人证书的机构（PEM）；默认为系统信任的机构"));
  app->add_option("--verifier-key", command->verifier_key,
                  T("the log's key in record 0; default: that of client.toml",
                    "创世记录中的日志公钥；默认取自 client.toml"));
  app->add_option("--without", command->without,
                  T("a witness that is lost too, by its name in the policy; may be given again",
                    "同样丢失的见证人（策略中的名称）；可重复"));
  OnCall(program, app, [command](Context& context) { return RunPromote(context, *command); });
}

}  // namespace fundledger::cli
