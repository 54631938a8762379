#include "clients/cli/context.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "clients/cli/language.h"
#include "clients/sdk/files.h"
#include "clients/sdk/keys.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/time_text.h"
#include "ledger/books/keys.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include <nlohmann/json.hpp>

namespace fundledger::cli {
namespace {

constexpr char kUnansweredUrl[] = "type.fundledger/unanswered";
constexpr char kBlockedUrl[] = "type.fundledger/blocked";

bool IsTransport(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status) || ReasonOf(status) == "NO_ANSWER";
}

// Nothing came of what stands before it in the outbox, and so it was not sent itself. It is said of an older
// submission, but it is an answer to whoever gave this one.
absl::Status Blocked(const absl::Status& stopped) {
  absl::Status blocked =
      Annotate(stopped, T("this was not sent: what waits in the outbox goes first, and was not answered",
                          "本次内容未发送：发件箱中待发的报送须先发送，但未获答复"));
  blocked.ErasePayload(kUnansweredUrl);
  blocked.SetPayload(kBlockedUrl, absl::Cord("1"));
  return blocked;
}

}  // namespace

int ExitCodeOf(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  if (status.ok()) return kExitOk;
  if (status.GetPayload(kBlockedUrl).has_value()) return kExitUnreachable;
  if (status.GetPayload(kUnansweredUrl).has_value()) return kExitUnknown;
  // That our last checkpoint is no prefix of its log is said by the server, but against itself: it signed it.
  for (const char* unverified : {"WRONG_LEDGER", "SEEN_DAMAGED", "SEEN_NOT_A_PREFIX"}) {
    if (reason == unverified) return kExitUnverified;
  }
  if (sdk::IsEvidence(status)) return kExitUnverified;
  if (reason == "NOT_WITNESSED") return kExitUnwitnessed;
  if (reason == "NOT_SETTLED") return kExitUnsettled;
  for (const char* unanswered : {"SERVER_UNREACHABLE", "SERVER_TIMED_OUT", "NO_ANSWER"}) {
    if (reason == unanswered) return kExitUnreachable;
  }
  if (sdk::IsFromServer(status)) return IsTransport(status) ? kExitUnreachable : kExitRefused;
  return kExitUsage;
}

absl::Status MarkUnanswered(absl::Status status) {
  status.SetPayload(kUnansweredUrl, absl::Cord("1"));
  return status;
}

absl::Status UsageError(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kInvalidArgument, reason, message);
}

absl::Status NotWitnessed(std::string_view message) {
  return Refuse(absl::StatusCode::kFailedPrecondition, "NOT_WITNESSED", message);
}

absl::StatusOr<const sdk::ClientConfig*> Context::config() {
  if (!config_.has_value()) {
    ASSIGN_OR_RETURN(const auto path, sdk::FindConfig(globals.config));
    ASSIGN_OR_RETURN(sdk::ClientConfig config, sdk::LoadConfig(path));
    if (!globals.server.empty()) config.server = globals.server;
    config_ = std::move(config);
  }
  return &*config_;
}

sdk::Passphrases& Context::passphrases() {
  if (!passphrases_.has_value()) passphrases_.emplace(globals.passphrase_file);
  return *passphrases_;
}

absl::StatusOr<std::shared_ptr<const sdk::Identity>> Context::Identity() {
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, this->config());
  if (!config->tls.has_value() || !config->tls->shows_certificate()) {
    return std::shared_ptr<const sdk::Identity>();
  }
  ASSIGN_OR_RETURN(const std::string officer, this->officer());
  return sdk::ReadIdentity(*config, officer, SystemClockMicros() / 1'000'000, &passphrases());
}

absl::StatusOr<sdk::Client*> Context::client() {
  if (client_ == nullptr) {
    ASSIGN_OR_RETURN(const sdk::ClientConfig* config, this->config());
    if (globals.offline) {
      return UsageError("CONNECTION_NEEDED", "this needs a connection: give the command without --offline");
    }
    if (globals.require_witness && (config->policy == nullptr || !config->policy->AsksWitnesses())) {
      return UsageError("POLICY_MISSING",
                        absl::StrCat("whose cosignatures? set policy in ", config->path.string(),
                                     " to a policy file with a quorum"));
    }
    sdk::ClientOptions options;
    if (globals.patience_s.has_value()) {
      options.patience_ms = *globals.patience_s * 1000;
      options.first_patience_ms = options.patience_ms;
    }
    ASSIGN_OR_RETURN(options.identity, Identity());
    ASSIGN_OR_RETURN(client_, sdk::Client::Connect(*config, options));
  }
  return client_.get();
}

