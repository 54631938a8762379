#include "ledger/log/proof_file.h"

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/log/lines.h"
#include "ledger/log/merkle.h"

#include "absl/strings/str_cat.h"

namespace fundledger::log {
namespace {

constexpr std::string_view kFirstLine = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";
// A record in base64, the longest proof and the longest note have room.
constexpr size_t kProofFileBytesMax = 512 << 10;
constexpr size_t kInclusionHashesMax = 64;

absl::Status Malformed(std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "PROOF_FILE_MALFORMED",
                absl::StrCat("the proof file ", ToAbsl(why)));
}

}  // namespace

std::string FormatProofFile(const ProofFile& proof) {
  std::string text = absl::StrCat(ToAbsl(kFirstLine), "\n");
  if (proof.extra.has_value()) absl::StrAppend(&text, ToAbsl(kExtra), Base64Encode(*proof.extra), "\n");
  absl::StrAppend(&text, ToAbsl(kIndex), proof.index, "\n", FormatHashes(proof.inclusion), "\n",
                  proof.checkpoint);
  return text;
}

absl::StatusOr<ProofFile> ParseProofFile(std::string_view text) {
  if (text.size() > kProofFileBytesMax) {
    return Malformed(absl::StrCat("has ", text.size(), " bytes, more than ", kProofFileBytesMax));
  }
  std::string_view rest = text;
  if (TakeUntil(&rest, '\n') != kFirstLine) {
    return Malformed("does not begin with the line c2sp.org/tlog-proof@v1");
  }
  ProofFile proof;
  auto line = TakeUntil(&rest, '\n');
  if (line.has_value() && line->starts_with(kExtra)) {
    proof.extra = Base64Decode(line->substr(kExtra.size()));
    if (!proof.extra.has_value()) return Malformed("has an extra line that is not base64");
    line = TakeUntil(&rest, '\n');
  }
  if (!line.has_value() || !line->starts_with(kIndex))
    return Malformed("has no index line where one must be");
  const auto index = ReadNumber(line->substr(kIndex.size()));
  if (!index.has_value()) return Malformed("has an index that is not a plain number");
  proof.index = *index;
  auto inclusion = TakeHashes(kInclusionHashesMax, &rest);
  if (!inclusion.has_value()) {
    return Malformed("has proof lines that are not up to 64 hashes in base64, ended by an empty line");
  }
  proof.inclusion = *std::move(inclusion);
  proof.checkpoint = std::string(rest);
  ASSIGN_OR_RETURN(const Note note, ParseNote(proof.checkpoint));
  ASSIGN_OR_RETURN(const Checkpoint checkpoint, ParseCheckpointText(note.text));
  if (proof.index >= checkpoint.size) {
    return Malformed(
        absl::StrCat("is about index ", proof.index, ", and its checkpoint has size ", checkpoint.size));
  }
  return proof;
}

absl::StatusOr<Checkpoint> OpenProof(const ProofFile& proof, const Hash256& leaf, const NoteVerifier& log) {
  ASSIGN_OR_RETURN(Checkpoint checkpoint, OpenCheckpoint(proof.checkpoint, log));
  RETURN_IF_ERROR(VerifyInclusion(proof.index, checkpoint.size, leaf, proof.inclusion, checkpoint.root));
  return checkpoint;
}

}  // namespace fundledger::log
