// The outbox: what was signed and waits, what the ledger refused, and why.
#include <algorithm>
#include <iostream>
#include <memory>

#include "clients/cli/commands.h"
#include "clients/cli/describe.h"
#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/cli/table.h"
#include "ledger/base/bytes.h"
#include "ledger/base/time_text.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace fundledger::cli {
namespace {

struct OutboxOptions {
  bool refused = false;
  std::vector<std::string> ids;
  std::string reason;
};

// unsent: never left this machine; unanswered: may be recorded, sending it again tells; refused. One whose
// time is over by this machine's clock is expired: only the ledger says so for good.
const char* StateOf(const sdk::Waiting& waiting) {
  if (waiting.refusal.has_value()) return "refused";
  if (waiting.submission.not_after_us() < SystemClockMicros()) return "expired";
  return waiting.unsent() ? "unsent" : "unanswered";
}

std::string ShownState(const std::string& state) {
  if (state == "refused") return T("refused", "被拒");
  if (state == "expired") return T("expired", "已过有效期");
  return state == "unsent" ? T("unsent", "未发送") : T("unanswered", "未获答复");
}

nlohmann::ordered_json ToJson(const sdk::Waiting& waiting) {
  nlohmann::ordered_json json;
  json["request_id"] = HexEncode(waiting.sealed.request_id);
  json["officer"] = waiting.submission.officer();
  json["state"] = StateOf(waiting);
  json["signed_at_us"] = waiting.submission.signed_at_us();
  json["not_after_us"] = waiting.submission.not_after_us();
  json["actions"] = nlohmann::ordered_json::array();
  for (const v1::Action& action : waiting.submission.actions())
    json["actions"].push_back(cli::ToJson(action));
  if (waiting.refusal.has_value()) {
    json["reason"] = ReasonOf(waiting.refusal->status);
    json["message"] = std::string(waiting.refusal->status.message());
    json["refused_at_us"] = waiting.refusal->refused_at_us;
  }
  return json;
}

absl::StatusOr<std::vector<sdk::Waiting>> ListOutbox(Context& context) {
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  ASSIGN_OR_RETURN(std::vector<sdk::Waiting> all, sdk::Outbox(config->outbox_path()).List());
  if (context.globals.officer.empty()) return all;
  std::erase_if(all, [&context](const sdk::Waiting& each) {
    return each.submission.officer() != context.globals.officer;
  });
  return all;
}

// In the ledger's time zone where that is known.
int32_t OffsetOf(const sdk::ClientConfig& config) {
  const auto facts = sdk::LoadFacts(config.facts_path(), config.ledger);
  return facts.ok() ? facts->utc_offset_minutes : 0;
}

std::string WhatText(const sdk::ClientConfig& config, const sdk::Waiting& waiting) {
  const auto facts = sdk::LoadFacts(config.facts_path(), config.ledger);
  const ScaleOf scale_of = [&facts](const std::string& indicator) -> std::optional<uint32_t> {
    if (!facts.ok()) return std::nullopt;
    const auto found = facts->scales.find(indicator);
    return found == facts->scales.end() ? std::nullopt : std::optional<uint32_t>(found->second);
  };
  return absl::StrJoin(waiting.submission.actions(), "\n", [&](std::string* out, const v1::Action& action) {
    absl::StrAppend(out, ActionText(action, scale_of));
  });
}

absl::StatusOr<int> RunList(Context& context) {
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  ASSIGN_OR_RETURN(const std::vector<sdk::Waiting> all, ListOutbox(context));
  if (context.json()) {
    auto json = nlohmann::ordered_json::array();
    for (const sdk::Waiting& each : all) json.push_back(ToJson(each));
    PrintJson(json);
    return kExitOk;
  }
  if (all.empty()) {
    std::cout << T("nothing waits to be sent\n", "没有待发送的报送\n");
    return kExitOk;
  }
  const int32_t offset = OffsetOf(*config);
  Table table({{T("request id", "请求号")},
               {T("officer", "经办人")},
               {T("signed", "签名时间")},
               {T("taken until", "有效期至")},
               {T("state", "状态")},
               {T("what", "内容")}});
  for (const sdk::Waiting& each : all) {
    const std::string why =
        each.refusal.has_value() ? absl::StrCat("\n", ErrorLine(each.refusal->status)) : std::string();
    table.Add({HexEncode(each.sealed.request_id), each.submission.officer(),
               TimeText(each.submission.signed_at_us(), offset),
               TimeText(each.submission.not_after_us(), offset), ShownState(StateOf(each)),
               absl::StrCat(WhatText(*config, each), why)});
  }
  table.Print(std::cout);
  return kExitOk;
}

nlohmann::ordered_json SentJson(const SentAgain& one) {
  nlohmann::ordered_json json = ToJson(one.waiting);
  if (one.receipt.ok()) {
    json["state"] = "recorded";
    json["sequence"] = one.receipt->sequence;
    json["repeated"] = one.receipt->repeated;
  } else if (!one.waiting.refusal.has_value()) {
    if (!one.waiting.unsent()) json["state"] = "unanswered";
    json["reason"] = ReasonOf(one.receipt.status());
    json["message"] = std::string(one.receipt.status().message());
  }
  return json;
}

void PrintSent(const SentAgain& one) {
  const std::string id = HexEncode(one.waiting.sealed.request_id);
  if (one.receipt.ok()) {
    std::cout << id << T(": recorded as ", "：已入账，序号 ") << one.receipt->sequence
              << (one.receipt->repeated ? T(" (it had been recorded before)", "（先前已入账）") : "") << '\n';
  } else {
    std::cerr << id << ": " << ErrorLine(one.receipt.status()) << '\n';
  }
}

// What stays refused is not sent again by itself: whoever reads that nothing waits would forget it.
absl::Status PrintRest(Context& context, bool none_sent) {
  ASSIGN_OR_RETURN(const std::vector<sdk::Waiting> rest, ListOutbox(context));
  const auto refused = std::count_if(rest.begin(), rest.end(),
                                     [](const sdk::Waiting& each) { return each.refusal.has_value(); });
  if (refused == 0) {
    if (none_sent) std::cout << T("nothing waits to be sent\n", "没有待发送的报送\n");
    return absl::OkStatus();
  }
  if (none_sent) std::cout << T("nothing else waits to be sent; ", "没有其他待发送的报送；");
  std::cout << T("refused, and still in the outbox: ", "被拒而仍在发件箱中：") << refused
            << T(" (outbox list says why, outbox send --refused tries again)\n",
                 " 份（outbox list 列出原因，outbox send --refused 重发）\n");
  return absl::OkStatus();
}

absl::StatusOr<int> RunSend(Context& context, const OutboxOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<sdk::Waiting> before, ListOutbox(context));
  std::vector<SentAgain> sent;
  absl::Status stopped;
  if (!before.empty()) stopped = context.SendWaiting(context.globals.officer, options.refused, &sent);
  bool refused = false;
  auto json = nlohmann::ordered_json::array();
  for (const SentAgain& one : sent) {
    refused = refused || one.waiting.refusal.has_value();
    json.push_back(SentJson(one));
    if (!context.json()) PrintSent(one);
  }
  if (context.json()) PrintJson(json);
  RETURN_IF_ERROR(stopped);
  if (!context.json()) RETURN_IF_ERROR(PrintRest(context, sent.empty()));
  return refused ? kExitRefused : kExitOk;
}