absl::StatusOr<std::string> Context::officer() {
  if (!globals.officer.empty()) return globals.officer;
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, this->config());
  if (!config->officer.empty()) return config->officer;
  return UsageError("OFFICER_MISSING",
                    absl::StrCat("who signs? give --as OFFICER, or set officer in ", config->path.string()));
}

absl::StatusOr<const crypto::Signer*> Context::signer(const std::string& officer) {
  auto& signer = signers_[officer];
  if (signer == nullptr) {
    ASSIGN_OR_RETURN(const sdk::ClientConfig* config, this->config());
    ASSIGN_OR_RETURN(signer, sdk::LoadSigner(config->key_path(officer), &passphrases()));
  }
  return signer.get();
}

absl::Status Context::CheckWitnessed(const v1::Basis& basis) {
  if (!requires_witness()) return absl::OkStatus();
  if (client_ == nullptr || client_->witnessed() == nullptr || !client_->witnessed()->has_value()) {
    return NotWitnessed(
        "the answer names no checkpoint under the cosignatures that the policy demands: ask the operator and "
        "the witnesses why");
  }
  const uint64_t last = (*client_->witnessed())->sequence;
  if (basis.sequence() <= last) return absl::OkStatus();
  return NotWitnessed(absl::StrCat("the answer counts records up to ", basis.sequence(),
                                   ", witnesses vouch for those up to ", last,
                                   ": ask again after their next interval, or for the state of then with "
                                   "--as-of-sequence ",
                                   last));
}

std::string Context::WitnessedLine() const {
  if (client_ == nullptr || client_->witnessed() == nullptr) return "";
  const std::optional<sdk::WitnessedUpTo>& witnessed = *client_->witnessed();
  if (!witnessed.has_value()) {
    return T("Not witnessed: no checkpoint under the cosignatures that the policy demands was shown\n",
             "未见证：服务器未出示符合见证策略的检查点\n");
  }
  return absl::StrCat(T("Witnessed up to record ", "已见证至记录 "), witnessed->sequence,
                      T(", since ", "，时间 "), TimeText(witnessed->since_us, client_->utc_offset_minutes()),
                      T(", by ", "，见证人："), absl::StrJoin(witnessed->names, T(", ", "、")), "\n");
}

nlohmann::ordered_json Context::WitnessedJson() const {
  if (client_ == nullptr || client_->witnessed() == nullptr || !client_->witnessed()->has_value())
    return nullptr;
  const sdk::WitnessedUpTo& witnessed = **client_->witnessed();
  return {{"sequence", witnessed.sequence}, {"since_us", witnessed.since_us}, {"witnesses", witnessed.names}};
}

ScaleOf Context::scale_of() {
  return [this](const std::string& indicator) -> std::optional<uint32_t> {
    if (!scales_.has_value()) {
      scales_.emplace();
      const auto client = this->client();
      if (client.ok()) {
        auto fetched = FetchScales(*client);
        if (fetched.ok()) scales_ = *std::move(fetched);
      }
    }
    const auto found = scales_->find(indicator);
    if (found == scales_->end()) return std::nullopt;
    return found->second;
  };
}

absl::StatusOr<const sdk::Facts*> Context::facts() {
  if (facts_.has_value()) return &*facts_;
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, this->config());
  auto kept = sdk::LoadFacts(config->facts_path(), config->ledger);
  if (!kept.ok()) {
    if (globals.offline) return kept.status();
    ASSIGN_OR_RETURN(sdk::Client * client, this->client());
    ASSIGN_OR_RETURN(const sdk::VerifiedRecord genesis, client->Record(0));
    ASSIGN_OR_RETURN(kept, sdk::FactsOfGenesis(genesis.bytes, config->ledger));
    RETURN_IF_ERROR(sdk::SaveFacts(config->facts_path(), *kept));
  }
  facts_ = *std::move(kept);
  return &*facts_;
}

absl::Status Context::KeepScale(const std::string& indicator, uint32_t scale) {
  RETURN_IF_ERROR(facts().status());
  facts_->scales[indicator] = scale;
  return sdk::SaveFacts((*config())->facts_path(), *facts_);
}

