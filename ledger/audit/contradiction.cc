#include "ledger/audit/contradiction.h"

#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/log/proof_file.h"

#include "absl/strings/str_cat.h"

namespace fundledger::audit {
namespace {

// What the file's checkpoints state, unverified. One that cannot be read is left out: whoever opens it says
// so.
std::vector<uint64_t> SizesIn(const log::EvidenceFile& file) {
  std::vector<std::string> notes;
  for (const std::string_view note : file.Of(log::PartLabel::kCheckpoint)) notes.emplace_back(note);
  for (const std::string_view body : file.Of(log::PartLabel::kRecordProof)) {
    if (auto proof = log::ParseProofFile(body); proof.ok()) notes.push_back(std::move(proof->checkpoint));
  }
  std::vector<uint64_t> sizes;
  for (const std::string& note : notes) {
    const auto parsed = log::ParseNote(note);
    const auto stated = parsed.ok() ? log::ParseCheckpointText(parsed->text) : parsed.status();
    if (stated.ok()) sizes.push_back(stated->size);
  }
  return sizes;
}

}  // namespace

absl::StatusOr<log::Contradiction> CheckContradiction(const log::EvidenceFile& file, const LogKeys& keys) {
  const std::vector<uint64_t> sizes = SizesIn(file);
  const log::NoteVerifier& key = keys.At(sizes.empty() ? 0 : sizes.front());
  for (const uint64_t size : sizes) {
    if (log::IsSameKey(keys.At(size), key)) continue;
    return Refuse(absl::StatusCode::kUnauthenticated, "EVIDENCE_UNVERIFIED",
                  absl::StrCat("the evidence convicts nobody: the log had one key at ", sizes.front(),
                               " records, and another at ", size));
  }
  return log::CheckContradiction(file, {key});
}

}  // namespace fundledger::audit
