// First everything is read once, in order: chain and tree, times, and the replay. Then what others signed is
// compared with what the records gave: checkpoints, receipts, figures.
#include "clients/verify/whole_check.h"

#include <limits>
#include <memory>
#include <set>

#include "clients/bundle/briefing_json.h"
#include "clients/bundle/json.h"
#include "clients/bundle/receipt_file.h"
#include "clients/verify/core/chain_check.h"
#include "clients/verify/core/proof_check.h"
#include "clients/verify/figures_check.h"
#include "clients/verify/language.h"
#include "clients/verify/replay_check.h"
#include "ledger/audit/times.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/log/record.h"

#include "absl/strings/str_cat.h"

namespace fundledger::verify {
namespace {

namespace v1 = ::fundledger::v1;

constexpr uint64_t kProgressEvery = 1024;
// Of what is no record, which chain and tree name.
constexpr int64_t kNoTime = std::numeric_limits<int64_t>::min();

// A note that the records are compared with, and what it is called.
struct HeldNote {
  std::string name;
  std::string note;
};

class WholeCheck {
 public:
  WholeCheck(const Reader& reader, const Options& options, Trust* trust, Findings* findings, Report* report)
      : reader_(reader), options_(options), trust_(*trust), findings_(*findings), report_(*report) {}

  absl::Status Run();

 private:
  absl::Status LoadQuestions();
  void LoadNotes();
  void LoadReceipts();
  std::set<uint64_t> SizesWanted() const;
  void CheckTimes();
  void ReadRecords();
  void CheckNotes();
  void CheckNote(const HeldNote& held, bool is_of_bundle);
  bool CheckRoot(const log::Checkpoint& checkpoint, std::string_view name);
  void CheckReceipts();
  void CheckReceipt(const std::string& name, const log::ProofFile& proof);
  void CheckWitnessed();
  absl::Status CheckFigures();

