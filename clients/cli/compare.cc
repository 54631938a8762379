// fundledger inspect compare: whether this client, the witnesses and colleagues were shown one log.
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "clients/cli/ask_witness.h"
#include "clients/cli/commands.h"
#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/cli/table.h"
#include "clients/cli/trust.h"
#include "clients/sdk/evidence.h"
#include "clients/sdk/files.h"
#include "clients/sdk/witness_ca.h"
#include "ledger/audit/contradiction.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/time_text.h"
#include "ledger/log/evidence.h"
#include "ledger/log/policy.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {
namespace {

using Json = nlohmann::ordered_json;

struct CompareOptions {
  std::vector<std::string> checkpoints;
  std::string policy;
};

// What somebody was shown, and how it stands to what this client sees.
struct Face {
  std::string who;
  absl::StatusOr<std::string> note = absl::UnknownError("not asked");
  log::Checkpoint checkpoint;
  std::optional<uint64_t> cosigned_at_s;  // a witness's word
  absl::Status verdict;                   // OK: one log
};

Face FaceOfWitness(const log::PolicyWitness& witness, std::string_view origin, const std::string& ca) {
  Face face;
  face.who = witness.name;
  auto answer = AskWitness(witness, origin, ca);
  if (answer.ok() && answer->note.empty()) {
    answer = Refuse(absl::StatusCode::kUnavailable, "WITNESS_UNREACHABLE",
                    absl::StrCat("witness ", witness.name, " has cosigned nothing of this log yet"));
  }
  if (!answer.ok()) {
    face.note = face.verdict = answer.status();
    return face;
  }
  face.note = std::move(answer->note);
  face.cosigned_at_s = answer->cosignature.time_s;
  return face;
}

// A checkpoint, or all that stand in a file of evidence or a complaint.
std::vector<Face> FacesOfFile(const std::string& file) {
  const auto text = ReadInput(file);
  std::vector<Face> faces;
  if (const auto evidence = text.ok() ? log::ParseEvidence(*text) : text.status(); evidence.ok()) {
    for (const std::string_view note : evidence->Of(log::PartLabel::kCheckpoint)) {
      Face& face = faces.emplace_back();
      face.who = absl::StrCat(file, ", ", faces.size());
      face.note = std::string(note);
    }
  }
  if (!faces.empty()) return faces;
  Face& face = faces.emplace_back();
  face.who = file;
  face.note = text;
  if (!text.ok()) face.verdict = text.status();
  return faces;
}

// Two notes of one size convict without anybody's proof.
void CompareAmong(sdk::Client* client, std::vector<Face>* faces) {
  for (size_t i = 0; i < faces->size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      Face& face = (*faces)[i];
      const Face& other = (*faces)[j];
      if (!face.note.ok() || !other.note.ok() || !face.verdict.ok()) continue;
      const log::EvidenceFile file = log::TwoRoots(*other.note, *face.note);
      if (!audit::CheckContradiction(file, client->log_keys()->keys()).ok()) continue;
      face.verdict = sdk::Report(client->config().evidence_path(), "LOG_FORKED",
                                 absl::StrCat(other.who, " and ", face.who, " were shown two logs"), file,
                                 client->log_keys()->records());
    }
  }
}

void CompareWithServer(sdk::Client* client, Face* face) {
  if (!face->verdict.ok()) return;
  const auto opened = client->log_keys()->Open(*face->note);
  if (!opened.ok()) {
    face->verdict = Refuse(absl::StatusCode::kUnauthenticated, "NOTE_UNVERIFIED",
                           absl::StrCat(face->who, ": not signed by this log, so it says nothing of it: ",
                                        opened.status().message()));
    return;
  }
  face->checkpoint = *opened;
  const auto believed = client->Believe(*face->note);
  if (!believed.ok()) face->verdict = Annotate(believed.status(), face->who);
}

std::string VerdictText(const Face& face) {
  if (face.verdict.ok()) return T("one log", "一致");
  return ErrorLine(face.verdict);
}

