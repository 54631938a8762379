// Proposals and what is decided on them. To approve is to sign what was shown: a proposal is shown from the
// bytes of its record, whose place in the log was verified, and named by that record's leaf hash.
#include "clients/cli/decisions.h"

#include <iostream>
#include <memory>
#include <set>

#include <google/protobuf/util/message_differencer.h>

#include "clients/cli/commands.h"
#include "clients/cli/confirm.h"
#include "clients/cli/describe.h"
#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/cli/receipts.h"
#include "clients/cli/table.h"
#include "clients/sdk/files.h"
#include "ledger/base/bytes.h"
#include "ledger/base/time_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace fundledger::cli {
namespace {

constexpr size_t kActionsPerSubmission = 100;

struct DecisionOptions {
  std::vector<std::string> proposals;
  bool all = false;
  bool yes = false;
  std::string reason;
};

// A proposal as its record says.
struct Shown {
  v1::ActionRef ref;
  std::string officer;
  int64_t recorded_at_us = 0;
  v1::Action action;
};

// Verified once for all actions of one record.
class Records {
 public:
  explicit Records(sdk::Client* client) : client_(client) {}
  absl::StatusOr<const sdk::VerifiedRecord*> Find(Sequence sequence) {
    auto found = records_.find(sequence);
    if (found == records_.end()) {
      ASSIGN_OR_RETURN(sdk::VerifiedRecord record, client_->Record(sequence));
      found = records_.emplace(sequence, std::move(record)).first;
    }
    return &found->second;
  }
  absl::StatusOr<Shown> Show(const v1::ActionRef& named) {
    ASSIGN_OR_RETURN(const sdk::VerifiedRecord* found, Find(named.sequence()));
    const sdk::VerifiedRecord& record = *found;
    if (named.action() >= static_cast<uint32_t>(record.submission.actions_size())) {
      return UsageError("ACTION_NOT_FOUND", absl::StrCat("record ", named.sequence(), " has no action ",
                                                         named.action(), ": they count from 0"));
    }
    Shown shown;
    shown.ref.set_sequence(named.sequence());
    shown.ref.set_action(named.action());
    shown.ref.set_leaf_hash(record.leaf.str());
    shown.officer = record.submission.officer();
    shown.recorded_at_us = record.header.recorded_at_us;
    shown.action = record.submission.actions(static_cast<int>(named.action()));
    return shown;
  }

