// Funds with their money, their lines' included.
#include <map>
#include <string>

#include "ledger/base/status.h"
#include "ledger/reports/as_of.h"
#include "ledger/reports/money.h"
#include "ledger/reports/paging.h"
#include "ledger/reports/reports.h"
#include "ledger/reports/select.h"

#include "absl/strings/str_cat.h"

namespace fundledger::reports {

namespace v1 = ::fundledger::v1;

absl::StatusOr<v1::ListFundsResponse> Funds(const Source& source, const v1::ListFundsRequest& request) {
  ASSIGN_OR_RETURN(Page page, OpenPage(request));
  ASSIGN_OR_RETURN(const State state, ResolveState(source, request.as_of(), page.sequence()));
  ASSIGN_OR_RETURN(const Selection funds,
                   SelectFunds(source, state, {"", request.category(), request.fiscal_year()}));
  ASSIGN_OR_RETURN(const books::Balances balances, LoadBalances(source, state));
  const auto money = SumByFund(balances);
  v1::ListFundsResponse response;
  for (const auto& [id, entity] : funds) {
    if (page.IsBefore(id)) continue;
    if (!page.Take(id)) break;
    v1::FundState* fund = response.add_funds();
    *fund->mutable_fund() = entity->fund().registration();
    fund->set_sequence(entity->fund().origin().sequence());
    // A fund of which nothing has happened yet stands there with zeros.
    const auto found = money.find(id);
    RETURN_IF_ERROR(FillAmounts(
        found == money.end() ? Money() : found->second, [&id = id] { return absl::StrCat("fund ", id); },
        fund->mutable_amounts()));
  }
  response.set_next_page_token(page.NextToken(state.sequence));
  FillBasis(state, response.mutable_basis());
  return response;
}

}  // namespace fundledger::reports
