// The rules by subject. Each function applies one kind of action to the books, or says why not; each is
// called with role, date and text checked. The effect of a proposal runs twice: tried when proposed, and when
// its last approval is in.
#pragma once

#include "ledger/books/working.h"

#include "absl/status/status.h"

namespace fundledger::books {

// genesis.cc
absl::StatusOr<Effects> ApplyGenesis(const Reader& reader, const RecordContext& record,
                                     const ::fundledger::v1::Submission& submission);

// registry.cc
absl::Status RegisterOrganization(const ActionContext& context,
                                  const ::fundledger::v1::RegisterOrganization& what);
absl::Status RegisterOfficer(const ActionContext& context, const ::fundledger::v1::RegisterOfficer& what);
absl::Status CheckKey(const ::fundledger::v1::PublicKey& key);
// Takes the key for the officer, for ever. ALREADY_EXISTS, reason KEY_IN_USE.
absl::Status TakeKey(const ActionContext& context, const ::fundledger::v1::PublicKey& key,
                     const std::string& officer);
absl::Status RegisterTaskGroup(const ActionContext& context, const ::fundledger::v1::RegisterTaskGroup& what);
absl::Status RegisterProgramme(const ActionContext& context, const ::fundledger::v1::RegisterProgramme& what);
absl::Status RegisterCategory(const ActionContext& context, const ::fundledger::v1::RegisterCategory& what);
absl::Status RegisterPayee(const ActionContext& context, const ::fundledger::v1::RegisterPayee& what);
absl::Status RegisterIndicator(const ActionContext& context, const ::fundledger::v1::RegisterIndicator& what);

// officers.cc
absl::Status RotateKey(const ActionContext& context, const ::fundledger::v1::RotateKey& what);
absl::Status RevokeKey(const ActionContext& context, const ::fundledger::v1::RevokeKey& what);
absl::Status RecoverKey(const ActionContext& context, const ::fundledger::v1::RecoverKey& what);
absl::Status MoveOfficer(const ActionContext& context, const ::fundledger::v1::MoveOfficer& what);
absl::Status DismissOfficer(const ActionContext& context, const ::fundledger::v1::DismissOfficer& what);

// policy.cc
absl::Status ChangePolicy(const ActionContext& context, const ::fundledger::v1::ChangePolicy& what);

// log_key.cc
bool IsEd25519(const ::fundledger::v1::PublicKey& key);
absl::Status RotateLogKey(const ActionContext& context, const ::fundledger::v1::RotateLogKey& what);

// funds.cc
absl::Status RegisterFund(const ActionContext& context, const ::fundledger::v1::RegisterFund& what);
absl::Status Receive(const ActionContext& context, const ::fundledger::v1::Receive& what);
absl::Status ReturnUp(const ActionContext& context, const ::fundledger::v1::ReturnUp& what);
absl::Status Plan(const ActionContext& context, const ::fundledger::v1::Plan& what);
absl::Status ChangePlan(const ActionContext& context, const ::fundledger::v1::ChangePlan& what);
absl::Status Allocate(const ActionContext& context, const ::fundledger::v1::Allocate& what);
absl::Status Adjust(const ActionContext& context, const ::fundledger::v1::Adjust& what);
absl::Status Reclaim(const ActionContext& context, const ::fundledger::v1::Reclaim& what);
absl::Status RecordOutsidePayment(const ActionContext& context,
                                  const ::fundledger::v1::RecordOutsidePayment& what);
absl::Status ReverseOutsidePayment(const ActionContext& context,
                                   const ::fundledger::v1::RecordOutsidePayment& what);

// payments.cc. A request reserves its money when it is made; approval only moves it on.
absl::Status RequestPayment(const ActionContext& context, const ::fundledger::v1::RequestPayment& what);
absl::Status Instruct(const ActionContext& context, const ::fundledger::v1::Instruct& what);
absl::Status Confirm(const ActionContext& context, const ::fundledger::v1::Confirm& what);
absl::Status Fail(const ActionContext& context, const ::fundledger::v1::Fail& what);
absl::Status Refund(const ActionContext& context, const ::fundledger::v1::Refund& what);
// The payment of a request that was approved, or rejected, withdrawn or expired (`state`), moves on.
// `payment` is the request's proposal, being changed.
absl::Status PaymentApproved(const ActionContext& context, ::fundledger::storage::v1::Proposal* payment);
absl::Status PaymentClosed(const ActionContext& context, ::fundledger::storage::v1::PaymentState state,
                           std::string_view reason, ::fundledger::storage::v1::Proposal* payment);
// A confirmation whose money never left: everything goes back to available.
absl::Status ReverseConfirmation(const ActionContext& context, const std::string& payment_id,
                                 std::string_view reason);

// projects.cc
absl::Status DeclareProject(const ActionContext& context, const ::fundledger::v1::DeclareProject& what);
absl::Status ApproveProject(const ActionContext& context, const ::fundledger::v1::ApproveProject& what);
absl::Status StartProject(const ActionContext& context, const ::fundledger::v1::StartProject& what);
absl::Status ReportProgress(const ActionContext& context, const ::fundledger::v1::ReportProgress& what);
absl::Status CompleteProject(const ActionContext& context, const ::fundledger::v1::CompleteProject& what);
absl::Status SuspendProject(const ActionContext& context, const ::fundledger::v1::SuspendProject& what);
absl::Status ResumeProject(const ActionContext& context, const ::fundledger::v1::ResumeProject& what);
absl::Status TerminateProject(const ActionContext& context, const ::fundledger::v1::TerminateProject& what);
absl::Status ReportIndicator(const ActionContext& context, const ::fundledger::v1::ReportIndicator& what);
// FAILED_PRECONDITION, reasons PROJECT_NOT_APPROVED, PROJECT_SUSPENDED, PROJECT_TERMINATED, unless money may
// be asked for or instructed for the project on the context's date – and, unless a historical load, as things
// stand now.
absl::Status CheckProjectOpenForPayment(const ActionContext& context, std::string_view project);
// PERMISSION_DENIED, reason OUT_OF_SCOPE, unless a unit's officer acts for its own organization or one below
// it. Other roles are not bound to a unit.
absl::Status CheckUnitScope(const ActionContext& context, std::string_view organization);

// reverse.cc
absl::Status Reverse(const ActionContext& context, const ::fundledger::v1::Reverse& what);

// form.cc. What every action must look like, the genesis too: source, documents, and text that may be kept
// for ever. INVALID_ARGUMENT.
absl::Status CheckForm(const ::fundledger::v1::Action& action);

// apply.cc.
// The effect of an action that takes approval, or of one that does not.
absl::Status ApplyEffect(const ActionContext& context);
// Trail keys of what the action is about.
absl::Status AddTrail(const ActionContext& context);

}  // namespace fundledger::books
