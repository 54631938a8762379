#include "clients/sdk/client.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "clients/bundle/named_keys.h"
#include "clients/sdk/files.h"
#include "ledger/audit/audit.h"
#include "ledger/base/bytes.h"
#include "ledger/crypto/dsse.h"
#include "ledger/log/merkle.h"

#include "absl/strings/str_cat.h"

namespace fundledger::sdk {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

absl::StatusOr<std::vector<Hash256>> ReadHashes(const google::protobuf::RepeatedPtrField<std::string>& from) {
  std::vector<Hash256> hashes;
  for (const std::string& bytes : from) {
    const auto hash = Hash256::FromBytes(bytes);
    if (!hash.has_value())
      return Evidence("PROOF_MALFORMED", "a hash of the server's proof is not of 32 bytes");
    hashes.push_back(*hash);
  }
  return hashes;
}

// Not as the server said it: that would be a refusal, and it refused only to prove.
absl::Status NotSettled(const absl::Status& why) {
  if (why.ok() || IsEvidence(why)) return why;
  return Refuse(absl::StatusCode::kFailedPrecondition, "NOT_SETTLED",
                absl::StrCat("that the log only grew since it was last seen is still to be proven, and any "
                             "command asks again (",
                             why.message(), ")"));
}

}  // namespace

absl::StatusOr<VerifiedRecord> DecodeRecordBytes(Sequence sequence, const std::string& bytes) {
  const auto invalid = [sequence](std::string_view what) {
    return Evidence("RECORD_INVALID",
                    absl::StrCat("record ", sequence, " as the server shows it: ", ToAbsl(what)));
  };
  const auto decoded = log::DecodeRecord(bytes);
  if (!decoded.ok()) return invalid(ToStd(decoded.status().message()));
  if (decoded->header.sequence != sequence) return invalid("its header names another sequence");
  auto opened = crypto::OpenEnvelope(decoded->envelope);
  if (!opened.ok()) return invalid(ToStd(opened.status().message()));
  VerifiedRecord record;
  if (!record.submission.ParseFromString(opened->payload)) return invalid("it holds no submission");
  record.signatures = std::move(opened->signatures);
  record.header = decoded->header;
  record.leaf = log::LeafHash(bytes);
  record.bytes = bytes;
  return record;
}

Client::Client(ClientConfig config, ClientOptions options, std::shared_ptr<grpc::Channel> channel)
    : config_(std::move(config)),
      options_(std::move(options)),
      log_keys_(std::make_shared<LogKeyring>(config_.log)),
      channel_(channel),
      ledger_service_(v1::LedgerService::NewStub(channel)),
      funds_(v1::FundService::NewStub(channel)),
      projects_(v1::ProjectService::NewStub(channel)),
      audit_(v1::AuditService::NewStub(channel)),
      registry_(v1::RegistryService::NewStub(channel)),
      reports_(v1::ReportService::NewStub(channel)) {}

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(const ClientConfig& config,
                                                        const ClientOptions& options) {
  ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, OpenChannel(config, options.identity.get()));
  std::unique_ptr<Client> client(new Client(config, options, std::move(channel)));
  RETURN_IF_ERROR(client->Greet());
  return client;
}

absl::Status Client::AskLedger() {
  const grpc::Status status = WithRetry(options_.first_patience_ms, [this](grpc::ClientContext* context) {
    return ledger_service_->GetLedger(context, {}, &ledger_);
  });
  if (!status.ok()) return Annotate(FromGrpc(status), absl::StrCat("server ", config_.server));
  if (ledger_.ledger() == config_.ledger.view() && ledger_.verifier_key() == config_.verifier_key) {
    return absl::OkStatus();
  }
  return Refuse(absl::StatusCode::kFailedPrecondition, "WRONG_LEDGER",
                absl::StrCat("server ", config_.server, " serves ledger ", HexEncode(ledger_.ledger()), " (",
                             ledger_.verifier_key(), "), but ", config_.path.string(), " names ",
                             HexEncode(config_.ledger.view()), " (", config_.verifier_key,
                             "): check the address, and believe neither before you know why"));
}

