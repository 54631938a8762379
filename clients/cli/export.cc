#include "clients/cli/export.h"

#include <iostream>

#include <unistd.h>

#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/cli/trail.h"
#include "clients/sdk/files.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/log/policy.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace fundledger::cli {
namespace {

class ServerSource : public exporting::Source {
 public:
  ServerSource(sdk::Client* client, std::string note, log::Checkpoint checkpoint)
      : client_(client), note_(std::move(note)), checkpoint_(std::move(checkpoint)) {}

  const std::string& note() const override { return note_; }
  const log::Checkpoint& checkpoint() const override { return checkpoint_; }

  absl::Status ForEachRecord(const v1::ListTrailRequest& trail, const VisitRecord& visit) override {
    v1::ListTrailRequest request = trail;
    request.set_page_size(500);
    return EachPage(client_, client_->audit(), &v1::AuditService::Stub::ListTrail, request,
                    [&](const v1::ListTrailResponse& page) -> absl::Status {
                      for (const v1::RecordView& view : page.records()) {
                        // Recorded meanwhile, behind the checkpoint.
                        if (view.sequence() >= checkpoint_.size) continue;
                        RETURN_IF_ERROR(visit(view.sequence(), view.record()));
                      }
                      return absl::OkStatus();
                    });
  }

  absl::StatusOr<std::string> Record(Sequence sequence) override {
    ASSIGN_OR_RETURN(sdk::VerifiedRecord record, client_->Record(sequence));
    return std::move(record.bytes);
  }

  absl::StatusOr<log::ProofFile> Prove(Sequence sequence, const std::string& record) override {
    ASSIGN_OR_RETURN(const sdk::VerifiedRecord verified,
                     client_->VerifyRecord(sequence, record, checkpoint_));
    return log::ProofFile{record, sequence, verified.inclusion, note_};
  }

