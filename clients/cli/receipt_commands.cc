// fundledger receipt: receipts checked without a server, shown, exported, and brought under witnesses.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "clients/cli/commands.h"
#include "clients/cli/describe.h"
#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/cli/table.h"
#include "clients/cli/trust.h"
#include "clients/sdk/files.h"
#include "clients/sdk/kept_receipt.h"
#include "clients/sdk/witnessed.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/time_text.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct ReceiptOptions {
  std::vector<std::string> files;
  std::string out;
  std::string policy;
  TrustOptions trust;
  bool all = false;
};

// What `receipt list` shows of what a client keeps: thousands after a year.
constexpr size_t kListedMax = 20;

// A receipt that was checked, or why it does not hold.
struct Checked {
  std::string file;
  absl::StatusOr<sdk::KeptReceipt> receipt = absl::UnknownError("not read");
  absl::StatusOr<log::Checkpoint> checkpoint = absl::UnknownError("not checked");
  // Under a policy that asks for witnesses only.
  std::optional<log::WitnessedCheckpoint> witnessed;

  absl::Status status() const { return receipt.ok() ? checkpoint.status() : receipt.status(); }
};

// By whom receipts are judged.
struct Judges {
  audit::LogKeys keys;
  std::optional<Hash256> ledger;
  std::shared_ptr<const log::Policy> policy;  // null: no witnesses are asked for

  bool asks_witnesses() const { return policy != nullptr && policy->AsksWitnesses(); }
};

// Who names the log's key needs no configuration, so its policy does not count then.
absl::StatusOr<Judges> ReadJudges(Context& context, const ReceiptOptions& options) {
  Judges judges;
  ASSIGN_OR_RETURN(const evidence::Trust trust, options.trust.Read(context));
  ASSIGN_OR_RETURN(judges.keys, evidence::LogKeysOf(trust));
  judges.ledger = trust.ledger;
  if (!options.policy.empty() || options.trust.verifier_key.empty()) {
    ASSIGN_OR_RETURN(judges.policy, PolicyOf(context, options.policy));
  }
  if (!context.requires_witness() || judges.asks_witnesses()) return judges;
  return UsageError("POLICY_MISSING",
                    "whose cosignatures? give --policy FILE, or set policy in the configuration, to a policy "
                    "file with a quorum");
}

Checked CheckFile(const std::string& file, const Judges& judges) {
  Checked checked;
  checked.file = file;
  const auto bytes = ReadInput(file);
  checked.receipt = bytes.ok() ? sdk::ReadReceipt(*bytes) : bytes.status();
  if (!checked.receipt.ok()) return checked;
  checked.checkpoint = sdk::CheckKept(*checked.receipt, judges.keys, judges.ledger);
  if (!checked.checkpoint.ok() || !judges.asks_witnesses()) return checked;
  auto witnessed = sdk::OpenWitnessed(checked.receipt->proof.checkpoint, judges.keys, *judges.policy);
  if (witnessed.ok()) {
    checked.witnessed = *std::move(witnessed);
  } else {
    checked.checkpoint = sdk::Evidence(
        "RECEIPT_INVALID", absl::StrCat("its checkpoint, under the policy: ", witnessed.status().message()));
  }
  return checked;
}

bool IsWitnessed(const Checked& checked) {
  return checked.witnessed.has_value() && checked.witnessed->witnessed;
}

// Where witnesses are demanded, a receipt without them does not hold.
void Demand(const Context& context, Checked* checked) {
  if (!context.requires_witness() || !checked->status().ok() || IsWitnessed(*checked)) return;
  checked->checkpoint = NotWitnessed(
      absl::StrCat("its checkpoint of ", checked->checkpoint->size,
                   " records lacks cosignatures that the policy demands: receipt upgrade asks for one that "
                   "has them"));
}

std::string WitnessNames(const log::WitnessedCheckpoint& witnessed) {
  std::string names;
  for (const auto& each : witnessed.cosignatures)
    absl::StrAppend(&names, names.empty() ? "" : ", ", each.name);
  return names;
}

// "recorded", or with a policy "witnessed by …" or "not witnessed".
std::string Standing(const Checked& checked) {
  if (!checked.witnessed.has_value()) return T("recorded", "已入账");
  if (!checked.witnessed->witnessed)
    return T("recorded, not witnessed as the policy asks", "已入账，见证不足");
  return absl::StrCat(T("witnessed by ", "已见证："), WitnessNames(*checked.witnessed));
}

