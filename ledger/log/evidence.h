// Evidence against whoever signs a log, as one text file that anybody checks with the log's public key alone
// (docs/ledger-format.md, "Evidence"). Pure.
//
//   auto text = FormatEvidence(TwoRoots(note_seen_before, note_shown_now));
//   auto file = ParseEvidence(*text);
//   auto shown = CheckContradiction(*file, {log_key});   // what it shows, and whose key signed it
//
// What convicts is that one key signed two things that cannot both be so. Everything else is a complaint,
// which is to be looked into.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/hash256.h"
#include "ledger/log/note.h"

#include "absl/status/statusor.h"

namespace fundledger::log {

enum class EvidenceKind {
  kTwoRoots,     // two checkpoints of one size with different roots
  kNotAPrefix,   // two checkpoints, and a proof that the newer one's tree begins with another tree than the
                 // older
  kTwoLeaves,    // two records at one index, each proven under a checkpoint
  kWrongFigure,  // a signed answer that the records under its checkpoint do not give
  kComplaint,    // convicts nobody
};
// As in the file: "two-roots" and so on.
std::string_view NameOf(EvidenceKind kind);

enum class PartLabel {
  kCheckpoint,        // a signed note, word for word
  kConsistencyProof,  // "root BASE64", the root that is proven; then the proof's hashes, one a line
  kRecordProof,       // a C2SP tlog-proof, the record in `extra`
  kLogKeys,           // record 0 and each record that replaced the log's key, in base64, one a line
  kSignedAnswer,      // a DSSE envelope in base64, one line
  kRecords,           // records from 0 on in base64, one a line
  kSubmission,        // a DSSE envelope in base64, one line
  kStatement,         // words of whoever wrote the file; nothing signs them
};

struct EvidencePart {
  PartLabel label;
  std::string body;  // lines, each with its newline
};

struct EvidenceFile {
  EvidenceKind kind;
  std::vector<EvidencePart> parts;

  // Bodies under a label, in order.
  std::vector<std::string_view> Of(PartLabel label) const;
};

// Two notes of one size; the order does not matter.
EvidenceFile TwoRoots(std::string_view note, std::string_view other);
// `proof` leads from the tree of the older note's size with root `root`, which is not the older note's, to
// the newer note's tree.
EvidenceFile NotAPrefix(std::string_view older, std::string_view newer, const Hash256& root,
                        const std::vector<Hash256>& proof);
// Two tlog-proof files of one index.
EvidenceFile TwoLeaves(std::string_view proof, std::string_view other);

// Adds LOG KEYS of `records`, record 0 and each that replaced the log's key, if there is one that did:
// without it the first key, which everybody has, would not do. Any kind of file may have them.
void AddLogKeys(const std::vector<std::string>& records, EvidenceFile* file);

// INVALID_ARGUMENT, reason EVIDENCE_MALFORMED: parts that the kind does not have, or that cannot stand in a
// file.
absl::StatusOr<std::string> FormatEvidence(const EvidenceFile& file);
// Reads form alone and believes nothing; what it accepts, FormatEvidence gives back. INVALID_ARGUMENT, reason
// EVIDENCE_MALFORMED, with the line.
absl::StatusOr<EvidenceFile> ParseEvidence(std::string_view text);
// Bytes as lines of a part in base64, and back.
std::string EncodeLines(const std::vector<std::string>& lines);
// INVALID_ARGUMENT, reason EVIDENCE_MALFORMED.
absl::StatusOr<std::vector<std::string>> DecodeLines(std::string_view body);

// Two things that one key signed and that cannot both be so.
struct Contradiction {
  EvidenceKind kind;
  NoteVerifier key;
  uint64_t at = 0;  // size of the two trees; of two leaves, their index
  Hash256 one;      // roots; of two leaves, their hashes
  Hash256 other;
};
// "log.example+1a2b3c4d signed two trees of 7 records: root … and root …".
std::string Describe(const Contradiction& contradiction);

// What a file of two roots, not a prefix, or two leaves shows, `keys` being all that the log has had.
// INVALID_ARGUMENT, reason EVIDENCE_MALFORMED. UNAUTHENTICATED, reason EVIDENCE_UNVERIFIED: no one of the
// keys signed both. FAILED_PRECONDITION, reason EVIDENCE_SHOWS_NOTHING: what was signed does not contradict
// itself, or the file is of another kind.
absl::StatusOr<Contradiction> CheckContradiction(const EvidenceFile& file,
                                                 const std::vector<NoteVerifier>& keys);

}  // namespace fundledger::log
