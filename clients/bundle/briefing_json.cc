#include "clients/bundle/briefing_json.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "ledger/base/bytes.h"
#include "ledger/base/date.h"
#include "ledger/base/decimal.h"
#include "ledger/base/fen.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::bundle {
namespace {

namespace v1 = ::fundledger::v1;
using Json = nlohmann::ordered_json;

// Of a briefing, but no figures.
constexpr const char* kBasis[] = {"year",     "as_of",      "from_year", "category", "invested_category",
                                  "sequence", "checkpoint", "ledger"};

// Null where the denominator is zero.
Json PercentJson(int64_t part, int64_t whole, int decimals) {
  if (whole == 0) return nullptr;
  return FormatPercent(part, whole, decimals);
}

Json ProgrammesJson(const v1::GetBriefingResponse& b) {
  Json list = Json::array();
  for (const auto& p : b.programmes()) {
    list.push_back({{"id", p.id()},
                    {"name", p.name()},
                    {"task_group", p.task_group()},
                    {"planned_fen", p.planned_fen()},
                    {"planned_previous_year_fen", p.planned_previous_year_fen()},
                    {"growth_percent", GrowthJson(p)},
                    {"disbursed_fen", p.disbursed_fen()},
                    {"disbursed_since_fen", p.disbursed_since_fen()},
                    {"outside_paid_since_fen", p.outside_paid_since_fen()},
                    {"loans_granted_since_fen", p.loans_granted_since_fen()},
                    {"projects", p.projects()}});
  }
  return list;
}

Json IndicatorsJson(const v1::GetBriefingResponse& b) {
  Json list = Json::array();
  for (const auto& p : b.programmes()) {
    for (const auto& i : p.indicators()) {
      const Json value = i.has_value() ? Json(FormatDecimal(i.value(), i.scale())) : Json(nullptr);
      list.push_back(
          {{"programme", p.id()}, {"id", i.id()}, {"name", i.name()}, {"unit", i.unit()}, {"value", value}});
    }
  }
  return list;
}

Json DateJson(const v1::Basis& basis) {
  if (!basis.has_date()) return nullptr;
  const auto date = Date::FromCivil(basis.date().year(), basis.date().month(), basis.date().day());
  return date.ok() ? Json(date->ToString()) : Json(nullptr);
}

// As it is printed.
std::string ValueOf(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Of a key of an object, or nothing.
std::string TextOf(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto it = object.find(key);
  return it == object.end() ? "" : ValueOf(*it);
}

absl::Status Malformed(std::string_view what) {
  return Refuse(absl::StatusCode::kInvalidArgument, "BRIEFING_MALFORMED",
                absl::StrCat("the briefing ", ToAbsl(what),
                             ": give what \"fundledger report briefing --json\" printed"));
}

absl::Status AddFigures(const std::string& place, const nlohmann::json& value,
                        std::map<std::string, std::string>* figures) {
  if (!value.is_object()) {
    const bool is_new = figures->emplace(place, ValueOf(value)).second;
    return is_new ? absl::OkStatus() : Malformed(absl::StrCat("says ", place, " twice"));
  }
  for (const auto& [key, inner] : value.items())
    RETURN_IF_ERROR(AddFigures(absl::StrCat(place, ".", key), inner, figures));
  return absl::OkStatus();
}

}  // namespace

Json GrowthJson(const v1::ProgrammeFigures& p) {
  return PercentJson(p.planned_fen() - p.planned_previous_year_fen(), p.planned_previous_year_fen(), 1);
}

Json BriefingJson(const v1::GetBriefingRequest& request, const v1::GetBriefingResponse& b,
                  const Hash256& ledger) {
  Json json;
  json["year"] = b.year();
  json["as_of"] = DateJson(b.basis());
  if (!request.category().empty()) json["category"] = request.category();
  if (!request.invested_category().empty()) json["invested_category"] = request.invested_category();
  json["planned_fen"] = b.planned_fen();
  json["disbursed_fen"] = b.disbursed_fen();
  json["disbursed_by_level"] = {{"township", b.disbursed_township_fen()}, {"city", b.disbursed_city_fen()}};
  json["disbursement_rate_percent"] = PercentJson(b.disbursed_fen(), b.planned_fen(), 2);
  json["projects"] = b.projects();
  json["projects_size_fen"] = b.projects_size_fen();
  json["township_projects"] = b.township_projects();
  json["township_started"] = b.township_started();
  json["township_completed"] = b.township_completed();
  json["township_start_rate_percent"] = PercentJson(b.township_started(), b.township_projects(), 2);
  json["township_completion_rate_percent"] = PercentJson(b.township_completed(), b.township_projects(), 2);
  json["started"] = b.started();
  json["completed"] = b.completed();
  json["received_fen"] = b.received_fen();
  json["allocated_fen"] = b.allocated_fen();
  json["invested_since_fen"] = b.invested_since_fen();
  json["invested_by_year"] = Json::array();
  for (const auto& y : b.invested_by_year()) {
    json["invested_by_year"].push_back({{"year", y.year()}, {"received_fen", y.received_fen()}});
  }
  json["from_year"] = b.from_year();
  json["programmes"] = ProgrammesJson(b);
  json["indicators"] = IndicatorsJson(b);
  json["sequence"] = b.basis().sequence();
  json["checkpoint"] = b.basis().checkpoint();
  json["ledger"] = HexEncode(ledger.view());
  return json;
}

absl::StatusOr<std::map<std::string, std::string>> FiguresOf(const nlohmann::json& briefing) {
  std::map<std::string, std::string> figures;
  if (!briefing.is_object()) return figures;
  for (const auto& [key, value] : briefing.items()) {
    if (std::find(std::begin(kBasis), std::end(kBasis), key) != std::end(kBasis)) continue;
    if (!value.is_array()) {
      RETURN_IF_ERROR(AddFigures(key, value, &figures));
      continue;
    }
    for (const auto& each : value) {
      std::string place = absl::StrCat(key, ".");
      if (key == "indicators") absl::StrAppend(&place, TextOf(each, "programme"), ".");
      absl::StrAppend(&place, TextOf(each, key == "invested_by_year" ? "year" : "id"));
      RETURN_IF_ERROR(AddFigures(place, each, &figures));
    }
  }
  return figures;
}

absl::StatusOr<v1::GetBriefingRequest> QuestionOf(const nlohmann::json& briefing) {
  if (!briefing.is_object()) return Malformed("is no JSON object");
  v1::GetBriefingRequest request;
  const auto number = [&briefing](const char* key) -> std::optional<uint64_t> {
    const auto it = briefing.find(key);
    if (it == briefing.end() || !it->is_number_integer()) return std::nullopt;
    if (!it->is_number_unsigned() && it->get<int64_t>() < 0) return std::nullopt;
    return it->get<uint64_t>();
  };
  const auto year = number("year");
  const auto from_year = number("from_year");
  const auto sequence = number("sequence");
  if (!year || *year > 9999 || !from_year || *from_year > 9999)
    return Malformed("does not say year and from_year");
  if (!sequence) return Malformed("does not say the sequence it counts up to");
  request.set_year(static_cast<int32_t>(*year));
  request.set_from_year(static_cast<int32_t>(*from_year));
  request.mutable_as_of()->set_sequence(*sequence);
  const auto date = Date::Parse(TextOf(briefing, "as_of"));
  if (!date.ok()) return Malformed("does not say as_of, its business date");
  request.mutable_as_of()->mutable_date()->set_year(date->year());
  request.mutable_as_of()->mutable_date()->set_month(date->month());
  request.mutable_as_of()->mutable_date()->set_day(date->day());
  request.set_category(TextOf(briefing, "category"));
  request.set_invested_category(TextOf(briefing, "invested_category"));
  return request;
}

}  // namespace fundledger::bundle
