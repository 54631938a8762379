#include "clients/evidence/check.h"

#include <algorithm>
#include <utility>

#include "ledger/audit/audit.h"
#include "ledger/audit/contradiction.h"
#include "ledger/audit/log_keys.h"
#include "ledger/audit/pipeline.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/books/posted.h"
#include "ledger/log/proof_file.h"
#include "ledger/log/record.h"
#include "ledger/reports/answers.h"

#include "absl/strings/str_cat.h"

namespace fundledger::evidence {
namespace {

using log::EvidenceKind;
using log::PartLabel;

absl::Status Unverified(std::string_view why) {
  return Refuse(absl::StatusCode::kUnauthenticated, "EVIDENCE_UNVERIFIED",
                absl::StrCat("the evidence convicts nobody: ", ToAbsl(why)));
}

absl::Status RecordsWrong(std::string_view why) {
  return Refuse(absl::StatusCode::kFailedPrecondition, "EVIDENCE_RECORDS_WRONG",
                absl::StrCat("the records given are not those under the answer's checkpoint: ", ToAbsl(why)));
}

// The checkpoint, if any of the keys signed it.
absl::StatusOr<log::Checkpoint> OpenUnderAny(std::string_view note,
                                             const std::vector<log::NoteVerifier>& keys) {
  absl::Status why = absl::UnauthenticatedError("no key of the log is known");
  for (const log::NoteVerifier& key : keys) {
    auto checkpoint = log::OpenCheckpoint(note, key);
    if (checkpoint.ok()) return checkpoint;
    why = checkpoint.status();
  }
  return why;
}

std::string SayCheckpoint(std::string_view note, const std::vector<log::NoteVerifier>& keys) {
  const auto checkpoint = OpenUnderAny(note, keys);
  if (!checkpoint.ok()) {
    return absl::StrCat("a checkpoint that is NOT signed by the log's key: ", checkpoint.status().message());
  }
  return absl::StrCat("a checkpoint signed by the log: size ", checkpoint->size, ", root ",
                      HexEncode(checkpoint->root.view()));
}

std::string SayProof(std::string_view body, const std::vector<log::NoteVerifier>& keys) {
  const auto proof = log::ParseProofFile(body);
  if (!proof.ok()) return absl::StrCat("a proof that is NONE: ", proof.status().message());
  const Hash256 leaf = log::LeafHash(proof->extra.value_or(""));
  absl::Status why = absl::UnauthenticatedError("no key of the log is known");
  for (const log::NoteVerifier& key : keys) {
    const auto checkpoint = log::OpenProof(*proof, leaf, key);
    if (checkpoint.ok()) {
      return absl::StrCat("a proof that the log signed a tree of ", checkpoint->size, " records with record ",
                          proof->index, ", leaf ", HexEncode(leaf.view()));
    }
    why = checkpoint.status();
  }
  return absl::StrCat("a proof of record ", proof->index, " that does NOT hold: ", why.message());
}

std::string SaySubmission(std::string_view body) {
  const auto lines = log::DecodeLines(body);
  if (!lines.ok()) return absl::StrCat("a submission that is NONE: ", lines.status().message());
  const auto admitted = audit::Admit(lines->front());
  if (!admitted.ok()) return absl::StrCat("a submission that is NONE: ", admitted.status().message());
  return absl::StrCat("a submission in the name of ", admitted->submission().officer(), ", request ",
                      HexEncode(admitted->submission().request_id()),
                      "; whose signature it bears is not checked here, and that it was sent nothing shows");
}

std::string SayAnswer(std::string_view body, const std::vector<log::NoteVerifier>& keys) {
  const auto lines = log::DecodeLines(body);
  if (!lines.ok()) return absl::StrCat("a signed answer that is NONE: ", lines.status().message());
  const auto opened = audit::OpenAnswer(lines->front(), keys);
  if (!opened.ok()) return absl::StrCat("an answer that does NOT hold: ", opened.status().message());
  return absl::StrCat("an answer to ", opened->answer.method(),
                      " that the log signed, under its checkpoint of size ", opened->checkpoint.size);
}

std::vector<std::string> SayParts(const log::EvidenceFile& file, const std::vector<log::NoteVerifier>& keys) {
  std::vector<std::string> said;
  for (const log::EvidencePart& part : file.parts) {
    switch (part.label) {
      case PartLabel::kCheckpoint:
        said.push_back(SayCheckpoint(part.body, keys));
        break;
      case PartLabel::kRecordProof:
        said.push_back(SayProof(part.body, keys));
        break;
      case PartLabel::kSubmission:
        said.push_back(SaySubmission(part.body));
        break;
      case PartLabel::kSignedAnswer:
        said.push_back(SayAnswer(part.body, keys));
        break;
      default:
        break;
    }
  }
  return said;
}

absl::Status CheckFigure(const log::EvidenceFile& file, const std::vector<log::NoteVerifier>& keys,
                         const EachRecord& given, CheckedEvidence* checked) {
  ASSIGN_OR_RETURN(const std::vector<std::string> envelope,
                   log::DecodeLines(file.Of(PartLabel::kSignedAnswer)[0]));
  EachRecord records = given;
  const auto bodies = file.Of(PartLabel::kRecords);
  if (!bodies.empty()) {
    records = [&bodies](const std::function<absl::Status(std::string_view)>& take) -> absl::Status {
      for (const std::string_view body : bodies) {
        ASSIGN_OR_RETURN(const std::vector<std::string> lines, log::DecodeLines(body));
        for (const std::string& record : lines) RETURN_IF_ERROR(take(record));
      }
      return absl::OkStatus();
    };
  }
  if (!records) {
    return Refuse(
        absl::StatusCode::kFailedPrecondition, "EVIDENCE_RECORDS_MISSING",
        "the file holds a signed answer and no records: give all records under its checkpoint, as a "
        "bundle of the whole ledger (fundledger-verify BUNDLE --evidence FILE), to see whether they give "
        "that "
        "answer");
  }
  ASSIGN_OR_RETURN(checked->answer, JudgeAnswer(envelope.front(), keys, records));
  if (checked->answer->differences.empty()) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "EVIDENCE_SHOWS_NOTHING",
                  "the evidence convicts nobody: the records give the answer that was signed");
  }
  checked->convicts = true;
  checked->key = KeyName(checked->answer->opened.key);
  return absl::OkStatus();
}

}  // namespace

