#include "clients/cli/offline.h"

#include <iostream>

#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/sdk/files.h"
#include "fundledger/v1/resources.pb.h"
#include "ledger/base/bytes.h"
#include "ledger/base/time_text.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {
namespace {

absl::Status Unresolved(const std::string& text, std::string_view how) {
  return UsageError("OFFLINE_UNRESOLVED",
                    absl::StrCat("\"", text, "\" cannot be looked up without a connection: ", ToAbsl(how)));
}

}  // namespace

absl::StatusOr<v1::ActionRef> LocalResolver::Payment(const std::string& text) {
  if (text.find('/') == std::string::npos) return Action(text);
  return Unresolved(text, "write it as SEQUENCE.ACTION of a record whose receipt is on this machine");
}

absl::StatusOr<v1::ActionRef> LocalResolver::Action(const std::string& text) {
  ASSIGN_OR_RETURN(v1::ActionRef ref, ParseActionRef(text));
  const auto bytes = sdk::ReadFile(config_->receipts_path() / absl::StrCat(ref.sequence(), ".receipt"));
  v1::Receipt receipt;
  if (!bytes.ok() || !receipt.ParseFromString(*bytes)) {
    return Unresolved(text, "only records whose receipt is on this machine can be named");
  }
  // What was kept had been verified when it came.
  ASSIGN_OR_RETURN(const sdk::VerifiedRecord record,
                   sdk::DecodeRecordBytes(ref.sequence(), receipt.header() + receipt.envelope()));
  if (record.submission.ledger() != config_->ledger.view() ||
      ref.action() >= static_cast<uint32_t>(record.submission.actions_size())) {
    return Unresolved(text, "the receipt on this machine is of no such action of this ledger");
  }
  ref.set_leaf_hash(record.leaf.str());
  return ref;
}

absl::StatusOr<uint32_t> LocalResolver::Scale(const std::string& indicator) {
  const auto found = facts_->scales.find(indicator);
  if (found != facts_->scales.end()) return found->second;
  return Unresolved(indicator, "report this indicator once with a connection, or look at it with --dry-run");
}

void PrintKept(const Context& context, const sdk::Waiting& waiting, int32_t utc_offset_minutes) {
  if (context.json()) {
    nlohmann::ordered_json json;
    json["waiting"] = true;
    json["request_id"] = HexEncode(waiting.sealed.request_id);
    json["not_after_us"] = waiting.submission.not_after_us();
    PrintJson(json);
    return;
  }
  std::cout << T("signed, and not sent: it waits in the outbox as ", "已签名，未发送；在发件箱中，请求号 ")
            << HexEncode(waiting.sealed.request_id) << T("; the ledger takes it until ", "；有效期至 ")
            << TimeText(waiting.submission.not_after_us(), utc_offset_minutes)
            << T(". Send it with: fundledger township outbox send\n",
                 "。联网后执行：fundledger township outbox send\n");
}

}  // namespace fundledger::cli
