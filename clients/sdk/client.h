// A client of one ledger: it signs, sends safely, and believes only what it verified.
//
//   auto client = Client::Connect(config, {});
//   auto sealed = (*client)->SealActions("clerk-1", *signer, NewRequestId(), actions);
//   auto receipt = (*client)->Submit(*sealed, signer->public_key());
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "clients/sdk/channel.h"
#include "clients/sdk/config.h"
#include "clients/sdk/facts.h"
#include "clients/sdk/log_keyring.h"
#include "clients/sdk/receipt.h"
#include "clients/sdk/rpc_status.h"
#include "clients/sdk/seen.h"
#include "clients/sdk/submission.h"
#include "clients/sdk/witnessed.h"
#include "fundledger/v1/audit_service.grpc.pb.h"
#include "fundledger/v1/fund_service.grpc.pb.h"
#include "fundledger/v1/ledger_service.grpc.pb.h"
#include "fundledger/v1/project_service.grpc.pb.h"
#include "fundledger/v1/registry_service.grpc.pb.h"
#include "fundledger/v1/report_service.grpc.pb.h"
#include "ledger/base/clock.h"
#include "ledger/base/date.h"
#include "ledger/base/status.h"
#include "ledger/log/record.h"

#include "absl/status/statusor.h"

namespace fundledger::sdk {

struct ClientOptions {
  // How long a call is tried again while the server cannot be reached or is too busy.
  int64_t patience_ms = 30'000;
  // The same for the first call: somebody waits at a terminal.
  int64_t first_patience_ms = 3'000;
  // How long one attempt may stay without an answer; on a stream, without the next one.
  int64_t attempt_ms = 20'000;
  Clock clock = SystemClockMicros;
  // What the client shows of itself (ReadIdentity); none without TLS.
  std::shared_ptr<const Identity> identity = nullptr;
};

// A record whose place in the log was verified.
struct VerifiedRecord {
  std::string bytes;
  log::RecordHeader header;
  Hash256 leaf;
  v1::Submission submission;
  std::vector<std::string> signatures;
  std::vector<Hash256> inclusion;  // in the tree of `checkpoint`
  log::Checkpoint checkpoint;
  std::string note;
};

// Decodes a record's bytes: header, leaf, submission. Evidence, reason RECORD_INVALID, where they are not the
// record of that sequence.
absl::StatusOr<VerifiedRecord> DecodeRecordBytes(Sequence sequence, const std::string& bytes);

// Not thread-safe.
class Client {
 public:
  // Connects and makes sure that this is the ledger meant, and no less of it than was seen before. Evidence,
  // reasons as of Seen; FAILED_PRECONDITION, reason WRONG_LEDGER, if it is another ledger.
  static absl::StatusOr<std::unique_ptr<Client>> Connect(const ClientConfig& config,
                                                         const ClientOptions& options);

  const ClientConfig& config() const { return config_; }
  const ClientOptions& options() const { return options_; }
  const log::Checkpoint& seen() const { return seen_->checkpoint(); }
  // The log's keys, as far as this client followed them.
  const std::shared_ptr<LogKeyring>& log_keys() const { return log_keys_; }
  Date first_day() const { return first_day_; }
  int32_t utc_offset_minutes() const { return ledger_.utc_offset_minutes(); }
  const v1::GetLedgerResponse& ledger() const { return ledger_; }
  // Up to where the last answer was witnessed under the configuration's policy; nothing: it was not. Null:
  // there is no policy that asks for witnesses, or no answer yet.
  const std::optional<WitnessedUpTo>* witnessed() const {
    return witnessed_.has_value() ? &*witnessed_ : nullptr;
  }
  // Today in the ledger's time zone.
  Date Today() const { return Date::FromUnixMicros(options_.clock(), utc_offset_minutes()); }

  // A submission for this ledger, valid for 30 days, that names the last checkpoint verified. Unsigned.
  v1::Submission Draft(std::string_view officer, const std::string& request_id,
                       const std::vector<v1::Action>& actions) const;
  absl::StatusOr<Sealed> SealActions(std::string_view officer, const crypto::Signer& signer,
                                     const std::string& request_id,
                                     const std::vector<v1::Action>& actions) const;

  // Sends the same bytes until they are answered or the patience is at its end; checks the receipt; keeps it.
  // The checkpoint is believed at once, or, with `settle` false, by the next call of Settle. UNAVAILABLE,
  // DEADLINE_EXCEEDED or RESOURCE_EXHAUSTED: unknown whether it was recorded; send the same again. Of other
  // errors from the server only IsRefusal (rpc_status.h) says that it was not. Evidence
  // that says so: it was recorded, and its receipt is kept. What could not be settled is no error: it stands
  // in CheckedReceipt::settled.
  absl::StatusOr<CheckedReceipt> Submit(const Sealed& sealed, const crypto::PublicKey& own_key,
                                        bool settle = true);
  // Leaves a checked receipt's checkpoint to the next call of Settle; how many wait for it.
  size_t Owe(const CheckedReceipt& receipt);
  // Believes the checkpoint of every receipt since the last call. FAILED_PRECONDITION, reason NOT_SETTLED:
  // what could not be proven stays for the next. Evidence.
  absl::Status Settle();

