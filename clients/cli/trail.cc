#include "clients/cli/trail.h"

#include <algorithm>
#include <iostream>
#include <memory>

#include "clients/cli/describe.h"
#include "clients/cli/forms.h"
#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/cli/suggest.h"
#include "clients/cli/table.h"
#include "ledger/base/bytes.h"
#include "ledger/base/time_text.h"
#include "ledger/books/keys.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace fundledger::cli {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kSecondsPerDay = 86'400;
// More actions of one record than this are cut short: `inspect record` shows them all.
constexpr size_t kShownMax = 5;

struct TrailOptions {
  TrailFilter filter;
  std::string from;
  std::string to;
};

struct Dimension {
  v1::TrailDimension dimension;
  const char* flag;
  const char* english;
  const char* chinese;
  bool about;  // of a thing that actions name
};

constexpr Dimension kDimensions[] = {
    {v1::TRAIL_DIMENSION_ORGANIZATION, "--organization", "of an organization's officers, or about it", "单位",
     false},
    {v1::TRAIL_DIMENSION_FUND, "--fund", "about a fund", "资金", true},
    {v1::TRAIL_DIMENSION_PROJECT, "--project", "about a project", "项目", true},
    {v1::TRAIL_DIMENSION_OFFICER, "--officer", "by an officer, or about one", "经办人", false},
    {v1::TRAIL_DIMENSION_ACTION, "--action", "with an action of a kind, such as allocate", "事项种类", false},
    {v1::TRAIL_DIMENSION_PAYEE, "--payee", "about a payee", "收款人", true},
    {v1::TRAIL_DIMENSION_VOUCHER, "--voucher", "with a voucher: ISSUER/TYPE/YEAR/NUMBER",
     "凭证：签发单位/类型/年度/号码", true},
    {v1::TRAIL_DIMENSION_DOCUMENT, "--document", "with a document, by its SHA-256 in hex",
     "佐证文件：其 SHA-256（十六进制）", true},
};

// Midnight, in the ledger's time zone, at the beginning of a day.
int64_t StartOfDayUs(Date day, int32_t utc_offset_minutes) {
  return (int64_t{day.days()} * kSecondsPerDay - int64_t{utc_offset_minutes} * 60) * kMicrosPerSecond;
}

absl::StatusOr<v1::ListTrailRequest> TrailRequest(const TrailOptions& options, const sdk::Client& client) {
  v1::ListTrailRequest request;
  request.set_page_size(500);
  RETURN_IF_ERROR(options.filter.Fill(&request));
  if (!options.from.empty()) {
    ASSIGN_OR_RETURN(const Date from, ReadDate(options.from));
    request.set_recorded_from_us(StartOfDayUs(from, client.utc_offset_minutes()));
  }
  if (!options.to.empty()) {
    ASSIGN_OR_RETURN(const Date to, ReadDate(options.to));
    request.set_recorded_until_us(StartOfDayUs(Date(to.days() + 1), client.utc_offset_minutes()));
  }
  if (!options.to.empty() && request.recorded_until_us() <= request.recorded_from_us()) {
    return UsageError("DATES_REVERSED",
                      absl::StrCat("--from ", options.from, T(" is after --to ", " 晚于 --to "), options.to));
  }
  return request;
}

absl::Status ActionUnknown(const std::string& kind) {
  std::vector<std::string> names;
  std::vector<std::string> all;
  for (const Form& form : Forms()) {
    names.push_back(form.kind);
    names.emplace_back(form.chinese);
    all.emplace_back(T(form.kind.c_str(), form.chinese));
  }
  const std::string like = absl::StrJoin(WordsLike(kind, names), T(" or ", " 或 "));
  return UsageError(
      "KIND_UNKNOWN",
      absl::StrCat("--action \"", kind, T("\" is no kind of action; ", "\" 不是事项种类；"),
                   like.empty()
                       ? absl::StrCat(T("write one of ", "可填："), absl::StrJoin(all, T(", ", "、")))
                       : absl::StrCat(T("did you mean ", "是否指 "), like, T("?", "？"))));
}

