#include "clients/export/report.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

#include <google/protobuf/util/message_differencer.h>

#include "clients/bundle/action_refs.h"
#include "clients/bundle/briefing_json.h"
#include "clients/bundle/figure_parts.h"
#include "clients/bundle/writer.h"
#include "ledger/audit/audit.h"
#include "ledger/audit/pipeline.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/utf8.h"
#include "ledger/log/record.h"
#include "ledger/reports/postings.h"
#include "ledger/reports/trace.h"

#include "absl/strings/str_cat.h"

namespace fundledger::exporting {
namespace {

absl::Status Lost(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kDataLoss, reason, message);
}

// The log replayed here, with every posting.
class Recomputation {
 public:
  absl::Status Read(Source* source);
  absl::StatusOr<reports::BriefingTrace> Trace(const v1::GetBriefingRequest& request) const {
    return reports::TraceBriefing({.entities = replay_, .balances = postings_, .last = replay_.size() - 1},
                                  postings_, request);
  }
  // Never null. DATA_LOSS, reason FIGURE_UNPROVEN: no record registers it.
  absl::StatusOr<books::EntityPtr> Get(books::EntityKind kind, const std::string& id) const;

 private:
  audit::Replay replay_;
  reports::PostingList postings_;
};

absl::Status Recomputation::Read(Source* source) {
  audit::ReplayPipeline pipeline(&replay_, /*threads=*/0, [this] {
    for (const auto& posting : replay_.last_effects().postings) postings_.Add(replay_.size() - 1, posting);
  });
  const auto evidence = [this](const absl::Status& status) {
    return Lost(ReasonOf(status), absl::StrCat("record ", replay_.size(), ": ", status.message()));
  };
  absl::Status taken;
  RETURN_IF_ERROR(source->ForEachRecord({}, [&](Sequence, const std::string& record) {
    taken = pipeline.Push(record);
    return taken.ok() ? absl::OkStatus() : evidence(taken);
  }));
  if (const absl::Status status = pipeline.Finish(); !status.ok()) return evidence(status);
  const log::Checkpoint& checkpoint = source->checkpoint();
  if (replay_.size() == checkpoint.size && replay_.Root() == checkpoint.root) return absl::OkStatus();
  return Lost("LOG_FORKED",
              absl::StrCat("the ", replay_.size(), " records given out have the root ",
                           HexEncode(replay_.Root().view()), ", the checkpoint says ", checkpoint.size,
                           " records and root ", HexEncode(checkpoint.root.view())));
}

absl::StatusOr<books::EntityPtr> Recomputation::Get(books::EntityKind kind, const std::string& id) const {
  ASSIGN_OR_RETURN(books::EntityPtr entity, replay_.Get({kind, id}));
  if (entity != nullptr) return entity;
  return Lost("FIGURE_UNPROVEN",
              absl::StrCat("the briefing names ", Quote(id), ", which no record registers"));
}

// That the records give what was answered, word for word.
absl::Status Compare(const v1::GetBriefingResponse& answered, const v1::GetBriefingResponse& recomputed) {
  google::protobuf::util::MessageDifferencer differencer;
  differencer.IgnoreField(v1::GetBriefingResponse::descriptor()->FindFieldByName("basis"));
  std::string differences;
  differencer.ReportDifferencesToString(&differences);
  if (differencer.Compare(answered, recomputed)) return absl::OkStatus();
  return Lost("FIGURE_DIFFERS",
              absl::StrCat("the records do not give the briefing that the server answered: ", differences));
}

// Collects the records that parts of figures cite, and those which they name, action by action.
class Citations {
 public:
  Citations(Source* source, bundle::Writer* writer) : source_(*source), writer_(*writer) {}

  absl::Status Add(Sequence record, uint32_t action);
  // Who submitted what was added.
  std::set<std::string> Officers() const {
    std::set<std::string> officers;
    for (const auto& [sequence, submission] : written_) officers.insert(submission.officer());
    return officers;
  }

 private:
  absl::StatusOr<const v1::Submission*> Fetch(Sequence record);

