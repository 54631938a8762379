#include "clients/verify/report_check.h"

#include <algorithm>
#include <set>

#include "clients/bundle/action_refs.h"
#include "clients/bundle/briefing_json.h"
#include "clients/bundle/figure_parts.h"
#include "clients/bundle/json.h"
#include "ledger/audit/audit.h"
#include "ledger/base/bytes.h"
#include "ledger/base/fen.h"
#include "ledger/base/status.h"
#include "ledger/log/record.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace fundledger::verify {
namespace {

namespace v1 = ::fundledger::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// A figure as an integer: an indicator's without its point. Nothing for what is no number.
std::optional<int64_t> NumberOf(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), '.'), text.end());
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) return std::nullopt;
  return number;
}

bool HasText(const Message& message, const char* name, const std::string& value) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  return field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && !field->is_repeated() &&
         message.GetReflection()->GetString(message, field) == value;
}

bool HasAmount(const Message& message, const char* name, int64_t amount) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_INT64 || field->is_repeated())
    return false;
  const int64_t value = message.GetReflection()->GetInt64(message, field);
  // What is given back, or reversed, counts with the other sign.
  return value == amount || (amount != std::numeric_limits<int64_t>::min() && value == -amount);
}

// Whether a message itself says what the part is counted for.
bool Says(const Message& message, const reports::FigurePart& part) {
  if (part.fund.empty()) {
    const std::string& subject = part.project.empty() ? part.programme : part.project;
    const char* name = part.project.empty() ? "programme" : "project";
    if (!HasText(message, name, subject)) return false;
    return message.GetDescriptor() != v1::ReportIndicator::descriptor() ||
           HasAmount(message, "value", part.amount);
  }
  return HasText(message, "fund", part.fund) && HasAmount(message, "amount_fen", part.amount) &&
         (part.project.empty() || HasText(message, "project", part.project)) &&
         (part.programme.empty() || HasText(message, "programme", part.programme));
}

// The message or one in it.
bool SaysWithin(const Message& message, const reports::FigurePart& part) {
  if (Says(message, part)) return true;
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 0;
    if (!field->is_repeated() && SaysWithin(reflection->GetMessage(message, field), part)) return true;
    for (int i = 0; i < count; ++i) {
      if (SaysWithin(reflection->GetRepeatedMessage(message, field, i), part)) return true;
    }
  }
  return false;
}

class ReportCheck {
 public:
  ReportCheck(const ProvenRecords& proven, Findings* findings, Report* report)
      : proven_(proven), findings_(*findings), report_(*report) {}

  void CheckBasis(const nlohmann::json& briefing, const log::Checkpoint& own);
  void CheckFigures(const nlohmann::json& briefing, const bundle::FigureParts& parts);
  void CheckRates(const std::map<std::string, std::string>& figures);

 private:
  void CheckFigure(const std::string& name, const std::string& value,
                   const std::vector<reports::FigurePart>& parts);
  bool IsBacked(const std::string& name, const reports::FigurePart& part);
  const v1::Submission* SubmissionOf(Sequence sequence);
  void CheckRate(const std::map<std::string, std::string>& figures, const std::string& name,
                 const std::string& said);

  const ProvenRecords& proven_;
  Findings& findings_;
  Report& report_;
  std::map<Sequence, v1::Submission> submissions_;
};

void ReportCheck::CheckBasis(const nlohmann::json& briefing, const log::Checkpoint& own) {
  const auto question = bundle::QuestionOf(briefing);
  if (!question.ok()) {
    findings_.Add(std::nullopt, question.status());
    return;
  }
  if (bundle::TextAt(briefing, "ledger") != HexEncode(report_.ledger.view()))
    findings_.Add(std::nullopt, "WRONG_LEDGER", "the report is of another ledger");
  if (question->as_of().sequence() >= own.size) {
    findings_.Add(std::nullopt, "BASIS_INVALID",
                  absl::StrCat("the report counts records up to ", question->as_of().sequence(),
                               ", its checkpoint ends at size ", own.size));
  }
  const auto stated = PeekCheckpoint(bundle::TextAt(briefing, "checkpoint"));
  if (!stated.ok() || *stated != own)
    findings_.Add(std::nullopt, "CHECKPOINT_MIXED", "the report names another checkpoint than the bundle's");
}