// By request id, or the beginning of one that is no other's.
absl::StatusOr<const sdk::Waiting*> FindOne(const std::vector<sdk::Waiting>& all, const std::string& id) {
  const sdk::Waiting* found = nullptr;
  for (const sdk::Waiting& each : all) {
    if (!absl::StartsWith(HexEncode(each.sealed.request_id), id)) continue;
    if (found != nullptr) {
      return UsageError("OUTBOX_AMBIGUOUS",
                        absl::StrCat("more than one request id begins with ", id, ": write more of it"));
    }
    found = &each;
  }
  if (found != nullptr && !id.empty()) return found;
  return UsageError("OUTBOX_NOT_FOUND", absl::StrCat("nothing in the outbox has the request id ", id,
                                                     ": see township outbox list"));
}

// What may be recorded is not to be forgotten: only what never left, or was refused for good, is discarded.
absl::Status MayDiscard(const sdk::Waiting& waiting) {
  if (waiting.refusal.has_value() || waiting.unsent()) return absl::OkStatus();
  return UsageError("OUTBOX_UNANSWERED",
                    absl::StrCat("submission ", HexEncode(waiting.sealed.request_id),
                                 " was sent and not answered, and may be recorded: send it again first"));
}

absl::StatusOr<int> RunDiscard(Context& context, const OutboxOptions& options) {
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  const sdk::Outbox outbox(config->outbox_path());
  ASSIGN_OR_RETURN(const sdk::FileLock alone, outbox.Lock(true));
  ASSIGN_OR_RETURN(const std::vector<sdk::Waiting> all, outbox.List());
  std::vector<const sdk::Waiting*> chosen;
  for (const std::string& id : options.ids) {
    ASSIGN_OR_RETURN(const sdk::Waiting* one, FindOne(all, id));
    RETURN_IF_ERROR(MayDiscard(*one));
    chosen.push_back(one);
  }
  auto json = nlohmann::ordered_json::array();
  for (const sdk::Waiting* one : chosen) {
    RETURN_IF_ERROR(outbox.Discard(*one, options.reason, SystemClockMicros()));
    json.push_back(HexEncode(one->sealed.request_id));
    if (!context.json()) {
      std::cout << HexEncode(one->sealed.request_id)
                << T(": discarded; it is kept in outbox/discarded\n",
                     "：已删除，原文留存于 outbox/discarded\n");
    }
  }
  if (context.json()) PrintJson({{"discarded", json}});
  return kExitOk;
}

