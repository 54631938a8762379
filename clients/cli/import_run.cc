// fundledger import: checks, tries out, sends.
#include <iostream>
#include <memory>

#include "clients/cli/commands.h"
#include "clients/cli/import.h"
#include "clients/cli/import_rows.h"
#include "clients/cli/import_send.h"
#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/cli/table.h"
#include "clients/sdk/files.h"
#include "ledger/base/utf8.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace fundledger::cli {
namespace {

struct RunOptions {
  std::vector<std::string> files;
  ImportOptions import;
  std::string template_kind;
  bool dry_run = false;
  bool keep_going = false;
};

// The cell, for a table. What looks like a person's stays out of logs and mails.
std::string ShownValue(const RowError& error) {
  constexpr size_t kCharactersMax = 60;
  if (error.reason == "PERSONAL_DATA") return "";
  std::string_view rest = error.value;
  for (size_t i = 0; i < kCharactersMax && !rest.empty(); ++i) {
    if (!TakeCodePoint(&rest).has_value()) rest.remove_prefix(1);
  }
  if (rest.empty()) return error.value;
  return error.value.substr(0, error.value.size() - rest.size()) + "…";
}

void PrintErrors(const std::vector<RowError>& errors) {
  Table table({{T("file", "文件")},
               {T("row", "行"), Table::Align::kRight},
               {T("column", "列")},
               {T("value", "值")},
               {T("reason", "原因")},
               {T("what to do", "说明")}});
  for (const RowError& error : errors) {
    const std::string gloss = GlossOf(error.reason, error.message);
    const bool alone = GlossSaysItAll(error.reason) && !error.value.empty();
    table.Add({error.file, error.row == 0 ? "" : absl::StrCat(error.row), error.column, ShownValue(error),
               error.reason,
               gloss.empty() ? error.message
               : alone       ? gloss
                             : absl::StrCat(gloss, T("; ", "；"), error.message)});
  }
  table.Print(std::cerr);
}

nlohmann::ordered_json ErrorsJson(const std::vector<RowError>& errors) {
  auto json = nlohmann::ordered_json::array();
  for (const RowError& error : errors) {
    json.push_back({{"file", error.file},
                    {"row", error.row},
                    {"column", error.column},
                    {"value", error.reason == "PERSONAL_DATA" ? "" : error.value},
                    {"reason", error.reason},
                    {"message", error.message}});
  }
  return json;
}

// Rows that were on their way already when one before them was refused.
void PrintBehind(const ImportSummary& summary) {
  if (!summary.behind.empty()) {
    std::cout
        << T("Recorded all the same, for they were on their way when a row before them was refused: rows ",
             "前面的行被拒时已发出、因而仍已入账的行：")
        << absl::StrJoin(summary.behind, ", ") << '\n';
  }
  if (summary.unanswered > 0) {
    std::cout
        << summary.unanswered
        << T(" more rows were on their way and not answered: importing the same again tells, and records "
             "nothing twice\n",
             " 行已发出而未获答复：重复导入即知结果，不会重复入账\n");
  }
}

void PrintSummary(const Context& context, const ImportSummary& summary, bool dry_run) {
  if (context.json()) {
    nlohmann::ordered_json json;
    json["dry_run"] = dry_run;
    json["total"] = summary.total;
    json["recorded"] = summary.recorded;
    json["already"] = summary.already;
    json["refused"] = summary.refused;
    if (dry_run) json["unchecked"] = summary.unchecked;
    json["errors"] = ErrorsJson(summary.errors);
    if (!summary.behind.empty()) json["recorded_behind_refused"] = summary.behind;
    if (summary.unanswered > 0) json["unanswered"] = summary.unanswered;
    PrintJson(json);
    return;
  }
  if (!summary.errors.empty()) PrintErrors(summary.errors);
  std::cout << (dry_run ? T("dry run, nothing was sent: would be recorded ", "试算，未发送：可入账 ")
                        : T("recorded ", "已入账 "))
            << summary.recorded << T(", already there ", "，先前已入账 ") << summary.already
            << T(", refused ", "，被拒 ") << summary.refused;
  if (dry_run && summary.unchecked > 0) {
    std::cout << T(", not checked because they name what this import would first make ",
                   "，因引用本次导入的内容而未试算 ")
              << summary.unchecked;
  }
  std::cout << T(", of ", "，共 ") << summary.total << '\n';
  PrintBehind(summary);
  if (summary.batches > 1) {
    std::cout << T("Tried out in parts, ", "分批试算，共 ") << summary.batches
              << T(" in all: a row of one part does not see the rows of those before it\n",
                   " 批：后一批看不到前一批的行\n");
  }
}

absl::StatusOr<Import> ReadFiles(const RunOptions& options) {
  Import import;
  for (const std::string& file : options.files) {
    ASSIGN_OR_RETURN(const std::string bytes, sdk::ReadFile(file));
    ReadImport(file, bytes, options.import, &import);
  }
  FindRepeatedReferences(&import);
  SortErrors(options.files, &import);
  return import;
}

// The rows of one trial, and what would become of them.
struct Batch {
  Trial trial;
  std::vector<const ImportAction*> actions;
};

absl::Status TryBatch(sdk::Client* client, Batch* batch, ImportSummary* summary) {
  if (batch->actions.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const v1::CheckResponse response, batch->trial.Ask(client));
  for (int i = 0; i < response.results_size(); ++i) {
    const v1::CheckResult& result = response.results(i);
    if (result.code() == 0) {
      ++(result.repeated_request() ? summary->already : summary->recorded);
      continue;
    }
    ++summary->refused;
    summary->errors.push_back(
        ErrorOf(*batch->actions[static_cast<size_t>(i)],
                Refuse(static_cast<absl::StatusCode>(result.code()), result.reason(), result.message())));
  }
  *batch = Batch();
  ++summary->batches;
  return absl::OkStatus();
}

absl::StatusOr<int> Try(Context& context, const Import& import, ImportSummary* summary) {
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  LedgerResolver resolver(&context, client);
  Progress progress(import.actions.size(), context.json());
  Made made;
  Batch batch;
  for (size_t i = 0; i < import.actions.size(); ++i) {
    const ImportAction& from = import.actions[i];
    made.Add(from);
    const auto action = ResolveRow(*client, from, &resolver);
    if (!action.ok()) {
      if (IsFatal(action.status())) return action.status();
      // What an earlier row of the same import would first make nobody can know yet.
      if (made.NamedBy(from)) {
        ++summary->unchecked;
      } else {
        ++summary->refused;
        summary->errors.push_back(ErrorOf(from, action.status()));
      }
      continue;
    }
    const v1::Submission draft = DraftRow(*client, from, *action);
    if (!batch.trial.HasRoom(draft.ByteSizeLong())) RETURN_IF_ERROR(TryBatch(client, &batch, summary));
    batch.trial.Add(draft);
    batch.actions.push_back(&from);
    progress.Show(i + 1);
  }
  RETURN_IF_ERROR(TryBatch(client, &batch, summary));
  return summary->refused == 0 ? kExitOk : kExitRefused;
}

absl::StatusOr<int> RunImport(Context& context, RunOptions options) {
  if (!options.template_kind.empty()) {
    const auto text = ImportTemplate(options.template_kind, CurrentLanguage() == Language::kChinese);
    RETURN_IF_ERROR(Annotate(text.status(), absl::StrCat("--template \"", options.template_kind, "\"")));
    std::cout << "\xef\xbb\xbf" << *text;  // the mark by which a spreadsheet knows UTF-8
    return kExitOk;
  }
  if (options.files.empty())
    return UsageError("FILES_MISSING", T("name the files to import, or give --template KIND",
                                         "请写明要导入的文件，或用 --template 打印模板"));
  if (!options.import.kind.empty()) {
    const Form* form = FindForm(options.import.kind);
    if (form == nullptr || !form->importable) {
      return Annotate(KindUnknown(options.import.kind), absl::StrCat("--kind \"", options.import.kind, "\""));
    }
  }
  options.import.officer = context.globals.officer;
  ASSIGN_OR_RETURN(const Import import, ReadFiles(options));
  ImportSummary summary;
  summary.total = import.actions.size();
  summary.errors = import.errors;
  if (!import.errors.empty()) {
    if (context.json()) {
      PrintSummary(context, summary, options.dry_run);
    } else {
      PrintErrors(summary.errors);
    }
    return UsageError(
        "CSV_INVALID",
        absl::StrCat(import.errors.size(),
                     import.errors.size() == 1 ? T(" error", " 处错误") : T(" errors", " 处错误"),
                     T(", see above: nothing was sent", "，见上：未发送任何内容")));
  }
  // A key that is not there is better missed before the first row than in the middle.
  for (const ImportAction& action : import.actions) RETURN_IF_ERROR(context.signer(action.officer).status());
  const auto code = options.dry_run ? Try(context, import, &summary)
                                    : SendImport(context, import, options.keep_going, &summary);
  PrintSummary(context, summary, options.dry_run);
  return code;
}

}  // namespace

