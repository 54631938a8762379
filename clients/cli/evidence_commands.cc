// fundledger evidence: files that convict whoever holds a log's key, and complaints that convict nobody.
#include <iostream>
#include <memory>

#include "clients/cli/commands.h"
#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/cli/records.h"
#include "clients/cli/trust.h"
#include "clients/evidence/check.h"
#include "clients/sdk/files.h"
#include "clients/sdk/kept_receipt.h"
#include "ledger/base/bytes.h"
#include "ledger/base/one_line.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace fundledger::cli {
namespace {

using Json = nlohmann::ordered_json;

// MiB of records that are put into an evidence file at most; more are named by their root alone. A third
// larger in Base64, they still go into a file that fundledger-verify reads.
constexpr size_t kRecordsMibMax = 32;

struct EvidenceOptions {
  std::vector<std::string> files;
  std::string out;
  std::string receipt;
  std::string submission;
  std::vector<std::string> checkpoints;
  std::string statement;
  size_t records_mib = kRecordsMibMax;
  TrustOptions trust;
};

std::string Shows(const log::Contradiction& shown) {
  if (CurrentLanguage() != Language::kChinese) return log::Describe(shown);
  const bool is_leaves = shown.kind == log::EvidenceKind::kTwoLeaves;
  return absl::StrCat("同一密钥签署了两个不同的账本：", is_leaves ? "序号 " : "规模 ", shown.at,
                      is_leaves ? " 处的叶哈希为 " : " 的根为 ", HexEncode(shown.one.view()), " 与 ",
                      HexEncode(shown.other.view()));
}

Json CheckedJson(const std::string& name, const log::EvidenceFile& file,
                 const absl::StatusOr<evidence::CheckedEvidence>& checked) {
  Json json;
  json["file"] = name;
  json["kind"] = std::string(log::NameOf(file.kind));
  json["ok"] = checked.ok();
  if (!checked.ok()) {
    json["reason"] = ReasonOf(checked.status());
    json["message"] = std::string(checked.status().message());
    return json;
  }
  json["convicts"] = checked->convicts;
  json["key"] = checked->convicts ? Json(checked->key) : Json(nullptr);
  if (checked->contradiction.has_value()) {
    json["at"] = checked->contradiction->at;
    json["one"] = HexEncode(checked->contradiction->one.view());
    json["other"] = HexEncode(checked->contradiction->other.view());
  }
  if (checked->answer.has_value()) {
    json["method"] = checked->answer->opened.answer.method();
    json["differences"] = checked->answer->differences;
  }
  if (!checked->convicts) json["parts"] = checked->parts;
  json["statements"] = checked->statements;
  return json;
}

void PrintStatements(const evidence::CheckedEvidence& checked) {
  for (const std::string& statement : checked.statements) {
    std::cout << T("  whoever wrote the file says, and nobody signed:\n", "  制作者陈述（无人签名）：\n");
    for (const auto line : absl::StrSplit(absl::StripSuffix(statement, "\n"), '\n')) {
      std::cout << "    " << OneLine(ToStd(line)) << '\n';
    }
  }
}

void PrintChecked(const std::string& name, const log::EvidenceFile& file,
                  const evidence::CheckedEvidence& checked) {
  std::cout << name << ": " << log::NameOf(file.kind) << '\n';
  if (checked.contradiction.has_value()) std::cout << "  " << Shows(*checked.contradiction) << '\n';
  if (checked.answer.has_value()) {
    std::cout << "  " << checked.key << T(" signed an answer to ", " 签署了对 ")
              << OneLine(checked.answer->opened.answer.method())
              << T(" that the records under its checkpoint do not give:\n",
                   " 的答复，与其检查点下的记录不符：\n");
    for (const std::string& line : checked.answer->differences) std::cout << "    " << OneLine(line) << '\n';
  }
  for (const std::string& part : checked.parts) std::cout << "  - " << OneLine(part) << '\n';
  PrintStatements(checked);
  if (checked.convicts) {
    std::cout
        << T("  It CONVICTS whoever held the log's key ", "  可定责：该账本密钥的持有人 ") << checked.key
        << T(".\n  It does not show which of the two is the true one, nor whether the key was stolen.\n",
             "。\n  此证据不说明何者为真，亦不说明密钥是否被盗。\n");
  } else {
    std::cout << T("  A COMPLAINT: it convicts nobody, and is to be looked into.\n",
                   "  投诉材料：不足以定责，应予核查。\n");
  }
}

// 0: all convict; 1: one is a complaint; 4: one does not hold.
absl::StatusOr<int> RunCheck(Context& context, const EvidenceOptions& options) {
  ASSIGN_OR_RETURN(const evidence::Trust trust, options.trust.Read(context));
  Json list = Json::array();
  int code = kExitOk;
  for (const std::string& name : options.files) {
    ASSIGN_OR_RETURN(const std::string text, ReadInput(name));
    ASSIGN_OR_RETURN(const log::EvidenceFile file, log::ParseEvidence(text));
    const auto checked = evidence::CheckEvidence(file, trust);
    if (!checked.ok()) {
      code = kExitUnverified;
    } else if (!checked->convicts && code == kExitOk) {
      code = kExitRefused;
    }
    if (context.json()) {
      list.push_back(CheckedJson(name, file, checked));
    } else if (checked.ok()) {
      PrintChecked(name, file, *checked);
    } else {
      std::cout << name << T(": does NOT hold: ", "：不成立：") << ErrorLine(checked.status()) << '\n';
    }
  }
  if (context.json()) PrintJson(list);
  return code;
}

// A signed answer against the records: where it is wrong, a file that convicts.
absl::StatusOr<int> RunFigure(Context& context, const EvidenceOptions& options) {
  ASSIGN_OR_RETURN(const std::string envelope, ReadInput(options.files.at(0)));
  const size_t bytes_max = options.records_mib << 20;
  std::string body;
  size_t bytes = 0;
  // It learns the log's keys.
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  ASSIGN_OR_RETURN(const evidence::Trust trust, options.trust.Read(context));
  ASSIGN_OR_RETURN(const audit::LogKeys keys, evidence::LogKeysOf(trust));
  const evidence::EachRecord source = RecordsOfServer(client);
  const evidence::EachRecord records =
      [&](const std::function<absl::Status(std::string_view)>& take) -> absl::Status {
    return source([&](std::string_view record) -> absl::Status {
      bytes += record.size();
      if (bytes <= bytes_max) absl::StrAppend(&body, Base64Encode(record), "\n");
      return take(record);
    });
  };
  ASSIGN_OR_RETURN(const evidence::JudgedAnswer judged,
                   evidence::JudgeAnswer(envelope, keys.verifiers(), records));
  if (judged.differences.empty()) {
    if (context.json()) {
      PrintJson({{"ok", true}, {"method", judged.opened.answer.method()}});
    } else {
      std::cout << T("the records give the answer that was signed: ", "记录与所签答复一致：")
                << judged.opened.answer.method() << '\n';
    }
    return kExitOk;
  }
  log::EvidenceFile file{log::EvidenceKind::kWrongFigure,
                         {{log::PartLabel::kSignedAnswer, Base64Encode(envelope) + "\n"}}};
  const bool has_records = bytes <= bytes_max;
  if (has_records) file.parts.push_back({log::PartLabel::kRecords, body});
  log::AddLogKeys(trust.log_key_records, &file);
  ASSIGN_OR_RETURN(const std::string text, log::FormatEvidence(file));
  RETURN_IF_ERROR(WriteOutput(options.out, text));
  std::string lines;
  for (const std::string& line : judged.differences) absl::StrAppend(&lines, "\n  ", line);
  return sdk::Evidence("ANSWER_WRONG",
                       absl::StrCat("the records do not give the answer that was signed; kept in ",
                                    options.out, ", which convicts whoever holds the log's key",
                                    has_records ? ""
                                                : ", beside the records, which it does not hold: "
                                                  "fundledger-verify BUNDLE --evidence",
                                    lines));
}

absl::StatusOr<int> RunComplain(Context& context, const EvidenceOptions& options) {
  log::EvidenceFile file{log::EvidenceKind::kComplaint,
                         {{log::PartLabel::kStatement, options.statement + "\n"}}};
  if (!options.receipt.empty()) {
    ASSIGN_OR_RETURN(const std::string bytes, ReadInput(options.receipt));
    ASSIGN_OR_RETURN(const sdk::KeptReceipt receipt, sdk::ReadReceipt(bytes));
    file.parts.push_back({log::PartLabel::kRecordProof, log::FormatProofFile(receipt.proof)});
  }
  if (!options.submission.empty()) {
    ASSIGN_OR_RETURN(const std::string bytes, ReadInput(options.submission));
    file.parts.push_back({log::PartLabel::kSubmission, Base64Encode(bytes) + "\n"});
  }
  for (const std::string& name : options.checkpoints) {
    ASSIGN_OR_RETURN(std::string note, ReadInput(name));
    file.parts.push_back({log::PartLabel::kCheckpoint, std::move(note)});
  }
  // What may be checked under the log's later keys brings them along.
  if (const auto config = context.config(); config.ok()) {
    ASSIGN_OR_RETURN(const evidence::Trust trust, TrustOptions().Read(context));
    log::AddLogKeys(trust.log_key_records, &file);
  }
  ASSIGN_OR_RETURN(const std::string text, log::FormatEvidence(file));
  RETURN_IF_ERROR(WriteOutput(options.out, text));
  if (context.json()) {
    PrintJson({{"file", options.out}, {"convicts", false}});
  } else {
    std::cout << options.out
              << T(": a complaint; it convicts nobody, and is to be looked into\n",
                   "：投诉材料，不足以定责，应予核查\n");
  }
  return kExitOk;
}

}  // namespace

