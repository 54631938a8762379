#include "clients/export/export.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "clients/bundle/named_keys.h"
#include "clients/bundle/receipt_file.h"
#include "ledger/audit/audit.h"
#include "ledger/audit/log_keys.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/text.h"
#include "ledger/log/record.h"

#include "absl/strings/str_cat.h"

namespace fundledger::exporting {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kProgressEvery = 256;
// With which a receipt's file name ends, as the client keeps it.
constexpr char kReceiptSuffix[] = ".receipt";

absl::Status Lost(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kDataLoss, reason, message);
}

absl::StatusOr<std::string> ReadReceipt(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.is_open() && !in.bad()) return bytes;
  return Refuse(absl::StatusCode::kUnavailable, "FILE_UNREADABLE",
                absl::StrCat(path.string(), " cannot be read"));
}

absl::Status WriteWhole(Source* source, const Options& options, bundle::Writer* writer) {
  const uint64_t total = source->checkpoint().size;
  const absl::Status read =
      source->ForEachRecord({}, [&](Sequence sequence, const std::string& record) -> absl::Status {
        if (sequence != writer->size()) {
          return Lost("RECORD_MISSING", absl::StrCat("record ", writer->size(), " was left out of the log: ",
                                                     sequence, " came instead"));
        }
        RETURN_IF_ERROR(writer->AppendRecord(record));
        const uint64_t done = sequence + 1;
        if (options.progress && (done % kProgressEvery == 0 || done == total)) options.progress(done, total);
        return absl::OkStatus();
      });
  RETURN_IF_ERROR(read);
  if (writer->size() == total && writer->Root() == source->checkpoint().root) return absl::OkStatus();
  return Lost("LOG_FORKED", absl::StrCat("the ", writer->size(), " records given out have the root ",
                                         HexEncode(writer->Root().view()), ", the checkpoint says ", total,
                                         " records and root ", HexEncode(source->checkpoint().root.view())));
}

absl::Status WriteAttested(Source* source, bundle::Writer* writer, uint64_t* written) {
  return source->ForEachAttested([&](const v1::AttestedCheckpoint& attested) -> absl::Status {
    ASSIGN_OR_RETURN(const log::Note note, log::ParseNote(attested.checkpoint()));
    ASSIGN_OR_RETURN(const log::Checkpoint checkpoint, log::ParseCheckpointText(note.text));
    RETURN_IF_ERROR(writer->AddFile(bundle::CheckpointPath(checkpoint.size), attested.checkpoint()));
    for (const v1::TimeStamp& stamp : attested.time_stamps()) {
      RETURN_IF_ERROR(CheckId("authority", stamp.authority()));
      RETURN_IF_ERROR(
          writer->AddFile(bundle::StampPath(checkpoint.size, stamp.authority()), stamp.response()));
    }
    ++*written;
    return absl::OkStatus();
  });
}

absl::StatusOr<v1::Submission> SubmissionIn(const std::string& record) {
  ASSIGN_OR_RETURN(const log::Record decoded, log::DecodeRecord(record));
  ASSIGN_OR_RETURN(const audit::Admitted admitted, audit::Admit(decoded.envelope));
  return admitted.submission();
}

struct FoundReceipt {
  fs::path path;
  log::ProofFile proof;
};

// Of the records in the bundle, all of a whole ledger's: receipts of this ledger. A client keeps those of
// others in the same place, and a second one of the same number where it holds another record.
absl::Status WriteReceipts(const fs::path& directory, const std::set<Sequence>* records,
                           const bundle::Manifest& manifest, bundle::Writer* writer, uint64_t* written) {
  std::map<Sequence, FoundReceipt> kept;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != kReceiptSuffix) continue;
    ASSIGN_OR_RETURN(const std::string bytes, ReadReceipt(it->path()));
    absl::StatusOr<log::ProofFile> proof = bundle::ParseReceipt(bytes);
    if (!proof.ok()) return Annotate(proof.status(), it->path().string());
    const Sequence sequence = proof->index;
    const bool is_wanted = records == nullptr ? sequence < manifest.size : records->contains(sequence);
    if (!is_wanted) continue;
    const auto submission = SubmissionIn(*proof->extra);
    if (!submission.ok()) return Annotate(submission.status(), it->path().string());
    if (sequence > 0 && submission->ledger() != manifest.ledger.view()) continue;
    const auto first = kept.find(sequence);
    if (first == kept.end()) {
      kept.emplace(sequence, FoundReceipt{it->path(), *std::move(proof)});
      continue;
    }
    if (first->second.proof.extra == proof->extra) continue;
    return Refuse(absl::StatusCode::kFailedPrecondition, "RECEIPTS_CONTRADICT",
                  absl::StrCat(first->second.path.string(), " and ", it->path().string(),
                               " hold two records ", sequence,
                               " of this ledger: keep both, for if the log signed both they are evidence; "
                               "export without --receipts and give them along"));
  }
  if (error) {
    return Refuse(absl::StatusCode::kNotFound, "FILE_MISSING",
                  absl::StrCat("no receipts can be read in ", directory.string(), ": ", error.message()));
  }
  for (const auto& [sequence, receipt] : kept) {
    RETURN_IF_ERROR(writer->AddFile(bundle::ProofPath(bundle::kReceiptsDirectory, sequence),
                                    log::FormatProofFile(receipt.proof)));
    ++*written;
  }
  return absl::OkStatus();
}

