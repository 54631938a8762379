// A command for each form: its columns as flags.
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "clients/cli/commands.h"
#include "clients/cli/describe.h"
#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/cli/offline.h"
#include "clients/cli/receipts.h"
#include "clients/sdk/files.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace fundledger::cli {
namespace {

// Values of one command's flags, by column.
using Flags = std::map<std::string, std::vector<std::string>>;

std::string FlagOf(const Column& column) {
  return absl::StrCat("--", absl::StrReplaceAll(column.name, {{"_", "-"}}));
}

// What stands for a value in the help.
const char* ValueName(CellKind kind) {
  switch (kind) {
    case CellKind::kId:
      return "ID";
    case CellKind::kAmount:
    case CellKind::kSignedAmount:
      return "AMOUNT";
    case CellKind::kYear:
    case CellKind::kPlanYear:
      return "YEAR";
    case CellKind::kNumber:
    case CellKind::kDecimal:
      return "NUMBER";
    case CellKind::kProgress:
      return "PERCENT";
    case CellKind::kDate:
      return "DATE";
    case CellKind::kWord:
      return "WORD";
    case CellKind::kDocument:
      return "HEX";
    default:
      return "TEXT";
  }
}

void AddFlag(CLI::App* app, const Column& column, const std::shared_ptr<Flags>& flags) {
  std::string help = T(column.help, column.help_chinese);
  if (column.words != nullptr) absl::StrAppend(&help, ": ", ListWords(*column.words));
  if (column.per_line) absl::StrAppend(&help, T(" (once for each line)", "（每行一次）"));
  if (column.required) absl::StrAppend(&help, T(" [needed]", " [必填]"));
  auto& values = (*flags)[column.name];
  CLI::Option* option = nullptr;
  if (column.per_line) {
    // A value belongs to the flag before it and to no further one: amounts may begin with a minus.
    option = app->add_option(FlagOf(column), values, help)->allow_extra_args(false);
  } else {
    option = app->add_option_function<std::string>(
        FlagOf(column), [&values](const std::string& value) { values = {value}; }, help);
  }
  option->type_name(ValueName(column.kind));
}

// One row a line: the n-th value of each flag that counts by line; a project or fund given once holds for
// all.
absl::StatusOr<std::vector<Cells>> RowsOf(const Form& form, const Flags& flags) {
  size_t lines = 1;
  for (const Column& column : form.columns) {
    if (column.per_line) lines = std::max(lines, flags.at(column.name).size());
  }
  std::vector<Cells> rows(lines);
  for (const auto& [name, values] : flags) {
    const Column* column = form.Find(name);
    const bool per_line = column != nullptr && column->per_line;
    const bool fits = values.size() <= 1 || (per_line && values.size() == lines);
    const bool shares = per_line && values.size() == 1 && std::string_view(name) != "amount";
    if (!fits || (per_line && values.size() == 1 && lines > 1 && !shares)) {
      return UsageError("FLAGS_DISAGREE", absl::StrCat("--", absl::StrReplaceAll(name, {{"_", "-"}}),
                                                       " is given ", values.size(), " times, but there are ",
                                                       lines, " lines: give it once for each"));
    }
    for (size_t row = 0; row < values.size(); ++row) rows[row][name] = values[row];
    for (size_t row = 1; shares && row < lines; ++row) rows[row][name] = values[0];
  }
  return rows;
}

absl::Status FirstError(const std::vector<CellError>& errors) {
  if (errors.empty()) return absl::OkStatus();
  std::vector<std::string> lines;
  for (const CellError& error : errors) {
    if (sdk::IsEvidence(error.status) || sdk::IsFromServer(error.status)) return error.status;
    lines.push_back(absl::StrCat("--", absl::StrReplaceAll(error.column, {{"_", "-"}}), " ",
                                 std::string(error.status.message())));
  }
  return Refuse(errors[0].status.code(), ReasonOf(errors[0].status), absl::StrJoin(lines, "; "));
}

struct FormOptions {
  Flags flags;
  bool dry_run = false;
  // Whether it may wait in the outbox where there is no connection.
  bool may_wait = false;
};

absl::StatusOr<v1::Action> FillForm(const Form& form, const std::vector<Cells>& rows, const sdk::Facts& facts,
                                    Resolver* resolver) {
  v1::Action action;
  RETURN_IF_ERROR(FirstError(FillAction(form, rows, resolver, &action)));
  if (form.dated && !action.has_date()) SetDate(facts.Today(SystemClockMicros()), action.mutable_date());
  RETURN_IF_ERROR(MarkHistorical(facts.first_day, &action));
  return action;
}

// What was filled stands in `filled` as soon as it is: what names records by the ledger's word can be kept
// then without asking again.
absl::StatusOr<int> SendForm(Context& context, const Form& form, const std::vector<Cells>& rows, bool dry_run,
                             std::optional<v1::Action>* filled) {
  ASSIGN_OR_RETURN(const std::string officer, context.officer());
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  ASSIGN_OR_RETURN(const sdk::Facts* facts, context.facts());
  LedgerResolver resolver(&context, client);
  ASSIGN_OR_RETURN(const v1::Action action, FillForm(form, rows, *facts, &resolver));
  // What is instructed, confirmed or reversed, from its record: by a name alone nobody knows what they sign.
  for (const LedgerResolver::Named& named : resolver.named()) {
    if (context.json()) break;
    std::cout << FormatActionRef(named.ref) << T(" by ", " 经办人 ") << named.officer << T(": ", "：")
              << ActionText(named.action, context.scale_of()) << '\n';
  }
  if (dry_run) return TryActions(context, officer, {action});
  *filled = action;
  ASSIGN_OR_RETURN(const sdk::CheckedReceipt receipt, context.Submit(officer, {action}));
  PrintRecorded(context, receipt, {action});
  return kExitOk;
}

absl::StatusOr<int> KeepForm(Context& context, const Form& form, const std::vector<Cells>& rows,
                             std::optional<v1::Action> filled = std::nullopt) {
  ASSIGN_OR_RETURN(const std::string officer, context.officer());
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  ASSIGN_OR_RETURN(const sdk::Facts* facts, context.facts());
  if (!filled.has_value()) {
    LocalResolver resolver(config, facts);
    ASSIGN_OR_RETURN(filled, FillForm(form, rows, *facts, &resolver));
  }
  ASSIGN_OR_RETURN(const sdk::Waiting waiting, context.KeepForLater(officer, {*filled}));
  PrintKept(context, waiting, facts->utc_offset_minutes);
  return kExitWaiting;
}

absl::StatusOr<int> RunForm(Context& context, const Form& form, const FormOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<Cells> rows, RowsOf(form, options.flags));
  v1::Action action;
  SyntaxResolver syntax;
  // First what needs no server, so that a slip is told even where there is none.
  RETURN_IF_ERROR(FirstError(FillAction(form, rows, &syntax, &action)));
  if (context.globals.offline && !options.dry_run) return KeepForm(context, form, rows);
  std::optional<v1::Action> filled;
  auto sent = SendForm(context, form, rows, options.dry_run, &filled);
  if (ExitCodeOf(sent.status()) != kExitUnreachable || options.dry_run) return sent;
  std::cerr << ErrorLine(sent.status()) << '\n';
  if (options.may_wait) return KeepForm(context, form, rows, std::move(filled));
  std::cerr << T(
      "yours was not sent, and is not kept: give the command again, or with --offline to sign it and "
      "keep it in the outbox\n",
      "本次内容未发送，也未保存：请稍后重试，或加 --offline 签名后存入发件箱\n");
  return kExitUnreachable;
}

