// fundledger completion bash: every command and its flags, from the same definitions as the help.
#include <iostream>

#include "clients/cli/commands.h"
#include "clients/cli/language.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace fundledger::cli {
namespace {

void AddCases(const CLI::App* app, const std::string& path, std::string* cases) {
  std::vector<std::string> words;
  for (const CLI::App* sub : app->get_subcommands([](const CLI::App*) { return true; }))
    words.push_back(sub->get_name());
  for (const CLI::Option* option : app->get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  absl::StrAppend(cases, "    \"", path, "\") words=\"", absl::StrJoin(words, " "), "\" ;;\n");
  for (const CLI::App* sub : app->get_subcommands([](const CLI::App*) { return true; })) {
    AddCases(sub, absl::StrCat(path, path.empty() ? "" : " ", sub->get_name()), cases);
  }
}

std::string BashCompletion(const CLI::App* app) {
  std::string cases;
  AddCases(app, "", &cases);
  // The path is the longest run of words that are commands; options and their values are passed over.
  return absl::StrCat(R"(_fundledger_words() {
  local words=""
  case "$1" in
)",
                      cases, R"(    *) return 1 ;;
  esac
  echo "$words"
}
_fundledger() {
  local path="" next i current="${COMP_WORDS[COMP_CWORD]}"
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="${path:+$path }${COMP_WORDS[i]}"
    case "${COMP_WORDS[i]}" in -*) continue ;; esac
    if _fundledger_words "$next" > /dev/null; then path="$next"; fi
  done
  local globals="--config --server --as --lang --json --patience --help"
  COMPREPLY=($(compgen -W "$(_fundledger_words "$path") $globals" -- "$current"))
  if [ ${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -F _fundledger fundledger
)");
}

}  // namespace

void AddCompletionCommand(Program* program) {
  CLI::App* app =
      AddCommand(program, "completion", T("print a script that completes commands", "打印命令补全脚本"));
  const auto shell = std::make_shared<std::string>("bash");
  app->add_option("SHELL", *shell, T("the shell", "命令行解释器"))->check(CLI::IsMember({"bash"}));
  OnCall(program, app, [program, shell](Context&) -> absl::StatusOr<int> {
    std::cout << BashCompletion(program->app);
    return kExitOk;
  });
}

}  // namespace fundledger::cli