// What the trail is about, where it is about a thing that actions name.
std::string AboutOf(const v1::ListTrailRequest& request) {
  for (const Dimension& dimension : kDimensions) {
    if (dimension.dimension != request.dimension() || !dimension.about) continue;
    // A hash may be written in capitals.
    return request.dimension() == v1::TRAIL_DIMENSION_DOCUMENT ? absl::AsciiStrToLower(request.id())
                                                               : request.id();
  }
  return "";
}

// That a record names nothing so is what a slip of the pen looks like too.
std::string NothingText(const v1::ListTrailRequest& request) {
  const bool of_some_days = request.recorded_from_us() != 0 || request.recorded_until_us() != 0;
  const std::string days = of_some_days ? T(" of these days", "所选日期内") : "";
  for (const Dimension& dimension : kDimensions) {
    if (dimension.dimension != request.dimension()) continue;
    if (CurrentLanguage() == Language::kChinese) {
      return absl::StrCat(days, "没有涉及 ", dimension.flag, " ", request.id(),
                          " 的记录：请核对写法，区分大小写");
    }
    return absl::StrCat("no record", days, " names ", dimension.flag, " ", request.id(),
                        ": check how it is written, capitals are not small letters");
  }
  return absl::StrCat(T("no record", ""), days, T("", "没有记录"));
}

void PrintTrail(const Table& table, const v1::Basis& basis, const log::Checkpoint& checkpoint) {
  table.Print(std::cout);
  std::cout << '\n'
            << T("Every record shown was verified to be in the log. That none is missing shows only in a "
                 "full check: "
                 "inspect verify.\n",
                 "所示记录均已验证在账本中；是否有遗漏须做完整验证：inspect verify。\n")
            << BasisLine(basis, checkpoint) << '\n';
}

absl::StatusOr<int> RunTrail(Context& context, const TrailOptions& options) {
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  ASSIGN_OR_RETURN(const v1::ListTrailRequest request, TrailRequest(options, *client));
  Table table({{T("record", "记录"), Table::Align::kRight},
               {T("when", "入账时间")},
               {T("who", "经办人")},
               {T("what", "内容")}});
  auto json = nlohmann::ordered_json::array();
  v1::Basis basis;
  log::Checkpoint checkpoint;
  TrailStory story(AboutOf(request), context.scale_of());
  const auto add = [&](const v1::RecordView& view) -> absl::Status {
    ASSIGN_OR_RETURN(const sdk::VerifiedRecord record,
                     client->VerifyRecord(view.sequence(), view.record(), checkpoint));
    json.push_back(RecordJson(record));
    for (const std::string& text : story.Tell(view.sequence(), record.submission)) {
      table.Add({absl::StrCat(view.sequence()),
                 TimeText(record.header.recorded_at_us, client->utc_offset_minutes()),
                 record.submission.officer(), text});
    }
    return absl::OkStatus();
  };
  const auto add_page = [&](const v1::ListTrailResponse& page) -> absl::Status {
    basis = page.basis();
    ASSIGN_OR_RETURN(checkpoint, client->BelieveBasis(basis));
    for (const v1::RecordView& view : page.records()) RETURN_IF_ERROR(add(view));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(EachPage(client, client->audit(), &v1::AuditService::Stub::ListTrail, request, add_page));
  RETURN_IF_ERROR(context.CheckWitnessed(basis));
  if (!context.json()) {
    if (json.empty()) {
      std::cout << NothingText(request) << '\n' << BasisLine(basis, checkpoint) << '\n';
    } else {
      PrintTrail(table, basis, checkpoint);
    }
    std::cout << context.WitnessedLine();
    return kExitOk;
  }
  nlohmann::ordered_json all;
  all["records"] = json;
  all["basis"] = ToJson(basis);
  all["witnessed"] = context.WitnessedJson();
  PrintJson(all);
  return kExitOk;
}

}  // namespace

void TrailFilter::AddTo(CLI::App* app) {
  for (const Dimension& dimension : kDimensions) {
    app->add_option(dimension.flag, ids[dimension.dimension], T(dimension.english, dimension.chinese));
  }
}