const v1::Submission* ReportCheck::SubmissionOf(Sequence sequence) {
  if (const auto it = submissions_.find(sequence); it != submissions_.end()) return &it->second;
  const auto proven = proven_.find(sequence);
  if (proven == proven_.end()) return nullptr;
  const auto record = log::DecodeRecord(proven->second.bytes);
  auto admitted = record.ok() ? audit::Admit(record->envelope) : record.status();
  if (!admitted.ok()) {
    findings_.Add(sequence, admitted.status());
    return nullptr;
  }
  return &submissions_.emplace(sequence, std::move(admitted->submission())).first->second;
}

// The action that is counted, or one that it names, says so itself. Names are by leaf hash, so nothing can be
// put in the place of what was approved.
bool ReportCheck::IsBacked(const std::string& name, const reports::FigurePart& part) {
  std::set<std::pair<Sequence, uint32_t>> visited;
  std::vector<std::pair<Sequence, uint32_t>> open = {{part.record, part.action}};
  while (!open.empty()) {
    const auto [record, index] = open.back();
    open.pop_back();
    if (!visited.insert({record, index}).second) continue;
    const v1::Submission* submission = SubmissionOf(record);
    if (submission == nullptr) {
      findings_.Add(record, "FIGURE_UNPROVEN",
                    absl::StrCat(name, " counts record ", record, ", which the bundle does not prove"));
      return false;
    }
    if (index >= static_cast<uint32_t>(submission->actions_size())) break;
    const v1::Action& action = submission->actions(static_cast<int>(index));
    if (SaysWithin(action, part)) return true;
    for (const v1::ActionRef& ref : bundle::RefsOf(action)) {
      const auto named = proven_.find(ref.sequence());
      const bool is_it = named == proven_.end() || named->second.leaf.view() == ref.leaf_hash();
      if (is_it) open.emplace_back(ref.sequence(), ref.action());
    }
  }
  findings_.Add(part.record, "FIGURE_UNPROVEN",
                absl::StrCat(name, " counts ", part.amount, " for action ", part.action, " of record ",
                             part.record, ", which says nothing of it"));
  return false;
}

void ReportCheck::CheckFigure(const std::string& name, const std::string& value,
                              const std::vector<reports::FigurePart>& parts) {
  __int128 sum = 0;
  for (const reports::FigurePart& part : parts) {
    if (findings_.is_full() || !IsBacked(name, part)) return;
    sum += part.amount;
  }
  const std::optional<int64_t> number = NumberOf(value);
  if (number.has_value() && sum == *number) {
    ++report_.figures;
    return;
  }
  const bool fits = sum >= std::numeric_limits<int64_t>::min() && sum <= std::numeric_limits<int64_t>::max();
  findings_.Add(std::nullopt, "FIGURE_DIFFERS",
                absl::StrCat(name, ": the report says ", value, ", its records add up to ",
                             fits ? absl::StrCat(static_cast<int64_t>(sum)) : "more than 64 bits hold"));
}

void ReportCheck::CheckFigures(const nlohmann::json& briefing, const bundle::FigureParts& parts) {
  const std::map<std::string, std::string> figures = bundle::FiguresOf(briefing);
  for (const auto& [name, value] : figures) {
    const auto found = parts.find(name);
    // Without records it is 0, a name, or computed from others; an indicator may have no value.
    const bool is_number = name.ends_with("_fen") || name.ends_with("projects") ||
                           name.ends_with("started") || name.ends_with("completed") ||
                           name.ends_with(".value") || name.starts_with("disbursed_by_level.");
    if (found == parts.end() && (!is_number || value == "null")) continue;
    CheckFigure(name, value, found == parts.end() ? std::vector<reports::FigurePart>() : found->second);
  }
  for (const auto& [name, list] : parts) {
    if (!figures.contains(name))
      findings_.Add(std::nullopt, "FIGURE_DIFFERS",
                    absl::StrCat(name, " has records, and the report lacks it"));
  }
  CheckRates(figures);
}

