#include "clients/verify/figures_check.h"

#include <map>

#include "clients/bundle/briefing_json.h"

#include "absl/strings/str_cat.h"

namespace fundledger::verify {
namespace {

// Whether a figure of that name belongs to something that briefings list, so that one too many is an addition
// to the report and not a later program's word.
bool IsListed(const std::string& name) {
  return name.starts_with("programmes.") || name.starts_with("indicators.") ||
         name.starts_with("invested_by_year.") || name.starts_with("disbursed_by_level.");
}

}  // namespace

uint64_t CompareFigures(const nlohmann::json& given, const nlohmann::json& recomputed, Findings* findings,
                        std::vector<std::string>* unchecked) {
  const auto given_figures = bundle::FiguresOf(given);
  const auto recomputed_figures = bundle::FiguresOf(recomputed);
  for (const auto* figures : {&given_figures, &recomputed_figures}) {
    if (figures->ok()) continue;
    findings->Add(std::nullopt, figures->status());
    return 0;
  }
  const std::map<std::string, std::string>& said = *given_figures;
  const std::map<std::string, std::string>& is = *recomputed_figures;
  uint64_t same = 0;
  for (const auto& [name, value] : is) {
    const auto it = said.find(name);
    if (it != said.end() && it->second == value) {
      ++same;
      continue;
    }
    const std::string what = it == said.end() ? "nothing" : it->second;
    findings->Add(std::nullopt, "FIGURE_DIFFERS",
                  absl::StrCat(name, ": the briefing given says ", what, ", the records give ", value));
  }
  for (const auto& [name, value] : said) {
    if (is.contains(name)) continue;
    if (IsListed(name)) {
      findings->Add(
          std::nullopt, "FIGURE_DIFFERS",
          absl::StrCat(name, ": the briefing given says ", value, ", the records give no such figure"));
    } else {
      unchecked->push_back(name);
    }
  }
  return same;
}

}  // namespace fundledger::verify