absl::Status TrailFilter::Fill(v1::ListTrailRequest* request) const {
  for (const auto& [dimension, id] : ids) {
    if (id.empty()) continue;
    if (!request->id().empty()) {
      return UsageError("FILTERS_EXCLUDE",
                        "the filters by what exclude each other: give one, and dates if wanted");
    }
    request->set_dimension(dimension);
    request->set_id(id);
    const std::string folded = books::Fold(id);
    if (dimension == v1::TRAIL_DIMENSION_VOUCHER && std::count(folded.begin(), folded.end(), '/') < 3) {
      return UsageError("VOUCHER_MALFORMED",
                        absl::StrCat("--voucher \"", id,
                                     T("\" names no voucher: write ISSUER/TYPE/YEAR/NUMBER",
                                       "\" 写法不对：应为 签发单位/类型/年度/号码")));
    }
    if (dimension != v1::TRAIL_DIMENSION_ACTION) continue;
    // Either language names a kind.
    const Form* form = FindForm(id);
    if (form == nullptr) return ActionUnknown(id);
    request->set_id(form->kind);
  }
  return absl::OkStatus();
}

nlohmann::ordered_json RecordJson(const sdk::VerifiedRecord& record) {
  nlohmann::ordered_json json;
  json["sequence"] = record.header.sequence;
  json["recorded_at_us"] = record.header.recorded_at_us;
  json["leaf_hash"] = HexEncode(record.leaf.view());
  json["previous"] = HexEncode(record.header.previous.view());
  json["semantics"] = record.header.semantics;
  json["submission"] = ToJson(record.submission);
  return json;
}

bool TrailStory::IsAbout(const v1::Action& action) const {
  if (about_.empty() || Mentions(action, about_)) return true;
  const v1::ActionRef* answered = AnsweredBy(action);
  return answered != nullptr && told_.count({answered->sequence(), answered->action()}) != 0;
}

std::string TrailStory::Text(const v1::Action& action) const {
  const std::string text = ActionText(action, scale_of_, about_);
  const v1::ActionRef* answered = AnsweredBy(action);
  if (answered == nullptr) return text;
  const auto title = titles_.find({answered->sequence(), answered->action()});
  return title == titles_.end() ? text : absl::StrCat(text, T(" (", "（"), title->second, T(")", "）"));
}

std::vector<std::string> TrailStory::Tell(Sequence sequence, const v1::Submission& submission) {
  std::vector<std::string> about;
  std::vector<std::string> all;
  for (int i = 0; i < submission.actions_size(); ++i) {
    const v1::Action& action = submission.actions(i);
    const Place place{sequence, static_cast<uint32_t>(i)};
    all.push_back(Text(action));
    if (IsAbout(action)) {
      about.push_back(all.back());
      told_.insert(place);
    }
    titles_[place] = ActionTitle(action);
  }
  // Where nothing is seen to be about it – what is approved lies before the dates asked for – all of it is.
  std::vector<std::string> texts = about.empty() ? all : about;
  if (texts.size() > kShownMax) {
    const size_t hidden = texts.size() - kShownMax;
    texts.resize(kShownMax);
    texts.push_back(absl::StrCat(T("… and ", "……另 "), hidden,
                                 T(" more: inspect record ", " 项：inspect record "), sequence));
  }
  return texts;
}

void AddTrailCommand(Program* program) {
  CLI::App* app = AddCommand(
      program, "inspect trail",
      T("records of an organization, fund, project, officer …", "按单位、资金、项目、经办人等列出记录"));
  const auto options = std::make_shared<TrailOptions>();
  options->filter.AddTo(app);
  app->add_option("--from", options->from, T("recorded on this day or later", "入账日期起"));
  app->add_option("--to", options->to, T("recorded on this day or earlier", "入账日期止"));
  app->footer(T("Example:\n  fundledger inspect trail --project p-001 --from 2020-01-01",
                "示例：\n  fundledger inspect trail --project p-001 --from 2020-01-01"));
  OnCall(program, app, [options](Context& context) { return RunTrail(context, *options); });
}

}  // namespace fundledger::cli
