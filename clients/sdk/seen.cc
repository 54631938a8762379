#include "clients/sdk/seen.h"

#include <algorithm>

#include "clients/sdk/evidence.h"
#include "clients/sdk/files.h"
#include "ledger/audit/contradiction.h"
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
  seen.last_.checkpoint = {seen.log_->keys().At(1).name, 1, ledger};
  auto note = ReadFile(file);
  if (absl::IsNotFound(note.status())) return seen;
  if (!note.ok()) return note.status();
  const auto checkpoint = seen.log_->keys().Open(*note);
  if (!checkpoint.ok()) return Damaged(file, ToStd(checkpoint.status().message()));
  if (checkpoint->size == 0) return Damaged(file, "size 0");
  if (checkpoint->size == 1 && checkpoint->root != ledger) return Damaged(file, "another ledger");
  seen.last_ = {*std::move(note), *checkpoint};
  return seen;
}

absl::Status Seen::Complaint(const Noted& seen, std::string_view reason, std::string_view what,
                             const std::string& note) const {
  return Complain(evidence_, reason, what,
                  {{log::PartLabel::kCheckpoint, seen.note}, {log::PartLabel::kCheckpoint, note}},
                  log_->records());
}

absl::Status Seen::Forked(const Noted& seen, const Noted& shown, const std::vector<Hash256>& proof,
                          std::string_view why, const ProofFetcher& fetch) const {
  const std::string what =
      absl::StrCat("the log shown (", Shown(shown.checkpoint), ") does not agree with what was seen before (",
                   Shown(seen.checkpoint), "): ", ToAbsl(why));
  // Without a note that is signed nothing convicts: the ledger's id came by another way.
  const bool is_signed = !seen.note.empty();
  const uint64_t seen_size = seen.checkpoint.size;
  const uint64_t shown_size = shown.checkpoint.size;
  if (is_signed && shown_size == seen_size) {
    return Report(evidence_, "LOG_FORKED", what, log::TwoRoots(seen.note, shown.note), log_->records());
  }
  if (is_signed) {
    // The server's own proof, which leads to another tree than the one signed, convicts if it is one at all.
    const bool newer = shown_size > seen_size;
    const auto root = fetch.root(std::min(shown_size, seen_size));
    const log::EvidenceFile file = log::NotAPrefix(
        newer ? seen.note : shown.note, newer ? shown.note : seen.note, root.value_or(Hash256()), proof);
    if (root.ok() && audit::CheckContradiction(file, log_->keys()).ok()) {
      return Report(evidence_, "LOG_FORKED", what, file, log_->records());
    }
  }
  return Complaint(seen, "LOG_FORKED", what, shown.note);
}

absl::Status Seen::CheckConsistent(const Noted& seen, const Noted& shown, const ProofFetcher& fetch) const {
  const bool newer = shown.checkpoint.size > seen.checkpoint.size;
  if (shown.checkpoint.size == seen.checkpoint.size) {
    if (shown.checkpoint.root == seen.checkpoint.root) return absl::OkStatus();
    return Forked(seen, shown, {}, "two roots at one size", fetch);
  }
  const log::Checkpoint& older_tree = newer ? seen.checkpoint : shown.checkpoint;
  const log::Checkpoint& newer_tree = newer ? shown.checkpoint : seen.checkpoint;
  const auto proof = fetch.consistency(older_tree.size, newer_tree.size);
  if (IsEvidence(proof.status())) {
    return Complaint(seen, ReasonOf(proof.status()), ToStd(proof.status().message()), shown.note);
  }
  if (!proof.ok()) return proof.status();
  const absl::Status consistent =
      log::VerifyConsistency(older_tree.size, newer_tree.size, older_tree.root, newer_tree.root, *proof);
  return consistent.ok() ? consistent : Forked(seen, shown, *proof, ToStd(consistent.message()), fetch);
}

absl::StatusOr<log::Checkpoint> Seen::Believe(const std::string& note, const ProofFetcher& fetch) {
  if (!believed_.note.empty() && note == believed_.note) return believed_.checkpoint;
  auto opened = log_->Open(note);
  if (!opened.ok()) {
    return Evidence("CHECKPOINT_UNVERIFIED",
                    absl::StrCat("the checkpoint shown is not signed by the log's key ",
                                 log_->keys().At(1).name, ": ", opened.status().message()));
  }
  const Noted shown = {note, *opened};
  if (shown.checkpoint.size == 0) return Complaint(last_, "LOG_SHRANK", "the log shown is empty", note);
  RETURN_IF_ERROR(CheckConsistent(last_, shown, fetch));
  if (shown.checkpoint.size > last_.checkpoint.size) {
    RETURN_IF_ERROR(Save(shown, fetch));
    last_ = shown;
  }
  believed_ = shown;
  return shown.checkpoint;
}

absl::StatusOr<log::Checkpoint> Seen::BelieveLatest(const std::string& note, const ProofFetcher& fetch) {
  const auto opened = log_->Open(note);
  if (opened.ok() && opened->size < last_.checkpoint.size) {
    return Complaint(last_, "LOG_SHRANK",
                     absl::StrCat("the log ends before what was seen of it: shown now ", Shown(*opened),
                                  ", seen before ", Shown(last_.checkpoint)),
                     note);
  }
  return Believe(note, fetch);
}

absl::Status Seen::Save(const Noted& shown, const ProofFetcher& fetch) {
  // What the file may hold with no further look: what `shown` was held against.
  Noted held = last_;
  for (;;) {
    ASSIGN_OR_RETURN(const std::string stored, SaveOver(held, shown));
    if (stored.empty()) return absl::OkStatus();
    // Another program moved it meanwhile. It was shown that log, this one was shown another answer: without a
    // proof between the two nobody would notice two faces. The lock is not held while the server is asked.
    auto opened = log_->Open(stored);
    if (!opened.ok()) return Damaged(file_, ToStd(opened.status().message()));
    held = {stored, *opened};
    RETURN_IF_ERROR(CheckConsistent(held, shown, fetch));
  }
}

absl::StatusOr<std::string> Seen::SaveOver(const Noted& held, const Noted& shown) const {
  ASSIGN_OR_RETURN(const FileLock lock, FileLock::Take(absl::StrCat(file_.string(), ".lock"), true));
  const auto stored = ReadFile(file_);
  if (!stored.ok() && !absl::IsNotFound(stored.status())) return stored.status();
  if (stored.ok() && *stored != held.note) return *stored;
  // Of two programs the one that knows less does not win.
  if (stored.ok() && held.checkpoint.size >= shown.checkpoint.size) return std::string();
  RETURN_IF_ERROR(ReplaceFile(file_, shown.note, true));
  return std::string();
}

}  // namespace fundledger::sdk
