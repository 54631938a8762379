#include "clients/bundle/figure_parts.h"

#include <limits>

#include "clients/bundle/json.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

namespace fundledger::bundle {
namespace {

absl::Status Malformed(std::string_view figure) {
  return Refuse(absl::StatusCode::kInvalidArgument, "BUNDLE_MALFORMED",
                absl::StrCat("figures.json does not list the records of ", ToAbsl(figure), " as it should"));
}

bool ReadPart(const nlohmann::json& json, reports::FigurePart* part) {
  if (!json.is_object()) return false;
  const auto record = json.find("record");
  const auto action = json.find("action");
  const auto amount = json.find("amount");
  if (record == json.end() || action == json.end() || amount == json.end()) return false;
  if (!record->is_number_unsigned() || !action->is_number_unsigned() || !amount->is_number_integer())
    return false;
  if (amount->is_number_unsigned() && amount->get<uint64_t>() > uint64_t{std::numeric_limits<int64_t>::max()})
    return false;
  part->record = record->get<Sequence>();
  if (action->get<uint64_t>() > std::numeric_limits<uint32_t>::max()) return false;
  part->action = action->get<uint32_t>();
  part->amount = amount->get<int64_t>();
  part->project = TextAt(json, "project");
  part->fund = TextAt(json, "fund");
  part->programme = TextAt(json, "programme");
  return true;
}

}  // namespace

std::string FormatFigureParts(const FigureParts& figures) {
  nlohmann::ordered_json json;
  json["figures"] = nlohmann::ordered_json::object();
  for (const auto& [name, parts] : figures) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const reports::FigurePart& part : parts) {
      nlohmann::ordered_json each = {{"record", part.record}, {"action", part.action}};
      if (!part.project.empty()) each["project"] = part.project;
      if (!part.fund.empty()) each["fund"] = part.fund;
      if (!part.programme.empty()) each["programme"] = part.programme;
      each["amount"] = part.amount;
      list.push_back(std::move(each));
    }
    json["figures"][name] = std::move(list);
  }
  return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

absl::StatusOr<FigureParts> ParseFigureParts(std::string_view text) {
  ASSIGN_OR_RETURN(const nlohmann::json json, ParseJson(text));
  if (!json.is_object() || !json.contains("figures") || !json["figures"].is_object())
    return Malformed("any figure");
  FigureParts figures;
  for (const auto& [name, list] : json["figures"].items()) {
    if (!list.is_array()) return Malformed(name);
    for (const nlohmann::json& each : list) {
      reports::FigurePart part;
      if (!ReadPart(each, &part)) return Malformed(name);
      figures[name].push_back(std::move(part));
    }
  }
  return figures;
}

}  // namespace fundledger::bundle
