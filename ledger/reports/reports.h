// Reports: pure functions from the books and a day to figures. Services and the command line only show what
// is computed here, so two screens never disagree on a total.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fundledger/v1/fund_service.pb.h"
#include "fundledger/v1/project_service.pb.h"
#include "fundledger/v1/report_service.pb.h"
#include "fundledger/v1/resources.pb.h"
#include "ledger/books/accounts.h"
#include "ledger/books/reader.h"

#include "absl/status/statusor.h"

namespace fundledger::reports {

// What reports read. `last` is the last record of the state read.
struct Source {
  const books::Scanner& entities;
  const books::BalanceSource& balances;
  Sequence last;
};

// Each fills everything but `basis.checkpoint`, which is the caller's to add, and pages as its request asks.
// INVALID_ARGUMENT, reasons PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID, DATE_INVALID; OUT_OF_RANGE, reason
// SEQUENCE_NOT_RECORDED, for an as_of beyond `last`; NOT_FOUND, reason …_NOT_FOUND, for filters that name
// nothing. Also INVALID_ARGUMENT, reasons YEAR_INVALID, STATUS_INVALID, STATE_INVALID, for filters that could
// never mean anything; FAILED_PRECONDITION, reason ACTION_REF_MISMATCH, for a payment named with another
// record's hash; OUT_OF_RANGE, reason AMOUNT_OUT_OF_RANGE, for sums that 64 bits do not hold; and the
// source's own errors.
//
// As of record s, all is answered as by a ledger whose last record is s. As of a day, money, milestones and
// indicator reports dated later are left out, while what is registered – organizations, programmes,
// categories, funds – is there once recorded: the words of a question have no business date.
absl::StatusOr<::fundledger::v1::ListFundsResponse> Funds(const Source& source,
                                                          const ::fundledger::v1::ListFundsRequest& request);
absl::StatusOr<::fundledger::v1::GetStatementResponse> Statement(
    const Source& source, const ::fundledger::v1::GetStatementRequest& request);
absl::StatusOr<::fundledger::v1::ListProjectsResponse> Projects(
    const Source& source, const ::fundledger::v1::ListProjectsRequest& request);
absl::StatusOr<::fundledger::v1::GetProjectResponse> Project(
    const Source& source, const ::fundledger::v1::GetProjectRequest& request);
absl::StatusOr<::fundledger::v1::ListPaymentsResponse> Payments(
    const Source& source, const ::fundledger::v1::ListPaymentsRequest& request);
absl::StatusOr<::fundledger::v1::GetPaymentResponse> Payment(
    const Source& source, const ::fundledger::v1::GetPaymentRequest& request);
// Whether a proposal is to be listed at all; empty: every one.
using ProposalFilter =
    std::function<absl::StatusOr<bool>(const ::fundledger::storage::v1::Proposal& proposal)>;
absl::StatusOr<::fundledger::v1::ListProposalsResponse> Proposals(
    const Source& source, const ::fundledger::v1::ListProposalsRequest& request,
    const ProposalFilter& shown = {});
absl::StatusOr<::fundledger::v1::GetBriefingResponse> Briefing(
    const Source& source, const ::fundledger::v1::GetBriefingRequest& request);

}  // namespace fundledger::reports