// What a percentage is of what, by its name. Nothing: no report has one of that name.
struct Rate {
  std::string part;
  std::string less;  // is taken from the part: nothing, or the whole itself
  std::string whole;
  int decimals;
};
std::optional<Rate> RateOf(const std::string& name) {
  constexpr std::string_view kGrowth = ".growth_percent";
  if (name == "disbursement_rate_percent") return Rate{"disbursed_fen", "", "planned_fen", 2};
  if (name == "township_start_rate_percent") return Rate{"township_started", "", "township_projects", 2};
  if (name == "township_completion_rate_percent")
    return Rate{"township_completed", "", "township_projects", 2};
  if (!name.starts_with("programmes.") || !name.ends_with(kGrowth)) return std::nullopt;
  const std::string programme = name.substr(0, name.size() - kGrowth.size());
  const std::string before = programme + ".planned_previous_year_fen";
  return Rate{programme + ".planned_fen", before, before, 1};
}

// Two figures, which their records were added up to, and what is said of them.
void ReportCheck::CheckRate(const std::map<std::string, std::string>& figures, const std::string& name,
                            const std::string& said) {
  const auto number = [&figures](const std::string& figure) -> std::optional<int64_t> {
    const auto it = figures.find(figure);
    return it == figures.end() ? std::nullopt : NumberOf(it->second);
  };
  const std::optional<Rate> rate = RateOf(name);
  const int64_t part = rate.has_value() ? number(rate->part).value_or(0) : 0;
  const int64_t less = rate.has_value() && !rate->less.empty() ? number(rate->less).value_or(0) : 0;
  const int64_t whole = rate.has_value() ? number(rate->whole).value_or(0) : 0;
  const bool is_computable =
      rate.has_value() && number(rate->part).has_value() && number(rate->whole).has_value();
  int64_t difference = 0;
  if (!is_computable || __builtin_sub_overflow(part, less, &difference)) {
    findings_.Add(
        std::nullopt, "FIGURE_UNPROVEN",
        absl::StrCat(name, ": the report says ", said, ", and lacks the figures to compute it from"));
    return;
  }
  const std::string is = whole == 0 ? "null" : FormatPercent(difference, whole, rate->decimals);
  if (said == is) {
    ++report_.figures;
    return;
  }
  findings_.Add(
      std::nullopt, "FIGURE_DIFFERS",
      absl::StrCat(name, ": the report says ", said, ", ", rate->part, " and ", rate->whole, " give ", is));
}

void ReportCheck::CheckRates(const std::map<std::string, std::string>& figures) {
  for (const auto& [name, said] : figures) {
    if (name.ends_with("_percent")) CheckRate(figures, name, said);
  }
}

}  // namespace

void CheckReport(const Reader& reader, const ProvenRecords& proven, Findings* findings, Report* report) {
  const auto text = reader.File(bundle::kReportFile);
  const auto briefing = text.ok() ? bundle::ParseJson(*text) : text.status();
  if (!briefing.ok()) {
    findings->Add(std::nullopt, "BRIEFING_MALFORMED",
                  absl::StrCat(bundle::kReportFile, ": ", briefing.status().message()));
    return;
  }
  const auto figures = reader.File(bundle::kFiguresFile);
  const auto parts = figures.ok() ? bundle::ParseFigureParts(*figures) : figures.status();
  if (!parts.ok()) {
    findings->Add(std::nullopt, ReasonOf(parts.status()), ToStd(parts.status().message()));
    return;
  }
  report->briefing = *briefing;
  ReportCheck check(proven, findings, report);
  check.CheckBasis(*briefing, reader.checkpoint());
  check.CheckFigures(*briefing, *parts);
}

}  // namespace fundledger::verify
