#include "ledger/log/evidence.h"

#include <algorithm>
#include <optional>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/text.h"
#include "ledger/log/merkle.h"
#include "ledger/log/proof_file.h"
#include "ledger/log/record.h"

#include "absl/strings/str_cat.h"

namespace fundledger::log {
namespace {

constexpr std::string_view kFirstLine = "fundledger evidence v1";
constexpr std::string_view kFence = "-----";

struct KindName {
  EvidenceKind kind;
  std::string_view name;
  std::vector<PartLabel> needed;
  std::vector<PartLabel> allowed;  // besides log keys and statements, any number of each
};

const std::vector<KindName>& Kinds() {
  using enum PartLabel;
  static const auto* const kinds = new std::vector<KindName>{
      {EvidenceKind::kTwoRoots, "two-roots", {kCheckpoint, kCheckpoint}, {}},
      {EvidenceKind::kNotAPrefix, "not-a-prefix", {kCheckpoint, kCheckpoint, kConsistencyProof}, {}},
      {EvidenceKind::kTwoLeaves, "two-leaves", {kRecordProof, kRecordProof}, {}},
      {EvidenceKind::kWrongFigure, "wrong-figure", {kSignedAnswer}, {kRecords}},
      {EvidenceKind::kComplaint,
       "complaint",
       {kStatement},
       {kCheckpoint, kConsistencyProof, kRecordProof, kSignedAnswer, kSubmission}},
  };
  return *kinds;
}

const KindName& FindKind(EvidenceKind kind) {
  return *std::find_if(Kinds().begin(), Kinds().end(),
                       [kind](const KindName& each) { return each.kind == kind; });
}

struct LabelName {
  PartLabel label;
  std::string_view name;
};
constexpr LabelName kLabels[] = {
    {PartLabel::kCheckpoint, "CHECKPOINT"},      {PartLabel::kConsistencyProof, "CONSISTENCY PROOF"},
    {PartLabel::kRecordProof, "RECORD PROOF"},   {PartLabel::kLogKeys, "LOG KEYS"},
    {PartLabel::kSignedAnswer, "SIGNED ANSWER"}, {PartLabel::kRecords, "RECORDS"},
    {PartLabel::kSubmission, "SUBMISSION"},      {PartLabel::kStatement, "STATEMENT"},
};

std::string_view NameOf(PartLabel label) {
  return std::find_if(std::begin(kLabels), std::end(kLabels),
                      [label](const LabelName& each) { return each.label == label; })
      ->name;
}

absl::Status Malformed(std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "EVIDENCE_MALFORMED",
                absl::StrCat("the evidence file ", ToAbsl(why)));
}

absl::Status ShowsNothing(std::string_view why) {
  return Refuse(absl::StatusCode::kFailedPrecondition, "EVIDENCE_SHOWS_NOTHING",
                absl::StrCat("the evidence convicts nobody: ", ToAbsl(why)));
}

std::string BeginOf(PartLabel label) {
  return absl::StrCat(ToAbsl(kFence), "BEGIN ", ToAbsl(NameOf(label)), ToAbsl(kFence));
}
std::string EndOf(PartLabel label) {
  return absl::StrCat(ToAbsl(kFence), "END ", ToAbsl(NameOf(label)), ToAbsl(kFence));
}

// Takes lines off a text, and counts them.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  bool at_end() const { return rest_.empty(); }
  size_t number() const { return number_; }
  // Nothing at the end, and for a line without its newline.
  std::optional<std::string_view> Take() {
    const size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    ++number_;
    return line;
  }

 private:
  std::string_view rest_;
  size_t number_ = 0;
};

absl::Status CheckBody(const EvidencePart& part) {
  const std::string_view name = NameOf(part.label);
  if (!part.body.ends_with('\n')) {
    return Malformed(absl::StrCat("has a part ", ToAbsl(name), " that is empty or ends within a line"));
  }
  if (!IsValidUtf8(part.body))
    return Malformed(absl::StrCat("has a part ", ToAbsl(name), " that is not UTF-8"));
  if (part.body.starts_with(kFence) ||
      part.body.find(absl::StrCat("\n", ToAbsl(kFence))) != std::string::npos) {
    return Malformed(
        absl::StrCat("has a part ", ToAbsl(name), " with a line that begins with ", ToAbsl(kFence)));
  }
  return absl::OkStatus();
}

