// What every command needs: the options all share, the connection, the keys, and how answers are printed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clients/cli/forms.h"
#include "clients/sdk/client.h"
#include "clients/sdk/facts.h"
#include "clients/sdk/outbox.h"
#include "clients/sdk/passphrase.h"

#include "absl/status/statusor.h"
#include <nlohmann/json_fwd.hpp>

namespace fundledger::cli {

// What the program returns; `fundledger --help` lists them.
enum ExitCode : int {
  kExitOk = 0,
  kExitRefused = 1,      // the ledger refused, or there is no such thing
  kExitUsage = 2,        // usage, a file, the configuration, a key
  kExitUnreachable = 3,  // no answer; nothing was sent, or only a question
  kExitUnverified = 4,   // verification failed: evidence against the server, or a damaged state file
  kExitUnknown = 5,      // a submission was sent and not answered: send it again
  kExitWaiting = 6,      // a submission was signed and waits in the outbox: not sent
  kExitUnwitnessed = 7,  // not, or not to its end, under the cosignatures that were demanded
  kExitUnsettled = 8,    // a submission was recorded; that the log only grew is still to be proven
};
int ExitCodeOf(const absl::Status& status);

struct Globals {
  std::string config;
  std::string server;
  std::string officer;
  std::string lang;
  std::string passphrase_file;
  bool json = false;
  bool offline = false;
  bool require_witness = false;
  std::optional<int64_t> patience_s;  // where it was given
};

// What became of one that waited in the outbox.
struct SentAgain {
  sdk::Waiting waiting;
  absl::StatusOr<sdk::CheckedReceipt> receipt;
};

// The same error with the exit code kExitUnknown.
absl::Status MarkUnanswered(absl::Status status);
// An error that has the exit code kExitUsage.
absl::Status UsageError(std::string_view reason, std::string_view message);
// FAILED_PRECONDITION, reason NOT_WITNESSED; it has the exit code kExitUnwitnessed.
absl::Status NotWitnessed(std::string_view message);

class Context {
 public:
  Globals globals;

  bool json() const { return globals.json; }
  // client.toml, read once.
  absl::StatusOr<const sdk::ClientConfig*> config();
  // Where passphrases of keys come from.
  sdk::Passphrases& passphrases();
  // Connected once, with the certificate of the officer that --as or the configuration names.
  absl::StatusOr<sdk::Client*> client();
  // --as, else the configuration's officer. INVALID_ARGUMENT, reason OFFICER_MISSING.
  absl::StatusOr<std::string> officer();
  // The officer's key, read once.
  absl::StatusOr<const crypto::Signer*> signer(const std::string& officer);
  // OK unless --require-witness or the configuration demands witnesses and the last answer, resting on
  // `basis`, counts records behind the last witnessed one. Errors of NotWitnessed.
  absl::Status CheckWitnessed(const v1::Basis& basis);
  // Whether --require-witness or the configuration, where it is read anyway, demands witnesses.
  bool requires_witness() const {
    return globals.require_witness || (config_.has_value() && config_->require_witness);
  }
  // Up to where what was answered is witnessed: a line with its newline; empty where no policy asks for it.
  std::string WitnessedLine() const;
  // The same for programs: null where it is not, or no policy asks for it.
  nlohmann::ordered_json WitnessedJson() const;
  // Decimal places of indicators, asked for once.
  ScaleOf scale_of();

  // What the ledger says of itself, verified, and kept for the time without a connection: asked for only
  // where it is not kept yet. With --offline NOT_FOUND, reason FACTS_MISSING, instead.
  absl::StatusOr<const sdk::Facts*> facts();
  // Adds an indicator's decimal places to what is kept.
  absl::Status KeepScale(const std::string& indicator, uint32_t scale);

