#include "clients/sdk/seen.h"

#include <algorithm>

#include "clients/sdk/evidence.h"
#include "clients/sdk/files.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/log/evidence.h"
#include "ledger/log/merkle.h"

#include "absl/strings/str_cat.h"

namespace fundledger::sdk {
namespace {

namespace fs = std::filesystem;

absl::Status Damaged(const fs::path& file, std::string_view why) {
  return Refuse(absl::StatusCode::kDataLoss, "SEEN_DAMAGED",
                absl::StrCat(file.string(), " does not hold a checkpoint of this ledger (", ToAbsl(why),
                             "): find out what changed it; without the file the client starts from the "
                             "ledger's id again and no longer notices a cut tail"));
}

std::string Shown(const log::Checkpoint& checkpoint) {
  return absl::StrCat("size ", checkpoint.size, ", root ", HexEncode(checkpoint.root.view()));
}

}  // namespace

absl::StatusOr<Seen> Seen::Load(const fs::path& file, const fs::path& evidence,
                                std::shared_ptr<LogKeyring> log, const Hash256& ledger) {
  Seen seen(file, evidence, std::move(log));
  seen.checkpoint_ = {seen.log_->keys().At(1).name, 1, ledger};
  auto note = ReadFile(file);
  if (absl::IsNotFound(note.status())) return seen;
  if (!note.ok()) return note.status();
  const auto checkpoint = seen.log_->keys().Open(*note);
  if (!checkpoint.ok()) return Damaged(file, ToStd(checkpoint.status().message()));
  if (checkpoint->size == 0) return Damaged(file, "size 0");
  if (checkpoint->size == 1 && checkpoint->root != ledger) return Damaged(file, "another ledger");
  seen.checkpoint_ = *checkpoint;
  seen.note_ = *std::move(note);
  return seen;
}

absl::Status Seen::Complaint(std::string_view reason, std::string_view what, const std::string& note) const {
  return Complain(evidence_, reason, what,
                  {{log::PartLabel::kCheckpoint, note_}, {log::PartLabel::kCheckpoint, note}},
                  log_->records());
}

absl::Status Seen::Forked(const log::Checkpoint& shown, const std::string& note,
                          const std::vector<Hash256>& proof, std::string_view why,
                          const ProofFetcher& fetch) const {
  const std::string what =
      absl::StrCat("the log shown (", Shown(shown), ") does not agree with what was seen before (",
                   Shown(checkpoint_), "): ", ToAbsl(why));
  // Without a note that is signed nothing convicts: the ledger's id came by another way.
  const bool is_signed = !note_.empty();
  if (is_signed && shown.size == checkpoint_.size) {
    return Report(evidence_, "LOG_FORKED", what, log::TwoRoots(note_, note), log_->records());
  }
  if (is_signed) {
    // The server's own proof, which leads to another tree than the one signed, convicts if it is one at all.
    const bool newer = shown.size > checkpoint_.size;
    const auto root = fetch.root(std::min(shown.size, checkpoint_.size));
    const log::EvidenceFile file =
        log::NotAPrefix(newer ? note_ : note, newer ? note : note_, root.value_or(Hash256()), proof);
    if (root.ok() &&
        log::CheckContradiction(file, {log_->keys().At(checkpoint_.size), log_->keys().At(shown.size)})
            .ok()) {
      return Report(evidence_, "LOG_FORKED", what, file, log_->records());
    }
  }
  return Complaint("LOG_FORKED", what, note);
}

absl::StatusOr<log::Checkpoint> Seen::Believe(const std::string& note, const ProofFetcher& fetch) {
  if (!believed_.empty() && note == believed_) return believed_checkpoint_;
  auto opened = log_->Open(note);
  if (!opened.ok()) {
    return Evidence("CHECKPOINT_UNVERIFIED",
                    absl::StrCat("the checkpoint shown is not signed by the log's key ",
                                 log_->keys().At(1).name, ": ", opened.status().message()));
  }
  const log::Checkpoint shown = *opened;
  if (shown.size == 0) return Complaint("LOG_SHRANK", "the log shown is empty", note);
  if (shown.size == checkpoint_.size && shown.root != checkpoint_.root) {
    return Forked(shown, note, {}, "two roots at one size", fetch);
  }
  const bool newer = shown.size > checkpoint_.size;
  if (shown.size != checkpoint_.size) {
    const log::Checkpoint& older_tree = newer ? checkpoint_ : shown;
    const log::Checkpoint& newer_tree = newer ? shown : checkpoint_;
    const auto proof = fetch.consistency(older_tree.size, newer_tree.size);
    if (IsEvidence(proof.status())) {
      return Complaint(ReasonOf(proof.status()), ToStd(proof.status().message()), note);
    }
    if (!proof.ok()) return proof.status();
    const absl::Status consistent =
        log::VerifyConsistency(older_tree.size, newer_tree.size, older_tree.root, newer_tree.root, *proof);
    if (!consistent.ok()) return Forked(shown, note, *proof, ToStd(consistent.message()), fetch);
  }
  if (newer) RETURN_IF_ERROR(Save(note, shown));
  believed_ = note;
  believed_checkpoint_ = shown;
  return shown;
}

absl::StatusOr<log::Checkpoint> Seen::BelieveLatest(const std::string& note, const ProofFetcher& fetch) {
  const auto opened = log_->Open(note);
  if (opened.ok() && opened->size < checkpoint_.size) {
    return Complaint("LOG_SHRANK",
                     absl::StrCat("the log ends before what was seen of it: shown now ", Shown(*opened),
                                  ", seen before ", Shown(checkpoint_)),
                     note);
  }
  return Believe(note, fetch);
}

absl::Status Seen::Save(const std::string& note, const log::Checkpoint& checkpoint) {
  checkpoint_ = checkpoint;
  note_ = note;
  // Of two programs the one that knows less does not win.
  ASSIGN_OR_RETURN(const FileLock lock, FileLock::Take(absl::StrCat(file_.string(), ".lock"), true));
  // Another program may have gone further in the meantime; what it verified stays.
  const auto stored = ReadFile(file_);
  if (stored.ok()) {
    const auto other = log_->keys().Open(*stored);
    if (other.ok() && other->size >= checkpoint.size) return absl::OkStatus();
  }
  return ReplaceFile(file_, note, true);
}

}  // namespace fundledger::sdk
