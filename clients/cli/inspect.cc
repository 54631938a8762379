// fundledger inspect: what happened, when, by whom, and the proof of it.
#include <iostream>
#include <memory>

#include <unistd.h>

#include "clients/cli/commands.h"
#include "clients/cli/describe.h"
#include "clients/cli/export.h"
#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/cli/table.h"
#include "clients/cli/trail.h"
#include "clients/cli/trust.h"
#include "clients/sdk/files.h"
#include "clients/sdk/log_keyring.h"
#include "ledger/audit/audit.h"
#include "ledger/audit/pipeline.h"
#include "ledger/base/bytes.h"
#include "ledger/base/time_text.h"
#include "ledger/engine/verify.h"
#include "ledger/log/evidence.h"
#include "ledger/log/proof_file.h"
#include "ledger/log/record.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace fundledger::cli {
namespace {

absl::StatusOr<Sequence> ParseSequence(const std::string& text) {
  Sequence sequence = 0;
  if (absl::SimpleAtoi(text, &sequence)) return sequence;
  return UsageError("SEQUENCE_INVALID", absl::StrCat("\"", text, "\" is no sequence: write digits only"));
}

absl::StatusOr<int> RunRecord(Context& context, const std::string& text) {
  ASSIGN_OR_RETURN(const Sequence sequence, ParseSequence(text));
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  ASSIGN_OR_RETURN(const sdk::VerifiedRecord record, client->Record(sequence));
  if (context.json()) {
    nlohmann::ordered_json json = RecordJson(record);
    json["record"] = HexEncode(record.bytes);
    json["inclusion"] = nlohmann::ordered_json::array();
    for (const Hash256& hash : record.inclusion) json["inclusion"].push_back(HexEncode(hash.view()));
    json["checkpoint"] = record.note;
    PrintJson(json);
    return kExitOk;
  }
  const auto& s = record.submission;
  std::cout << T("record      ", "记录        ") << sequence << '\n'
            << T("recorded    ", "入账时间    ")
            << TimeText(record.header.recorded_at_us, client->utc_offset_minutes()) << '\n'
            << T("officer     ", "经办人      ") << s.officer() << '\n'
            << T("request id  ", "请求号      ") << HexEncode(s.request_id()) << '\n'
            << T("signatures  ", "签名        ") << HexEncode(record.signatures.front())
            << (record.signatures.size() > 1 ? absl::StrCat(" +", record.signatures.size() - 1) : "") << '\n'
            << T("leaf hash   ", "叶哈希      ") << HexEncode(record.leaf.view()) << '\n'
            << T("previous    ", "前一记录    ") << HexEncode(record.header.previous.view()) << '\n';
  const ScaleOf scale_of = context.scale_of();
  for (int i = 0; i < s.actions_size(); ++i) {
    std::cout << "  " << sequence << '.' << i << "  " << ActionText(s.actions(i), scale_of) << '\n';
  }
  std::cout << T("in the log: proof of ", "在账本中：证明含哈希 ") << record.inclusion.size()
            << T(" hashes verified, checkpoint of size ", " 个，已验证；检查点规模 ")
            << record.checkpoint.size << T(", root ", "，根 ") << HexEncode(record.checkpoint.root.view())
            << '\n';
  return kExitOk;
}

absl::StatusOr<int> RunCheckpoint(Context& context, const std::string& out) {
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  std::string note;
  ASSIGN_OR_RETURN(const log::Checkpoint checkpoint, client->Latest(&note));
  if (!out.empty()) RETURN_IF_ERROR(WriteOutput(out, note));
  if (context.json()) {
    nlohmann::ordered_json json;
    json["origin"] = checkpoint.origin;
    json["size"] = checkpoint.size;
    json["root"] = HexEncode(checkpoint.root.view());
    json["checkpoint"] = note;
    PrintJson(json);
  } else {
    std::cout << (out.empty() ? note : out + "\n");
  }
  return kExitOk;
}

// A C2SP tlog-proof file, which other tools read: the record in `extra`.
absl::StatusOr<int> RunProof(Context& context, const std::string& text) {
  ASSIGN_OR_RETURN(const Sequence sequence, ParseSequence(text));
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  ASSIGN_OR_RETURN(const sdk::VerifiedRecord record, client->Record(sequence));
  std::cout << log::FormatProofFile({record.bytes, sequence, record.inclusion, record.note});
  return kExitOk;
}

// Progress on standard error, for a person only.
void ShowProgress(uint64_t done, uint64_t total) {
  if (::isatty(STDERR_FILENO) != 0)
    std::cerr << '\r' << done << " / " << total << (done == total ? "\n" : "") << std::flush;
}

absl::StatusOr<int> VerifyOffline(Context& context, const std::string& directory,
                                  const std::string& verifier_key, const std::string& sm2_verifier_key,
                                  bool chain_only) {
  engine::VerifyOptions options;
  options.directory = directory;
  if (!verifier_key.empty()) options.verifier_key = verifier_key;
  if (!sm2_verifier_key.empty()) {
    ASSIGN_OR_RETURN(options.sm2_key, log::Sm2Verifier::Parse(sm2_verifier_key));
  }
  if (chain_only) options.depth = engine::VerifyDepth::kChain;
  if (!context.json()) options.progress = ShowProgress;
  ASSIGN_OR_RETURN(const engine::VerifyReport report, engine::VerifyDirectory(options));
  if (context.json()) {
    nlohmann::ordered_json json;
    json["ok"] = report.ok();
    json["depth"] = chain_only ? "chain" : "full";
    json["records"] = report.records;
    json["signatures"] = report.signatures;
    json["origin"] = report.origin;
    json["verifier_key"] = report.verifier_key;
    json["key_was_given"] = report.key_was_given;
    json["ledger"] = HexEncode(report.ledger.view());
    json["root"] = HexEncode(report.root.view());
    json["checkpoint"] = report.checkpoint;
    json["findings"] = nlohmann::ordered_json::array();
    for (const auto& finding : report.findings) {
      nlohmann::ordered_json one;
      one["record"] = finding.record.has_value() ? nlohmann::ordered_json(*finding.record) : nullptr;
      one["reason"] = finding.reason;
      one["message"] = finding.message;
      json["findings"].push_back(one);
    }
    PrintJson(json);
    return report.ok() ? kExitOk : kExitUnverified;
  }
  for (const auto& finding : report.findings) {
    std::cout << finding.reason << (finding.record.has_value() ? absl::StrCat(" @", *finding.record) : "")
              << ": " << finding.message << '\n';
  }
  std::cout << T("records verified ", "已验证记录 ") << report.records << T(", signatures ", "，签名 ")
            << report.signatures << T(", root ", "，根 ") << HexEncode(report.root.view()) << '\n'
            << T("ledger ", "账本 ") << report.origin << ", " << HexEncode(report.ledger.view()) << '\n';
  if (!report.key_was_given) {
    std::cout << T(
        "The log's key was taken from the ledger itself: give --verifier-key, got by another way.\n",
        "账本公钥取自账本自身：请以 --verifier-key 给出另行取得的公钥。\n");
  }
  if (report.ok()) {
    // A copy from before looks the same from the inside; only what somebody else holds tells it from the
    // latest.
    std::cout << T("This tells nothing of records after ", "此结果不涉及第 ") << report.records - 1
              << T(": compare size and root with a receipt or checkpoint kept elsewhere.\n",
                   " 条以后的记录：请与他处保存的回执或检查点核对规模与根。\n");
  }
  if (chain_only) {
    std::cout << T(
        "Only chain and tree were checked. NOT checked: the officers' signatures, the rules, the books, "
        "and what is stored of entities, postings, trail and requests.\n",
        "仅验证了链与树。未验证：经办人签名、规则、账簿，以及所存的实体、分录、轨迹与请求号。\n");
  }
  if (!report.ok()) {
    std::cout << T("THE LEDGER DOES NOT VERIFY\n", "账本验证不通过\n");
  } else if (chain_only) {
    std::cout << T("the chain verifies\n", "链验证通过\n");
  } else {
    std::cout << T("the ledger verifies\n", "账本验证通过\n");
  }
  return report.ok() ? kExitOk : kExitUnverified;
}

absl::StatusOr<int> PrintVerified(const Context& context, uint64_t records,
                                  const log::Checkpoint& checkpoint) {
  if (context.json()) {
    nlohmann::ordered_json json;
    json["ok"] = true;
    json["records"] = records;
    json["root"] = HexEncode(checkpoint.root.view());
    PrintJson(json);
    return kExitOk;
  }
  std::cout
      << T("records verified ", "已验证记录 ") << records << T(", root ", "，根 ")
      << HexEncode(checkpoint.root.view())
      << T("\nEvery record, link, signature and rule was replayed here, and gives the checkpoint's root: the "
           "ledger verifies\n",
           "\n每条记录、链接、签名与规则均在本机重放，结果与检查点一致：账本验证通过\n");
  return kExitOk;
}

// Replays the whole log as the server gives it out, up to a checkpoint that was believed before.
absl::StatusOr<int> VerifyOnline(Context& context) {
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  std::string note;
  ASSIGN_OR_RETURN(const log::Checkpoint target, client->Latest(&note));
  audit::Replay replay;
  audit::ReplayPipeline pipeline(&replay, /*threads=*/0, [] {});
  const auto evidence = [&replay](const absl::Status& status) {
    return sdk::Evidence(ReasonOf(status), absl::StrCat("record ", replay.size(), ": ", status.message()));
  };
  uint64_t received = 0;
  v1::ListTrailRequest request;
  request.set_page_size(500);
  while (received < target.size) {
    ASSIGN_OR_RETURN(const v1::ListTrailResponse page,
                     client->Call(client->audit(), &v1::AuditService::Stub::ListTrail, request));
    for (const v1::RecordView& view : page.records()) {
      if (received == target.size) break;
      ++received;
      if (const absl::Status status = pipeline.Push(view.record()); !status.ok()) return evidence(status);
    }
    if (!context.json()) ShowProgress(replay.size(), target.size);
    request.set_page_token(page.next_page_token());
    if (request.page_token().empty()) break;
  }
  if (const absl::Status status = pipeline.Finish(); !status.ok()) return evidence(status);
  if (!context.json()) ShowProgress(replay.size(), target.size);
  if (replay.size() != target.size || replay.Root() != target.root) {
    return sdk::Evidence("LOG_FORKED",
                         absl::StrCat("the ", replay.size(), " records the server gives out have root ",
                                      HexEncode(replay.Root().view()), ", its checkpoint says ", target.size,
                                      " records and root ", HexEncode(target.root.view())));
  }
  if (replay.ledger() != client->config().ledger) {
    return sdk::Evidence("WRONG_LEDGER", "the first record is that of another ledger");
  }
  return PrintVerified(context, replay.size(), target);
}

// The keys that the log has had, and with `out` the records that prove each from the first on.
absl::StatusOr<int> RunLogKeys(Context& context, const std::string& out) {
  ASSIGN_OR_RETURN(const sdk::Client* client, context.client());
  ASSIGN_OR_RETURN(const sdk::Facts* facts, context.facts());
  std::vector<std::string> records = {facts->genesis};
  records.insert(records.end(), facts->log_key_rotations.begin(), facts->log_key_rotations.end());
  ASSIGN_OR_RETURN(const auto keyring, sdk::LogKeyring::FromFacts(*facts, client->config().log));
  if (!out.empty()) RETURN_IF_ERROR(WriteOutput(out, log::EncodeLines(records)));
  Table table({{T("from record", "起始记录"), Table::Align::kRight}, {T("key", "公钥")}});
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  const std::vector<log::NoteVerifier> verifiers = keyring->keys().verifiers();
  for (size_t i = 0; i < records.size(); ++i) {
    ASSIGN_OR_RETURN(const log::Record record, log::DecodeRecord(records[i]));
    const std::string key = log::VerifierKey(verifiers[i].name, verifiers[i].key->public_key());
    table.Add({absl::StrCat(record.header.sequence), key});
    list.push_back({{"from", record.header.sequence}, {"verifier_key", key}});
  }
  if (context.json()) {
    PrintJson({{"log_keys", list}});
  } else {
    table.Print(std::cout);
  }
  return kExitOk;
}

void AddVerify(Program* program) {
  struct Options {
    std::string data;
    std::string verifier_key;
    std::string sm2_verifier_key;
    bool chain_only = false;
  };
  CLI::App* app = AddCommand(program, "inspect verify",
                             T("verify the whole ledger: through the server, or --data DIR without one",
                               "验证整个账本：经服务器，或以 --data 目录离线验证"));
  const auto options = std::make_shared<Options>();
  app->add_option("--data", options->data, T("the ledger's directory", "账本目录"));
  app->add_option("--verifier-key", options->verifier_key,
                  T("the log's key, got by another way", "另行取得的账本公钥"))
      ->needs("--data");
  app->add_option(
         "--sm2-verifier-key", options->sm2_verifier_key,
         T("the SM2 key that must have signed every checkpoint too", "每个检查点须另有其签名的 SM2 公钥"))
      ->needs("--data");
  app->add_flag("--chain", options->chain_only,
                T("check chain, tree and checkpoints only: no officer's signature, no rule, no books",
                  "仅验证链、树与检查点：不验证经办人签名、规则与账簿"))
      ->needs("--data");
  app->footer(T("Exit code 0 only if it verifies, else 4.", "仅验证通过时退出码为 0，否则为 4。"));
  OnCall(program, app, [options](Context& context) {
    return options->data.empty() ? VerifyOnline(context)
                                 : VerifyOffline(context, options->data, options->verifier_key,
                                                 options->sm2_verifier_key, options->chain_only);
  });
}

}  // namespace