absl::Status Client::Greet() {
  RETURN_IF_ERROR(AskLedger());
  const v1::Date& day = ledger_.first_day();
  ASSIGN_OR_RETURN(first_day_, Date::FromCivil(day.year(), day.month(), day.day()));
  const auto kept = LoadFacts(config_.facts_path(), config_.ledger);
  if (kept.ok()) {
    ASSIGN_OR_RETURN(const auto keys, LogKeyring::FromFacts(*kept, config_.log));
    log_keys_->Learn(std::move(*keys));
  }
  RETURN_IF_ERROR(LearnLogKeys().status());
  log_keys_->DemandSm2(config_.sm2);
  log_keys_->AskForMore([this]() -> absl::StatusOr<bool> {
    RETURN_IF_ERROR(AskLedger());
    return LearnLogKeys();
  });
  ASSIGN_OR_RETURN(seen_,
                   Seen::Load(config_.seen_path(), config_.evidence_path(), log_keys_, config_.ledger));
  // Another program may have seen more while this one's answer was under way: that is no shrinking.
  const auto shown = log_keys_->keys().Open(ledger_.checkpoint());
  if (shown.ok() && shown->size < seen_->checkpoint().size) RETURN_IF_ERROR(AskLedger());
  return seen_->BelieveLatest(ledger_.checkpoint(), Fetcher()).status();
}

absl::StatusOr<v1::GetRecordResponse> Client::FetchRecord(Sequence sequence) {
  v1::GetRecordRequest request;
  request.set_sequence(sequence);
  v1::GetRecordResponse response;
  const grpc::Status status = WithRetry(options_.patience_ms, [&](grpc::ClientContext* context) {
    response.Clear();
    return audit_->GetRecord(context, request, &response);
  });
  if (!status.ok()) return FromGrpc(status);
  return response;
}

absl::StatusOr<bool> Client::LearnLogKeys() {
  const auto& rotations = ledger_.log_key_rotations();
  if (rotations.empty()) return false;
  auto facts = LoadFacts(config_.facts_path(), config_.ledger);
  if (!facts.ok()) {
    ASSIGN_OR_RETURN(const v1::GetRecordResponse first, FetchRecord(0));
    ASSIGN_OR_RETURN(facts, FactsOfGenesis(first.record().record(), config_.ledger));
  }
  std::vector<std::pair<Sequence, v1::GetRecordResponse>> shown;
  for (int i = static_cast<int>(facts->log_key_rotations.size()); i < rotations.size(); ++i) {
    ASSIGN_OR_RETURN(v1::GetRecordResponse response, FetchRecord(rotations[i]));
    facts->log_key_rotations.push_back(response.record().record());
    shown.emplace_back(rotations[i], std::move(response));
  }
  if (shown.empty()) return false;
  const auto unproven = [](const absl::Status& why) {
    return Evidence("LOG_KEY_UNPROVEN",
                    absl::StrCat("the server does not prove that the log's key was replaced: ", why.message(),
                                 "; do not believe what another key signed"));
  };
  const auto keys = LogKeyring::FromFacts(*facts, config_.log);
  if (!keys.ok()) return unproven(keys.status());
  for (const auto& [sequence, response] : shown) {
    const auto checkpoint = (*keys)->Open(response.basis().checkpoint());
    if (!checkpoint.ok()) return unproven(checkpoint.status());
    ASSIGN_OR_RETURN(const std::vector<Hash256> proof, ReadHashes(response.inclusion()));
    const absl::Status included = log::VerifyInclusion(
        sequence, checkpoint->size, log::LeafHash(response.record().record()), proof, checkpoint->root);
    if (!included.ok()) return unproven(included);
  }
  log_keys_->Learn(std::move(**keys));
  RETURN_IF_ERROR(SaveFacts(config_.facts_path(), *facts));
  return true;
}

grpc::Status Client::WithRetry(int64_t patience_ms,
                               const std::function<grpc::Status(grpc::ClientContext*)>& call) {
  const auto give_up = SteadyClock::now() + milliseconds(patience_ms);
  milliseconds pause{50};
  for (;;) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + milliseconds(options_.attempt_ms));
    const grpc::Status status = call(&context);
    if (status.ok() || !IsRetryable(status)) return status;
    const milliseconds wait = std::max(pause, milliseconds(RetryDelayMs(status).value_or(0)));
    if (SteadyClock::now() + wait > give_up) return status;
    Wait(wait.count());
    pause = std::min(pause * 2, milliseconds(2000));
  }
}