  // Signs, stores, sends, and removes what was stored once the answer is certain; what waits of this officer
  // goes before it. An unanswered submission stays in the outbox, and the error says how to send it again.
  // One that was recorded and not settled is recorded: unsettled() keeps that for the program's end. Where
  // what waits was not answered, the new one is neither sent nor kept: kExitUnreachable.
  absl::StatusOr<sdk::CheckedReceipt> Submit(const std::string& officer,
                                             const std::vector<v1::Action>& actions);
  // The same for what others signed too.
  absl::StatusOr<sdk::CheckedReceipt> SubmitSealed(const std::string& officer, const sdk::Sealed& sealed);
  // Signs and stores, and sends nothing: it waits behind what is there.
  absl::StatusOr<sdk::Waiting> KeepForLater(const std::string& officer,
                                            const std::vector<v1::Action>& actions);
  // OK, or why what was submitted last is recorded and not settled.
  const absl::Status& unsettled() const { return unsettled_; }
  // Sends what waits, oldest first; of one officer, unless that is empty. With `refused`, also what the
  // ledger refused before. A refused one does not stop those behind it. Returns what stopped it, if anything
  // did: an answer that did not come, or NOT_SETTLED of one that is recorded.
  absl::Status SendWaiting(const std::string& officer, bool refused, std::vector<SentAgain>* sent);

 private:
  // What opens the connection; none without TLS.
  absl::StatusOr<std::shared_ptr<const sdk::Identity>> Identity();
  // The right to send for an officer of whom nothing waits any more: what waited was sent.
  absl::StatusOr<sdk::FileLock> MakeWay(const std::string& officer);
  absl::Status SendAll(const sdk::Outbox& outbox, const std::string& officer, bool refused,
                       std::vector<SentAgain>* sent);
  absl::StatusOr<sdk::CheckedReceipt> SendNow(const sdk::Sealed& sealed);
  absl::StatusOr<sdk::CheckedReceipt> SendOne(const sdk::Outbox& outbox, sdk::Waiting* waiting);

  std::optional<sdk::ClientConfig> config_;
  std::optional<sdk::Passphrases> passphrases_;
  std::unique_ptr<sdk::Client> client_;
  std::map<std::string, std::unique_ptr<crypto::Signer>> signers_;
  std::optional<std::map<std::string, uint32_t>> scales_;
  std::optional<sdk::Facts> facts_;
  absl::Status unsettled_;
};

// What a command does, once options are read. The exit code, or why it failed.
using Command = std::function<absl::StatusOr<int>(Context&)>;

// Asks the ledger what cells name: payments by organization and reference, records' leaf hashes, indicators'
// scales. What is signed names the leaf hash of a record that was verified.
class LedgerResolver : public Resolver {
 public:
  explicit LedgerResolver(Context* context, sdk::Client* client) : context_(context), client_(client) {}
  absl::StatusOr<v1::ActionRef> Payment(const std::string& text) override;
  absl::StatusOr<v1::ActionRef> Action(const std::string& text) override;
  absl::StatusOr<uint32_t> Scale(const std::string& indicator) override;

  // The actions that cells named, as their records have them.
  struct Named {
    v1::ActionRef ref;
    std::string officer;
    v1::Action action;
  };
  const std::vector<Named>& named() const { return named_; }

 private:
  void Note(const v1::ActionRef& ref, const sdk::VerifiedRecord& record);

  std::vector<Named> named_;
  Context* context_;
  sdk::Client* client_;
  std::map<std::string, v1::Registered> indicators_;  // as the server says
  std::map<std::string, uint32_t> scales_;            // as their records say
};

// All indicators' decimal places, as the server says.
absl::StatusOr<std::map<std::string, uint32_t>> FetchScales(sdk::Client* client);

// Calls `method` page after page; `visit` gets each response, whose basis has been believed.
template <typename Stub, typename Request, typename Response, typename Visit>
absl::Status EachPage(sdk::Client* client, Stub& stub,
                      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      Request request, const Visit& visit) {
  do {
    ASSIGN_OR_RETURN(Response response, client->Call(stub, method, request));
    RETURN_IF_ERROR(client->BelieveBasis(response.basis()).status());
    RETURN_IF_ERROR(visit(response));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

// The checkpoint an answer rests on, in one line.
std::string BasisLine(const v1::Basis& basis, const log::Checkpoint& checkpoint);

}  // namespace fundledger::cli