absl::Status WriteSome(Source* source, const Options& options, bundle::Writer* writer,
                       std::set<Sequence>* written, std::set<std::string>* officers) {
  return source->ForEachRecord(
      options.trail, [&](Sequence sequence, const std::string& record) -> absl::Status {
        RETURN_IF_ERROR(WriteProof(source, bundle::kRecordsDirectory, sequence, record, writer));
        written->insert(sequence);
        ASSIGN_OR_RETURN(const v1::Submission submission, SubmissionIn(record));
        officers->insert(submission.officer());
        if (options.progress && written->size() % kProgressEvery == 0) options.progress(written->size(), 0);
        return absl::OkStatus();
      });
}

}  // namespace

absl::Status WriteProof(Source* source, std::string_view directory, Sequence sequence,
                        const std::string& record, bundle::Writer* writer) {
  ASSIGN_OR_RETURN(const log::ProofFile proof, source->Prove(sequence, record));
  return writer->AddFile(bundle::ProofPath(directory, sequence), log::FormatProofFile(proof));
}

absl::StatusOr<bundle::Manifest> WriteFrame(Source* source, const std::string& policy,
                                            bundle::Writer* writer) {
  bundle::Manifest manifest;
  ASSIGN_OR_RETURN(const std::string genesis, source->Record(0));
  ASSIGN_OR_RETURN(const audit::LogKeys keys, audit::LogKeys::OfGenesis(genesis));
  manifest.ledger = log::LeafHash(genesis);
  manifest.origin = keys.At(0).name;
  manifest.verifier_key = log::VerifierKey(manifest.origin, keys.At(0).key->public_key());
  manifest.size = source->checkpoint().size;
  RETURN_IF_ERROR(writer->AddFile(bundle::kCheckpointFile, source->note()));
  RETURN_IF_ERROR(writer->AddFile(
      bundle::kPolicyFile,
      policy.empty() ? absl::StrCat("log ", manifest.verifier_key, "\nquorum none\n") : policy));
  return manifest;
}

// Of some records, who has them finds the log's keys by these; a whole ledger has them in their places.
absl::Status WriteKeys(Source* source, bundle::Writer* writer) {
  ASSIGN_OR_RETURN(const std::string genesis, source->Record(0));
  RETURN_IF_ERROR(WriteProof(source, bundle::kKeysDirectory, 0, genesis, writer));
  v1::ListTrailRequest rotations;
  rotations.set_dimension(v1::TRAIL_DIMENSION_ACTION);
  rotations.set_id("rotate_log_key");
  return source->ForEachRecord(rotations, [&](Sequence sequence, const std::string& record) {
    return WriteProof(source, bundle::kKeysDirectory, sequence, record, writer);
  });
}

absl::Status WriteOfficerKeys(Source* source, const std::set<std::string>& officers, bundle::Writer* writer) {
  std::set<Sequence> written;
  for (const char* action : {"register_officer", "rotate_key", "recover_key"}) {
    v1::ListTrailRequest trail;
    trail.set_dimension(v1::TRAIL_DIMENSION_ACTION);
    trail.set_id(action);
    const absl::Status read =
        source->ForEachRecord(trail, [&](Sequence sequence, const std::string& record) -> absl::Status {
          ASSIGN_OR_RETURN(const v1::Submission submission, SubmissionIn(record));
          const auto named = bundle::KeysNamedIn(submission);
          const bool is_wanted = std::any_of(named.begin(), named.end(), [&](const bundle::NamedKey& each) {
            return officers.contains(each.officer);
          });
          if (!is_wanted || !written.insert(sequence).second) return absl::OkStatus();
          return WriteProof(source, bundle::kOfficersDirectory, sequence, record, writer);
        });
    RETURN_IF_ERROR(read);
  }
  return absl::OkStatus();
}

absl::StatusOr<Exported> ExportBundle(Source* source, const Options& options) {
  ASSIGN_OR_RETURN(const std::unique_ptr<bundle::Writer> writer, bundle::Writer::Create(options.out));
  Exported exported;
  ASSIGN_OR_RETURN(exported.manifest, WriteFrame(source, options.policy, writer.get()));
  const bool is_whole = options.trail.dimension() == v1::TRAIL_DIMENSION_UNSPECIFIED;
  exported.manifest.kind = is_whole ? bundle::Kind::kWhole : bundle::Kind::kRecords;
  exported.manifest.about = options.about;
  std::set<Sequence> some;
  std::set<std::string> officers;
  if (is_whole) {
    RETURN_IF_ERROR(WriteWhole(source, options, writer.get()));
    exported.records = writer->size();
  } else {
    RETURN_IF_ERROR(WriteKeys(source, writer.get()));
    RETURN_IF_ERROR(WriteSome(source, options, writer.get(), &some, &officers));
    exported.records = some.size();
    if (some.empty()) {
      return Refuse(absl::StatusCode::kNotFound, "RECORD_NOT_FOUND",
                    absl::StrCat("there is no record about ", options.about));
    }
    RETURN_IF_ERROR(WriteOfficerKeys(source, officers, writer.get()));
  }
  RETURN_IF_ERROR(WriteAttested(source, writer.get(), &exported.checkpoints));
  if (!options.receipts.empty()) {
    RETURN_IF_ERROR(WriteReceipts(options.receipts, is_whole ? nullptr : &some, exported.manifest,
                                  writer.get(), &exported.receipts));
  }
  RETURN_IF_ERROR(writer->Finish(exported.manifest));
  return exported;
}

}  // namespace fundledger::exporting