 private:
  sdk::Client* client_;
  std::map<Sequence, sdk::VerifiedRecord> records_;
};

absl::StatusOr<std::vector<v1::ActionRef>> Approvable(sdk::Client* client, const std::string& officer) {
  v1::ListProposalsRequest request;
  request.set_open_only(true);
  request.set_approvable_by(officer);
  request.set_page_size(1000);
  std::vector<v1::ActionRef> refs;
  RETURN_IF_ERROR(EachPage(client, client->funds(), &v1::FundService::Stub::ListProposals, request,
                           [&refs](const v1::ListProposalsResponse& page) {
                             for (const auto& proposal : page.proposals()) refs.push_back(proposal.ref());
                             return absl::OkStatus();
                           }));
  return refs;
}

void PrintShown(Context& context, const sdk::Client& client, const std::vector<Shown>& proposals) {
  Table table(
      {{T("proposal", "提议")}, {T("proposed", "提议时间")}, {T("officer", "经办人")}, {T("what", "内容")}});
  const ScaleOf scale_of = context.scale_of();
  for (const Shown& one : proposals) {
    table.Add({FormatActionRef(one.ref), TimeText(one.recorded_at_us, client.utc_offset_minutes()),
               one.officer, ActionText(one.action, scale_of)});
  }
  table.Print(std::cout);
}

struct Outcome {
  size_t approved = 0;
  std::vector<std::pair<v1::ActionRef, absl::Status>> refused;
  std::vector<Sequence> records;
};

// A submission is all or none; where the ledger refuses one of many approvals, each is sent by itself, so
// that one proposal that went stale does not hold up the others.
absl::Status Approve(Context& context, const std::string& officer, const std::vector<Shown>& proposals,
                     Outcome* outcome) {
  std::vector<v1::Action> actions(proposals.size());
  for (size_t i = 0; i < proposals.size(); ++i)
    *actions[i].mutable_approve()->mutable_proposal() = proposals[i].ref;
  const auto receipt = context.Submit(officer, actions);
  if (receipt.ok()) {
    outcome->approved += actions.size();
    outcome->records.push_back(receipt->sequence);
    return absl::OkStatus();
  }
  if (ExitCodeOf(receipt.status()) != kExitRefused) return receipt.status();
  if (proposals.size() == 1) {
    outcome->refused.emplace_back(proposals[0].ref, receipt.status());
    return absl::OkStatus();
  }
  for (const Shown& one : proposals) RETURN_IF_ERROR(Approve(context, officer, {one}, outcome));
  return absl::OkStatus();
}

// In submissions of as many as one may hold. After an error, `outcome` has what came before it.
absl::Status ApproveAll(Context& context, const std::string& officer, const std::vector<Shown>& proposals,
                        Outcome* outcome) {
  for (size_t first = 0; first < proposals.size(); first += kActionsPerSubmission) {
    const size_t last = std::min(first + kActionsPerSubmission, proposals.size());
    RETURN_IF_ERROR(Approve(
        context, officer,
        {proposals.begin() + static_cast<ptrdiff_t>(first), proposals.begin() + static_cast<ptrdiff_t>(last)},
        outcome));
  }
  return absl::OkStatus();
}

int PrintOutcome(const Context& context, const Outcome& outcome) {
  if (context.json()) {
    nlohmann::ordered_json json;
    json["approved"] = outcome.approved;
    json["records"] = outcome.records;
    json["refused"] = nlohmann::ordered_json::array();
    for (const auto& [ref, status] : outcome.refused) {
      json["refused"].push_back({{"proposal", FormatActionRef(ref)},
                                 {"reason", ReasonOf(status)},
                                 {"message", std::string(status.message())}});
    }
    PrintJson(json);
  } else {
    std::cout << T("approved ", "已批准 ") << outcome.approved << T(", refused ", "，被拒 ")
              << outcome.refused.size() << '\n';
    for (const auto& [ref, status] : outcome.refused) {
      std::cerr << FormatActionRef(ref) << ": " << ErrorLine(status) << '\n';
    }
  }
  return outcome.refused.empty() ? kExitOk : kExitRefused;
}

absl::StatusOr<std::vector<v1::ActionRef>> ParseRefs(const std::vector<std::string>& texts) {
  std::vector<v1::ActionRef> refs;
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(const v1::ActionRef ref, ParseActionRef(text));
    refs.push_back(ref);
  }
  return refs;
}

absl::StatusOr<int> RunApprove(Context& context, const DecisionOptions& options) {
  if (options.all != options.proposals.empty()) {
    return UsageError("PROPOSALS_MISSING", "name the proposals as SEQUENCE.ACTION, or give --all");
  }
  ASSIGN_OR_RETURN(const std::string officer, context.officer());
  RETURN_IF_ERROR(context.signer(officer).status());
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  ASSIGN_OR_RETURN(const std::vector<v1::ActionRef> refs,
                   options.all ? Approvable(client, officer) : ParseRefs(options.proposals));
  Records records(client);
  std::vector<Shown> proposals;
  for (const v1::ActionRef& ref : refs) {
    ASSIGN_OR_RETURN(Shown shown, records.Show(ref));
    proposals.push_back(std::move(shown));
  }
  if (!context.json() && !proposals.empty()) PrintShown(context, *client, proposals);
  // By name, too, a person says yes to what is shown now, and not to what a list said before.
  const bool asks = options.all || (!context.json() && CanAsk());
  if (asks && !options.yes && !proposals.empty()) {
    RETURN_IF_ERROR(Confirm(absl::StrCat(T("Approve these ", "批准以上 "), proposals.size(), T("?", " 项？")),
                            T("nothing was approved", "未批准任何提议"), !context.json()));
  }
  Outcome outcome;
  const absl::Status status = ApproveAll(context, officer, proposals, &outcome);
  // What was decided before an error is recorded all the same.
  const bool is_decided = outcome.approved > 0 || !outcome.refused.empty();
  if (!status.ok() && !is_decided) return status;
  const int exit_code = PrintOutcome(context, outcome);
  if (!status.ok()) return status;
  return exit_code;
}