absl::Status CheckParts(const EvidenceFile& file) {
  const KindName& kind = FindKind(file.kind);
  std::vector<PartLabel> needed = kind.needed;
  for (const EvidencePart& part : file.parts) {
    RETURN_IF_ERROR(CheckBody(part));
    const auto at = std::find(needed.begin(), needed.end(), part.label);
    if (at != needed.end()) {
      needed.erase(at);
      continue;
    }
    const bool allowed =
        part.label == PartLabel::kLogKeys || part.label == PartLabel::kStatement ||
        std::find(kind.allowed.begin(), kind.allowed.end(), part.label) != kind.allowed.end();
    if (!allowed) {
      return Malformed(absl::StrCat("of kind ", ToAbsl(kind.name), " has a part ", ToAbsl(NameOf(part.label)),
                                    " too many"));
    }
  }
  if (needed.empty()) return absl::OkStatus();
  return Malformed(
      absl::StrCat("of kind ", ToAbsl(kind.name), " lacks a part ", ToAbsl(NameOf(needed.front()))));
}

absl::StatusOr<EvidencePart> TakePart(Lines* lines) {
  const auto begin = lines->Take();
  const auto label = std::find_if(std::begin(kLabels), std::end(kLabels), [&begin](const LabelName& each) {
    return begin.has_value() && *begin == BeginOf(each.label);
  });
  if (label == std::end(kLabels)) {
    return Malformed(absl::StrCat("has no part that this program knows at line ", lines->number()));
  }
  EvidencePart part{label->label, ""};
  const std::string end = EndOf(part.label);
  const size_t first = lines->number();
  for (;;) {
    const auto line = lines->Take();
    if (!line.has_value()) return Malformed(absl::StrCat("does not end the part begun at line ", first));
    if (*line == end) return part;
    absl::StrAppend(&part.body, ToAbsl(*line), "\n");
  }
}

struct Proven {
  Hash256 root;
  std::vector<Hash256> proof;
};

absl::StatusOr<Proven> ReadConsistency(std::string_view body) {
  constexpr std::string_view kRoot = "root ";
  if (!body.starts_with(kRoot)) return Malformed("has a consistency proof that does not begin with its root");
  ASSIGN_OR_RETURN(const std::vector<std::string> lines, DecodeLines(body.substr(kRoot.size())));
  std::vector<Hash256> hashes;
  for (const std::string& line : lines) {
    const auto hash = Hash256::FromBytes(line);
    if (!hash.has_value()) return Malformed("has a consistency proof with a hash that is not of 32 bytes");
    hashes.push_back(*hash);
  }
  return Proven{hashes.front(), {hashes.begin() + 1, hashes.end()}};
}

// The two checkpoints, if `key` signed both.
absl::StatusOr<std::vector<Checkpoint>> OpenBoth(const std::vector<std::string_view>& notes,
                                                 const NoteVerifier& key) {
  std::vector<Checkpoint> checkpoints;
  for (const std::string_view note : notes) {
    ASSIGN_OR_RETURN(Checkpoint checkpoint, OpenCheckpoint(note, key));
    checkpoints.push_back(std::move(checkpoint));
  }
  return checkpoints;
}

absl::StatusOr<Contradiction> CompareRoots(const EvidenceFile& file, const NoteVerifier& key) {
  ASSIGN_OR_RETURN(const auto both, OpenBoth(file.Of(PartLabel::kCheckpoint), key));
  if (both[0].size != both[1].size) {
    return ShowsNothing(
        absl::StrCat("its checkpoints are of two sizes, ", both[0].size, " and ", both[1].size));
  }
  if (both[0].root == both[1].root) return ShowsNothing("its checkpoints have one root");
  return Contradiction{file.kind, key, both[0].size, both[0].root, both[1].root};
}