Json CheckedJson(const Checked& checked) {
  Json json;
  json["file"] = checked.file;
  json["ok"] = checked.status().ok();
  if (!checked.status().ok()) {
    json["reason"] = ReasonOf(checked.status());
    json["message"] = std::string(checked.status().message());
    return json;
  }
  json["sequence"] = checked.receipt->header.sequence;
  json["leaf_hash"] = HexEncode(checked.receipt->leaf.view());
  json["recorded_at_us"] = checked.receipt->header.recorded_at_us;
  json["officer"] = checked.receipt->submission.officer();
  json["request_id"] = HexEncode(checked.receipt->submission.request_id());
  json["tree_size"] = checked.checkpoint->size;
  json["root"] = HexEncode(checked.checkpoint->root.view());
  json["witnessed"] = checked.witnessed.has_value() ? Json(checked.witnessed->witnessed) : Json(nullptr);
  return json;
}

void PrintChecked(const Checked& checked) {
  if (!checked.status().ok()) {
    std::cout << checked.file << T(": does NOT hold: ", "：无效：") << ErrorLine(checked.status()) << '\n';
    return;
  }
  std::cout << checked.file << T(": record ", "：记录 ") << checked.receipt->header.sequence
            << T(" stands in the tree of ", " 在规模为 ") << checked.checkpoint->size
            << T(" records that the log signed; ", " 的已签名账本中；") << Standing(checked) << '\n';
}

// Files given, or all that the client keeps.
absl::StatusOr<std::vector<std::string>> FilesOf(Context& context, const ReceiptOptions& options) {
  if (!options.files.empty()) return options.files;
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  std::vector<std::pair<uintmax_t, std::string>> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(config->receipts_path(), error)) {
    if (entry.path().extension() != ".receipt") continue;
    uintmax_t sequence = 0;
    for (const char c : entry.path().stem().string()) {
      if (c < '0' || c > '9') break;
      sequence = sequence * 10 + static_cast<uintmax_t>(c - '0');
    }
    found.emplace_back(sequence, entry.path().string());
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> files;
  for (auto& [sequence, path] : found) files.push_back(std::move(path));
  return files;
}

// The exit code of all, after one more: a receipt that does not hold weighs more than one not witnessed.
int WorseOf(int code, const Checked& checked) {
  if (checked.status().ok() || code == kExitUnverified) return code;
  return ReasonOf(checked.status()) == "NOT_WITNESSED" ? kExitUnwitnessed : kExitUnverified;
}

absl::StatusOr<int> RunCheck(Context& context, const ReceiptOptions& options, bool as_list) {
  ASSIGN_OR_RETURN(const Judges judges, ReadJudges(context, options));
  ASSIGN_OR_RETURN(std::vector<std::string> files, FilesOf(context, options));
  size_t older = 0;
  if (as_list && options.files.empty() && !options.all && !context.json() && files.size() > kListedMax) {
    older = files.size() - kListedMax;
    files.erase(files.begin(), files.begin() + static_cast<ptrdiff_t>(older));
  }
  Json list = Json::array();
  Table table({{T("record", "记录"), Table::Align::kRight},
               {T("officer", "经办人")},
               {T("tree", "账本规模"), Table::Align::kRight},
               {T("standing", "状态")},
               {T("file", "文件")}});
  int code = kExitOk;
  for (const std::string& file : files) {
    Checked checked = CheckFile(file, judges);
    Demand(context, &checked);
    code = WorseOf(code, checked);
    if (context.json()) {
      list.push_back(CheckedJson(checked));
    } else if (as_list && checked.status().ok()) {
      table.Add({absl::StrCat(checked.receipt->header.sequence), checked.receipt->submission.officer(),
                 absl::StrCat(checked.checkpoint->size), Standing(checked), file});
    } else {
      PrintChecked(checked);
    }
  }
  if (context.json()) {
    PrintJson(list);
  } else if (as_list && table.size() > 0) {
    table.Print(std::cout);
  }
  if (older > 0) {
    std::cout << T("the newest ", "最新 ") << files.size() << T("; ", " 份；另有 ") << older
              << T(" older ones neither shown nor checked: receipt list --all\n",
                   " 份较早的未列出、未验证：receipt list --all\n");
  }
  if (!context.json() && files.empty()) std::cout << T("no receipts\n", "没有回执\n");
  return code;
}

absl::StatusOr<Checked> CheckOne(Context& context, const ReceiptOptions& options) {
  ASSIGN_OR_RETURN(const Judges judges, ReadJudges(context, options));
  Checked checked = CheckFile(options.files.at(0), judges);
  Demand(context, &checked);
  RETURN_IF_ERROR(checked.status());
  return checked;
}