// gRPC reads a handshake only while somebody waits in it: a client that slept between its attempts would find
// each new connection as far as it left it, until the server gives it up.
void Client::Wait(int64_t wait_ms) {
  const bool is_connected = channel_->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY;
  if (is_connected) return std::this_thread::sleep_for(milliseconds(wait_ms));
  channel_->WaitForConnected(std::chrono::system_clock::now() + milliseconds(wait_ms));
}

ProofFetcher Client::Fetcher() {
  ProofFetcher fetcher;
  fetcher.consistency = [this](uint64_t old_size, uint64_t new_size) -> absl::StatusOr<std::vector<Hash256>> {
    v1::GetConsistencyProofRequest request;
    request.set_old_size(old_size);
    request.set_new_size(new_size);
    const auto response = Call(*audit_, &v1::AuditService::Stub::GetConsistencyProof, request);
    const bool unprovable =
        absl::IsOutOfRange(response.status()) || absl::IsInvalidArgument(response.status());
    if (unprovable && IsFromServer(response.status())) {
      return Evidence("LOG_SHRANK", absl::StrCat("the server cannot prove that its log of ", new_size,
                                                 " records begins with the ", old_size,
                                                 " it showed: ", response.status().message()));
    }
    if (!response.ok()) return response.status();
    return ReadHashes(response->consistency());
  };
  fetcher.root = [this](uint64_t size) -> absl::StatusOr<Hash256> {
    v1::GetInclusionProofRequest request;
    request.set_tree_size(size);
    ASSIGN_OR_RETURN(const v1::GetInclusionProofResponse response,
                     Call(*audit_, &v1::AuditService::Stub::GetInclusionProof, request));
    const auto root = Hash256::FromBytes(response.root());
    if (!root.has_value()) return absl::DataLossError("the server's root is not of 32 bytes");
    return *root;
  };
  return fetcher;
}

v1::Submission Client::Draft(std::string_view officer, const std::string& request_id,
                             const std::vector<v1::Action>& actions) const {
  return DraftSubmission(config_.ledger, seen_->checkpoint(), options_.clock(), officer, request_id, actions);
}

absl::StatusOr<Sealed> Client::SealActions(std::string_view officer, const crypto::Signer& signer,
                                           const std::string& request_id,
                                           const std::vector<v1::Action>& actions) const {
  return Seal(Draft(officer, request_id, actions), signer);
}

absl::StatusOr<CheckedReceipt> Client::Submit(const Sealed& sealed, const crypto::PublicKey& own_key,
                                              bool settle) {
  v1::SubmitRequest request;
  request.set_envelope(sealed.envelope);
  ASSIGN_OR_RETURN(const v1::SubmitResponse response,
                   Call(*ledger_service_, &v1::LedgerService::Stub::Submit, request));
  ASSIGN_OR_RETURN(CheckedReceipt checked, CheckReceipt(response.receipt(), sealed, own_key, log_keys_,
                                                        [this](const std::string& officer, Sequence before) {
                                                          return KeysNamedFor(officer, before);
                                                        }));
  RETURN_IF_ERROR(KeepReceipt(config_.receipts_path(), checked));
  Owe(checked);
  if (!settle) return checked;
  absl::Status settled = Settle();
  if (!settled.ok()) {
    settled = Annotate(settled, absl::StrCat("it was recorded as ", checked.sequence,
                                             ", its receipt is kept, do not submit it anew"));
  }
  if (IsEvidence(settled)) return settled;
  checked.settled = std::move(settled);
  return checked;
}

size_t Client::Owe(const CheckedReceipt& receipt) {
  std::pair<uint64_t, std::string> owed(receipt.checkpoint.size, receipt.receipt.checkpoint());
  if (unsettled_.empty() || unsettled_.back() != owed) unsettled_.push_back(std::move(owed));
  return unsettled_.size();
}

absl::Status Client::Settle() {
  // All of them: a log that shows one tree to one receipt and another to the next is caught by the receipts
  // in between. The largest goes first, for what was seen is stored once then.
  std::sort(unsettled_.begin(), unsettled_.end());
  unsettled_.erase(std::unique(unsettled_.begin(), unsettled_.end()), unsettled_.end());
  while (!unsettled_.empty()) {
    RETURN_IF_ERROR(NotSettled(Believe(unsettled_.back().second).status()));
    unsettled_.pop_back();
  }
  return absl::OkStatus();
}