void AddEvidenceCommands(Program* program) {
  auto options = std::make_shared<EvidenceOptions>();
  CLI::App* app = AddCommand(
      program, "evidence check",
      T("what an evidence file shows, by the log's key alone, without a server", "离线核验证据文件"));
  app->add_option("FILE", options->files, T("evidence files", "证据文件"))->required();
  options->trust.AddTo(app);
  app->footer(
      T("Exit code 0: each convicts whoever held the log's key. 1: one is a complaint, which convicts "
        "nobody.\n4: one does not hold.",
        "退出码：0 均可定责；1 含投诉材料，不足以定责；4 有不成立者。"));
  OnCall(program, app, [options](Context& context) { return RunCheck(context, *options); });

  options = std::make_shared<EvidenceOptions>();
  app = AddCommand(program, "evidence figure",
                   T("whether the records give a signed answer; if not, evidence of it",
                     "以全部记录重算已签答复，不符则生成证据"));
  app->add_option("ANSWER", options->files,
                  T("file of a signed answer (report … --signed FILE)", "已签答复文件"))
      ->required()
      ->expected(1);
  app->add_option("--out", options->out, T("evidence file to write, if it is wrong", "证据输出文件"))
      ->default_val("wrong-figure.txt");
  app->add_option("--records-mib", options->records_mib,
                  T("put the records into the file up to this many MiB; of more it names the root alone, and "
                    "fundledger-verify BUNDLE --evidence judges it; 32 if not given",
                    "证据文件所附记录的上限（MiB）；超过时只列其根，由 fundledger-verify BUNDLE --evidence "
                    "核验；默认 32"))
      ->check(CLI::Range(size_t{0}, kRecordsMibMax));
  options->trust.AddTo(app);
  OnCall(program, app, [options](Context& context) { return RunFigure(context, *options); });

  options = std::make_shared<EvidenceOptions>();
  app = AddCommand(program, "evidence complain",
                   T("write a complaint: a record that is missing, a submission that is not answered",
                     "制作投诉材料：记录缺失或报送未获答复"));
  app->add_option("--say", options->statement, T("what happened, in your own words", "情况说明"))->required();
  app->add_option("--receipt", options->receipt, T("receipt of the record", "该记录的回执"));
  app->add_option("--submission", options->submission,
                  T("the sealed submission, as it lies in the outbox", "待发件箱中的已签报送"));
  app->add_option("--checkpoint", options->checkpoints, T("checkpoints shown", "所见检查点"));
  app->add_option("--out", options->out, T("file to write", "输出文件"))->required();
  OnCall(program, app, [options](Context& context) { return RunComplain(context, *options); });
}

}  // namespace fundledger::cli