// In the ledger's own time zone where that is known here, as other lists have it.
std::string RecordedText(Context& context, int64_t recorded_at_us) {
  if (const auto config = context.config(); config.ok()) {
    const auto facts = sdk::LoadFacts((*config)->facts_path(), (*config)->ledger);
    if (facts.ok()) return TimeText(recorded_at_us, facts->utc_offset_minutes);
  }
  return absl::StrCat(TimeText(recorded_at_us, 0), " UTC");
}

absl::StatusOr<int> RunShow(Context& context, const ReceiptOptions& options) {
  ASSIGN_OR_RETURN(const Checked checked, CheckOne(context, options));
  const v1::Submission& submission = checked.receipt->submission;
  if (context.json()) {
    Json json = CheckedJson(checked);
    json["submission"] = ToJson(submission);
    json["checkpoint"] = checked.receipt->proof.checkpoint;
    PrintJson(json);
    return kExitOk;
  }
  PrintChecked(checked);
  std::cout << T("recorded    ", "入账时间    ")
            << RecordedText(context, checked.receipt->header.recorded_at_us) << '\n'
            << T("officer     ", "经办人      ") << submission.officer() << '\n'
            << T("request id  ", "请求号      ") << HexEncode(submission.request_id()) << '\n'
            << T("leaf hash   ", "叶哈希      ") << HexEncode(checked.receipt->leaf.view()) << '\n';
  for (int i = 0; i < submission.actions_size(); ++i) {
    std::cout << "  " << checked.receipt->header.sequence << '.' << i << "  "
              << ActionText(submission.actions(i), [](const std::string&) { return std::nullopt; }) << '\n';
  }
  std::cout << '\n' << checked.receipt->proof.checkpoint;
  return kExitOk;
}

absl::StatusOr<int> RunExport(Context& context, const ReceiptOptions& options) {
  ASSIGN_OR_RETURN(const Checked checked, CheckOne(context, options));
  RETURN_IF_ERROR(WriteOutput(options.out, log::FormatProofFile(checked.receipt->proof)));
  if (context.json()) {
    PrintJson({{"file", options.out}});
  } else {
    std::cout << options.out << '\n';
  }
  return kExitOk;
}

// The latest checkpoint that the operator calls witnessed, with its cosignatures; empty: there is none.
absl::StatusOr<std::string> WitnessedNote(sdk::Client* client) {
  v1::GetCheckpointRequest request;
  request.set_size(client->ledger().witnessing().size());
  if (request.size() == 0) return std::string();
  ASSIGN_OR_RETURN(const v1::GetCheckpointResponse response,
                   client->Call(client->audit(), &v1::AuditService::Stub::GetCheckpoint, request));
  return response.checkpoint();
}

absl::StatusOr<std::string> FormatAs(const std::string& file, const sdk::KeptReceipt& receipt) {
  const bool is_proof_file = fs::path(file).extension() != ".receipt";
  if (is_proof_file) return log::FormatProofFile(receipt.proof);
  return sdk::FormatReceipt(receipt);
}

// `note`, of `checkpoint`, is believed. A receipt that is witnessed is never replaced by one that is not:
// otherwise a server that no longer shows cosignatures would take away those that are kept.
absl::StatusOr<Checked> Upgrade(sdk::Client* client, const Judges& judges, const std::string& note,
                                const log::Checkpoint& checkpoint, const std::string& file) {
  Checked checked = CheckFile(file, judges);
  RETURN_IF_ERROR(Annotate(checked.status(), file));
  if (checked.receipt->header.sequence >= checkpoint.size) {
    RETURN_IF_ERROR(sdk::CheckStillThere(client, *checked.receipt));
    return checked;
  }
  ASSIGN_OR_RETURN(const sdk::KeptReceipt upgraded, sdk::ProveUnder(client, *checked.receipt, note));
  if (IsWitnessed(checked)) {
    const auto anew = sdk::OpenWitnessed(note, judges.keys, *judges.policy);
    if (!anew.ok() || !anew->witnessed) return checked;
  }
  ASSIGN_OR_RETURN(const std::string text, FormatAs(file, upgraded));
  RETURN_IF_ERROR(sdk::ReplaceFile(file, text, true));
  return CheckFile(file, judges);
}

