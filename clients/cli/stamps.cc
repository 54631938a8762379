// fundledger inspect stamps: what time-stamping authorities said of the ledger's checkpoints, verified.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "clients/cli/commands.h"
#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/cli/table.h"
#include "clients/sdk/files.h"
#include "ledger/audit/times.h"
#include "ledger/base/bytes.h"
#include "ledger/base/text.h"
#include "ledger/base/time_text.h"
#include "ledger/crypto/time_stamp.h"
#include "ledger/log/log_signed.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {
namespace {

struct StampsOptions {
  std::string authorities_file;
  std::optional<uint64_t> size;
  std::string directory;
};

// One stamp of a believed checkpoint, and what became of it.
struct Judged {
  uint64_t size = 0;
  std::string authority;
  crypto::StampedTime stamped;  // if status is OK, or names a record
  absl::Status status;
};

// When the record is said to have been made, verified to be in the log.
absl::StatusOr<int64_t> RecordedAt(sdk::Client* client, Sequence sequence) {
  ASSIGN_OR_RETURN(const sdk::VerifiedRecord record, client->Record(sequence));
  return record.header.recorded_at_us;
}

// Whether the records on both sides of the checkpoint lie on their side of the stamp. Those further away do,
// if these do: a record's time is never less than its predecessor's.
absl::StatusOr<absl::Status> CheckAround(sdk::Client* client, const Judged& judged) {
  const audit::TimeBounds bounds(
      {{.size = judged.size, .time_us = judged.stamped.time_us, .by = judged.authority}});
  const uint64_t end = client->seen().size;
  for (const Sequence sequence : {judged.size - 1, judged.size}) {
    if (sequence >= end) continue;
    ASSIGN_OR_RETURN(const int64_t recorded_at_us, RecordedAt(client, sequence));
    const absl::Status fits = bounds.Check(sequence, recorded_at_us);
    if (!fits.ok()) return fits;
  }
  return absl::OkStatus();
}

class StampsCommand {
 public:
  StampsCommand(sdk::Client* client, std::string authorities, StampsOptions options)
      : client_(client), authorities_(std::move(authorities)), options_(std::move(options)) {}