absl::StatusOr<Contradiction> ComparePrefix(const EvidenceFile& file, const NoteVerifier& key) {
  ASSIGN_OR_RETURN(const Proven proven, ReadConsistency(file.Of(PartLabel::kConsistencyProof)[0]));
  ASSIGN_OR_RETURN(const auto both, OpenBoth(file.Of(PartLabel::kCheckpoint), key));
  const Checkpoint& older = both[0];
  const Checkpoint& newer = both[1];
  if (older.size == 0 || older.size >= newer.size) {
    return ShowsNothing(absl::StrCat("its second checkpoint, of size ", newer.size,
                                     ", is not newer than its first, of size ", older.size));
  }
  if (proven.root == older.root) return ShowsNothing("the root that is proven is the older checkpoint's own");
  const absl::Status is_proven =
      VerifyConsistency(older.size, newer.size, proven.root, newer.root, proven.proof);
  if (!is_proven.ok()) return ShowsNothing(absl::StrCat("its proof does not hold: ", is_proven.message()));
  return Contradiction{file.kind, key, older.size, older.root, proven.root};
}

absl::StatusOr<Contradiction> CompareLeaves(const EvidenceFile& file, const NoteVerifier& key) {
  std::vector<ProofFile> proofs;
  std::vector<Hash256> leaves;
  for (const std::string_view body : file.Of(PartLabel::kRecordProof)) {
    auto proof = ParseProofFile(body);
    if (!proof.ok())
      return Malformed(absl::StrCat("has a proof of a record that ", proof.status().message()));
    if (!proof->extra.has_value()) return Malformed("has a proof of a record without the record");
    ASSIGN_OR_RETURN(const Checkpoint checkpoint, OpenCheckpoint(proof->checkpoint, key));
    leaves.push_back(LeafHash(*proof->extra));
    const absl::Status included =
        VerifyInclusion(proof->index, checkpoint.size, leaves.back(), proof->inclusion, checkpoint.root);
    if (!included.ok()) return ShowsNothing(absl::StrCat("a proof does not hold: ", included.message()));
    proofs.push_back(*std::move(proof));
  }
  if (proofs[0].index != proofs[1].index) {
    return ShowsNothing(
        absl::StrCat("its records are at two indexes, ", proofs[0].index, " and ", proofs[1].index));
  }
  if (leaves[0] == leaves[1]) return ShowsNothing("its two records are one");
  return Contradiction{file.kind, key, proofs[0].index, leaves[0], leaves[1]};
}

absl::StatusOr<Contradiction> CheckUnder(const EvidenceFile& file, const NoteVerifier& key) {
  switch (file.kind) {
    case EvidenceKind::kTwoRoots:
      return CompareRoots(file, key);
    case EvidenceKind::kNotAPrefix:
      return ComparePrefix(file, key);
    case EvidenceKind::kTwoLeaves:
      return CompareLeaves(file, key);
    default:
      return ShowsNothing(absl::StrCat("by itself, a file of kind ", ToAbsl(NameOf(file.kind)), " does not"));
  }
}

std::string KeyName(const NoteVerifier& key) {
  std::string id;
  AppendBigEndian32(key.key_id, &id);
  return absl::StrCat(key.name, "+", HexEncode(id));
}

}  // namespace

std::string_view NameOf(EvidenceKind kind) {
  return FindKind(kind).name;
}

std::vector<std::string_view> EvidenceFile::Of(PartLabel label) const {
  std::vector<std::string_view> bodies;
  for (const EvidencePart& part : parts) {
    if (part.label == label) bodies.emplace_back(part.body);
  }
  return bodies;
}

EvidenceFile TwoRoots(std::string_view note, std::string_view other) {
  return {EvidenceKind::kTwoRoots,
          {{PartLabel::kCheckpoint, std::string(note)}, {PartLabel::kCheckpoint, std::string(other)}}};
}

EvidenceFile NotAPrefix(std::string_view older, std::string_view newer, const Hash256& root,
                        const std::vector<Hash256>& proof) {
  std::string body = absl::StrCat("root ", Base64Encode(root.view()), "\n");
  for (const Hash256& hash : proof) absl::StrAppend(&body, Base64Encode(hash.view()), "\n");
  return {EvidenceKind::kNotAPrefix,
          {{PartLabel::kCheckpoint, std::string(older)},
           {PartLabel::kCheckpoint, std::string(newer)},
           {PartLabel::kConsistencyProof, std::move(body)}}};
}