std::string KeyName(const log::NoteVerifier& key) {
  std::string id;
  AppendBigEndian32(key.key_id, &id);
  return absl::StrCat(key.name, "+", HexEncode(id));
}

absl::StatusOr<audit::LogKeys> LogKeysOf(const Trust& trust) {
  const std::vector<std::string>& records = trust.log_key_records;
  if (records.empty()) return audit::LogKeys::Of(trust.log);
  // The genesis is signed by the key it names, so that nobody can put a standby key of their own under it.
  audit::Replay replay;
  const absl::Status is_genesis = replay.Next(records[0]);
  if (!is_genesis.ok()) return Unverified(absl::StrCat("record 0 in it: ", is_genesis.message()));
  ASSIGN_OR_RETURN(audit::LogKeys keys, audit::LogKeys::OfGenesis(records[0]));
  const bool is_ours = log::IsSameKey(keys.At(0), trust.log) &&
                       (!trust.ledger.has_value() || replay.ledger() == *trust.ledger);
  if (!is_ours) return Unverified("record 0 in it is another ledger's than the key given");
  for (size_t i = 1; i < records.size(); ++i) RETURN_IF_ERROR(keys.Follow(records[i]));
  return keys;
}

absl::StatusOr<audit::LogKeys> KeysOf(const log::EvidenceFile& file, const Trust& trust) {
  ASSIGN_OR_RETURN(const audit::LogKeys known, LogKeysOf(trust));
  const auto bodies = file.Of(PartLabel::kLogKeys);
  if (bodies.empty()) return known;
  Trust shown{trust.log, trust.ledger};
  ASSIGN_OR_RETURN(shown.log_key_records, log::DecodeLines(bodies[0]));
  ASSIGN_OR_RETURN(const audit::LogKeys of_file, LogKeysOf(shown));
  // Whoever stole a key can replace it by one of their own, on paper: the log did not.
  const size_t both = std::min(shown.log_key_records.size(), trust.log_key_records.size());
  if (!std::equal(shown.log_key_records.begin(), shown.log_key_records.begin() + static_cast<ptrdiff_t>(both),
                  trust.log_key_records.begin())) {
    return Unverified("it names other records that replaced the log's key than are known here");
  }
  if (shown.log_key_records.size() <= both) return known;
  ASSIGN_OR_RETURN(const log::Record next, log::DecodeRecord(shown.log_key_records[both]));
  if (next.header.sequence < trust.log_keys_until) {
    return Unverified(absl::StrCat("it says that record ", next.header.sequence,
                                   " replaced the log's key, which by what is known here it did not"));
  }
  return of_file;
}