absl::StatusOr<int> RunUpgrade(Context& context, const ReceiptOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<std::string> files, FilesOf(context, options));
  // It learns the log's keys, by which receipts are judged.
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  ASSIGN_OR_RETURN(const Judges judges, ReadJudges(context, options));
  ASSIGN_OR_RETURN(std::string note, WitnessedNote(client));
  const bool has_witnesses = !note.empty();
  if (!has_witnesses) RETURN_IF_ERROR(client->Latest(&note).status());
  ASSIGN_OR_RETURN(const log::Checkpoint checkpoint, client->Believe(note));
  Json list = Json::array();
  int code = kExitOk;
  for (const std::string& file : files) {
    ASSIGN_OR_RETURN(Checked checked, Upgrade(client, judges, note, checkpoint, file));
    const bool is_beyond = checked.receipt->header.sequence >= checkpoint.size;
    Demand(context, &checked);
    code = WorseOf(code, checked);
    list.push_back(CheckedJson(checked));
    if (context.json()) continue;
    if (is_beyond) {
      std::cout << file << T(": not witnessed yet; the witnessed log ends at ", "：尚未见证；已见证规模 ")
                << checkpoint.size << '\n';
    } else {
      PrintChecked(checked);
    }
  }
  if (context.json()) {
    PrintJson(list);
  } else if (!has_witnesses) {
    std::cout << T("The ledger has no witnessed checkpoint: the receipts stand under its latest one.\n",
                   "账本尚无经见证的检查点：回执以其最新检查点为准。\n");
  }
  return code;
}

CLI::App* AddReceiptCommand(Program* program, const std::shared_ptr<ReceiptOptions>& options,
                            const std::string& path, const std::string& help) {
  CLI::App* app = AddCommand(program, path, help);
  options->trust.AddTo(app);
  app->add_option("--policy", options->policy,
                  T("policy file (C2SP tlog-policy): which witnesses are asked for; else the configuration's",
                    "见证策略文件；缺省用配置文件所载"));
  return app;
}

}  // namespace

void AddReceiptCommands(Program* program) {
  auto options = std::make_shared<ReceiptOptions>();
  CLI::App* app =
      AddReceiptCommand(program, options, "receipt check",
                        T("check receipts or tlog-proof files, without a server", "离线验证回执"));
  app->add_option("FILE", options->files, T("receipts", "回执文件"))->required();
  app->footer(
      T("A receipt that holds shows that the log's key signed a tree with the record at its place.\n"
        "Exit code 0 only if all hold, else 4; 7 if all that some lack are the cosignatures that "
        "--require-witness demands.",
        "回执有效，表明账本密钥已对含有该记录的账本签名。全部有效时退出码为 0，否则为 4；仅缺 "
        "--require-witness 所要求的见证时为 7。"));
  OnCall(program, app, [options](Context& context) { return RunCheck(context, *options, false); });

  options = std::make_shared<ReceiptOptions>();
  app = AddReceiptCommand(program, options, "receipt list",
                          T("the receipts that this client keeps, checked; the newest 20 unless told more",
                            "列出并验证本机所存回执，缺省为最新 20 份"));
  app->add_option("FILE", options->files, T("these instead", "指定文件"));
  app->add_flag("--all", options->all,
                T("all that are kept; --json always lists all", "全部列出；--json 总是列出全部"));
  OnCall(program, app, [options](Context& context) { return RunCheck(context, *options, true); });

  options = std::make_shared<ReceiptOptions>();
  app = AddReceiptCommand(program, options, "receipt show",
                          T("one receipt, decoded and checked", "查看一份回执"));
  app->add_option("FILE", options->files, T("a receipt", "回执文件"))->required()->expected(1);
  OnCall(program, app, [options](Context& context) { return RunShow(context, *options); });

  options = std::make_shared<ReceiptOptions>();
  app = AddReceiptCommand(
      program, options, "receipt export",
      T("a receipt as a C2SP tlog-proof, which other tools read", "导出为 tlog-proof 文件"));
  app->add_option("FILE", options->files, T("a receipt", "回执文件"))->required()->expected(1);
  app->add_option("--out", options->out, T("file to write", "输出文件"))->required();
  OnCall(program, app, [options](Context& context) { return RunExport(context, *options); });

  options = std::make_shared<ReceiptOptions>();
  app = AddReceiptCommand(
      program, options, "receipt upgrade",
      T("prove receipts anew under the ledger's witnessed checkpoint", "将回执更新至经见证的检查点"));
  app->add_option("FILE", options->files,
                  T("receipts; all that this client keeps if none is named", "回执文件"));
  OnCall(program, app, [options](Context& context) { return RunUpgrade(context, *options); });
}

}  // namespace fundledger::cli