  absl::Status Run() {
    RETURN_IF_ERROR(client_->Latest(&latest_note_).status());
    v1::ListCheckpointsRequest request;
    if (options_.size.has_value()) {
      request.set_size_min(*options_.size);
      request.set_size_max(*options_.size);
    }
    do {
      ASSIGN_OR_RETURN(const v1::ListCheckpointsResponse page,
                       client_->Call(client_->audit(), &v1::AuditService::Stub::ListCheckpoints, request));
      for (const v1::AttestedCheckpoint& attested : page.checkpoints()) RETURN_IF_ERROR(Take(attested));
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return absl::OkStatus();
  }

  // All of them verify.
  bool ok() const {
    return std::all_of(judged_.begin(), judged_.end(), [](const Judged& each) { return each.status.ok(); });
  }
  int exit_code() const { return judged_.empty() ? kExitRefused : ok() ? kExitOk : kExitUnverified; }
  const std::vector<Judged>& judged() const { return judged_; }

 private:
  absl::Status Take(const v1::AttestedCheckpoint& attested) {
    if (attested.time_stamps().empty()) return absl::OkStatus();
    const std::string note(log::LogSigned(attested.checkpoint()));
    ASSIGN_OR_RETURN(const log::Checkpoint checkpoint, client_->Believe(note));
    for (const v1::TimeStamp& stamp : attested.time_stamps()) {
      // The name goes into a file's.
      if (!CheckId("", stamp.authority()).ok()) {
        return sdk::Evidence("TIME_STAMP_MALFORMED",
                             absl::StrCat("a time stamp of the checkpoint of size ", checkpoint.size,
                                          " is by an authority whose name is no id"));
      }
      ASSIGN_OR_RETURN(const Judged judged, Judge(checkpoint.size, note, stamp));
      judged_.push_back(judged);
      RETURN_IF_ERROR(Write(checkpoint.size, note, stamp));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Judged> Judge(uint64_t size, const std::string& note, const v1::TimeStamp& stamp) {
    Judged judged{.size = size, .authority = stamp.authority(), .stamped = {}, .status = {}};
    auto stamped = crypto::VerifyTimeStamp(stamp.response(), note, authorities_);
    judged.status = stamped.status();
    if (!stamped.ok()) return judged;
    judged.stamped = *std::move(stamped);
    ASSIGN_OR_RETURN(judged.status, CheckAround(client_, judged));
    return judged;
  }

  absl::Status Write(uint64_t size, const std::string& note, const v1::TimeStamp& stamp) const {
    if (options_.directory.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(sdk::MakeDirectory(options_.directory));
    return sdk::ReplaceFiles(
        options_.directory,
        {{std::filesystem::path(options_.directory) / absl::StrCat(size, ".checkpoint"), note},
         {std::filesystem::path(options_.directory) / absl::StrCat(size, ".", stamp.authority(), ".tsr"),
          stamp.response()}});
  }

  sdk::Client* const client_;
  const std::string authorities_;
  const StampsOptions options_;
  std::string latest_note_;
  std::vector<Judged> judged_;
};

nlohmann::ordered_json StampJson(const Judged& judged) {
  nlohmann::ordered_json json;
  json["size"] = judged.size;
  json["authority"] = judged.authority;
  json["ok"] = judged.status.ok();
  if (!judged.status.ok()) {
    json["reason"] = ReasonOf(judged.status);
    json["message"] = std::string(judged.status.message());
  }
  if (judged.stamped.time_us == 0) return json;
  json["time_us"] = judged.stamped.time_us;
  json["accuracy_us"] = judged.stamped.accuracy_us;
  json["policy"] = judged.stamped.policy;
  json["serial"] = judged.stamped.serial;
  json["signer"] = judged.stamped.signer;
  return json;
}

void PrintStamps(const StampsCommand& command, const sdk::Client& client) {
  if (command.judged().empty()) {
    std::cout << T("The ledger shows no such time stamp: its operator sets [time_stamps].\n",
                   "账本未出示此类时间戳：由运维方以 [time_stamps] 设置。\n");
    return;
  }
  Table table({{T("RECORDS", "记录数"), Table::Align::kRight},
               {T("STAMPED", "时间戳时间")},
               {T("± s", "误差（秒）"), Table::Align::kRight},
               {T("AUTHORITY", "时间戳机构")},
               {T("SERIAL", "序列号")},
               {T("VERIFIED", "验证")}});
  uint64_t covered = 0;
  for (const Judged& each : command.judged()) {
    const bool is_read = each.stamped.time_us != 0;
    if (each.status.ok()) covered = std::max(covered, each.size);
    table.Add({absl::StrCat(each.size),
               is_read ? TimeText(each.stamped.time_us, client.utc_offset_minutes()) : "–",
               is_read ? absl::StrCat(each.stamped.accuracy_us / 1e6) : "–", each.authority,
               is_read ? each.stamped.serial : "–",
               each.status.ok() ? std::string(T("yes", "通过"))
                                : absl::StrCat(ReasonOf(each.status), ": ", each.status.message())});
  }
  table.Print(std::cout);
  std::cout << T("Stamped: the first ", "已有时间戳：前 ") << covered << T(" of ", " 条记录，共 ")
            << client.seen().size
            << T(" records. A stamp shows that they existed at its time, and that the next did not yet.\n",
                 " 条。时间戳表明这些记录在该时间已存在，而其后的记录尚不存在。\n");
  if (!command.ok()) std::cout << T("SOME TIME STAMPS DO NOT VERIFY\n", "有时间戳验证不通过\n");
}

absl::StatusOr<int> RunStamps(Context& context, const StampsOptions& options) {
  ASSIGN_OR_RETURN(std::string authorities, sdk::ReadFile(options.authorities_file));
  const absl::Status checked = crypto::CheckTimeStampAuthorities(authorities);
  if (!checked.ok()) {
    return UsageError(ReasonOf(checked), absl::StrCat(options.authorities_file, ": ", checked.message()));
  }
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  StampsCommand command(client, std::move(authorities), options);
  RETURN_IF_ERROR(command.Run());
  if (context.json()) {
    nlohmann::ordered_json json;
    json["ok"] = command.exit_code() == kExitOk;
    json["records"] = client->seen().size;
    json["stamps"] = nlohmann::ordered_json::array();
    for (const Judged& each : command.judged()) json["stamps"].push_back(StampJson(each));
    PrintJson(json);
  } else {
    PrintStamps(command, *client);
  }
  return command.exit_code();
}

}  // namespace

void AddStampsCommand(Program* program) {
  CLI::App* app = AddCommand(program, "inspect stamps",
                             T("time stamps of checkpoints, verified, and held against the records' times",
                               "检查点的时间戳：验证，并与记录时间核对"));
  const auto options = std::make_shared<StampsOptions>();
  app->add_option("--tsa-ca", options->authorities_file,
                  T("root certificates of the authorities, PEM, got by another way",
                    "时间戳机构的根证书（PEM），应另行取得"))
      ->required();
  app->add_option("--size", options->size,
                  T("only of the checkpoint of so many records", "仅此规模的检查点"));
  app->add_option("--out", options->directory,
                  T("writes each note and stamp into this directory: SIZE.checkpoint, SIZE.AUTHORITY.tsr",
                    "将检查点与时间戳写入该目录：SIZE.checkpoint、SIZE.机构.tsr"));
  app->footer(
      T("Exit code 0 if all of them verify, 1 if there are none, else 4. The files are for others' tools:\n"
        "  openssl ts -verify -data 42.checkpoint -in 42.tsa-1.tsr -CAfile tsa-1.pem",
        "全部验证通过时退出码为 0，没有时间戳为 1，否则为 4。所写文件可用其他工具核对：\n"
        "  openssl ts -verify -data 42.checkpoint -in 42.tsa-1.tsr -CAfile tsa-1.pem"));
  OnCall(program, app, [options](Context& context) { return RunStamps(context, *options); });
}

}  // namespace fundledger::cli