absl::StatusOr<sdk::CheckedReceipt> Context::Submit(const std::string& officer,
                                                    const std::vector<v1::Action>& actions) {
  ASSIGN_OR_RETURN(const crypto::Signer* signer, this->signer(officer));
  ASSIGN_OR_RETURN(sdk::Client * client, this->client());
  ASSIGN_OR_RETURN(const sdk::FileLock held, MakeWay(officer));
  ASSIGN_OR_RETURN(const sdk::Sealed sealed,
                   client->SealActions(officer, *signer, sdk::NewRequestId(), actions));
  return SendNow(sealed);
}

absl::StatusOr<sdk::CheckedReceipt> Context::SubmitSealed(const std::string& officer,
                                                          const sdk::Sealed& sealed) {
  RETURN_IF_ERROR(client().status());
  ASSIGN_OR_RETURN(const sdk::FileLock held, MakeWay(officer));
  return SendNow(sealed);
}

absl::StatusOr<sdk::CheckedReceipt> Context::SendNow(const sdk::Sealed& sealed) {
  const sdk::Outbox outbox((*config())->outbox_path());
  ASSIGN_OR_RETURN(sdk::Waiting waiting, outbox.Store(sealed, false));
  auto receipt = SendOne(outbox, &waiting);
  // Whoever gave the command is told now; only what waited is listed with its refusal.
  if (sdk::IsRefusal(receipt.status()) || sdk::IsOfMirror(receipt.status())) {
    RETURN_IF_ERROR(outbox.Remove(waiting));
  }
  // A later one that is settled settles all before it.
  if (receipt.ok()) unsettled_ = receipt->settled;
  return receipt;
}

absl::StatusOr<sdk::Waiting> Context::KeepForLater(const std::string& officer,
                                                   const std::vector<v1::Action>& actions) {
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, this->config());
  ASSIGN_OR_RETURN(const crypto::Signer* signer, this->signer(officer));
  ASSIGN_OR_RETURN(const sdk::Facts* facts, this->facts());
  ASSIGN_OR_RETURN(auto log_keys, sdk::LogKeyring::FromFacts(*facts, config->log));
  ASSIGN_OR_RETURN(const sdk::Seen seen, sdk::Seen::Load(config->seen_path(), config->evidence_path(),
                                                         std::move(log_keys), config->ledger));
  const v1::Submission draft = sdk::DraftSubmission(config->ledger, seen.checkpoint(), SystemClockMicros(),
                                                    officer, sdk::NewRequestId(), actions);
  ASSIGN_OR_RETURN(const sdk::Sealed sealed, sdk::Seal(draft, *signer));
  const sdk::Outbox outbox(config->outbox_path());
  ASSIGN_OR_RETURN(const sdk::FileLock held, outbox.Lock(false));
  return outbox.Store(sealed, true);
}

absl::StatusOr<sdk::FileLock> Context::MakeWay(const std::string& officer) {
  const sdk::Outbox outbox((*config())->outbox_path());
  const auto waits = [&]() -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(const std::vector<sdk::Waiting> all, outbox.List());
    return std::any_of(all.begin(), all.end(), [&officer](const sdk::Waiting& each) {
      return !each.refusal.has_value() && each.submission.officer() == officer;
    });
  };
  {
    ASSIGN_OR_RETURN(sdk::FileLock shared, outbox.Lock(false));
    ASSIGN_OR_RETURN(const bool any, waits());
    if (!any) return shared;
  }
  // What is there may be another program's, which holds the lock until it is answered.
  ASSIGN_OR_RETURN(sdk::FileLock alone, outbox.Lock(true));
  std::vector<SentAgain> sent;
  const absl::Status stopped = SendAll(outbox, officer, false, &sent);
  for (const SentAgain& each : sent) {
    const std::string id = HexEncode(each.waiting.sealed.request_id);
    if (each.receipt.ok()) {
      std::cerr << T("submission ", "报送 ") << id
                << T(", which waited, was recorded as ", "（待发）已入账，序号 ") << each.receipt->sequence
                << '\n';
    } else if (each.waiting.refusal.has_value()) {
      std::cerr << T("submission ", "报送 ") << id
                << T(", which waited, was refused (township outbox lists it): ",
                     "（待发）被拒（见 township outbox）：")
                << ErrorLine(each.receipt.status()) << '\n';
    }
  }
  if (stopped.ok()) return alone;
  const int code = ExitCodeOf(stopped);
  const bool blocked = code == kExitUnknown || code == kExitUnreachable || code == kExitUnsettled;
  return blocked ? Blocked(stopped) : stopped;
}

absl::Status Context::SendWaiting(const std::string& officer, bool refused, std::vector<SentAgain>* sent) {
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, this->config());
  const sdk::Outbox outbox(config->outbox_path());
  ASSIGN_OR_RETURN(const sdk::FileLock alone, outbox.Lock(true));
  return SendAll(outbox, officer, refused, sent);
}