  Source& source_;
  bundle::Writer& writer_;
  std::map<Sequence, v1::Submission> written_;
  std::set<std::pair<Sequence, uint32_t>> cited_;
};

absl::StatusOr<const v1::Submission*> Citations::Fetch(Sequence record) {
  if (const auto it = written_.find(record); it != written_.end()) return &it->second;
  ASSIGN_OR_RETURN(const std::string bytes, source_.Record(record));
  RETURN_IF_ERROR(WriteProof(&source_, bundle::kRecordsDirectory, record, bytes, &writer_));
  ASSIGN_OR_RETURN(const log::Record decoded, log::DecodeRecord(bytes));
  ASSIGN_OR_RETURN(const audit::Admitted admitted, audit::Admit(decoded.envelope));
  return &written_.emplace(record, admitted.submission()).first->second;
}

absl::Status Citations::Add(Sequence record, uint32_t action) {
  std::vector<std::pair<Sequence, uint32_t>> open = {{record, action}};
  while (!open.empty()) {
    const auto next = open.back();
    open.pop_back();
    if (!cited_.insert(next).second) continue;
    ASSIGN_OR_RETURN(const v1::Submission* submission, Fetch(next.first));
    if (next.second >= static_cast<uint32_t>(submission->actions_size())) continue;
    for (const v1::ActionRef& ref : bundle::RefsOf(submission->actions(static_cast<int>(next.second))))
      open.emplace_back(ref.sequence(), ref.action());
  }
  return absl::OkStatus();
}

// Where the names in the report come from, and the decimal places of its indicators.
absl::Status CiteRegistrations(const Recomputation& recomputation, const v1::GetBriefingResponse& briefing,
                               Citations* citations) {
  const auto cite = [citations](const storage::v1::Origin& origin) {
    return citations->Add(origin.sequence(), origin.action());
  };
  for (const v1::ProgrammeFigures& each : briefing.programmes()) {
    ASSIGN_OR_RETURN(const books::EntityPtr programme,
                     recomputation.Get(books::EntityKind::kProgramme, each.id()));
    RETURN_IF_ERROR(cite(programme->programme().origin()));
    if (const std::string& id = programme->programme().registration().task_group(); !id.empty()) {
      ASSIGN_OR_RETURN(const books::EntityPtr group, recomputation.Get(books::EntityKind::kTaskGroup, id));
      RETURN_IF_ERROR(cite(group->task_group().origin()));
    }
    for (const v1::IndicatorFigure& figure : each.indicators()) {
      ASSIGN_OR_RETURN(const books::EntityPtr indicator,
                       recomputation.Get(books::EntityKind::kIndicator, figure.id()));
      RETURN_IF_ERROR(cite(indicator->indicator().origin()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteReportBundle(Source* source, const v1::GetBriefingRequest& request,
                               const v1::GetBriefingResponse* answered, const std::string& directory) {
  ASSIGN_OR_RETURN(const std::unique_ptr<bundle::Writer> writer, bundle::Writer::Create(directory));
  Recomputation recomputation;
  RETURN_IF_ERROR(recomputation.Read(source));
  v1::GetBriefingRequest question = request;
  if (answered != nullptr) question.mutable_as_of()->set_sequence(answered->basis().sequence());
  ASSIGN_OR_RETURN(reports::BriefingTrace trace, recomputation.Trace(question));
  if (answered != nullptr) RETURN_IF_ERROR(Compare(*answered, trace.briefing));
  trace.briefing.mutable_basis()->set_checkpoint(source->note());
  ASSIGN_OR_RETURN(bundle::Manifest manifest, WriteFrame(source, "", writer.get()));
  RETURN_IF_ERROR(WriteKeys(source, writer.get()));
  Citations citations(source, writer.get());
  for (const auto& [name, parts] : trace.figures) {
    for (const reports::FigurePart& part : parts) RETURN_IF_ERROR(citations.Add(part.record, part.action));
  }
  RETURN_IF_ERROR(CiteRegistrations(recomputation, trace.briefing, &citations));
  RETURN_IF_ERROR(WriteOfficerKeys(source, citations.Officers(), writer.get()));
  const nlohmann::ordered_json json = bundle::BriefingJson(request, trace.briefing, manifest.ledger);
  RETURN_IF_ERROR(writer->AddFile(bundle::kReportFile,
                                  json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"));
  RETURN_IF_ERROR(writer->AddFile(bundle::kFiguresFile, bundle::FormatFigureParts(trace.figures)));
  manifest.kind = bundle::Kind::kReport;
  manifest.about =
      absl::StrCat("briefing of ", trace.briefing.year(), " as of ", json.value("as_of", std::string()));
  return writer->Finish(manifest);
}

}  // namespace fundledger::exporting