// Rejects or withdraws.
absl::StatusOr<int> RunClose(Context& context, const DecisionOptions& options, bool reject) {
  ASSIGN_OR_RETURN(const std::vector<v1::ActionRef> refs, ParseRefs(options.proposals));
  ASSIGN_OR_RETURN(const std::string officer, context.officer());
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  Records records(client);
  std::vector<v1::Action> actions;
  std::vector<Shown> proposals;
  for (const v1::ActionRef& ref : refs) {
    ASSIGN_OR_RETURN(Shown shown, records.Show(ref));
    v1::Action& action = actions.emplace_back();
    if (reject) {
      *action.mutable_reject()->mutable_proposal() = shown.ref;
      action.mutable_reject()->set_reason(options.reason);
    } else {
      *action.mutable_withdraw()->mutable_proposal() = shown.ref;
      action.mutable_withdraw()->set_reason(options.reason);
    }
    proposals.push_back(std::move(shown));
  }
  if (!context.json()) PrintShown(context, *client, proposals);
  ASSIGN_OR_RETURN(const sdk::CheckedReceipt receipt, context.Submit(officer, actions));
  PrintRecorded(context, receipt, actions);
  return kExitOk;
}

struct ListOptions {
  bool all = false;
  bool mine = false;
};

std::string ApprovalsText(const v1::ProposalView& proposal) {
  return absl::StrJoin(proposal.approvals(), ", ", [](std::string* out, const v1::ApprovalView& slot) {
    absl::StrAppend(out, ShownWord(kRoleWords, slot.role()),
                    slot.organization().empty() ? "" : absl::StrCat("@", slot.organization()), ": ",
                    slot.officer().empty() ? T("open", "待批") : slot.officer());
  });
}

absl::StatusOr<int> RunProposals(Context& context, const ListOptions& options) {
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  v1::ListProposalsRequest request;
  request.set_open_only(!options.all);
  request.set_page_size(1000);
  if (options.mine) {
    ASSIGN_OR_RETURN(*request.mutable_approvable_by(), context.officer());
  }
  Table table({{T("proposal", "提议")},
               {T("officer", "经办人")},
               {T("state", "状态")},
               {T("what", "内容")},
               {T("approvals", "审批")}});
  auto json = nlohmann::ordered_json::array();
  const ScaleOf scale_of = context.scale_of();
  Records records(client);
  const absl::Status listed = EachPage(
      client, client->funds(), &v1::FundService::Stub::ListProposals, request,
      [&](const v1::ListProposalsResponse& page) -> absl::Status {
        for (const auto& one : page.proposals()) {
          ASSIGN_OR_RETURN(const sdk::VerifiedRecord* record, records.Find(one.ref().sequence()));
          RETURN_IF_ERROR(CheckProposal(one, *record));
          json.push_back(ToJson(one));
          table.Add({FormatActionRef(one.ref()), one.officer(), ShownWord(kProposalStateWords, one.state()),
                     ActionText(one.action(), scale_of), ApprovalsText(one)});
        }
        return absl::OkStatus();
      });
  RETURN_IF_ERROR(listed);
  if (context.json()) {
    PrintJson(json);
  } else {
    table.Print(std::cout);
  }
  return kExitOk;
}

absl::StatusOr<int> RunShow(Context& context, const DecisionOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<v1::ActionRef> refs, ParseRefs(options.proposals));
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  Records records(client);
  std::vector<Shown> proposals;
  auto json = nlohmann::ordered_json::array();
  for (const v1::ActionRef& ref : refs) {
    ASSIGN_OR_RETURN(Shown shown, records.Show(ref));
    json.push_back({{"proposal", FormatActionRef(shown.ref)},
                    {"leaf_hash", HexEncode(shown.ref.leaf_hash())},
                    {"officer", shown.officer},
                    {"recorded_at_us", shown.recorded_at_us},
                    {"action", ToJson(shown.action)}});
    proposals.push_back(std::move(shown));
  }
  if (context.json()) {
    PrintJson(json);
  } else {
    PrintShown(context, *client, proposals);
  }
  return kExitOk;
}