absl::Status Context::SendAll(const sdk::Outbox& outbox, const std::string& officer, bool refused,
                              std::vector<SentAgain>* sent) {
  ASSIGN_OR_RETURN(std::vector<sdk::Waiting> all, outbox.List());
  for (sdk::Waiting& waiting : all) {
    if (!officer.empty() && waiting.submission.officer() != officer) continue;
    if (waiting.refusal.has_value() && !refused) continue;
    // What cannot be sent now stays what it is, refused or not.
    if (const absl::Status connected = client().status(); !connected.ok()) {
      sent->push_back({std::move(waiting), connected});
      return connected;
    }
    const std::optional<sdk::Refusal> before = waiting.refusal;
    auto receipt = SendOne(outbox, &waiting);
    const absl::Status status = receipt.ok() ? receipt->settled : receipt.status();
    if (sdk::IsRefusal(status)) waiting.refusal = sdk::Refusal{status, SystemClockMicros()};
    if (sdk::IsOfMirror(status)) waiting.refusal = before;
    if (waiting.refusal.has_value()) RETURN_IF_ERROR(outbox.MarkRefused(waiting, *waiting.refusal));
    sent->push_back({std::move(waiting), std::move(receipt)});
    if (!status.ok() && !sdk::IsRefusal(status)) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<sdk::CheckedReceipt> Context::SendOne(const sdk::Outbox& outbox, sdk::Waiting* waiting) {
  ASSIGN_OR_RETURN(sdk::Client * client, this->client());
  const bool was_unsent = waiting->unsent();
  RETURN_IF_ERROR(outbox.MarkSent(waiting));
  // Last of all: from here on it is sent again by itself until it is answered.
  RETURN_IF_ERROR(outbox.Reopen(waiting));
  // No key is needed for the very bytes that were stored: a receipt is for them, or it is worth nothing.
  auto receipt = client->Submit(waiting->sealed, crypto::PublicKey());
  if (receipt.ok()) {
    RETURN_IF_ERROR(outbox.Remove(*waiting));
    return receipt;
  }
  if (sdk::IsOfMirror(receipt.status())) {
    if (was_unsent) RETURN_IF_ERROR(outbox.MarkUnsent(waiting));
    return receipt.status();
  }
  const bool is_of_server = sdk::IsFromServer(receipt.status()) && !sdk::IsRefusal(receipt.status());
  if (!is_of_server && !IsTransport(receipt.status())) return receipt.status();
  return MarkUnanswered(
      Refuse(receipt.status().code(), ReasonOf(receipt.status()),
             absl::StrCat(T("it is not known whether submission ", "不知报送 "),
                          HexEncode(waiting->sealed.request_id), T(" was recorded (", " 是否已入账（"),
                          receipt.status().message(),
                          T("): it is kept in the outbox; send the same again with: fundledger outbox send",
                            "）：已存于发件箱，请原样重发：fundledger outbox send"))));
}

absl::StatusOr<std::map<std::string, uint32_t>> FetchScales(sdk::Client* client) {
  std::map<std::string, uint32_t> scales;
  v1::ListRegisteredRequest request;
  request.set_kind(v1::REGISTRY_KIND_INDICATOR);
  request.set_page_size(1000);
  RETURN_IF_ERROR(EachPage(client, client->registry(), &v1::RegistryService::Stub::ListRegistered, request,
                           [&scales](const v1::ListRegisteredResponse& page) {
                             for (const auto& one : page.registered()) {
                               scales[one.indicator().id()] = one.indicator().scale();
                             }
                             return absl::OkStatus();
                           }));
  return scales;
}

absl::StatusOr<v1::ActionRef> LedgerResolver::Payment(const std::string& text) {
  RETURN_IF_ERROR(SyntaxResolver().Payment(text).status());
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return Action(text);
  v1::GetPaymentRequest request;
  request.set_organization(text.substr(0, slash));
  request.set_reference(text.substr(slash + 1));
  ASSIGN_OR_RETURN(const v1::GetPaymentResponse response,
                   client_->Call(client_->funds(), &v1::FundService::Stub::GetPayment, request));
  const v1::PaymentView& shown = response.payment();
  // As the ledger compares references: however they were typed.
  const std::string wanted = books::Fold(request.reference());
  if (shown.organization() != request.organization() || books::Fold(shown.reference()) != wanted) {
    return sdk::Evidence(
        "ANSWER_MISMATCH",
        absl::StrCat("asked for payment ", text, ", the server answered with ", shown.organization(), "/",
                     shown.reference(), ": sign nothing on this answer"));
  }
  const v1::ActionRef& named = shown.request();
  // A payment found by a name is the server's word: the record itself must be a request of that reference.
  ASSIGN_OR_RETURN(const sdk::VerifiedRecord record, client_->Record(named.sequence()));
  const auto index = static_cast<int>(named.action());
  const bool right = record.leaf.view() == named.leaf_hash() && index < record.submission.actions_size() &&
                     record.submission.actions(index).has_request_payment() &&
                     books::Fold(record.submission.actions(index).reference()) == wanted;
  if (right) {
    Note(named, record);
    return named;
  }
  return sdk::Evidence("PAYMENT_MISNAMED",
                       absl::StrCat("the server names record ", named.sequence(), " for payment ", text,
                                    ", but that record is no such request"));
}

absl::StatusOr<v1::ActionRef> LedgerResolver::Action(const std::string& text) {
  ASSIGN_OR_RETURN(v1::ActionRef ref, ParseActionRef(text));
  ASSIGN_OR_RETURN(const sdk::VerifiedRecord record, client_->Record(ref.sequence()));
  if (ref.action() >= static_cast<uint32_t>(record.submission.actions_size())) {
    return UsageError("ACTION_NOT_FOUND",
                      absl::StrCat("record ", ref.sequence(), " has ", record.submission.actions_size(),
                                   " actions, and none ", ref.action(), ": they count from 0"));
  }
  ref.set_leaf_hash(record.leaf.str());
  Note(ref, record);
  return ref;
}

void LedgerResolver::Note(const v1::ActionRef& ref, const sdk::VerifiedRecord& record) {
  named_.push_back(
      {ref, record.submission.officer(), record.submission.actions(static_cast<int>(ref.action()))});
}

absl::StatusOr<uint32_t> LedgerResolver::Scale(const std::string& indicator) {
  if (const auto known = scales_.find(indicator); known != scales_.end()) return known->second;
  if (indicators_.find(indicator) == indicators_.end()) {
    v1::ListRegisteredRequest request;
    request.set_kind(v1::REGISTRY_KIND_INDICATOR);
    request.set_page_size(1000);
    RETURN_IF_ERROR(EachPage(client_, client_->registry(), &v1::RegistryService::Stub::ListRegistered,
                             request, [this](const v1::ListRegisteredResponse& page) {
                               for (const auto& one : page.registered()) {
                                 indicators_[one.indicator().id()] = one;
                               }
                               return absl::OkStatus();
                             }));
  }
  const auto named = indicators_.find(indicator);
  if (named == indicators_.end()) {
    return UsageError("INDICATOR_NOT_FOUND",
                      absl::StrCat("there is no indicator \"", indicator, "\": see admin indicator list"));
  }
  // What is signed counts in units of these places: the server's word does not do, its record does.
  ASSIGN_OR_RETURN(const sdk::VerifiedRecord record, client_->Record(named->second.sequence()));
  for (const v1::Action& action : record.submission.actions()) {
    const v1::RegisterIndicator& what = action.register_indicator();
    if (what.id() != indicator || what.scale() != named->second.indicator().scale()) continue;
    RETURN_IF_ERROR(context_->KeepScale(indicator, what.scale()));
    return scales_[indicator] = what.scale();
  }
  return sdk::Evidence(
      "INDICATOR_MISNAMED",
      absl::StrCat("the server names record ", named->second.sequence(), " for indicator ", indicator,
                   " with ", named->second.indicator().scale(),
                   " decimal places, but that record does not register it so: sign nothing on "
                   "this answer"));
}

std::string BasisLine(const v1::Basis& basis, const log::Checkpoint& checkpoint) {
  const std::string date = basis.has_date()
                               ? absl::StrCat(T(", as of ", "，业务日期截至 "), FormatDate(basis.date()))
                               : std::string();
  return absl::StrCat(
      T("Records 0 to ", "依据记录 0 至 "), basis.sequence(), date,
      T("; checkpoint of size ", "；检查点规模 "), checkpoint.size, T(", root ", "，根 "),
      HexEncode(checkpoint.root.view()),
      T(" (the checkpoint's signature was verified; the figures are the server's own: inspect "
        "verify recomputes the books)",
        "（检查点签名已验证；数字由服务器计算，可用 inspect verify 重算）"));
}

}  // namespace fundledger::cli
