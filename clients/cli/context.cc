#include "clients/cli/context.h"

#include <utility>

#include "clients/cli/language.h"
#include "clients/sdk/files.h"
#include "clients/sdk/keys.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include <nlohmann/json.hpp>

namespace fundledger::cli {
namespace {

constexpr char kUnansweredUrl[] = "type.fundledger/unanswered";

bool IsTransport(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status) || ReasonOf(status) == "NO_ANSWER";
}

}  // namespace

int ExitCodeOf(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  if (status.ok()) return kExitOk;
  if (status.GetPayload(kUnansweredUrl).has_value()) return kExitUnknown;
  // That our last checkpoint is no prefix of its log is said by the server, but against itself: it signed it.
  for (const char* unverified : {"WRONG_LEDGER", "SEEN_DAMAGED", "SEEN_NOT_A_PREFIX"}) {
    if (reason == unverified) return kExitUnverified;
  }
  if (sdk::IsEvidence(status)) return kExitUnverified;
  for (const char* unanswered : {"SERVER_UNREACHABLE", "SERVER_TIMED_OUT", "NO_ANSWER"}) {
    if (reason == unanswered) return kExitUnreachable;
  }
  if (sdk::IsFromServer(status)) return IsTransport(status) ? kExitUnreachable : kExitRefused;
  return kExitUsage;
}

absl::Status UsageError(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kInvalidArgument, reason, message);
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
    sdk::ClientOptions options;
    options.patience_ms = globals.patience_s * 1000;
    options.first_patience_ms = std::min(options.first_patience_ms, options.patience_ms);
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

std::string Context::WitnessedLine() const {
  if (client_ == nullptr || client_->witnessed() == nullptr) return "";
  const std::optional<sdk::WitnessedUpTo>& witnessed = *client_->witnessed();
  if (!witnessed.has_value()) {
    return T("Not witnessed: no checkpoint under the cosignatures that the policy demands was shown\n",
             "未见证：服务器未出示符合见证策略的检查点\n");
  }
  return absl::StrCat(T("Witnessed up to record ", "已见证至记录 "), witnessed->sequence,
                      T(", since ", "，时间 "),
                      FormatTime(witnessed->since_us, client_->utc_offset_minutes()),
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

absl::StatusOr<sdk::CheckedReceipt> Context::Submit(const std::string& officer,
                                                    const std::vector<v1::Action>& actions) {
  ASSIGN_OR_RETURN(const crypto::Signer* signer, this->signer(officer));
  ASSIGN_OR_RETURN(sdk::Client * client, this->client());
  ASSIGN_OR_RETURN(const sdk::Sealed sealed,
                   client->SealActions(officer, *signer, sdk::NewRequestId(), actions));
  RETURN_IF_ERROR(sdk::Outbox(client->config().outbox_path()).Store(sealed));
  return Send(sealed, signer->public_key());
}

absl::StatusOr<sdk::CheckedReceipt> Context::Send(const sdk::Sealed& sealed,
                                                  const crypto::PublicKey& own_key) {
  ASSIGN_OR_RETURN(sdk::Client * client, this->client());
  const sdk::Outbox outbox(client->config().outbox_path());
  auto receipt = client->Submit(sealed, own_key);
  if (receipt.ok()) {
    RETURN_IF_ERROR(outbox.Remove(sealed));
    return receipt;
  }
  if (sdk::IsFromServer(receipt.status()) && !IsTransport(receipt.status())) {
    RETURN_IF_ERROR(outbox.Remove(sealed));
    return receipt.status();
  }
  if (!IsTransport(receipt.status())) return receipt.status();
  absl::Status unanswered = Refuse(
      receipt.status().code(), ReasonOf(receipt.status()),
      absl::StrCat("it is not known whether submission ", HexEncode(sealed.request_id), " was recorded (",
                   receipt.status().message(), "): send the same again with: fundledger pending --send"));
  unanswered.SetPayload(kUnansweredUrl, absl::Cord("1"));
  return unanswered;
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
  if (shown.organization() != request.organization() || shown.reference() != request.reference()) {
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
                     record.submission.actions(index).reference() == request.reference();
  if (right) return named;
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
  return ref;
}

absl::StatusOr<uint32_t> LedgerResolver::Scale(const std::string& indicator) {
  auto found = scales_.find(indicator);
  if (found == scales_.end()) {
    ASSIGN_OR_RETURN(scales_, FetchScales(client_));
    found = scales_.find(indicator);
  }
  if (found != scales_.end()) return found->second;
  return UsageError("INDICATOR_NOT_FOUND",
                    absl::StrCat("there is no indicator \"", indicator, "\": see admin indicator list"));
}

std::string FormatTime(int64_t unix_us, int32_t utc_offset_minutes) {
  constexpr int64_t kSecondsPerDay = 86'400;
  const int64_t local_s = unix_us / 1'000'000 + int64_t{utc_offset_minutes} * 60;
  const int64_t second = (local_s % kSecondsPerDay + kSecondsPerDay) % kSecondsPerDay;
  return absl::StrFormat("%s %02d:%02d:%02d", Date::FromUnixMicros(unix_us, utc_offset_minutes).ToString(),
                         second / 3600, second / 60 % 60, second % 60);
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
