// fundledger import: checks, tries out, sends.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <set>

#include <unistd.h>

#include "clients/cli/commands.h"
#include "clients/cli/import.h"
#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/cli/receipts.h"
#include "clients/cli/table.h"
#include "clients/sdk/files.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {
namespace {

// A request of the server's default size holds so much; each submission of a batch sees those before it.
constexpr size_t kCheckBytesMax = 900 * 1024;
constexpr size_t kCheckCountMax = 1000;
// After so many receipts their checkpoint is checked against what was seen; it is at the end in any case.
constexpr size_t kSettleEvery = 64;

struct RunOptions {
  std::vector<std::string> files;
  ImportOptions import;
  std::string template_kind;
  bool dry_run = false;
  bool keep_going = false;
};

struct Summary {
  size_t total = 0;
  size_t recorded = 0;  // in a dry run: would be
  size_t already = 0;
  size_t refused = 0;
  size_t unchecked = 0;  // a dry run cannot know
  size_t batches = 0;    // requests of a dry run
  std::vector<RowError> errors;
};

// How far it is: a bar on a terminal, a line now and then elsewhere. On standard error, so that it never
// mixes with what a program reads.
class Progress {
 public:
  Progress(size_t total, bool quiet)
      : total_(total), quiet_(quiet), terminal_(::isatty(STDERR_FILENO) != 0) {}
  ~Progress() {
    if (!quiet_ && terminal_ && shown_) std::cerr << '\n';
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Show(size_t done) {
    const auto now = std::chrono::steady_clock::now();
    const auto pause = terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000);
    if (quiet_ || (now - last_ < pause && (done < total_ || !shown_))) return;
    last_ = now;
    shown_ = true;
    if (!terminal_) {
      std::cerr << done << " / " << total_ << '\n';
      return;
    }
    constexpr size_t kWidth = 40;
    const size_t filled = total_ == 0 ? kWidth : kWidth * done / total_;
    std::cerr << "\r[" << std::string(filled, '#') << std::string(kWidth - filled, ' ') << "] " << done
              << " / " << total_ << std::flush;
  }