  const Reader& reader_;
  const Options& options_;
  Trust& trust_;
  Findings& findings_;
  Report& report_;
  std::vector<HeldNote> notes_;  // of the bundle, the checkpoint itself last
  std::vector<std::pair<std::string, log::ProofFile>> receipts_;
  std::optional<v1::GetBriefingRequest> given_question_;
  std::optional<v1::GetBriefingRequest> own_question_;
  std::vector<int64_t> recorded_at_us_;  // of each record, where somebody's word on times is to be had
  std::unique_ptr<ReplayCheck> replay_;
  std::unique_ptr<ChainCheck> chain_;
};

absl::Status WholeCheck::LoadQuestions() {
  const uint64_t size = reader_.checkpoint().size;
  if (options_.figures.has_value()) {
    ASSIGN_OR_RETURN(given_question_, bundle::QuestionOf(*options_.figures));
    if (const Sequence last = given_question_->as_of().sequence(); last >= size) {
      return Refuse(absl::StatusCode::kFailedPrecondition, "FIGURES_BEYOND_BUNDLE",
                    absl::StrCat("the briefing given counts records up to ", last, ", the bundle holds ",
                                 size, " records: export a later bundle"));
    }
  }
  if (options_.briefing.has_value()) {
    own_question_ = options_.briefing;
    if (!own_question_->as_of().has_sequence()) own_question_->mutable_as_of()->set_sequence(size - 1);
  }
  return absl::OkStatus();
}

void WholeCheck::LoadNotes() {
  for (const uint64_t size : reader_.CheckpointSizes()) {
    const auto note = reader_.Note(size);
    if (note.ok()) {
      notes_.push_back({bundle::CheckpointPath(size), *note});
    } else {
      findings_.Add(std::nullopt, note.status());
    }
  }
  notes_.push_back({bundle::kCheckpointFile, reader_.note()});
}

void WholeCheck::LoadReceipts() {
  for (const Sequence sequence : reader_.Proofs(bundle::kReceiptsDirectory)) {
    const auto proof = reader_.Proof(bundle::kReceiptsDirectory, sequence);
    if (proof.ok()) {
      receipts_.emplace_back(bundle::ProofPath(bundle::kReceiptsDirectory, sequence), *proof);
    } else {
      findings_.Add(sequence, proof.status());
    }
  }
  for (const NamedText& each : options_.receipts) {
    const auto proof = bundle::ParseReceipt(each.text);
    if (proof.ok()) {
      receipts_.emplace_back(each.name, *proof);
    } else {
      findings_.Add(std::nullopt, "RECEIPT_MALFORMED",
                    absl::StrCat(each.name, ": ", proof.status().message()));
    }
  }
}

std::set<uint64_t> WholeCheck::SizesWanted() const {
  std::set<uint64_t> sizes;
  const auto add = [&sizes](std::string_view note) {
    if (const auto checkpoint = PeekCheckpoint(note); checkpoint.ok()) sizes.insert(checkpoint->size);
  };
  for (const HeldNote& each : notes_) add(each.note);
  for (const NamedText& each : options_.checkpoints) add(each.text);
  for (const auto& [name, proof] : receipts_) add(proof.checkpoint);
  if (options_.figures.has_value()) add(bundle::TextAt(*options_.figures, "checkpoint"));
  return sizes;
}

// After the keys are known: whoever hands a bundle on can have a note stamped that the log never signed.
void WholeCheck::CheckTimes() {
  std::vector<audit::AttestedTime> all;
  const auto add = [&](std::string_view note, bool is_of_bundle) {
    const auto checkpoint = PeekCheckpoint(note);
    if (!checkpoint.ok()) return;
    std::vector<std::pair<std::string, std::string>> stamps;
    if (is_of_bundle) {
      auto read = reader_.Stamps(checkpoint->size);
      if (!read.ok()) findings_.Add(std::nullopt, read.status());
      if (read.ok()) stamps = *std::move(read);
    }
    if (!stamps.empty() && options_.authorities_pem.empty()) {
      report_.notes.push_back(absl::StrCat(T("time stamps of the checkpoint of ", "规模 "), checkpoint->size,
                                           T(" records were not verified: no authority was given",
                                             " 的检查点的时间戳未验证：未给出时间戳机构证书（--tsa-ca）")));
    }
    const auto times = trust_.TimesOf(note, stamps, &findings_);
    all.insert(all.end(), times.begin(), times.end());
  };
  for (const HeldNote& each : notes_) add(each.note, each.name != bundle::kCheckpointFile);
  for (const NamedText& each : options_.checkpoints) add(each.text, false);
  report_.attested_times = all.size();
  const audit::TimeBounds bounds(std::move(all));
  for (Sequence sequence = 0; sequence < recorded_at_us_.size(); ++sequence) {
    if (recorded_at_us_[sequence] == kNoTime) continue;
    const absl::Status dated = bounds.Check(sequence, recorded_at_us_[sequence]);
    if (dated.ok()) continue;
    // The first says enough: what is behind it is dated no earlier.
    findings_.Add(sequence, dated);
    return;
  }
}

void WholeCheck::ReadRecords() {
  const bool has_times = options_.policy.has_value() || !options_.authorities_pem.empty();
  const uint64_t total = reader_.checkpoint().size;
  chain_ = std::make_unique<ChainCheck>(reader_, SizesWanted(), &findings_);
  std::vector<std::string> key_records;
  const absl::Status read = reader_.ForEachRecord([&](Sequence sequence, std::string_view bytes) {
    chain_->Next(bytes);
    if (sequence == 0 || ReplacesLogKey(bytes)) key_records.emplace_back(bytes);
    if (has_times) {
      const auto record = log::DecodeRecord(bytes);
      recorded_at_us_.push_back(record.ok() ? record->header.recorded_at_us : kNoTime);
    }
    if (replay_ != nullptr) replay_->Next(bytes);
    if (options_.progress && ((sequence + 1) % kProgressEvery == 0 || sequence + 1 == total))
      options_.progress(sequence + 1, total);
    return !findings_.is_full();
  });
  chain_->Finish();
  if (!read.ok()) findings_.Add(chain_->size(), read);
  report_.ledger = chain_->ledger();
  trust_.TakeKeys(key_records, &findings_, &report_);
  CheckTimes();
  if (replay_ == nullptr) return;
  replay_->Finish();
  report_.signatures = replay_->signatures();
  report_.replayed = replay_->failure().ok();
  // What chain and tree found already needs no second word.
  if (!replay_->failure().ok() && !findings_.HasRecordBefore(replay_->size() + 1))
    findings_.Add(replay_->size(), replay_->failure());
}

// Whether the records give the checkpoint's root.
bool WholeCheck::CheckRoot(const log::Checkpoint& checkpoint, std::string_view name) {
  const std::optional<Sequence> last =
      checkpoint.size == 0 ? std::nullopt : std::optional<Sequence>(checkpoint.size - 1);
  if (checkpoint.size > reader_.checkpoint().size) {
    findings_.Add(
        reader_.checkpoint().size, "TAIL_MISSING",
        absl::StrCat(ToAbsl(name), " is of a log of ", checkpoint.size, " records, the bundle ends at ",
                     reader_.checkpoint().size, ": it is older, or records behind its end are withheld"));
    return false;
  }
  const auto root = chain_->roots().find(checkpoint.size);
  if (root == chain_->roots().end()) return false;  // the records end before it, and that was found
  if (root->second == checkpoint.root) return true;
  // What follows from a record that was named already.
  if (findings_.HasRecordBefore(checkpoint.size)) return false;
  findings_.Add(last, "LOG_FORKED",
                absl::StrCat("for a log of ", checkpoint.size, " records ", ToAbsl(name),
                             " has, signed with the log's key, the root ", HexEncode(checkpoint.root.view()),
                             "; the bundle's records give ", HexEncode(root->second.view()),
                             ": a record up to there was altered, or the log was rewritten"));
  return false;
}

void WholeCheck::CheckNote(const HeldNote& held, bool is_of_bundle) {
  const auto attested = OpenAttested(held.note, trust_.key_at(), trust_.policy());
  if (!attested.ok()) {
    const auto stated = PeekCheckpoint(held.note);
    const bool has_last = stated.ok() && stated->size > 0;
    findings_.Add(has_last ? std::optional<Sequence>(stated->size - 1) : std::nullopt,
                  "CHECKPOINT_UNVERIFIED", absl::StrCat(held.name, ": ", attested.status().message()));
    return;
  }
  if (!CheckRoot(attested->checkpoint, held.name)) return;
  report_.checkpoints += is_of_bundle ? 1 : 0;
  if (!attested->is_witnessed) return;
  if (report_.witnessed.has_value() && report_.witnessed->size > attested->checkpoint.size) return;
  Witnessed witnessed{attested->checkpoint.size, attested->since_s, {}};
  for (const log::Cosignature& each : attested->cosignatures) witnessed.by.push_back(each.name);
  report_.witnessed = std::move(witnessed);
}

void WholeCheck::CheckNotes() {
  for (const HeldNote& each : notes_) CheckNote(each, true);
  for (const NamedText& each : options_.checkpoints) CheckNote({each.name, each.text}, false);
}

void WholeCheck::CheckReceipt(const std::string& name, const log::ProofFile& proof) {
  const auto proven = CheckProof(proof, trust_.key_at());
  if (!proven.ok()) {
    findings_.Add(proof.index, "RECEIPT_INVALID", absl::StrCat(name, ": ", proven.status().message()));
    return;
  }
  if (!CheckRoot(proven->checkpoint, name)) return;
  const auto own = reader_.Record(proof.index);
  if (own.ok() && log::LeafHash(*own) == proven->leaf) {
    ++report_.receipts;
    return;
  }
  if (findings_.HasRecordBefore(proof.index + 1)) return;
  findings_.Add(proof.index, "LOG_FORKED",
                absl::StrCat("record ", proof.index, " is not the one that ", name, " was given for"));
}

void WholeCheck::CheckReceipts() {
  for (const auto& [name, proof] : receipts_) CheckReceipt(name, proof);
}

void WholeCheck::CheckWitnessed() {
  if (!trust_.policy().AsksWitnesses() || report_.witnessed.has_value()) return;
  if (report_.policy_was_given) {
    findings_.Add(
        std::nullopt, "NOT_WITNESSED",
        "under no checkpoint of the bundle stand the cosignatures that the policy asks for: nobody but the "
        "operator vouches for these records");
  } else {
    report_.notes.emplace_back(T("no checkpoint has the cosignatures that the bundle's own policy asks for",
                                 "没有检查点具备数据包自身策略所要求的见证签名"));
  }
}

absl::Status WholeCheck::CheckFigures() {
  if (replay_ == nullptr || !replay_->failure().ok()) {
    if (given_question_ || own_question_)
      report_.notes.emplace_back(T("no figure was computed: the records do not give books",
                                   "未计算任何数字：按这些记录无法建立账簿"));
    return absl::OkStatus();
  }
  if (own_question_.has_value()) {
    ASSIGN_OR_RETURN(const v1::GetBriefingResponse briefing, replay_->Briefing(*own_question_));
    report_.briefing = bundle::BriefingJson(*own_question_, briefing, report_.ledger);
    (*report_.briefing)["checkpoint"] = reader_.note();
  }
  if (!given_question_.has_value()) return absl::OkStatus();
  const auto briefing = replay_->Briefing(*given_question_);
  if (!briefing.ok()) {
    findings_.Add(std::nullopt, "FIGURE_DIFFERS",
                  absl::StrCat("the records give no such briefing: ", briefing.status().message()));
    return absl::OkStatus();
  }
  const nlohmann::json& given = *options_.figures;
  if (bundle::TextAt(given, "ledger") != HexEncode(report_.ledger.view()))
    findings_.Add(std::nullopt, "WRONG_LEDGER", "the briefing given is of another ledger");
  if (const std::string note = bundle::TextAt(given, "checkpoint"); !note.empty())
    CheckNote({"the briefing's checkpoint", note}, false);
  const nlohmann::json recomputed = bundle::BriefingJson(*given_question_, *briefing, report_.ledger);
  std::vector<std::string> unchecked;
  report_.figures = CompareFigures(given, recomputed, &findings_, &unchecked);
  for (const std::string& name : unchecked)
    report_.notes.push_back(absl::StrCat(name, T(" of the briefing given is no figure, and was not checked",
                                                 "：所给报表中的此项不是数字项，未核对")));
  return absl::OkStatus();
}

absl::Status WholeCheck::Run() {
  RETURN_IF_ERROR(LoadQuestions());
  LoadNotes();
  LoadReceipts();
  if (!options_.chain_only) {
    std::vector<Sequence> sequences;
    if (given_question_.has_value()) sequences.push_back(given_question_->as_of().sequence());
    if (own_question_.has_value()) sequences.push_back(own_question_->as_of().sequence());
    replay_ = std::make_unique<ReplayCheck>(options_.threads, sequences);
  }
  ReadRecords();
  report_.records = chain_->size();
  if (!trust_.has_keys()) return absl::OkStatus();
  CheckNotes();
  CheckReceipts();
  CheckWitnessed();
  return CheckFigures();
}

}  // namespace

absl::Status CheckWhole(const Reader& reader, const Options& options, Trust* trust, Findings* findings,
                        Report* report) {
  return WholeCheck(reader, options, trust, findings, report).Run();
}

}  // namespace fundledger::verify