absl::StatusOr<log::Checkpoint> Client::Believe(const std::string& note) {
  return seen_->Believe(note, Fetcher());
}

absl::StatusOr<log::Checkpoint> Client::Latest(std::string* note) {
  ASSIGN_OR_RETURN(const v1::GetCheckpointResponse response,
                   Call(*audit_, &v1::AuditService::Stub::GetCheckpoint, v1::GetCheckpointRequest()));
  *note = response.checkpoint();
  return seen_->BelieveLatest(response.checkpoint(), Fetcher());
}

absl::StatusOr<log::Checkpoint> Client::BelieveBasis(const v1::Basis& basis) {
  ASSIGN_OR_RETURN(const log::Checkpoint checkpoint, Believe(basis.checkpoint()));
  if (basis.sequence() >= checkpoint.size) {
    return Evidence("BASIS_INVALID",
                    absl::StrCat("the answer counts records up to ", basis.sequence(),
                                 ", its checkpoint ends before that, at size ", checkpoint.size));
  }
  return checkpoint;
}

absl::Status Client::CheckFresh(const v1::Basis& basis, bool of_latest) {
  const uint64_t seen_size = seen_->checkpoint().size;
  ASSIGN_OR_RETURN(const log::Checkpoint checkpoint, BelieveBasis(basis));
  if (checkpoint.size < seen_size) {
    return Evidence("ANSWER_OUTDATED", absl::StrCat("the answer rests on a checkpoint of size ",
                                                    checkpoint.size, ", the log was seen at size ", seen_size,
                                                    " before: ask again, and do not rely on this answer"));
  }
  if (of_latest && basis.sequence() + 1 != checkpoint.size) {
    return Evidence("ANSWER_OUTDATED",
                    absl::StrCat("the answer counts records up to ", basis.sequence(),
                                 " only, its checkpoint is of size ", checkpoint.size,
                                 ", and no earlier state was asked for: do not rely on this answer"));
  }
  return CheckWitnessed(basis, checkpoint);
}

absl::Status Client::CheckWitnessed(const v1::Basis& basis, const log::Checkpoint& checkpoint) {
  if (config_.policy == nullptr || !config_.policy->AsksWitnesses()) return absl::OkStatus();
  // All that is believed is one history: what was found to be its beginning stays so.
  if (witnessed_.has_value() && basis.witnessed_checkpoint() == witnessed_note_) return absl::OkStatus();
  ASSIGN_OR_RETURN(witnessed_,
                   OpenWitnessedBasis(basis, checkpoint, log_keys_->keys(), *config_.policy, Fetcher()));
  witnessed_note_ = basis.witnessed_checkpoint();
  return absl::OkStatus();
}

absl::StatusOr<VerifiedRecord> Client::Record(Sequence sequence) {
  v1::GetRecordRequest request;
  request.set_sequence(sequence);
  ASSIGN_OR_RETURN(const v1::GetRecordResponse response,
                   Call(*audit_, &v1::AuditService::Stub::GetRecord, request));
  ASSIGN_OR_RETURN(const log::Checkpoint checkpoint, Believe(response.basis().checkpoint()));
  ASSIGN_OR_RETURN(VerifiedRecord record, DecodeRecordBytes(sequence, response.record().record()));
  ASSIGN_OR_RETURN(record.inclusion, ReadHashes(response.inclusion()));
  const absl::Status included =
      log::VerifyInclusion(sequence, checkpoint.size, record.leaf, record.inclusion, checkpoint.root);
  if (!included.ok()) {
    return Evidence("RECORD_NOT_INCLUDED", absl::StrCat("record ", sequence,
                                                        " as the server shows it is not in the "
                                                        "log under its checkpoint: ",
                                                        included.message()));
  }
  record.checkpoint = checkpoint;
  record.note = response.basis().checkpoint();
  return record;
}

