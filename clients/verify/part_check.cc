#include "clients/verify/part_check.h"

#include <set>

#include "clients/bundle/receipt_file.h"
#include "clients/verify/language.h"
#include "clients/verify/officer_keys.h"
#include "ledger/audit/times.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/log/record.h"

#include "absl/strings/str_cat.h"

namespace fundledger::verify {
namespace {

class PartCheck {
 public:
  PartCheck(const Reader& reader, const Options& options, Trust* trust, Findings* findings, Report* report)
      : reader_(reader), options_(options), trust_(*trust), findings_(*findings), report_(*report) {}

  ProvenRecords Run();

 private:
  void LoadKeys();
  void CheckCheckpoint();
  void LoadOfficerKeys();
  void CheckRecord(Sequence sequence, const audit::TimeBounds& bounds);
  void CheckSignature(const ProvenRecord& record);
  void CheckHeld();
  void CheckReceipt(const std::string& name, const absl::StatusOr<log::ProofFile>& proof);
  bool IsOfOtherRoot(const std::string& name, const log::Checkpoint& checkpoint);
  std::optional<ProvenRecord> Prove(std::string_view directory, Sequence sequence);

  const Reader& reader_;
  const Options& options_;
  Trust& trust_;
  Findings& findings_;
  Report& report_;
  ProvenRecords proven_;
  std::map<Sequence, Hash256> leaves_;  // of all records here that are proven, those that name keys too
  OfficerKeys officer_keys_;
  std::set<std::string> keyless_;  // officers whose signatures could not be checked
};

// The keys' records are believed as far as record 0 is, and each by the key before it; that they are in the
// log, the proofs show.
void PartCheck::LoadKeys() {
  std::vector<std::string> records;
  const std::vector<Sequence> sequences = reader_.Proofs(bundle::kKeysDirectory);
  for (const Sequence sequence : sequences) {
    const auto proof = reader_.Proof(bundle::kKeysDirectory, sequence);
    if (proof.ok() && proof->extra.has_value()) {
      records.push_back(*proof->extra);
    } else {
      findings_.Add(sequence, "KEY_RECORD_INVALID",
                    absl::StrCat(bundle::ProofPath(bundle::kKeysDirectory, sequence), " holds no record"));
    }
  }
  if (!records.empty()) report_.ledger = log::LeafHash(records.front());
  trust_.TakeKeys(records, &findings_, &report_);
  if (trust_.has_keys()) LoadOfficerKeys();
}

void PartCheck::CheckCheckpoint() {
  const auto attested = OpenAttested(reader_.note(), trust_.key_at(), trust_.policy());
  if (!attested.ok()) {
    findings_.Add(std::nullopt, "CHECKPOINT_UNVERIFIED", ToStd(attested.status().message()));
    return;
  }
  report_.checkpoints = 1;
  if (attested->is_witnessed) {
    Witnessed witnessed{attested->checkpoint.size, attested->since_s, {}};
    for (const log::Cosignature& each : attested->cosignatures) witnessed.by.push_back(each.name);
    report_.witnessed = std::move(witnessed);
  } else if (trust_.policy().AsksWitnesses() && report_.policy_was_given) {
    findings_.Add(
        std::nullopt, "NOT_WITNESSED",
        "the checkpoint does not have the cosignatures that the policy asks for: nobody but the operator "
        "vouches for it");
  }
}

// The record in a proof file, if it is in the log under the bundle's checkpoint.
std::optional<ProvenRecord> PartCheck::Prove(std::string_view directory, Sequence sequence) {
  const std::string path = bundle::ProofPath(directory, sequence);
  const auto proof = reader_.Proof(directory, sequence);
  auto proven = proof.ok() ? CheckProof(*proof, trust_.key_at()) : proof.status();
  if (!proven.ok()) {
    findings_.Add(sequence, ReasonOf(proven.status()), absl::StrCat(path, ": ", proven.status().message()));
    return std::nullopt;
  }
  if (proven->header.sequence != sequence) {
    findings_.Add(sequence, "SEQUENCE_WRONG",
                  absl::StrCat(path, " holds record ", proven->header.sequence, " instead"));
    return std::nullopt;
  }
  if (proven->checkpoint != reader_.checkpoint()) {
    findings_.Add(sequence, "CHECKPOINT_MIXED",
                  absl::StrCat(path, " is proven under another checkpoint than the bundle's, of ",
                               proven->checkpoint.size, " records"));
    return std::nullopt;
  }
  leaves_.emplace(sequence, proven->leaf);
  return *std::move(proven);
}

void PartCheck::LoadOfficerKeys() {
  std::map<Sequence, ProvenRecord> naming;
  for (const char* directory : {bundle::kKeysDirectory, bundle::kOfficersDirectory}) {
    for (const Sequence sequence : reader_.Proofs(directory)) {
      if (auto proven = Prove(directory, sequence); proven.has_value())
        naming.emplace(sequence, *std::move(proven));
    }
  }
  for (const auto& [sequence, record] : naming) officer_keys_.Add(record);
}

void PartCheck::CheckSignature(const ProvenRecord& record) {
  const Sequence sequence = record.header.sequence;
  const auto decoded = log::DecodeRecord(record.bytes);
  const auto admitted = decoded.ok() ? audit::Admit(decoded->envelope) : decoded.status();
  if (!admitted.ok()) {
    findings_.Add(sequence, admitted.status());
    return;
  }
  const std::string& officer = admitted->submission().officer();
  if (!audit::IsGenesis(admitted->submission()) && !officer_keys_.Knows(officer)) {
    keyless_.insert(officer);
  } else if (const absl::Status is_signed = officer_keys_.Check(sequence, *admitted); !is_signed.ok()) {
    findings_.Add(sequence, ReasonOf(is_signed),
                  absl::StrCat(is_signed.message(), ", as far as the bundle's records name keys"));
  } else {
    ++report_.signatures;
  }
}

void PartCheck::CheckRecord(Sequence sequence, const audit::TimeBounds& bounds) {
  std::optional<ProvenRecord> proven = Prove(bundle::kRecordsDirectory, sequence);
  if (!proven.has_value()) return;
  CheckSignature(*proven);
  if (const absl::Status dated = bounds.Check(sequence, proven->header.recorded_at_us); !dated.ok())
    findings_.Add(sequence, dated);
  // Neighbours have to follow each other here too.
  if (const auto before = proven_.find(sequence - 1); sequence > 0 && before != proven_.end()) {
    if (proven->header.previous != before->second.leaf) {
      findings_.Add(
          sequence, "LINK_BROKEN",
          absl::StrCat("record ", sequence, " does not follow record ", sequence - 1, " as it is here"));
    }
  }
  proven_.emplace(sequence, *std::move(proven));
}

// Whether it is of the bundle's size and yet of another root, which is a finding.
bool PartCheck::IsOfOtherRoot(const std::string& name, const log::Checkpoint& checkpoint) {
  const log::Checkpoint& own = reader_.checkpoint();
  if (checkpoint.size != own.size || checkpoint.root == own.root) return false;
  findings_.Add(own.size - 1, "LOG_FORKED",
                absl::StrCat("for a log of ", own.size, " records ", name,
                             " has, signed with the log's key, the root ", HexEncode(checkpoint.root.view()),
                             "; the bundle's checkpoint has ", HexEncode(own.root.view())));
  return true;
}

// Counted is only what was compared: by the root of one size, or by the record itself.
void PartCheck::CheckReceipt(const std::string& name, const absl::StatusOr<log::ProofFile>& proof) {
  const auto proven = proof.ok() ? CheckProof(*proof, trust_.key_at()) : proof.status();
  if (!proven.ok()) {
    const auto place = proof.ok() ? std::optional<Sequence>(proof->index) : std::nullopt;
    findings_.Add(place, "RECEIPT_INVALID", absl::StrCat(name, ": ", proven.status().message()));
    return;
  }
  if (IsOfOtherRoot(name, proven->checkpoint)) return;
  const auto own = leaves_.find(proof->index);
  if (own != leaves_.end() && own->second != proven->leaf) {
    findings_.Add(proof->index, "LOG_FORKED",
                  absl::StrCat("record ", proof->index, " is not the one that ", name, " was given for"));
  } else if (own != leaves_.end() || proven->checkpoint == reader_.checkpoint()) {
    ++report_.receipts;
  } else {
    report_.notes.push_back(
        absl::StrCat(name, T(": record ", "：记录 "), proof->index,
                     T(" is not in the bundle: not compared", " 不在数据包中：未作比对")));
  }
}

// What the inspector holds of the same log.
void PartCheck::CheckHeld() {
  for (const NamedText& each : options_.checkpoints) {
    const auto attested = OpenAttested(each.text, trust_.key_at(), trust_.policy());
    const log::Checkpoint& own = reader_.checkpoint();
    if (!attested.ok()) {
      findings_.Add(std::nullopt, "CHECKPOINT_UNVERIFIED",
                    absl::StrCat(each.name, ": ", attested.status().message()));
    } else if (!IsOfOtherRoot(each.name, attested->checkpoint) && attested->checkpoint.size != own.size) {
      report_.notes.push_back(absl::StrCat(
          each.name, T(" is of ", " 的规模为 "), attested->checkpoint.size,
          T(" records, the bundle's checkpoint of ", "，数据包检查点的规模为 "), own.size,
          T(": some records alone do not tell whether they agree", "：仅凭部分记录无法判断两者是否一致")));
    }
  }
  std::vector<std::pair<std::string, absl::StatusOr<log::ProofFile>>> receipts;
  for (const Sequence sequence : reader_.Proofs(bundle::kReceiptsDirectory)) {
    receipts.emplace_back(bundle::ProofPath(bundle::kReceiptsDirectory, sequence),
                          reader_.Proof(bundle::kReceiptsDirectory, sequence));
  }
  for (const NamedText& each : options_.receipts)
    receipts.emplace_back(each.name, bundle::ParseReceipt(each.text));
  for (const auto& [name, proof] : receipts) CheckReceipt(name, proof);
}

ProvenRecords PartCheck::Run() {
  LoadKeys();
  if (!trust_.has_keys()) return {};
  CheckCheckpoint();
  std::vector<std::pair<std::string, std::string>> stamps;
  if (auto read = reader_.Stamps(reader_.checkpoint().size); read.ok()) {
    stamps = *std::move(read);
  } else {
    findings_.Add(std::nullopt, read.status());
  }
  auto times = trust_.TimesOf(reader_.note(), stamps, &findings_);
  report_.attested_times = times.size();
  const audit::TimeBounds bounds(std::move(times));
  for (const Sequence sequence : reader_.Proofs(bundle::kRecordsDirectory)) {
    if (findings_.is_full()) break;
    CheckRecord(sequence, bounds);
  }
  report_.records = proven_.size();
  for (const std::string& officer : keyless_) {
    report_.notes.push_back(absl::StrCat(T("signatures of officer ", "经办人 "), officer,
                                         T(" were not checked: no record here names a key of theirs",
                                           " 的签名未核对：此处没有记录载明其公钥")));
  }
  if (proven_.empty() && findings_.list().empty() && report_.kind == bundle::Kind::kRecords)
    findings_.Add(std::nullopt, "RECORDS_MISSING", "the bundle holds no record: there is nothing to check");
  CheckHeld();
  return std::move(proven_);
}

}  // namespace

ProvenRecords CheckPart(const Reader& reader, const Options& options, Trust* trust, Findings* findings,
                        Report* report) {
  return PartCheck(reader, options, trust, findings, report).Run();
}

}  // namespace fundledger::verify