  absl::Status ForEachAttested(
      const std::function<absl::Status(const v1::AttestedCheckpoint&)>& visit) override {
    v1::ListCheckpointsRequest request;
    request.set_size_max(checkpoint_.size);
    do {
      ASSIGN_OR_RETURN(const v1::ListCheckpointsResponse page,
                       client_->Call(client_->audit(), &v1::AuditService::Stub::ListCheckpoints, request));
      for (const v1::AttestedCheckpoint& each : page.checkpoints()) RETURN_IF_ERROR(visit(each));
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return absl::OkStatus();
  }

 private:
  sdk::Client* const client_;
  const std::string note_;
  const log::Checkpoint checkpoint_;
};

struct Flags {
  std::string out;
  std::string data;
  std::string policy;
  TrailFilter filter;
  bool receipts = false;
};

void ShowProgress(uint64_t done, uint64_t total) {
  std::cerr << '\r' << done;
  if (total > 0) std::cerr << " / " << total;
  std::cerr << (done == total ? "\n" : "") << std::flush;
}

void PrintExported(const Context& context, const exporting::Exported& exported, const std::string& out) {
  const bool is_whole = exported.manifest.kind == bundle::Kind::kWhole;
  if (context.json()) {
    nlohmann::ordered_json json;
    json["bundle"] = out;
    json["kind"] = is_whole ? "whole" : "records";
    json["records"] = exported.records;
    json["size"] = exported.manifest.size;
    json["ledger"] = HexEncode(exported.manifest.ledger.view());
    json["checkpoints"] = exported.checkpoints;
    json["receipts"] = exported.receipts;
    PrintJson(json);
    return;
  }
  std::cout << T("exported ", "已导出 ") << exported.records << T(" records to ", " 条记录至 ") << out
            << T(", under the checkpoint of ", "，检查点规模 ") << exported.manifest.size << '\n';
  if (!is_whole) {
    std::cout << T(
        "Included, not complete: whether there are others about the same, only a whole ledger shows.\n",
        "已收录，不代表完整：是否还有其他相关记录，须以完整账本核对。\n");
  }
  std::cout << T("Check it: fundledger-verify ", "验证：fundledger-verify ") << out << '\n';
}

absl::StatusOr<int> RunExport(Context& context, const Flags& flags) {
  exporting::Options options;
  options.out = flags.out;
  RETURN_IF_ERROR(flags.filter.Fill(&options.trail));
  for (const auto& [dimension, id] : flags.filter.ids) {
    if (id.empty()) continue;
    std::string name = v1::TrailDimension_Name(dimension).substr(std::string_view("TRAIL_DIMENSION_").size());
    absl::AsciiStrToLower(&name);
    options.about = absl::StrCat(name, " ", options.trail.id());
  }
  if (!flags.policy.empty()) {
    ASSIGN_OR_RETURN(options.policy, sdk::ReadFile(flags.policy));
    const auto policy = log::Policy::Parse(options.policy);
    if (!policy.ok()) return Annotate(policy.status(), flags.policy);
  } else if (const auto config = context.config(); config.ok()) {
    options.policy = (*config)->policy_text;
  } else if (flags.data.empty()) {
    return config.status();
  }
  if (flags.receipts) {
    ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
    options.receipts = config->receipts_path();
  }
  if (!context.json() && ::isatty(STDERR_FILENO) != 0) options.progress = ShowProgress;
  std::unique_ptr<exporting::Source> source;
  if (flags.data.empty()) {
    ASSIGN_OR_RETURN(sdk::Client * client, context.client());
    ASSIGN_OR_RETURN(source, SourceOfServer(client));
  } else {
    ASSIGN_OR_RETURN(source, exporting::SourceOfDirectory(flags.data));
  }
  const auto exported = exporting::ExportBundle(source.get(), options);
  if (!exported.ok()) return flags.data.empty() ? AgainstServer(exported.status()) : exported.status();
  PrintExported(context, *exported, flags.out);
  return kExitOk;
}

}  // namespace

absl::StatusOr<std::unique_ptr<exporting::Source>> SourceOfServer(sdk::Client* client, std::string note) {
  log::Checkpoint checkpoint;
  if (note.empty()) {
    ASSIGN_OR_RETURN(checkpoint, client->Latest(&note));
  } else {
    ASSIGN_OR_RETURN(checkpoint, client->Believe(note));
  }
  return std::make_unique<ServerSource>(client, std::move(note), std::move(checkpoint));
}

absl::StatusOr<std::string> Cosigned(sdk::Client* client, const log::Checkpoint& checkpoint,
                                     std::string note) {
  v1::GetCheckpointRequest request;
  request.set_size(checkpoint.size);
  const auto response = client->Call(client->audit(), &v1::AuditService::Stub::GetCheckpoint, request);
  if (response.ok()) return response->checkpoint();
  if (absl::IsNotFound(response.status())) return note;
  return response.status();
}

absl::Status AgainstServer(const absl::Status& status) {
  return absl::IsDataLoss(status) ? sdk::Evidence(ReasonOf(status), ToStd(status.message())) : status;
}

void AddExportCommand(Program* program) {
  CLI::App* app =
      AddCommand(program, "inspect export",
                 T("a bundle that fundledger-verify checks without a server: the whole ledger, or what is "
                   "about one thing",
                   "导出可离线验证的数据包：完整账本，或某一对象的记录"));
  const auto flags = std::make_shared<Flags>();
  app->add_option("--out", flags->out, T("directory to be made", "输出目录（新建）"))->required();
  app->add_option("--data", flags->data,
                  T("the ledger's directory, instead of asking the server", "账本目录（不经服务器）"));
  flags->filter.AddTo(app);
  app->add_option(
      "--policy", flags->policy,
      T("tlog-policy file that goes along: which witnesses to look for; else the configuration's, "
        "else the log's key alone",
        "随附的见证策略文件；缺省用配置文件所载，再缺省仅含账本公钥"));
  app->add_flag("--receipts", flags->receipts, T("with the receipts kept here", "附上本机保存的回执"));
  app->footer(T("Example:\n  fundledger inspect export --out county-2020 && fundledger-verify county-2020",
                "示例：\n  fundledger inspect export --out county-2020 && fundledger-verify county-2020"));
  OnCall(program, app, [flags](Context& context) { return RunExport(context, *flags); });
}

}  // namespace fundledger::cli