Json FaceJson(const Face& face) {
  Json json;
  json["who"] = face.who;
  json["ok"] = face.verdict.ok();
  json["size"] = face.checkpoint.size;
  json["root"] = face.checkpoint.size == 0 ? "" : HexEncode(face.checkpoint.root.view());
  json["cosigned_at_s"] = face.cosigned_at_s.has_value() ? Json(*face.cosigned_at_s) : Json(nullptr);
  if (!face.verdict.ok()) {
    json["reason"] = ReasonOf(face.verdict);
    json["message"] = std::string(face.verdict.message());
  }
  return json;
}

void PrintFaces(const std::vector<Face>& faces, const log::Checkpoint& seen, int32_t utc_offset_minutes) {
  for (const Face& face : faces) {
    std::cout << face.who;
    if (face.checkpoint.size != 0) std::cout << T(": size ", "：规模 ") << face.checkpoint.size;
    if (face.cosigned_at_s.has_value()) {
      std::cout << T(", cosigned ", "，见证于 ")
                << TimeText(static_cast<int64_t>(*face.cosigned_at_s) * 1'000'000, utc_offset_minutes);
    }
    std::cout << ": " << VerdictText(face) << '\n';
  }
  std::cout << T("this client and the server: size ", "本机与服务器：规模 ") << seen.size
            << T(", root ", "，根 ") << HexEncode(seen.root.view()) << '\n';
}

absl::StatusOr<int> RunCompare(Context& context, const CompareOptions& options) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const log::Policy> policy, PolicyOf(context, options.policy));
  if (options.checkpoints.empty() && (policy == nullptr || policy->witnesses().empty())) {
    return UsageError("NOTHING_TO_COMPARE",
                      "compare with whom? give --policy FILE for the witnesses, --checkpoint FILE of "
                      "colleagues, or both; or set policy in the configuration");
  }
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  ASSIGN_OR_RETURN(const std::string witness_ca, sdk::WitnessCaOf(*config));
  // What was seen is compared with what the server shows as soon as it is connected to.
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  std::vector<Face> faces;
  if (policy != nullptr) {
    for (const log::PolicyWitness& witness : policy->witnesses()) {
      faces.push_back(FaceOfWitness(witness, config->log.name, witness_ca));
    }
  }
  for (const std::string& file : options.checkpoints) {
    for (Face& face : FacesOfFile(file)) faces.push_back(std::move(face));
  }
  std::string latest;
  RETURN_IF_ERROR(client->Latest(&latest).status());
  CompareAmong(client, &faces);
  for (Face& face : faces) CompareWithServer(client, &face);
  if (context.json()) {
    Json list = Json::array();
    for (const Face& face : faces) list.push_back(FaceJson(face));
    PrintJson(
        {{"size", client->seen().size}, {"root", HexEncode(client->seen().root.view())}, {"faces", list}});
  } else {
    PrintFaces(faces, client->seen(), client->utc_offset_minutes());
  }
  int code = kExitOk;
  for (const Face& face : faces) {
    if (sdk::IsEvidence(face.verdict)) return kExitUnverified;
    if (!face.verdict.ok()) code = kExitUnreachable;
  }
  return code;
}

}  // namespace

void AddCompareCommand(Program* program) {
  const auto options = std::make_shared<CompareOptions>();
  CLI::App* app = AddCommand(program, "inspect compare",
                             T("whether the witnesses, colleagues and this client were shown one log",
                               "核对见证人、同事与本机所见是否为同一账本"));
  app->add_option("--policy", options->policy,
                  T("policy file with the witnesses and their URLs; else the configuration's",
                    "含见证人及其网址的策略文件；缺省用配置文件所载"));
  app->add_option("--checkpoint", options->checkpoints,
                  T("checkpoints of colleagues (inspect checkpoint --out FILE), or files of a witness",
                    "同事导出的检查点文件，或见证人所存文件"));
  app->footer(
      T("Exit code 0: one log. 3: somebody gave no checkpoint of this log. 4: a contradiction or a log that "
        "shrank;\nwhat there is of it is kept in evidence/.",
        "退出码：0 一致；3 有人未给出本账本的检查点；4 有矛盾或账本缩短，材料存于 evidence/。"));
  OnCall(program, app, [options](Context& context) { return RunCompare(context, *options); });
}

}  // namespace fundledger::cli
