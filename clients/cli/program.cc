// How commands hang together.
#include <utility>

#include "clients/cli/commands.h"
#include "clients/cli/forms.h"
#include "clients/cli/language.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace fundledger::cli {
namespace {

struct GroupHelp {
  const char* path;
  const char* english;
  const char* chinese;
};

constexpr GroupHelp kGroups[] = {
    {"admin", "organizations, officers, and the words funds and projects are sorted by",
     "单位、经办人及各类编码"},
    {"admin organization", "organizations", "单位"},
    {"admin officer", "officers and their keys", "经办人及密钥"},
    {"admin key", "keys on this machine", "本机密钥"},
    {"admin log-key", "the log's own key, and how it is replaced", "账本签名密钥的更换"},
    {"admin certificate", "certificates that open connections", "连接证书"},
    {"admin policy", "the policy of approvals", "审批规则"},
    {"admin task-group", "task groups", "工作专班"},
    {"admin programme", "programmes", "专项"},
    {"admin category", "categories of funds", "资金类别"},
    {"admin indicator", "indicators", "绩效指标"},
    {"finance", "funds, plans, allocations, payments, and their approval", "资金、计划、分配、支付与审批"},
    {"finance fund", "funds", "资金（指标）"},
    {"finance payee", "payees", "收款人"},
    {"finance pay", "payments, from request to confirmation", "支付：申请、签发、确认"},
    {"township", "projects of townships and departments, and requests for payment",
     "乡镇与部门：项目与用款申请"},
    {"township project", "projects, from declaration to completion", "项目：申报至完工"},
    {"township indicator", "indicators", "绩效指标"},
    {"township pay", "payments", "支付"},
    {"township outbox", "what was signed and waits to be sent, or was refused", "发件箱：待发与被拒的报送"},
    {"outbox", "what was signed and waits to be sent, or was refused", "发件箱：待发与被拒的报送"},
    {"inspect", "what happened, when, by whom, and the proof of it", "监督：何时、何人、何事，以及证明"},
    {"receipt", "receipts, checked without a server", "回执：离线验证"},
    {"evidence", "files that convict whoever holds the log's key, and complaints", "证据与投诉材料"},
    {"report", "reports, computed from the records", "报表"},
};

std::string HelpOf(const std::string& path) {
  for (const GroupHelp& group : kGroups) {
    if (path == group.path) return T(group.english, group.chinese);
  }
  return "";
}

CLI::App* FindCommand(CLI::App* app, const std::string& name) {
  for (CLI::App* sub : app->get_subcommands([](const CLI::App*) { return true; })) {
    if (sub->get_name() == name) return sub;
  }
  return nullptr;
}

}  // namespace

CLI::App* AddCommand(Program* program, const std::string& path, const std::string& help) {
  CLI::App* app = program->app;
  std::string so_far;
  const std::vector<std::string> parts = absl::StrSplit(path, ' ');
  for (size_t i = 0; i < parts.size(); ++i) {
    absl::StrAppend(&so_far, i == 0 ? "" : " ", parts[i]);
    CLI::App* next = FindCommand(app, parts[i]);
    if (next == nullptr) {
      next = app->add_subcommand(parts[i], i + 1 == parts.size() ? help : HelpOf(so_far));
      if (i + 1 < parts.size()) next->require_subcommand(1);
    }
    app = next;
  }
  return app;
}

void OnCall(Program* program, CLI::App* app, Command command) {
  app->callback([program, command = std::move(command)] { program->chosen = command; });
}

void AsOfOptions::AddTo(CLI::App* app) {
  app->add_option("--as-of", date, T("only what had happened by the end of this day", "业务日期截至"));
  app->add_option("--as-of-sequence", sequence,
                  T("only what was recorded up to this sequence", "记录截至此序号"));
}

absl::Status AsOfOptions::Fill(v1::AsOf* as_of) const {
  if (!date.empty()) {
    ASSIGN_OR_RETURN(const Date day, ReadDate(date));
    SetDate(day, as_of->mutable_date());
  }
  if (!sequence.empty()) {
    uint64_t value = 0;
    if (!absl::SimpleAtoi(sequence, &value)) {
      return UsageError("SEQUENCE_INVALID",
                        absl::StrCat("\"", sequence, "\" is no sequence: write digits only"));
    }
    as_of->set_sequence(value);
  }
  return absl::OkStatus();
}

}  // namespace fundledger::cli