EvidenceFile TwoLeaves(std::string_view proof, std::string_view other) {
  return {EvidenceKind::kTwoLeaves,
          {{PartLabel::kRecordProof, std::string(proof)}, {PartLabel::kRecordProof, std::string(other)}}};
}

void AddLogKeys(const std::vector<std::string>& records, EvidenceFile* file) {
  if (records.size() > 1) file->parts.push_back({PartLabel::kLogKeys, EncodeLines(records)});
}

absl::StatusOr<std::string> FormatEvidence(const EvidenceFile& file) {
  RETURN_IF_ERROR(CheckParts(file));
  std::string text = absl::StrCat(ToAbsl(kFirstLine), "\nkind ", ToAbsl(NameOf(file.kind)), "\n");
  for (const EvidencePart& part : file.parts) {
    absl::StrAppend(&text, BeginOf(part.label), "\n", part.body, EndOf(part.label), "\n");
  }
  return text;
}

absl::StatusOr<EvidenceFile> ParseEvidence(std::string_view text) {
  Lines lines(text);
  if (lines.Take() != kFirstLine) {
    return Malformed(absl::StrCat("does not begin with the line \"", ToAbsl(kFirstLine), "\""));
  }
  const auto kind_line = lines.Take();
  const auto kind = std::find_if(Kinds().begin(), Kinds().end(), [&kind_line](const KindName& each) {
    return kind_line.has_value() && *kind_line == absl::StrCat("kind ", ToAbsl(each.name));
  });
  if (kind == Kinds().end()) return Malformed("names no kind that this program knows in its second line");
  EvidenceFile file{kind->kind, {}};
  while (!lines.at_end()) {
    ASSIGN_OR_RETURN(EvidencePart part, TakePart(&lines));
    file.parts.push_back(std::move(part));
  }
  RETURN_IF_ERROR(CheckParts(file));
  return file;
}

std::string EncodeLines(const std::vector<std::string>& lines) {
  std::string body;
  for (const std::string& line : lines) absl::StrAppend(&body, Base64Encode(line), "\n");
  return body;
}

absl::StatusOr<std::vector<std::string>> DecodeLines(std::string_view body) {
  Lines lines(body);
  std::vector<std::string> decoded;
  while (!lines.at_end()) {
    const auto line = lines.Take();
    auto bytes = line.has_value() ? Base64Decode(*line) : std::nullopt;
    if (!bytes.has_value() || bytes->empty()) {
      return Malformed(absl::StrCat("has a part whose line ", lines.number(), " is not base64"));
    }
    decoded.push_back(*std::move(bytes));
  }
  if (decoded.empty()) return Malformed("has a part without a line");
  return decoded;
}

std::string Describe(const Contradiction& contradiction) {
  const std::string one = HexEncode(contradiction.one.view());
  const std::string other = HexEncode(contradiction.other.view());
  const std::string key = KeyName(contradiction.key);
  if (contradiction.kind == EvidenceKind::kTwoLeaves) {
    return absl::StrCat(key, " signed two trees with different records at index ", contradiction.at,
                        ": leaf ", one, " and leaf ", other);
  }
  return absl::StrCat(
      key, " signed two different trees of ", contradiction.at, " records: root ", one, " and root ", other,
      contradiction.kind == EvidenceKind::kNotAPrefix ? ", the second as the beginning of a longer one" : "");
}

absl::StatusOr<Contradiction> CheckContradiction(const EvidenceFile& file,
                                                 const std::vector<NoteVerifier>& keys) {
  RETURN_IF_ERROR(CheckParts(file));
  absl::Status unsigned_by = absl::UnauthenticatedError("no key of the log is known");
  for (const NoteVerifier& key : keys) {
    auto shown = CheckUnder(file, key);
    if (shown.ok() || ReasonOf(shown.status()) != "NOTE_UNVERIFIED") return shown;
    unsigned_by = shown.status();
  }
  // By two keys is not enough: records that were acknowledged under one can be lost, without anybody's guilt,
  // when the other takes over.
  return Refuse(absl::StatusCode::kUnauthenticated, "EVIDENCE_UNVERIFIED",
                absl::StrCat("the evidence convicts nobody: no one key of the log signed both sides (",
                             unsigned_by.message(), ")"));
}

}  // namespace fundledger::log