  // Verifies a checkpoint and its consistency with what was seen.
  absl::StatusOr<log::Checkpoint> Believe(const std::string& note);
  // The latest checkpoint, believed.
  absl::StatusOr<log::Checkpoint> Latest(std::string* note);
  // Believes the checkpoint an answer is based on, and that it covers the sequence named.
  absl::StatusOr<log::Checkpoint> BelieveBasis(const v1::Basis& basis);
  // A record with its proof, verified.
  absl::StatusOr<VerifiedRecord> Record(Sequence sequence);
  // That a record's bytes are in the tree of a believed checkpoint.
  absl::StatusOr<VerifiedRecord> VerifyRecord(Sequence sequence, const std::string& bytes,
                                              const log::Checkpoint& checkpoint);

  // The keys that records before `before` name for an officer; whether they came to count is not theirs to
  // say. Each record that names one is verified to be in the log; that none was left out is not. Asked for
  // once. UNAVAILABLE, reason NO_ANSWER, where the ledger does not show them.
  absl::StatusOr<std::vector<crypto::PublicKey>> KeysNamedFor(const std::string& officer, Sequence before);

  // A reading call, tried again while the server cannot be reached. The basis of an answer is believed, and
  // may not be behind what was seen before. Evidence, reason ANSWER_OUTDATED.
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(Stub& stub,
                                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    Response response;
    const grpc::Status status = WithRetry(options_.patience_ms, [&](grpc::ClientContext* context) {
      response.Clear();
      return (stub.*method)(context, request, &response);
    });
    if (!status.ok()) return FromGrpc(status);
    if constexpr (requires { response.basis(); }) {
      RETURN_IF_ERROR(CheckFresh(response.basis(), AsksForLatest(request)));
    }
    return response;
  }

  // Passes the time until the next attempt; returns early where the server is reached again.
  void Wait(int64_t wait_ms);

  v1::LedgerService::Stub& ledger_service() { return *ledger_service_; }
  v1::FundService::Stub& funds() { return *funds_; }
  v1::ProjectService::Stub& projects() { return *projects_; }
  v1::AuditService::Stub& audit() { return *audit_; }
  v1::RegistryService::Stub& registry() { return *registry_; }
  v1::ReportService::Stub& reports() { return *reports_; }

 private:
  Client(ClientConfig config, ClientOptions options, std::shared_ptr<grpc::Channel> channel);
  absl::Status Greet();
  // Asks which ledger it is; it is the one meant.
  absl::Status AskLedger();
  // Follows the records that replaced the log's key and are not known yet: each must prove itself, and be in
  // the log under the keys that they bring. Whether there were any.
  absl::StatusOr<bool> LearnLogKeys();
  // As the server shows it; nothing is verified.
  absl::StatusOr<v1::GetRecordResponse> FetchRecord(Sequence sequence);
  // Whether the answer has to count every record its checkpoint has: no earlier state is asked for, and no
  // later page, which is of the first page's state.
  template <typename Request>
  static bool AsksForLatest(const Request& request) {
    bool latest = true;
    if constexpr (requires { request.as_of(); }) latest = !request.as_of().has_sequence();
    if constexpr (requires { request.page_token(); }) latest = latest && request.page_token().empty();
    return latest;
  }
  struct Named {
    uint64_t size = 0;  // what the log had at least when it was asked
    std::vector<std::pair<Sequence, crypto::PublicKey>> keys;
  };
  absl::StatusOr<Named> AskForKeys(const std::string& officer);
  // Calls `visit` with each record of a kind of action, as the server lists them.
  absl::Status EachOfAction(
      const std::string& action,
      const std::function<absl::Status(const v1::RecordView&, const log::Checkpoint&)>& visit);
  // Judges what the answer shows of witnesses, `checkpoint` being its own.
  absl::Status CheckWitnessed(const v1::Basis& basis, const log::Checkpoint& checkpoint);
  absl::Status CheckFresh(const v1::Basis& basis, bool of_latest);
  // Calls with a fresh context until the answer is not one to repeat, or patience_ms have passed.
  grpc::Status WithRetry(int64_t patience_ms, const std::function<grpc::Status(grpc::ClientContext*)>& call);
  ProofFetcher Fetcher();

  ClientConfig config_;
  ClientOptions options_;
  std::shared_ptr<LogKeyring> log_keys_;
  std::optional<Seen> seen_;                                 // set by Greet
  std::vector<std::pair<uint64_t, std::string>> unsettled_;  // checkpoints of receipts, not yet believed
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::LedgerService::Stub> ledger_service_;
  std::unique_ptr<v1::FundService::Stub> funds_;
  std::unique_ptr<v1::ProjectService::Stub> projects_;
  std::unique_ptr<v1::AuditService::Stub> audit_;
  std::unique_ptr<v1::RegistryService::Stub> registry_;
  std::unique_ptr<v1::ReportService::Stub> reports_;
  v1::GetLedgerResponse ledger_;
  std::string witnessed_note_;  // that `witnessed_` was judged by
  std::optional<std::optional<WitnessedUpTo>> witnessed_;
  Date first_day_;
  std::map<std::string, Named> named_keys_;  // by officer
};

}  // namespace fundledger::sdk
