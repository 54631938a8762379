#include "ledger/engine/create.h"

#include <filesystem>
#include <system_error>

#include "fundledger/storage/v1/entities.pb.h"
#include "ledger/audit/audit.h"
#include "ledger/base/files.h"
#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"
#include "ledger/engine/facts.h"
#include "ledger/engine/group.h"
#include "ledger/engine/layout.h"
#include "ledger/log/record.h"
#include "ledger/store/anchor.h"
#include "ledger/store/rocksdb.h"

#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

using store::Table;

absl::Status Io(const std::string& path, std::string_view what, const std::string& why) {
  return Refuse(absl::StatusCode::kUnavailable, "DIRECTORY_NOT_MADE",
                absl::StrCat(path, ": cannot ", ToAbsl(what), ": ", why));
}

}  // namespace

absl::Status SyncParent(const std::string& directory) {
  const std::filesystem::path parent = DirectoryOf(directory);
  const std::error_code error = SyncDirectory(parent);
  return error ? Io(parent.string(), "sync", error.message()) : absl::OkStatus();
}

absl::Status MakeDirectory(const std::string& directory) {
  std::error_code error;
  const bool exists = std::filesystem::exists(directory, error);
  if (exists && !std::filesystem::is_empty(directory, error)) {
    return Refuse(
        absl::StatusCode::kAlreadyExists, "LEDGER_EXISTS",
        absl::StrCat(directory, " is not an empty directory: a ledger is only created in one that is"));
  }
  if (!error) error = MakeDirectories(directory);
  if (error) return Io(directory, "make the directory", error.message());
  return SyncParent(directory);  // whoever made it before may not have
}

void WriteMeta(std::string_view origin, store::Batch* batch) {
  storage::v1::Meta meta;
  meta.set_schema_version(kSchemaVersion);
  meta.set_origin(std::string(origin));
  batch->Put(Table::kMeta, std::string(kMetaKey), meta.SerializeAsString());
}

absl::StatusOr<std::string> MakeGenesis(v1::Genesis genesis, std::string_view request_id,
                                        const crypto::Signer& log_key,
                                        const std::vector<const crypto::Signer*>& administrators) {
  if (administrators.empty() || administrators.size() != static_cast<size_t>(genesis.administrators_size())) {
    return Refuse(absl::StatusCode::kInvalidArgument, "GENESIS_KEYS_MISSING",
                  absl::StrCat("the genesis names ", genesis.administrators_size(), " administrators, ",
                               administrators.size(), " keys are given: one each, in order"));
  }
  std::vector<const crypto::Signer*> signers = {&log_key};
  for (int i = 0; i < genesis.administrators_size(); ++i) {
    const crypto::Signer* signer = administrators[static_cast<size_t>(i)];
    v1::RegisterOfficer& officer = *genesis.mutable_administrators(i);
    ASSIGN_OR_RETURN(const std::string proof,
                     signer->Sign(crypto::PreAuthEncoding(crypto::kKeyProofType, officer.id())));
    officer.set_key_proof(proof);
    signers.push_back(signer);
  }
  v1::Submission submission;
  submission.set_officer(genesis.administrators(0).id());
  submission.set_request_id(std::string(request_id));
  *submission.add_actions()->mutable_genesis() = std::move(genesis);
  ASSIGN_OR_RETURN(std::string envelope,
                   crypto::SealEnvelope(crypto::kSubmissionType, submission.SerializeAsString(), signers));
  // Tried at once, at no time in particular, so that a mistake shows before the envelope is carried anywhere.
  ASSIGN_OR_RETURN(const audit::Admitted admitted, audit::Admit(envelope));
  const EmptyBooks nothing;
  audit::VerifierCache keys;
  absl::Status status = audit::CheckSignatures(nothing, admitted, &keys);
  if (status.ok()) status = books::Apply(nothing, {}, admitted.submission()).status();
  if (status.ok()) return envelope;
  return Refuse(absl::StatusCode::kInvalidArgument, ReasonOf(status), ToStd(status.message()));
}

absl::StatusOr<FirstRecord> MakeFirstRecord(const CreateOptions& options) {
  ASSIGN_OR_RETURN(const audit::Admitted admitted, audit::Admit(options.genesis_envelope));
  const int64_t now_us = options.clock();
  RETURN_IF_ERROR(audit::CheckBinding(admitted, 0, now_us, std::nullopt, nullptr));
  ASSIGN_OR_RETURN(LedgerFacts facts, FactsOfGenesis(admitted.submission().actions(0).genesis(), Hash256()));
  RETURN_IF_ERROR(CheckLogKey(facts, options.log_key.get()));

  const EmptyBooks nothing;
  audit::VerifierCache keys;
  const LogSigners signers({options.log_key}, options.sm2_key);
  Group group(facts, signers, options.log_key.get(), LogEnd(), nothing, /*below=*/nullptr, &keys,
              /*roots=*/nullptr);
  const Verdict verdict = group.Add(admitted, options.genesis_envelope, /*signer=*/std::nullopt, now_us);
  RETURN_IF_ERROR(verdict.status);

  FirstRecord first;
  ASSIGN_OR_RETURN(const log::Checkpoint checkpoint, group.Seal(&first.signed_checkpoint));
  if (checkpoint.size != 1) {
    return Refuse(absl::StatusCode::kInternal, "GENESIS_NOT_ALONE",
                  "a genesis did not make a log of one record");
  }
  WriteMeta(facts.origin, group.mutable_batch());
  first.batch = group.batch();
  return first;
}

// Everything is verified before anything is written. The anchor comes last: with it the ledger is there, and
// a creation that was interrupted before has nothing in it yet that anyone was told of.
absl::Status Engine::Create(const CreateOptions& options) {
  ASSIGN_OR_RETURN(const FirstRecord first, MakeFirstRecord(options));
  RETURN_IF_ERROR(MakeDirectory(options.directory));
  const std::filesystem::path directory = options.directory;
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                   store::CreateRocksdb((directory / "db").string()));
  RETURN_IF_ERROR(store->Commit(first.batch, 0, 1));
  return store::Anchor::Create((directory / "anchor").string(), first.signed_checkpoint).status();
}

}  // namespace fundledger::engine
