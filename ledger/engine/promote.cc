#include "ledger/engine/promote.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/engine/mirror_mark.h"
#include "ledger/engine/open.h"
#include "ledger/engine/verify.h"
#include "ledger/log/note.h"
#include "ledger/store/rocksdb.h"

#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

absl::Status CheckVerifies(const PromoteOptions& options) {
  VerifyOptions verify;
  verify.directory = options.directory;
  verify.verifier_key = options.verifier_key;
  ASSIGN_OR_RETURN(const VerifyReport report, VerifyDirectory(verify));
  if (report.ok()) return absl::OkStatus();
  return Refuse(absl::StatusCode::kDataLoss, "MIRROR_NOT_VERIFIED",
                absl::StrCat("the copy does not verify: ", report.findings.front().reason, ": ",
                             report.findings.front().message, "; promote another one"));
}

// A note beyond the copy may be by a key whose rotation the copy does not have: its size says enough.
absl::Status CheckWitnessed(const std::string& note, const OpenedMirror& opened) {
  ASSIGN_OR_RETURN(const log::Note parsed, log::ParseNote(note));
  ASSIGN_OR_RETURN(const log::Checkpoint stated, log::ParseCheckpointText(parsed.text));
  const View& view = *opened.ledger.view;
  if (stated.origin == view.checkpoint().origin && stated.size > view.size()) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "MIRROR_BELOW_WITNESSED",
                  absl::StrCat("a witness has cosigned ", stated.size, " records, the copy has ", view.size(),
                               ": records that everybody was told are safe would be lost. Promote a mirror "
                               "that has them, or let this one fetch them from it"));
  }
  ASSIGN_OR_RETURN(const log::Checkpoint checkpoint, opened.log_keys.Open(note));
  ASSIGN_OR_RETURN(const Hash256 root, view.RootAt(checkpoint.size));
  if (root == checkpoint.root) return absl::OkStatus();
  return Refuse(absl::StatusCode::kDataLoss, "MIRROR_CONTRADICTS_WITNESS",
                absl::StrCat("over ", checkpoint.size, " records the witness saw the root ",
                             HexEncode(checkpoint.root.view()), ", the copy has ", HexEncode(root.view()),
                             ": the lost machine showed two logs. Keep both, and tell the inspectors"));
}

}  // namespace

absl::StatusOr<Promotion> Promote(const PromoteOptions& options) {
  const std::filesystem::path directory = options.directory;
  ASSIGN_OR_RETURN(std::unique_ptr<store::Store> store, store::OpenRocksdb((directory / "db").string()));
  ASSIGN_OR_RETURN(std::unique_ptr<store::Anchor> anchor,
                   store::Anchor::Open((directory / "anchor").string()));
  ASSIGN_OR_RETURN(const OpenedMirror opened, OpenMirror(std::move(store), std::move(anchor)));
  for (const std::string& note : options.witnessed) RETURN_IF_ERROR(CheckWitnessed(note, opened));
  RETURN_IF_ERROR(CheckVerifies(options));
  const View& view = *opened.ledger.view;
  ASSIGN_OR_RETURN(MirrorMark mark, ReadMirrorMark(view.snapshot()));
  Promotion promotion{view.size(), view.checkpoint().root, view.size()};
  if (const auto seen = opened.log_keys.Open(mark.seen); seen.ok()) {
    promotion.seen_size = std::max(promotion.seen_size, seen->size);
  }
  mark.standing = MirrorStanding::kPromoted;
  store::Batch batch;
  WriteMirrorMark(mark, &batch);
  RETURN_IF_ERROR(opened.ledger.store->Commit(batch, view.size(), view.size()));
  return promotion;
}

}  // namespace fundledger::engine
