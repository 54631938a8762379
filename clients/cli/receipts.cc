#include "clients/cli/receipts.h"

#include <iostream>

#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "ledger/base/bytes.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {

absl::Status MarkHistorical(Date first_day, v1::Action* action) {
  if (!action->has_date()) return absl::OkStatus();
  const v1::Date& day = action->date();
  ASSIGN_OR_RETURN(const Date date, Date::FromCivil(day.year(), day.month(), day.day()));
  action->set_historical(date < first_day);
  return absl::OkStatus();
}

void PrintRecorded(const Context& context, const sdk::CheckedReceipt& receipt,
                   const std::vector<v1::Action>& actions) {
  bool waits = false;
  for (const v1::Action& action : actions) {
    const Form* form = FormOf(action);
    waits = waits || (form != nullptr && form->needs_approval);
  }
  if (context.json()) {
    nlohmann::ordered_json json;
    json["sequence"] = receipt.sequence;
    json["leaf_hash"] = HexEncode(receipt.leaf.view());
    json["recorded_at_us"] = receipt.recorded_at_us;
    json["repeated"] = receipt.repeated;
    json["needs_approval"] = waits;
    PrintJson(json);
    return;
  }
  std::cout << T("recorded as ", "已入账，序号 ") << receipt.sequence;
  if (waits) {
    std::cout << T("; a proposal, which waits for approval as ", "；为待审批提议，编号 ") << receipt.sequence
              << ".0";
  }
  if (receipt.repeated) std::cout << T(" (it had been recorded before)", "（先前已入账）");
  std::cout << '\n';
}

absl::StatusOr<int> TryActions(Context& context, const std::string& officer,
                               const std::vector<v1::Action>& actions) {
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  v1::CheckRequest request;
  request.add_submissions(client->Draft(officer, sdk::NewRequestId(), actions).SerializeAsString());
  ASSIGN_OR_RETURN(const v1::CheckResponse response,
                   client->Call(client->ledger_service(), &v1::LedgerService::Stub::Check, request));
  if (response.results_size() != 1)
    return absl::InternalError("the server answered for another number of submissions");
  const v1::CheckResult& result = response.results(0);
  if (context.json()) {
    PrintJson(ToJson(result));
  } else if (result.code() == 0) {
    std::cout << T("it would be recorded\n", "可以入账（试算，未入账）\n");
  } else {
    std::cerr << ErrorLine(
                     Refuse(static_cast<absl::StatusCode>(result.code()), result.reason(), result.message()))
              << '\n';
  }
  return result.code() == 0 ? kExitOk : kExitRefused;
}

}  // namespace fundledger::cli
