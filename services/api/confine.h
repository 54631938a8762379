// What kOwn means of each request that a unit or an administrator may ask: filters are narrowed to what is
// the caller's, and what names another's is refused.
//
// A unit's own: its organization and those below – their projects, payments and lines, and every record that
// touches one of them, whole. Besides, what it may approve, and for departments the projects that still wait
// to be approved into a plan list, since that is theirs to do.
// An administrator's: the registry's records and proposals, and what it may approve.
#pragma once

#include "fundledger/v1/audit_service.pb.h"
#include "fundledger/v1/fund_service.pb.h"
#include "fundledger/v1/ledger_service.pb.h"
#include "fundledger/v1/project_service.pb.h"
#include "ledger/engine/view.h"
#include "services/api/access.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::api {

// All: PERMISSION_DENIED, reason NOT_YOURS, for what is another's; NOT_FOUND for what there is not.
absl::Status Confine(const Caller& caller, const engine::View& view, ::fundledger::v1::CheckRequest* request);
absl::Status Confine(const Caller& caller, const engine::View& view,
                     ::fundledger::v1::GetStatementRequest* request);
absl::Status Confine(const Caller& caller, const engine::View& view,
                     ::fundledger::v1::ListPaymentsRequest* request);
absl::Status Confine(const Caller& caller, const engine::View& view,
                     ::fundledger::v1::GetPaymentRequest* request);
absl::Status Confine(const Caller& caller, const engine::View& view,
                     ::fundledger::v1::ListProjectsRequest* request);
absl::Status Confine(const Caller& caller, const engine::View& view,
                     ::fundledger::v1::GetProjectRequest* request);
absl::Status Confine(const Caller& caller, const engine::View& view,
                     ::fundledger::v1::ListTrailRequest* request);
absl::Status Confine(const Caller& caller, const engine::View& view,
                     ::fundledger::v1::GetRecordRequest* request);
// Its filter is MayShow, proposal by proposal.
absl::Status Confine(const Caller& caller, const engine::View& view,
                     ::fundledger::v1::ListProposalsRequest* request);
// Requests that no role asks with kOwn: refused, should the table ever say otherwise.
absl::Status Confine(const Caller& caller, const engine::View& view,
                     const google::protobuf::Message* request);

// Whether a caller of reach kOwn is shown the proposal.
absl::StatusOr<bool> MayShow(const Caller& caller, const books::Reader& reader,
                             const ::fundledger::storage::v1::Proposal& proposal);

}  // namespace fundledger::api