void AddApprove(Program* program, const std::string& group) {
  const auto options = std::make_shared<DecisionOptions>();
  CLI::App* app = AddCommand(program, group + " approve", T("approve proposals", "批准提议"));
  app->add_option("PROPOSAL", options->proposals, T("proposals, as SEQUENCE.ACTION", "提议：序号.事项"));
  app->add_flag("--all", options->all, T("all that this officer could approve now", "本人现可批准的全部"));
  app->add_flag("--yes", options->yes, T("do not ask", "不再询问"));
  app->footer(absl::StrCat(T("Example:\n  fundledger ", "示例：\n  fundledger "), group,
                           " approve 17.0 18.0\n", "  fundledger ", group,
                           " approve --all --yes --as reviewer-1"));
  OnCall(program, app, [options](Context& context) { return RunApprove(context, *options); });
}

void AddClose(Program* program, const std::string& group, bool reject) {
  const auto options = std::make_shared<DecisionOptions>();
  CLI::App* app = AddCommand(
      program, absl::StrCat(group, reject ? " reject" : " withdraw"),
      reject ? T("reject proposals", "驳回提议") : T("withdraw one's own proposals", "撤回本人提议"));
  app->add_option("PROPOSAL", options->proposals, T("proposals, as SEQUENCE.ACTION", "提议：序号.事项"))
      ->required();
  app->add_option("--reason", options->reason, T("why", "原因"))->required();
  OnCall(program, app, [options, reject](Context& context) { return RunClose(context, *options, reject); });
}

void AddProposals(Program* program, const std::string& group) {
  const auto options = std::make_shared<ListOptions>();
  CLI::App* app = AddCommand(program, group + " proposals", T("list or show proposals", "列出或查看提议"));
  app->require_subcommand(0, 1);
  app->add_flag("--all", options->all, T("closed ones too", "含已办结"));
  app->add_flag("--mine", options->mine, T("only those this officer could approve now", "仅本人现可批准的"));
  CLI::App* list = app->add_subcommand("list", T("list proposals", "列出提议"));
  const auto run = [options](Context& context) { return RunProposals(context, *options); };
  OnCall(program, list, run);
  const auto shown = std::make_shared<DecisionOptions>();
  CLI::App* show = app->add_subcommand("show", T("show proposals from their records", "按记录原文查看提议"));
  show->add_option("PROPOSAL", shown->proposals, T("proposals, as SEQUENCE.ACTION", "提议：序号.事项"))
      ->required();
  OnCall(program, show, [shown](Context& context) { return RunShow(context, *shown); });
  // Called after that of `list` or `show`, which has the say where it was given.
  app->callback([program, app, run] {
    if (app->get_subcommands().empty()) program->chosen = run;
  });
}

}  // namespace

absl::Status CheckProposal(const v1::ProposalView& listed, const sdk::VerifiedRecord& record) {
  const v1::ActionRef& ref = listed.ref();
  const bool same = ref.sequence() == record.header.sequence && ref.leaf_hash() == record.leaf.view() &&
                    ref.action() < static_cast<uint32_t>(record.submission.actions_size()) &&
                    record.submission.officer() == listed.officer() &&
                    google::protobuf::util::MessageDifferencer::Equals(
                        record.submission.actions(static_cast<int>(ref.action())), listed.action());
  if (same) return absl::OkStatus();
  return sdk::Evidence("PROPOSAL_MISNAMED",
                       absl::StrCat("the server shows proposal ", FormatActionRef(ref),
                                    " other than its record has it: approve nothing that it shows"));
}

void AddDecisionCommands(Program* program) {
  for (const char* group : {"admin", "finance", "township", "inspect"}) {
    AddProposals(program, group);
    AddApprove(program, group);
    AddClose(program, group, true);
    if (std::string_view(group) != "inspect") AddClose(program, group, false);
  }
}

}  // namespace fundledger::cli