void AddInspectCommands(Program* program) {
  AddTrailCommand(program);
  AddVerify(program);
  AddStampsCommand(program);
  AddCompareCommand(program);
  AddExportCommand(program);
  const auto record = std::make_shared<std::string>();
  CLI::App* app =
      AddCommand(program, "inspect record", T("one record, decoded and verified", "查看一条记录并验证"));
  app->add_option("SEQUENCE", *record, T("its sequence", "序号"))->required();
  OnCall(program, app, [record](Context& context) { return RunRecord(context, *record); });
  const auto proof = std::make_shared<std::string>();
  app = AddCommand(program, "inspect proof",
                   T("a record's proof as a file (C2SP tlog-proof)", "输出一条记录的证明文件"));
  app->add_option("SEQUENCE", *proof, T("its sequence", "序号"))->required();
  OnCall(program, app, [proof](Context& context) { return RunProof(context, *proof); });
  app =
      AddCommand(program, "inspect checkpoint", T("the latest checkpoint, verified", "最新检查点（已验证）"));
  const auto out = std::make_shared<std::string>();
  app->add_option("--out", *out,
                  T("write it to this file, for colleagues to compare", "写入文件，供同事核对"));
  OnCall(program, app, [out](Context& context) { return RunCheckpoint(context, *out); });
  app = AddCommand(program, "inspect log-keys",
                   T("the keys that the log has had, each from its record on", "账本历次公钥及其起始记录"));
  const auto records_out = std::make_shared<std::string>();
  app->add_option("--out", *records_out,
                  T("write the records that prove them to this file, for --log-keys of those who check "
                    "receipts and evidence without a connection",
                    "写出证明各公钥的记录，供离线核验时以 --log-keys 使用"));
  OnCall(program, app, [records_out](Context& context) { return RunLogKeys(context, *records_out); });
}

}  // namespace fundledger::cli
