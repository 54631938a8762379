#include "clients/cli/forms.h"

#include <algorithm>
#include <utility>

#include "clients/cli/language.h"
#include "ledger/base/status.h"

namespace fundledger::cli {
namespace {

using enum CellKind;

// What a column is called, wherever it stands.
struct Name {
  const char* name;
  const char* chinese;
  const char* help;
  const char* help_chinese;
};

constexpr Name kNames[] = {
    {"kind", "事项", "kind of action", "事项种类"},
    {"officer", "经办人", "officer who signs", "签名的经办人"},
    {"reference", "业务编号", "your own number for it, unique for your organization and the kind",
     "本单位自编号，同类事项内不重复"},
    {"date", "业务日期", "business date, such as 2020-06-16", "业务日期，例如 2020-06-16"},
    {"note", "备注", "free text, no personal data", "备注，不得含个人信息"},
    {"id", "编号", "id: letters, digits, '.', '_', '-'", "编号：字母、数字、. _ -"},
    {"name", "名称", "name", "名称"},
    {"parent", "上级", "id of the one above", "上级编号"},
    {"tier", "层级", "rank", "层级"},
    {"role", "角色", "role", "角色"},
    {"key", "公钥", "public key, as ed25519:HEX or sm2:HEX", "公钥：ed25519:十六进制 或 sm2:十六进制"},
    {"person_code", "人员代码", "keyed hash of the person, in hex", "人员代码（十六进制）"},
    {"of_officer", "所涉经办人", "officer it is about", "所涉经办人编号"},
    {"log_key", "账本公钥", "the log's new key, as ed25519:HEX", "账本新公钥：ed25519:十六进制"},
    {"standby_key", "备用公钥", "the log's new standby key, as ed25519:HEX",
     "账本新备用公钥：ed25519:十六进制"},
    {"second_officer", "第二签名人", "the other administrator who signs", "共同签名的另一管理员"},
    {"old_key_lost", "原密钥遗失", "whether the key so far is lost: yes or no", "原密钥是否遗失：是或否"},
    {"two_reviewer_threshold", "双人复核限额", "payments from here on take two reviewers",
     "达到此金额的支付须两人复核"},
    {"proposal_days", "提议有效天数", "days in which a proposal can be approved; 0: no limit",
     "提议可批准的天数，0 为不限"},
    {"further_approvals", "追加审批", "approvals beyond the rules: ACTION[>=AMOUNT]:ROLE@any|own|other[+…];…",
     "规则之外的审批：事项[>=金额]:角色@any|own|other[+…];…"},
    {"person_code_required", "须人员代码",
     "whether officers are registered with a person code only: yes or no",
     "登记经办人是否必须有人员代码：是或否"},
    {"task_group", "工作专班", "id of the task group that leads it", "牵头工作专班编号"},
    {"unit", "计量单位", "unit, such as 户", "计量单位，例如 户"},
    {"scale", "小数位数", "decimal places of its values, 0 to 9", "小数位数，0 至 9"},
    {"aggregation", "汇总方式", "how reports add up", "汇总方式"},
    {"credit_code", "统一社会信用代码", "unified social credit code, 18 characters",
     "统一社会信用代码，18 位"},
    {"bank", "开户行", "bank of its account", "开户银行"},
    {"account", "账号", "number of its account", "银行账号"},
    {"document_number", "指标文号", "number of the document that gave it", "指标文号"},
    {"fiscal_year", "预算年度", "fiscal year", "预算年度"},
    {"origin_year", "资金年度", "year the money comes from; the fiscal year if not given",
     "资金来源年度，默认同预算年度"},
    {"source_tier", "资金级次", "level it came from", "资金级次"},
    {"nature", "资金性质", "nature of its money", "资金性质"},
    {"categories", "资金类别", "ids of its categories, joined by ';'", "资金类别编号，以 ; 分隔"},
    {"fund", "资金", "fund id", "资金编号"},
    {"amount", "金额", "amount: 12,345.67 (yuan), 120.5万, 1.466亿",
     "金额：12,345.67（元）、120.5万、1.466亿"},
    {"project", "项目", "project id", "项目编号"},
    {"to_fund", "转入资金", "fund that takes it", "转入资金编号"},
    {"programme", "专项", "programme id", "专项编号"},
    {"outside_kind", "外部支付类型", "what it is", "外部支付类型"},
    {"payment_kind", "支付类型", "what the payment is for", "支付类型"},
    {"payee", "收款人", "payee id; or else subsidy, period, count and roster",
     "收款人编号；或填补贴名称、所属期、人数和发放名册"},
    {"subsidy", "补贴名称", "what the subsidy is called", "补贴名称"},
    {"period", "所属期", "period it is for, such as 2020-05", "所属期，例如 2020-05"},
    {"count", "人数", "how many people are paid", "发放人数"},
    {"roster", "发放名册", "roster of those paid: SHA-256 of it and of 32 random bytes before it, in hex",
     "发放名册的 SHA-256（名册前加 32 个随机字节），十六进制"},
    {"invoice", "发票号", "number of the invoice", "发票号"},
    {"payment", "支付", "the request: ORGANIZATION/REFERENCE or SEQUENCE.ACTION",
     "用款申请：单位/业务编号 或 序号.事项"},
    {"mode", "拨付方式", "where the money is now", "拨付方式"},
    {"voucher_issuer", "凭证签发单位", "who issued the voucher", "凭证签发单位"},
    {"voucher_type", "凭证类型", "kind of voucher, as its issuer names it", "凭证类型"},
    {"voucher_year", "凭证年度", "year of the voucher", "凭证年度"},
    {"voucher_number", "凭证号", "number of the voucher", "凭证号"},
    {"reason", "原因", "why", "原因"},
    {"project_kind", "项目类型", "kind of project", "项目类型"},
    {"organization", "单位", "organization id", "单位编号"},
    {"villages", "村", "villages by name, joined by ';'", "村名，以 ; 分隔"},
    {"planned_start", "计划开工", "planned start", "计划开工日期"},
    {"planned_finish", "计划完工", "planned finish", "计划完工日期"},
    {"targets", "绩效目标", "targets, as indicator=value joined by ';'", "绩效目标：指标=值，以 ; 分隔"},
    {"plan_year", "计划年度", "year of the plan list; 0 or nothing: on none", "计划年度；0 或空：不列入"},
    {"progress", "形象进度", "progress in percent, such as 67.5%", "形象进度百分比，例如 67.5%"},
    {"correction_reason", "更正原因", "why progress went down", "进度下调原因"},
    {"indicator", "绩效指标", "indicator id", "绩效指标编号"},
    {"value", "完成值", "value, with at most the indicator's decimals", "完成值，小数位数不超过指标规定"},
    {"action", "被冲销事项", "the action: SEQUENCE.ACTION", "事项：序号.事项"},
    {"proposal", "提议", "the proposal: SEQUENCE.ACTION", "提议：序号.事项"},
    {"origin", "账本名称", "origin of the ledger", "账本名称"},
};

Column Make(const char* name, CellKind kind, std::string path, bool required, bool per_line,
            const Words* words) {
  const auto* found = std::find_if(std::begin(kNames), std::end(kNames),
                                   [name](const Name& n) { return std::string_view(n.name) == name; });
  return {name,     found->chinese, kind,        std::move(path),    required,
          per_line, words,          found->help, found->help_chinese};
}

Column Need(const char* name, CellKind kind, std::string path) {
  return Make(name, kind, std::move(path), true, false, nullptr);
}
Column Need(const char* name, CellKind kind) {
  return Need(name, kind, name);
}
Column May(const char* name, CellKind kind, std::string path) {
  return Make(name, kind, std::move(path), false, false, nullptr);
}
Column May(const char* name, CellKind kind) {
  return May(name, kind, name);
}
Column Pick(const char* name, const Words& words, std::string path) {
  return Make(name, kWord, std::move(path), true, false, &words);
}

using Columns = std::vector<Column>;

// Project, fund and amount of each line.
Columns Lines(CellKind amount) {
  return {Make("project", kId, "lines.project", true, true, nullptr),
          Make("fund", kId, "lines.fund", true, true, nullptr),
          Make("amount", amount, "lines.amount_fen", true, true, nullptr)};
}

Columns Voucher() {
  return {Need("voucher_issuer", kText, "voucher.issuer"), Need("voucher_type", kText, "voucher.type"),
          Need("voucher_year", kYear, "voucher.year"), Need("voucher_number", kText, "voucher.number")};
}

Columns Joined(std::initializer_list<Columns> parts) {
  Columns all;
  for (const Columns& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

struct Traits {
  bool dated = false;
  bool needs_approval = false;
  bool importable = true;
};
constexpr Traits kRegistration{false, false, true};
constexpr Traits kProposedRegistration{false, true, true};
constexpr Traits kFact{true, false, true};
constexpr Traits kProposal{true, true, true};
constexpr Traits kCommandOnly{false, false, false};

Form MakeForm(const char* kind, const char* chinese, std::vector<std::string> commands, const char* help,
              const char* help_chinese, Traits traits, Columns columns) {
  return {kind,
          chinese,
          std::move(commands),
          help,
          help_chinese,
          traits.dated,
          traits.needs_approval,
          traits.importable,
          std::move(columns)};
}

void AddRegistry(std::vector<Form>* forms) {
  forms->push_back(MakeForm("genesis", "建账", {}, "first record of a ledger", "账本的第一条记录",
                            kCommandOnly, {Need("origin", kText)}));
  forms->push_back(
      MakeForm("register_organization", "登记单位", {"admin organization add"}, "register an organization",
               "登记单位", kRegistration,
               {Need("id", kId), Need("name", kText), May("parent", kId), Pick("tier", kTierWords, "tier")}));
  forms->push_back(MakeForm("register_officer", "登记经办人", {}, "register an officer", "登记经办人",
                            {false, true, false},
                            {Need("id", kId), Need("organization", kId), Pick("role", kRoleWords, "role"),
                             Need("key", kKey), May("person_code", kCode)}));
  forms->push_back(MakeForm("register_task_group", "登记工作专班", {"admin task-group add"},
                            "register a task group", "登记工作专班", kRegistration,
                            {Need("id", kId), Need("name", kText)}));
  forms->push_back(MakeForm(
      "register_programme", "登记专项", {"admin programme add"}, "register a programme", "登记专项",
      kRegistration, {Need("id", kId), Need("name", kText), May("parent", kId), May("task_group", kId)}));
  forms->push_back(MakeForm("register_category", "登记资金类别", {"admin category add"},
                            "register a category of funds", "登记资金类别", kRegistration,
                            {Need("id", kId), Need("name", kText), May("parent", kId)}));
  forms->push_back(
      MakeForm("register_payee", "登记收款人", {"finance payee add"}, "register a body that is paid",
               "登记收款单位", kProposedRegistration,
               {Need("id", kId), Need("name", kText), Need("credit_code", kText),
                May("bank", kText, "accounts.bank"), May("account", kText, "accounts.account_number")}));
  forms->push_back(MakeForm("register_indicator", "登记绩效指标", {"admin indicator add"},
                            "register an indicator", "登记绩效指标", kRegistration,
                            {Need("id", kId), Need("name", kText), Need("unit", kText), May("scale", kNumber),
                             Pick("aggregation", kAggregationWords, "aggregation")}));
}

void AddOfficers(std::vector<Form>* forms) {
  constexpr Traits kDecision{false, true, false};
  forms->push_back(MakeForm("rotate_key", "更换密钥", {}, "replace one's own key", "更换本人密钥",
                            kCommandOnly, {Need("key", kKey)}));
  forms->push_back(MakeForm("revoke_key", "吊销密钥", {}, "revoke an officer's key at once",
                            "立即吊销经办人密钥", kCommandOnly,
                            {Need("of_officer", kId, "officer"), Need("key", kKey), Need("reason", kText)}));
  forms->push_back(MakeForm("recover_key", "补发密钥", {}, "give an officer a key for a lost one",
                            "为遗失密钥的经办人登记新密钥", kDecision,
                            {Need("of_officer", kId, "officer"), Need("key", kKey), Need("reason", kText)}));
  forms->push_back(
      MakeForm("move_officer", "经办人调动", {"admin officer move"},
               "move an officer to another organization", "经办人调到另一单位", kDecision,
               {Need("of_officer", kId, "officer"), Need("organization", kId), Need("reason", kText)}));
  forms->push_back(MakeForm("dismiss_officer", "经办人离任", {"admin officer dismiss"},
                            "end an officer's time in office", "经办人离任", kDecision,
                            {Need("of_officer", kId, "officer"), Need("reason", kText)}));
  forms->push_back(MakeForm("rotate_log_key", "更换账本密钥", {}, "replace the log's own key", "更换账本密钥",
                            kCommandOnly,
                            {Need("log_key", kKey), Need("standby_key", kKey), Need("second_officer", kId),
                             May("old_key_lost", kYes)}));
  forms->push_back(
      MakeForm("change_policy", "变更规则", {"admin policy change"}, "put another policy in force, whole",
               "整体变更审批规则", kDecision,
               {Need("two_reviewer_threshold", kAmount, "policy.two_reviewer_threshold_fen"),
                May("proposal_days", kNumber, "policy.proposal_valid_days"),
                May("further_approvals", kFurther, "policy.further_approvals"),
                May("person_code_required", kYes, "policy.person_code_required"), Need("reason", kText)}));
}

void AddMoney(std::vector<Form>* forms) {
  const Columns fund_amount = {Need("fund", kId), Need("amount", kAmount, "amount_fen")};
  forms->push_back(MakeForm(
      "register_fund", "登记资金", {"finance fund register"}, "register a source of money",
      "登记资金（指标）", kProposedRegistration,
      {Need("id", kId), Need("name", kText), Need("document_number", kText), Need("fiscal_year", kYear),
       May("origin_year", kYear), Pick("source_tier", kSourceTierWords, "source_tier"),
       Pick("nature", kNatureWords, "nature"), May("categories", kIdList)}));
  forms->push_back(MakeForm("receive", "指标接收", {"finance receive"}, "receive money into a fund",
                            "上级指标接收", kProposal, fund_amount));
  forms->push_back(MakeForm("return_up", "上缴", {"finance return-up"},
                            "return money of a fund to its source", "上缴或上级收回", kProposal,
                            fund_amount));
  forms->push_back(MakeForm("plan", "资金计划", {"finance plan"}, "plan lines for the first time",
                            "首次下达资金计划", kProposal, Lines(kAmount)));
  forms->push_back(MakeForm("change_plan", "项目调整", {"finance change-plan"}, "change the plan of lines",
                            "调整资金计划", kProposal, Lines(kSignedAmount)));
  forms->push_back(MakeForm("allocate", "分配", {"finance allocate"}, "allocate received money to lines",
                            "分配下达已接收的资金", kProposal, Lines(kAmount)));
  forms->push_back(MakeForm("adjust", "调剂", {"finance adjust"}, "adjust allocations: more, less, or moved",
                            "追加、追减、调剂", kProposal, Lines(kSignedAmount)));
  forms->push_back(MakeForm("reclaim", "收回", {"finance reclaim"}, "reclaim what is available on a line",
                            "收回盘活", kProposal,
                            {Need("project", kId, "line.project"), Need("fund", kId, "line.fund"),
                             Need("amount", kAmount, "line.amount_fen"), Need("to_fund", kId)}));
  forms->push_back(MakeForm(
      "record_outside_payment", "外部支付登记", {"finance outside-payment", "township outside-payment"},
      "register a payment by another body, or a loan", "外部支付或贷款登记", kProposal,
      {Need("fund", kId), Need("programme", kId), Pick("outside_kind", kOutsideKindWords, "kind"),
       Need("amount", kAmount, "amount_fen")}));
}

void AddDecisions(std::vector<Form>* forms) {
  forms->push_back(MakeForm("approve", "批准", {}, "approve a proposal", "批准", kCommandOnly,
                            {Need("proposal", kAction)}));
  forms->push_back(MakeForm("reject", "驳回", {}, "reject a proposal", "驳回", kCommandOnly,
                            {Need("proposal", kAction), Need("reason", kText)}));
  forms->push_back(MakeForm("withdraw", "撤回", {}, "withdraw one's own proposal", "撤回", kCommandOnly,
                            {Need("proposal", kAction), Need("reason", kText)}));
  forms->push_back(MakeForm("expire_proposal", "提议过期", {}, "release what an expired proposal holds",
                            "释放已过期提议冻结的资金", kCommandOnly, {Need("proposal", kAction)}));
  forms->push_back(MakeForm("reverse", "冲销", {"finance reverse"}, "reverse an approved action, once",
                            "冲销已批准的事项", kProposal, {Need("action", kAction), Need("reason", kText)}));
}

void AddPayments(std::vector<Form>* forms) {
  forms->push_back(
      MakeForm("request_payment", "用款申请", {"finance pay request", "township pay request"},
               "request a payment", "用款申请", kProposal,
               Joined({{Pick("payment_kind", kPaymentKindWords, "kind")},
                       Lines(kAmount),
                       {May("payee", kId), May("subsidy", kText, "batch.subsidy"),
                        May("period", kText, "batch.period"), May("count", kNumber, "batch.count"),
                        May("roster", kDocument, "batch.roster"), May("invoice", kText)}})));
  forms->push_back(MakeForm("instruct", "签发支付令", {"finance pay instruct"},
                            "instruct an approved payment", "签发支付令", kFact,
                            {Need("payment", kPayment)}));
  forms->push_back(
      MakeForm("confirm", "确认支付", {"finance pay confirm"}, "confirm that the money left the treasury",
               "确认拨付到账", kFact,
               Joined({{Need("payment", kPayment), Pick("mode", kConfirmModeWords, "mode")}, Voucher()})));
  forms->push_back(MakeForm("fail", "支付失败", {"finance pay fail"}, "say that an instructed payment failed",
                            "登记支付失败", kFact, {Need("payment", kPayment), Need("reason", kText)}));
  forms->push_back(MakeForm("refund", "资金退回", {"finance refund"},
                            "register money of a payment that came back to the treasury", "登记资金退回国库",
                            kProposal, Joined({{Need("payment", kPayment)}, Lines(kAmount), Voucher()})));
}

void AddProjects(std::vector<Form>* forms) {
  forms->push_back(MakeForm(
      "declare_project", "项目申报", {"township project declare"}, "declare a project", "申报项目", kFact,
      {Need("id", kId), Need("name", kText), Pick("project_kind", kProjectKindWords, "kind"),
       Need("organization", kId), Need("programme", kId), May("villages", kTextList),
       May("planned_start", kDate), May("planned_finish", kDate), May("targets", kTargets)}));
  forms->push_back(MakeForm("approve_project", "立项批复", {"township project approve"},
                            "approve a project into a year's plan list", "立项批复，列入年度计划", kProposal,
                            {Need("project", kId), May("plan_year", kPlanYear)}));
  const Columns project = {Need("project", kId)};
  const Columns project_reason = {Need("project", kId), Need("reason", kText)};
  forms->push_back(MakeForm("start_project", "开工", {"township project start"}, "say that work started",
                            "登记开工", kFact, project));
  forms->push_back(MakeForm("report_progress", "形象进度", {"township project progress"},
                            "report progress of work", "报告形象进度", kFact,
                            {Need("project", kId), Need("progress", kProgress, "progress_basis_points"),
                             May("correction_reason", kText)}));
  forms->push_back(MakeForm("complete_project", "完工", {"township project complete"},
                            "say that work is completed", "登记完工", kFact, project));
  forms->push_back(MakeForm("suspend_project", "停工", {"township project suspend"},
                            "say that work is suspended", "登记停工", kFact, project_reason));
  forms->push_back(MakeForm("resume_project", "复工", {"township project resume"}, "say that work resumed",
                            "登记复工", kFact, project));
  forms->push_back(MakeForm("terminate_project", "终止项目", {"township project terminate"},
                            "terminate a project", "终止项目", kProposal, project_reason));
  forms->push_back(MakeForm(
      "report_indicator", "绩效指标上报", {"township indicator report"}, "report an indicator's actual value",
      "上报绩效指标完成值", kFact,
      {May("project", kId), May("programme", kId), Need("indicator", kId), Need("value", kDecimal)}));
}

}  // namespace

const Column* Form::Find(std::string_view name) const {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [name](const Column& c) { return c.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

bool Form::has_lines() const {
  return std::any_of(columns.begin(), columns.end(), [](const Column& c) { return c.per_line; });
}

const std::vector<Form>& Forms() {
  static const std::vector<Form> forms = [] {
    std::vector<Form> all;
    AddRegistry(&all);
    AddOfficers(&all);
    AddMoney(&all);
    AddDecisions(&all);
    AddPayments(&all);
    AddProjects(&all);
    return all;
  }();
  return forms;
}

const Form* FindForm(std::string_view kind) {
  for (const Form& form : Forms()) {
    if (form.kind == kind || kind == form.chinese) return &form;
  }
  return nullptr;
}

const Form* FormOf(const v1::Action& action) {
  const auto* field = v1::Action::descriptor()->FindFieldByNumber(action.kind_case());
  return field == nullptr ? nullptr : FindForm(field->name());
}

const std::vector<Column>& CommonColumns() {
  static const std::vector<Column> columns = {Need("kind", kId, ""), May("officer", kId, ""),
                                              May("reference", kText, ""), May("date", kDate, ""),
                                              May("note", kText, "")};
  return columns;
}

std::optional<std::string> ColumnNamed(std::string_view title) {
  for (const Name& name : kNames) {
    if (title == name.name || title == name.chinese) return name.name;
  }
  return std::nullopt;
}

std::string ChineseOf(const std::string& name) {
  for (const Name& each : kNames) {
    if (name == each.name) return each.chinese;
  }
  return name;
}

std::vector<std::string> ColumnTitles() {
  std::vector<std::string> titles;
  for (const Name& each : kNames) {
    titles.emplace_back(each.chinese);
    titles.emplace_back(each.name);
  }
  return titles;
}

}  // namespace fundledger::cli