std::string ExampleOf(const Form& form, const std::string& path) {
  std::string example = absl::StrCat("fundledger ", path);
  for (const Column& column : form.columns) {
    if (!column.required) continue;
    std::string value = absl::AsciiStrToUpper(column.name);
    if (column.kind == CellKind::kAmount || column.kind == CellKind::kSignedAmount) value = "120.5万";
    if (column.kind == CellKind::kYear) value = "2020";
    if (column.kind == CellKind::kProgress) value = "67.5%";
    if (column.kind == CellKind::kPayment) value = "ORGANIZATION/REFERENCE";
    if (column.kind == CellKind::kAction) value = "17.0";
    if (column.words != nullptr) value = column.words->front().name;
    absl::StrAppend(&example, " ", FlagOf(column), " ", value);
  }
  return example;
}

void AddForm(Program* program, const Form& form, const std::string& path) {
  std::string help = T(form.help, form.help_chinese);
  if (form.needs_approval) absl::StrAppend(&help, T(" (needs approval)", "（须审批）"));
  CLI::App* app = AddCommand(program, path, help);
  app->footer(absl::StrCat(T("Example:\n  ", "示例：\n  "), ExampleOf(form, path),
                           form.has_lines() ? T("\nSeveral lines: repeat --project, --fund and --amount.",
                                                "\n多行：重复 --project、--fund、--amount。")
                                            : ""));
  const auto options = std::make_shared<FormOptions>();
  options->may_wait = absl::StartsWith(path, "township ");
  const std::shared_ptr<Flags> flags(options, &options->flags);
  for (const Column& column : form.columns) AddFlag(app, column, flags);
  for (const Column& column : CommonColumns()) {
    const std::string_view name = column.name;
    if (name == "reference" || name == "date" || name == "note") AddFlag(app, column, flags);
  }
  app->add_flag("--dry-run", options->dry_run,
                T("only ask the ledger whether it would record it", "只试算，不入账"));
  OnCall(program, app, [&form, options](Context& context) { return RunForm(context, form, *options); });
}

}  // namespace

void AddFormCommands(Program* program) {
  for (const Form& form : Forms()) {
    for (const std::string& path : form.commands) AddForm(program, form, path);
  }
}

}  // namespace fundledger::cli