 private:
  size_t total_;
  bool quiet_;
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

RowError ErrorOf(const ImportAction& action, const absl::Status& status) {
  return {action.file, action.rows[0], "", "", ReasonOf(status), std::string(status.message())};
}

void PrintErrors(const std::vector<RowError>& errors) {
  Table table({{T("file", "文件")},
               {T("row", "行"), Table::Align::kRight},
               {T("column", "列")},
               {T("value", "值")},
               {T("reason", "原因")},
               {T("what to do", "说明")}});
  for (const RowError& error : errors) {
    const std::string_view gloss =
        CurrentLanguage() == Language::kChinese ? ReasonInChinese(error.reason) : std::string_view();
    table.Add({error.file, error.row == 0 ? "" : absl::StrCat(error.row), error.column, error.value,
               error.reason,
               gloss.empty() ? error.message : absl::StrCat(ToAbsl(gloss), "; ", error.message)});
  }
  table.Print(std::cerr);
}

nlohmann::ordered_json ErrorsJson(const std::vector<RowError>& errors) {
  auto json = nlohmann::ordered_json::array();
  for (const RowError& error : errors) {
    json.push_back({{"file", error.file},
                    {"row", error.row},
                    {"column", error.column},
                    {"value", error.value},
                    {"reason", error.reason},
                    {"message", error.message}});
  }
  return json;
}

void PrintSummary(const Context& context, const Summary& summary, bool dry_run) {
  if (context.json()) {
    nlohmann::ordered_json json;
    json["dry_run"] = dry_run;
    json["total"] = summary.total;
    json["recorded"] = summary.recorded;
    json["already"] = summary.already;
    json["refused"] = summary.refused;
    if (dry_run) json["unchecked"] = summary.unchecked;
    json["errors"] = ErrorsJson(summary.errors);
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
  return import;
}

// Fills an action as it is to be signed. What a cell names is asked of the ledger.
absl::StatusOr<v1::Action> Resolve(const sdk::Client& client, const ImportAction& from, Resolver* resolver) {
  v1::Action action;
  const std::vector<CellError> errors = FillAction(*from.form, from.cells, resolver, &action);
  if (!errors.empty()) {
    return Annotate(errors[0].status, absl::StrCat(errors[0].column, " \"", errors[0].value, "\""));
  }
  RETURN_IF_ERROR(MarkHistorical(client, &action));
  return action;
}

std::string RequestIdOf(const sdk::Client& client, const ImportAction& action) {
  return sdk::ImportRequestId(client.config().ledger, action.officer, action.form->kind, action.reference);
}

// Errors that end an import whatever the options: those that are not about one row.
bool IsFatal(const absl::Status& status) {
  const int code = ExitCodeOf(status);
  const bool of_row = absl::IsInvalidArgument(status) || absl::IsNotFound(status);
  return code != kExitRefused && !(code == kExitUsage && of_row);
}

absl::StatusOr<int> Send(Context& context, const Import& import, const RunOptions& options,
                         Summary* summary) {
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  LedgerResolver resolver(client);
  Progress progress(import.actions.size(), context.json());
  const auto send = [&](const ImportAction& from, bool settle) -> absl::StatusOr<sdk::CheckedReceipt> {
    ASSIGN_OR_RETURN(const v1::Action action, Resolve(*client, from, &resolver));
    ASSIGN_OR_RETURN(const crypto::Signer* signer, context.signer(from.officer));
    ASSIGN_OR_RETURN(const sdk::Sealed sealed,
                     client->SealActions(from.officer, *signer, RequestIdOf(*client, from), {action}));
    return client->Submit(sealed, signer->public_key(), settle);
  };
  for (size_t i = 0; i < import.actions.size(); ++i) {
    const auto receipt = send(import.actions[i], (i + 1) % kSettleEvery == 0);
    if (receipt.ok()) {
      ++(receipt->repeated ? summary->already : summary->recorded);
    } else {
      const RowError error = ErrorOf(import.actions[i], receipt.status());
      summary->errors.push_back(error);
      if (IsFatal(receipt.status())) {
        return Annotate(receipt.status(), absl::StrCat("stopped at row ", error.row, " of ", error.file, "; ",
                                                       summary->recorded, " recorded, ", summary->already,
                                                       " were there before. Importing the same again "
                                                       "records nothing twice"));
      }
      ++summary->refused;
      if (!options.keep_going) break;
    }
    progress.Show(i + 1);
  }
  RETURN_IF_ERROR(client->Settle());
  return summary->refused == 0 ? kExitOk : kExitRefused;
}

// One request to Check, and the actions it is about.
struct Batch {
  v1::CheckRequest request;
  std::vector<const ImportAction*> actions;
  size_t bytes = 0;
};

absl::Status CheckBatch(sdk::Client* client, Batch* batch, Summary* summary) {
  if (batch->actions.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const v1::CheckResponse response,
                   client->Call(client->ledger_service(), &v1::LedgerService::Stub::Check, batch->request));
  if (static_cast<size_t>(response.results_size()) != batch->actions.size()) {
    return absl::InternalError("the server answered for another number of submissions");
  }
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

// Whether an action names what an earlier one of the same import would first make: then nobody can know yet.
bool NamesImported(const ImportAction& action, const std::set<std::string>& references,
                   const std::set<std::string>& indicators) {
  for (const Cells& cells : action.cells) {
    if (const auto payment = cells.find("payment"); payment != cells.end()) {
      const size_t slash = payment->second.find('/');
      if (slash != std::string::npos && references.count(payment->second.substr(slash + 1)) != 0) return true;
    }
    if (const auto indicator = cells.find("indicator"); indicator != cells.end()) {
      if (indicators.count(indicator->second) != 0) return true;
    }
    if (cells.count("targets") != 0 && !indicators.empty()) return true;
  }
  return false;
}

absl::StatusOr<int> Try(Context& context, const Import& import, Summary* summary) {
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  LedgerResolver resolver(client);
  Progress progress(import.actions.size(), context.json());
  std::set<std::string> references;
  std::set<std::string> indicators;
  Batch batch;
  for (size_t i = 0; i < import.actions.size(); ++i) {
    const ImportAction& from = import.actions[i];
    if (from.form->kind == "request_payment") references.insert(from.reference);
    if (from.form->kind == "register_indicator") indicators.insert(from.cells[0].at("id"));
    const auto action = Resolve(*client, from, &resolver);
    if (!action.ok()) {
      if (IsFatal(action.status())) return action.status();
      if (NamesImported(from, references, indicators)) {
        ++summary->unchecked;
      } else {
        ++summary->refused;
        summary->errors.push_back(ErrorOf(from, action.status()));
      }
      continue;
    }
    const std::string draft =
        client->Draft(from.officer, RequestIdOf(*client, from), {*action}).SerializeAsString();
    if (batch.bytes + draft.size() > kCheckBytesMax || batch.actions.size() == kCheckCountMax) {
      RETURN_IF_ERROR(CheckBatch(client, &batch, summary));
    }
    batch.bytes += draft.size() + 8;
    batch.request.add_submissions(draft);
    batch.actions.push_back(&from);
    progress.Show(i + 1);
  }
  RETURN_IF_ERROR(CheckBatch(client, &batch, summary));
  return summary->refused == 0 ? kExitOk : kExitRefused;
}

absl::StatusOr<int> RunImport(Context& context, RunOptions options) {
  if (!options.template_kind.empty()) {
    ASSIGN_OR_RETURN(const std::string text,
                     ImportTemplate(options.template_kind, CurrentLanguage() == Language::kChinese));
    std::cout << "\xef\xbb\xbf" << text;  // the mark by which a spreadsheet knows UTF-8
    return kExitOk;
  }
  if (options.files.empty())
    return UsageError("FILES_MISSING", "name the files to import, or give --template KIND");
  if (!options.import.kind.empty() && FindForm(options.import.kind) == nullptr) {
    return UsageError("KIND_UNKNOWN", absl::StrCat("--kind: write one of ", ImportableKinds()));
  }
  options.import.officer = context.globals.officer;
  ASSIGN_OR_RETURN(const Import import, ReadFiles(options));
  Summary summary;
  summary.total = import.actions.size();
  summary.errors = import.errors;
  if (!import.errors.empty()) {
    PrintSummary(context, summary, options.dry_run);
    return UsageError("CSV_INVALID",
                      absl::StrCat(import.errors.size(), " errors, see above: nothing was sent"));
  }
  // A key that is not there is better missed before the first row than in the middle.
  for (const ImportAction& action : import.actions) RETURN_IF_ERROR(context.signer(action.officer).status());
  const auto code =
      options.dry_run ? Try(context, import, &summary) : Send(context, import, options, &summary);
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
