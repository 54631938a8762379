#include "services/witness/witness.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/utf8.h"
#include "ledger/log/evidence.h"
#include "ledger/log/lines.h"
#include "ledger/log/merkle.h"
#include "services/process/log.h"

#include "absl/strings/str_cat.h"

namespace fundledger::witness {
namespace {

using process::Log;
using process::LogLevel;
using process::LogStatus;

constexpr std::string_view kText = "text/plain; charset=utf-8";
// A clock that was set back a little is waited out by repeating the last time; one that was set back further
// would have the witness say of a time what it did not know then.
constexpr uint64_t kClockBehindMaxS = 300;

Answer Refused(int status, std::string_view why) {
  return {status, std::string(kText), absl::StrCat(ToAbsl(why), "\n")};
}

// The note with one signature of each of `keys` alone: what else came with it is not this witness's to keep.
std::string KeepKnown(const log::Note& note, const std::vector<log::NoteVerifier>& keys) {
  std::string kept = note.text + "\n";
  std::set<std::pair<std::string_view, uint32_t>> seen;
  for (const log::NoteSignature& line : note.signatures) {
    const bool is_known = std::any_of(keys.begin(), keys.end(), [&](const log::NoteVerifier& key) {
      return key.name == line.name && key.key_id == line.key_id;
    });
    if (is_known && seen.emplace(line.name, line.key_id).second)
      kept += log::SignatureLine(line.name, line.key_id, line.signature);
  }
  return kept;
}

// Of the file about it: "SIZE-ROOT".
std::string FileNameOf(const log::Checkpoint& checkpoint) {
  return absl::StrCat(checkpoint.size, "-", HexEncode(checkpoint.root.view()).substr(0, 16));
}

struct Fault {
  std::string why;        // empty: none
  bool convicts = false;  // the log signed what contradicts itself; otherwise the proof may only be wrong
};

// What is wrong with the step from `last` to `checkpoint`, both signed by the log.
Fault FaultOf(const log::WitnessRequest& request, const log::Checkpoint& last,
              const log::Checkpoint& checkpoint) {
  const auto of = [](const log::Checkpoint& c) {
    return absl::StrCat(c.size, " records, root ", Base64Encode(c.root.view()));
  };
  if (checkpoint.size == 0 && checkpoint.root != log::EmptyRoot()) {
    return {absl::StrCat(checkpoint.origin, " signed a tree of ", of(checkpoint), ", not the empty root"),
            true};
  }
  if (last.size == checkpoint.size && last.size > 0 && last.root != checkpoint.root) {
    return {absl::StrCat("the log is forked: ", checkpoint.origin, " signed a tree of ", of(last),
                         ", and one of ", of(checkpoint)),
            true};
  }
  if (last.size == 0) {
    if (request.consistency.empty()) return {};
    return {"nothing is proved from size 0: the proof must be empty"};
  }
  if (log::VerifyConsistency(last.size, checkpoint.size, last.root, checkpoint.root, request.consistency)
          .ok()) {
    return {};
  }
  return {absl::StrCat("the proof does not show that the tree of ", of(checkpoint), " extends the one of ",
                       of(last), ", which was cosigned")};
}

}  // namespace

Witness::Witness(Options options, std::unique_ptr<State> state, std::string verifier_key)
    : options_(std::move(options)), state_(std::move(state)), verifier_key_(std::move(verifier_key)) {
  for (const log::NoteVerifier& key : options_.logs) {
    Watched& watched = logs_[OriginHash(key.name)];
    watched.origin = key.name;
    watched.keys.push_back(key);
  }
}

absl::StatusOr<std::unique_ptr<Witness>> Witness::Open(Options options) {
  std::string verifier_key = log::WitnessKey(options.name, options.key->public_key());
  ASSIGN_OR_RETURN(std::unique_ptr<State> state, State::Open(options.state, verifier_key));
  std::unique_ptr<Witness> witness(
      new Witness(std::move(options), std::move(state), std::move(verifier_key)));
  for (auto& [hash, watched] : witness->logs_) RETURN_IF_ERROR(witness->Restore(&watched));
  return witness;
}

// What is on disk counts only with the witness's own cosignature: then nobody else can have put it there.
absl::Status Witness::Restore(Watched* watched) {
  std::optional<std::string> note = state_->Read(watched->origin);
  if (!note.has_value()) return absl::OkStatus();
  const auto damaged = [&](std::string_view why) {
    return Refuse(absl::StatusCode::kDataLoss, "WITNESS_STATE_DAMAGED",
                  absl::StrCat("what is kept of ", Quote(watched->origin), " in ", options_.state, " ",
                               ToAbsl(why), ": restore the latest, or make a new witness with a new key"));
  };
  const auto parsed = log::ParseNote(*note);
  if (!parsed.ok()) return damaged(ToStd(parsed.status().message()));
  const auto checkpoint = log::ParseCheckpointText(parsed->text);
  if (!checkpoint.ok()) return damaged(ToStd(checkpoint.status().message()));
  if (checkpoint->origin != watched->origin) return damaged("is of another log");
  ASSIGN_OR_RETURN(const log::WitnessVerifier own, log::WitnessVerifier::Parse(verifier_key_));
  const auto cosignatures = log::OpenCosignatures(*parsed, {own});
  if (!cosignatures.ok() || cosignatures->empty()) return damaged("is not what this witness cosigned");
  MutexLock lock(&watched->mutex);
  watched->last = *checkpoint;
  watched->note = *std::move(note);
  watched->time_s = cosignatures->back().time_s;
  return RestoreUnreconciled(watched);
}

Answer Witness::AddCheckpoint(std::string_view body) {
  const auto request = log::ParseWitnessRequest(body);
  if (!request.ok()) return Refused(400, ToStd(request.status().message()));
  const auto note = log::ParseNote(request->checkpoint);
  if (!note.ok()) return Refused(400, ToStd(note.status().message()));
  const auto checkpoint = log::ParseCheckpointText(note->text);
  if (!checkpoint.ok()) return Refused(400, ToStd(checkpoint.status().message()));

  const auto found = logs_.find(OriginHash(checkpoint->origin));
  if (found == logs_.end())
    return Refused(404, absl::StrCat("no log ", Quote(checkpoint->origin), " is known"));
  Watched& watched = found->second;
  if (const auto opened = log::OpenNote(request->checkpoint, watched.keys); !opened.ok()) {
    return Refused(403, ToStd(opened.status().message()));
  }
  if (request->old_size > checkpoint->size) {
    return Refused(400, absl::StrCat("the old size, ", request->old_size, ", is more than the checkpoint's, ",
                                     checkpoint->size));
  }
  return Judge(*request, *checkpoint, *note, &watched);
}

// From the comparison with what is stored until that is replaced, no other request about this log comes
// between.
Answer Witness::Judge(const log::WitnessRequest& request, const log::Checkpoint& checkpoint,
                      const log::Note& note, Watched* watched) {
  MutexLock lock(&watched->mutex);
  Reconcile(checkpoint, KeepKnown(note, watched->keys), false, watched);
  if (request.old_size != watched->last.size) {
    return {409, std::string(log::kTreeSizeType), absl::StrCat(watched->last.size, "\n")};
  }
  const Fault fault = FaultOf(request, watched->last, checkpoint);
  if (fault.why.empty()) return Cosign(checkpoint, note, watched);
  process::LogFields fields = {{"origin", watched->origin},
                               {"message", fault.why},
                               {"cosigned", watched->note},
                               {"refused", KeepKnown(note, watched->keys)}};
  // A proof that does not fit may be anybody's mistake; a log that signed both is a case for people.
  if (!fault.convicts) {
    if (watched->last.size > 0 && checkpoint.size > watched->last.size)
      fields.emplace_back("unreconciled", KeepUnreconciled(checkpoint, note, watched));
    Log(LogLevel::kWarn, "proof_refused", fields);
    return Refused(422, fault.why);
  }
  if (checkpoint.size == watched->last.size) {
    fields.emplace_back("evidence",
                        KeepTwoRoots(*watched, watched->note, KeepKnown(note, watched->keys), checkpoint));
  }
  Log(LogLevel::kError, "log_forked", fields);
  return Refused(422, fault.why);
}

// Only what convicts is called evidence: one key must have signed both.
std::string Witness::KeepTwoRoots(const Watched& watched, const std::string& one, const std::string& other,
                                  const log::Checkpoint& checkpoint) {
  const log::EvidenceFile file = log::TwoRoots(one, other);
  const auto shown = log::CheckContradiction(file, watched.keys);
  if (!shown.ok()) return std::string(shown.status().message());
  const auto text = log::FormatEvidence(file);
  if (!text.ok()) return std::string(text.status().message());
  const auto path = state_->KeepFile(FileKind::kEvidence, watched.origin, FileNameOf(checkpoint), *text);
  return path.ok() ? *path : std::string(path.status().message());
}

std::string Witness::KeepUnreconciled(const log::Checkpoint& checkpoint, const log::Note& note,
                                      Watched* watched) {
  const std::string kept = KeepKnown(note, watched->keys);
  const log::EvidenceFile file{
      log::EvidenceKind::kComplaint,
      {{log::PartLabel::kStatement,
        absl::StrCat(
            "The witness cosigned the first checkpoint. Somebody brought the second, with a proof that "
            "does not hold.\nThis may be the fault of whoever brought it: ask the log to prove that "
            "the second extends the first.\n")},
       {log::PartLabel::kCheckpoint, watched->note},
       {log::PartLabel::kCheckpoint, kept}}};
  const auto text = log::FormatEvidence(file);
  if (!text.ok()) return std::string(text.status().message());
  const std::string name = FileNameOf(checkpoint);
  const auto path = state_->KeepFile(FileKind::kUnreconciled, watched->origin, name, *text);
  if (!path.ok()) return std::string(path.status().message());
  watched->unreconciled.emplace(name, kept);
  return *path;
}

// What is not a note of this log is nobody's word: it is left alone.
absl::Status Witness::RestoreUnreconciled(Watched* watched) {
  ASSIGN_OR_RETURN(const auto files, state_->ReadFiles(FileKind::kUnreconciled, watched->origin));
  for (const auto& [name, text] : files) {
    const auto file = log::ParseEvidence(text);
    if (!file.ok()) continue;
    const auto notes = file->Of(log::PartLabel::kCheckpoint);
    if (notes.empty() || !log::OpenNote(notes.back(), watched->keys).ok()) continue;
    watched->unreconciled.emplace(name, std::string(notes.back()));
  }
  return absl::OkStatus();
}

void Witness::Reconcile(const log::Checkpoint& checkpoint, const std::string& note, bool is_cosigned,
                        Watched* watched) {
  for (auto each = watched->unreconciled.begin(); each != watched->unreconciled.end();) {
    const auto parsed = log::ParseNote(each->second);
    const auto other = parsed.ok() ? log::ParseCheckpointText(parsed->text) : parsed.status();
    if (!other.ok() || other->size != checkpoint.size) {
      ++each;
    } else if (other->root != checkpoint.root && is_cosigned) {
      ++each;  // said when the request came
    } else if (other->root != checkpoint.root) {
      Log(LogLevel::kError, "log_forked",
          {{"origin", watched->origin},
           {"message", absl::StrCat(checkpoint.origin, " signed two trees of ", checkpoint.size, " records")},
           {"unreconciled", each->second},
           {"shown", note},
           {"evidence", KeepTwoRoots(*watched, each->second, note, checkpoint)}});
      ++each;
    } else if (is_cosigned) {
      state_->DropFile(FileKind::kUnreconciled, watched->origin, each->first);
      each = watched->unreconciled.erase(each);
    } else {
      ++each;
    }
  }
}

Answer Witness::Cosign(const log::Checkpoint& checkpoint, const log::Note& note, Watched* watched) {
  const auto now_s = static_cast<uint64_t>(std::max<int64_t>(options_.clock() / 1'000'000, 0));
  if (now_s + kClockBehindMaxS < watched->time_s) {
    Log(LogLevel::kError, "clock_set_back",
        {{"now", absl::StrCat(now_s)}, {"last_cosigned", absl::StrCat(watched->time_s)}});
    return Refused(503, "the witness's clock is behind its last cosignature");
  }
  const uint64_t time_s = std::max(now_s, watched->time_s);
  const auto line = log::Cosign(note.text, time_s, options_.name, *options_.key);
  if (!line.ok()) {
    LogStatus(LogLevel::kError, "cannot_sign", line.status());
    return Refused(500, "the witness cannot sign");
  }
  std::string kept = KeepKnown(note, watched->keys) + *line;
  if (const auto again = log::ParseNote(kept); !again.ok()) {
    return Refused(400, absl::StrCat("with the cosignature the checkpoint ", again.status().message()));
  }
  if (const absl::Status written = state_->Write(watched->origin, kept); !written.ok()) {
    LogStatus(LogLevel::kError, "cannot_store", written);
    return Refused(500, "the witness cannot store the checkpoint, so it does not cosign it");
  }
  watched->last = checkpoint;
  watched->note = std::move(kept);
  watched->time_s = time_s;
  if (options_.stored) options_.stored();
  Reconcile(checkpoint, watched->note, true, watched);
  Log(LogLevel::kInfo, "cosigned",
      {{"origin", watched->origin},
       {"size", absl::StrCat(checkpoint.size)},
       {"root", Base64Encode(checkpoint.root.view())}});
  return {200, std::string(kText), *line};
}

Answer Witness::Latest(std::string_view origin_hash) {
  const auto found = logs_.find(origin_hash);
  if (found == logs_.end()) return Refused(404, "no such log is known");
  MutexLock lock(&found->second.mutex);
  if (found->second.note.empty()) return Refused(404, "no checkpoint of this log was cosigned yet");
  return {200, std::string(kText), found->second.note};
}

}  // namespace fundledger::witness