void AddImportCommand(Program* program) {
  CLI::App* app =
      AddCommand(program, "import",
                 T("import CSV files: all rows are checked first, then recorded one after the other",
                   "导入 CSV 文件：先检查全部行，再逐行入账"));
  const auto options = std::make_shared<RunOptions>();
  app->add_option("FILE", options->files, T("CSV files, UTF-8 or GB18030", "CSV 文件，UTF-8 或 GB18030"));
  app->add_option("--kind", options->import.kind,
                  T("kind of all rows without one", "未注明事项的行的事项种类"));
  app->add_option("--template", options->template_kind,
                  T("print the columns of a kind and nothing else", "打印模板"));
  app->add_flag("--dry-run", options->dry_run,
                T("ask the ledger about every row, and record nothing", "逐行试算，不入账"));
  app->add_flag("--keep-going", options->keep_going, T("go on after a refused row", "遇拒绝行继续"));
  app->footer(absl::StrCat(T("One row is one action; rows of a kind with lines that follow each other with "
                             "one reference are one action "
                             "together.\nImporting again, after a crash too, records nothing twice.\nKinds: ",
                             "一行一事项；带明细的事项，同一业务编号的连续行合为一事项。\n重复导入（"
                             "包括中断之后）不会重复入账。\n事项："),
                           ImportableKinds(),
                           T("\nExamples:\n  fundledger import --template allocate > allocate.csv\n"
                             "  fundledger import allocate.csv --as clerk-1 --dry-run\n  fundledger import "
                             "allocate.csv --as clerk-1",
                             "\n示例：\n  fundledger import --template allocate > allocate.csv\n"
                             "  fundledger import allocate.csv --as clerk-1 --dry-run\n  fundledger import "
                             "allocate.csv --as clerk-1")));
  OnCall(program, app, [options](Context& context) { return RunImport(context, *options); });
}

}  // namespace fundledger::cli