void AddOutbox(Program* program, const std::string& group) {
  CLI::App* list = AddCommand(program, group + " list",
                              T("what waits, what was refused and why", "列出待发与被拒的报送及原因"));
  OnCall(program, list, [](Context& context) { return RunList(context); });

  const auto options = std::make_shared<OutboxOptions>();
  CLI::App* send = AddCommand(
      program, group + " send",
      T("send what waits, oldest first: nothing is recorded twice", "按签名先后发送，不会重复入账"));
  send->add_flag("--refused", options->refused,
                 T("also what was refused before: the ledger may take it now", "也重发曾被拒的"));
  send->footer(
      T("With --as, of that officer only. One that is refused stays listed, and does not stop those\n"
        "behind it: the ledger judges each by itself.",
        "给出 --as 时仅发送该经办人的。被拒的仍列出，不影响其后各项。"));
  OnCall(program, send, [options](Context& context) { return RunSend(context, *options); });

  const auto discarded = std::make_shared<OutboxOptions>();
  CLI::App* discard =
      AddCommand(program, group + " discard",
                 T("take out what was refused, or was never sent", "删除被拒的或从未发送的报送"));
  discard->add_option("REQUEST_ID", discarded->ids, T("request ids, or how they begin", "请求号，可只写开头"))
      ->required();
  discard->add_option("--reason", discarded->reason, T("why", "原因"))->required();
  OnCall(program, discard, [discarded](Context& context) { return RunDiscard(context, *discarded); });

  // `outbox` alone lists.
  CLI::App* app = list->get_parent();
  app->require_subcommand(0, 1);
  app->callback([program, app] {
    if (app->get_subcommands().empty()) program->chosen = [](Context& context) { return RunList(context); };
  });
}

}  // namespace

void AddOutboxCommands(Program* program) {
  AddOutbox(program, "township outbox");
  AddOutbox(program, "outbox");
}

}  // namespace fundledger::cli