absl::Status Client::EachOfAction(
    const std::string& action,
    const std::function<absl::Status(const v1::RecordView&, const log::Checkpoint&)>& visit) {
  v1::ListTrailRequest request;
  request.set_dimension(v1::TRAIL_DIMENSION_ACTION);
  request.set_id(action);
  request.set_page_size(500);
  do {
    ASSIGN_OR_RETURN(const v1::ListTrailResponse page,
                     Call(*audit_, &v1::AuditService::Stub::ListTrail, request));
    ASSIGN_OR_RETURN(const log::Checkpoint checkpoint, Believe(page.basis().checkpoint()));
    for (const v1::RecordView& view : page.records()) RETURN_IF_ERROR(visit(view, checkpoint));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

absl::StatusOr<Client::Named> Client::AskForKeys(const std::string& officer) {
  Named found;
  const auto add = [&](const VerifiedRecord& record) -> absl::Status {
    for (const bundle::NamedKey& named : bundle::KeysNamedIn(record.submission)) {
      if (named.officer != officer) continue;
      ASSIGN_OR_RETURN(crypto::PublicKey key, audit::ToPublicKey(named.key));
      found.keys.emplace_back(record.header.sequence, std::move(key));
    }
    return absl::OkStatus();
  };
  const auto add_if_named = [&](const v1::RecordView& view,
                                const log::Checkpoint& checkpoint) -> absl::Status {
    ASSIGN_OR_RETURN(const VerifiedRecord shown, DecodeRecordBytes(view.sequence(), view.record()));
    const auto named = bundle::KeysNamedIn(shown.submission);
    const bool is_wanted = std::any_of(named.begin(), named.end(),
                                       [&](const bundle::NamedKey& each) { return each.officer == officer; });
    if (!is_wanted) return absl::OkStatus();
    ASSIGN_OR_RETURN(const VerifiedRecord record, VerifyRecord(view.sequence(), view.record(), checkpoint));
    return add(record);
  };
  ASSIGN_OR_RETURN(const VerifiedRecord genesis, Record(0));
  RETURN_IF_ERROR(add(genesis));
  found.size = genesis.checkpoint.size;
  for (const char* action : {"register_officer", "rotate_key", "recover_key"}) {
    RETURN_IF_ERROR(EachOfAction(action, add_if_named));
  }
  return found;
}

absl::StatusOr<std::vector<crypto::PublicKey>> Client::KeysNamedFor(const std::string& officer,
                                                                    Sequence before) {
  Named& known = named_keys_[officer];
  if (known.size < before) {
    auto asked = AskForKeys(officer);
    // Whoever sent something and hears of a refusal to show keys is not to take it for one of what was sent.
    if (IsFromServer(asked.status()) && !IsEvidence(asked.status())) {
      return Refuse(
          absl::StatusCode::kUnavailable, "NO_ANSWER",
          absl::StrCat("the ledger does not show which keys ", officer, " had: ", asked.status().message()));
    }
    ASSIGN_OR_RETURN(known, std::move(asked));
  }
  std::vector<crypto::PublicKey> keys;
  for (const auto& [sequence, key] : known.keys) {
    if (sequence < before) keys.push_back(key);
  }
  return keys;
}

absl::StatusOr<VerifiedRecord> Client::VerifyRecord(Sequence sequence, const std::string& bytes,
                                                    const log::Checkpoint& checkpoint) {
  ASSIGN_OR_RETURN(VerifiedRecord record, DecodeRecordBytes(sequence, bytes));
  v1::GetInclusionProofRequest request;
  request.set_sequence(sequence);
  request.set_tree_size(checkpoint.size);
  ASSIGN_OR_RETURN(const v1::GetInclusionProofResponse response,
                   Call(*audit_, &v1::AuditService::Stub::GetInclusionProof, request));
  ASSIGN_OR_RETURN(record.inclusion, ReadHashes(response.inclusion()));
  const absl::Status included =
      log::VerifyInclusion(sequence, checkpoint.size, record.leaf, record.inclusion, checkpoint.root);
  if (!included.ok()) {
    return Evidence("RECORD_NOT_INCLUDED", absl::StrCat("record ", sequence,
                                                        " as the server shows it is not in the "
                                                        "log under its checkpoint: ",
                                                        included.message()));
  }
  record.checkpoint = checkpoint;
  return record;
}

}  // namespace fundledger::sdk