// That `records`, replayed, had `key` as the log's: one that was replaced, and perhaps stolen, speaks for the
// log no more.
absl::Status CheckLogKey(const audit::Replay& replay, const log::NoteVerifier& key) {
  ASSIGN_OR_RETURN(const books::EntityPtr entity, replay.Get({books::EntityKind::kLedger, ""}));
  const auto& log_keys = entity->ledger().log_keys();
  ASSIGN_OR_RETURN(const crypto::PublicKey current, audit::ToPublicKey(log_keys.rbegin()->key()));
  if (current == key.key->public_key()) return absl::OkStatus();
  return Unverified(absl::StrCat("by the records given, ", KeyName(key), " was not the log's key at ",
                                 replay.size(), " records"));
}

absl::StatusOr<JudgedAnswer> JudgeAnswer(std::string_view envelope,
                                         const std::vector<log::NoteVerifier>& keys,
                                         const EachRecord& records) {
  JudgedAnswer judged;
  ASSIGN_OR_RETURN(judged.opened, audit::OpenAnswer(envelope, keys));
  const log::Checkpoint& checkpoint = judged.opened.checkpoint;
  audit::Replay replay;
  books::Posted posted;
  audit::ReplayPipeline pipeline(&replay, /*threads=*/0,
                                 [&] { posted.Add(replay.size() - 1, replay.last_effects()); });
  uint64_t pushed = 0;
  const absl::Status given = records([&](std::string_view record) -> absl::Status {
    return pushed++ < checkpoint.size ? pipeline.Push(record) : absl::OkStatus();
  });
  const absl::Status replayed = given.ok() ? pipeline.Finish() : given;
  RETURN_IF_ERROR(Annotate(replayed, absl::StrCat("record ", replay.size())));
  if (replay.size() != checkpoint.size) {
    return RecordsWrong(absl::StrCat(replay.size(), " instead of ", checkpoint.size));
  }
  if (replay.Root() != checkpoint.root) {
    return RecordsWrong(absl::StrCat("their root is ", HexEncode(replay.Root().view()), ", not ",
                                     HexEncode(checkpoint.root.view())));
  }
  RETURN_IF_ERROR(CheckLogKey(replay, judged.opened.key));
  ASSIGN_OR_RETURN(judged.differences,
                   reports::CompareAnswer({replay, posted, replay.size() - 1}, judged.opened.answer));
  if (replay.ledger().view() != judged.opened.answer.ledger()) {
    judged.differences.push_back(absl::StrCat("ledger: stated ", HexEncode(judged.opened.answer.ledger()),
                                              ", the records give ", HexEncode(replay.ledger().view())));
  }
  return judged;
}

absl::StatusOr<CheckedEvidence> CheckEvidence(const log::EvidenceFile& file, const Trust& trust,
                                              const EachRecord& records) {
  ASSIGN_OR_RETURN(const audit::LogKeys keys, KeysOf(file, trust));
  CheckedEvidence checked;
  for (const std::string_view statement : file.Of(PartLabel::kStatement)) {
    checked.statements.emplace_back(statement);
  }
  switch (file.kind) {
    case EvidenceKind::kComplaint:
      checked.parts = SayParts(file, keys.verifiers());
      return checked;
    case EvidenceKind::kWrongFigure:
      RETURN_IF_ERROR(CheckFigure(file, keys.verifiers(), records, &checked));
      return checked;
    default:
      break;
  }
  ASSIGN_OR_RETURN(checked.contradiction, audit::CheckContradiction(file, keys));
  checked.convicts = true;
  checked.key = KeyName(checked.contradiction->key);
  return checked;
}

}  // namespace fundledger::evidence
