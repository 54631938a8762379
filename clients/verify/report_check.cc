#include "clients/verify/report_check.h"

#include <limits>
#include <set>
#include <tuple>

#include "clients/bundle/briefing_json.h"
#include "clients/bundle/figure_parts.h"
#include "clients/bundle/json.h"
#include "clients/verify/figure_rules.h"
#include "clients/verify/language.h"
#include "ledger/audit/audit.h"
#include "ledger/base/bytes.h"
#include "ledger/base/date.h"
#include "ledger/base/decimal.h"
#include "ledger/base/fen.h"
#include "ledger/base/status.h"
#include "ledger/base/utf8.h"
#include "ledger/books/authority.h"
#include "ledger/log/record.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace fundledger::verify {
namespace {

namespace v1 = ::fundledger::v1;

absl::Status Unproven(std::string_view why) {
  return Refuse(absl::StatusCode::kDataLoss, "FIGURE_UNPROVEN", why);
}

// What the records register under that id. DATA_LOSS, reason FIGURE_UNPROVEN: nothing.
template <typename Registration>
absl::StatusOr<const Registration*> Registered(const std::map<std::string, Registration>& by_id,
                                               const std::string& id) {
  const auto found = by_id.find(id);
  if (found != by_id.end()) return &found->second;
  return Unproven(absl::StrCat("no record here registers ", Quote(id)));
}

std::optional<int64_t> NumberOf(const std::string& text) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || text != absl::StrCat(number)) return std::nullopt;
  return number;
}

// One action at its place in the log.
struct Placed {
  Sequence record = 0;
  uint32_t index = 0;
  const v1::Action* action = nullptr;
};

// What a part of a figure cites.
struct Effect {
  Placed what;                          // that is in effect, or was confirmed
  const v1::Action* amounts = nullptr;  // which says what it counts for: of a confirmation, its request
  int sign = 1;                         // -1 where it was reversed
};

class ReportCheck {
 public:
  ReportCheck(const ProvenRecords& proven, Findings* findings, Report* report)
      : proven_(proven), findings_(*findings), report_(*report) {}

  void CheckBasis(const nlohmann::json& briefing, const log::Checkpoint& own);
  // Reads the figures and what the records register; false, and a finding, if they are none.
  bool Load(const nlohmann::json& briefing);
  void CheckFigures(const bundle::FigureParts& parts);

 private:
  using Figures = std::map<std::string, std::string>;

  void CheckFigure(const std::string& name, Counting counting, const std::vector<reports::FigurePart>& parts);
  absl::StatusOr<std::string> Printed(const std::string& name, Counting counting, __int128 sum);
  void CheckSaid(const std::string& name, const absl::StatusOr<std::string>& is, std::string_view source);
  bool IsBacked(const std::string& name, Counting counting, const reports::FigurePart& part, Placed* what);
  std::optional<Effect> EffectOf(const std::string& name, const reports::FigurePart& part);
  bool IsInTime(const std::string& name, const Placed& effect);
  bool Find(const std::string& name, Placed* place);
  std::optional<Placed> Follow(const std::string& name, const v1::ActionRef& ref);
  const v1::Submission* SubmissionOf(Sequence sequence);
  void CheckText(const std::string& name);
  absl::StatusOr<std::string> TextOf(const std::string& name) const;
  std::string IdOf(const std::string& name) const;
  void CheckRate(const std::string& name, const std::string& said);

  const ProvenRecords& proven_;
  Findings& findings_;
  Report& report_;
  Figures figures_;
  // What the report says that it counts: records up to this one, of business dates up to these. Nothing where
  // it does not say so, which is a finding.
  std::optional<Sequence> last_record_;
  std::optional<Date> last_day_;
  std::optional<Date> last_day_before_;  // of the year before the report's
  std::map<Sequence, v1::Submission> submissions_;
  // By id, from the records.
  std::map<std::string, v1::RegisterProgramme> programmes_;
  std::map<std::string, v1::RegisterTaskGroup> task_groups_;
  std::map<std::string, v1::RegisterIndicator> indicators_;
};

bool ReportCheck::Load(const nlohmann::json& briefing) {
  absl::StatusOr<Figures> figures = bundle::FiguresOf(briefing);
  if (!figures.ok()) {
    findings_.Add(std::nullopt, figures.status());
    return false;
  }
  figures_ = *std::move(figures);
  for (const auto& [sequence, proven] : proven_) {
    const v1::Submission* submission = SubmissionOf(sequence);
    if (submission == nullptr) continue;
    for (const v1::Action& action : submission->actions()) {
      if (action.has_register_programme())
        programmes_[action.register_programme().id()] = action.register_programme();
      if (action.has_register_task_group())
        task_groups_[action.register_task_group().id()] = action.register_task_group();
      if (action.has_register_indicator())
        indicators_[action.register_indicator().id()] = action.register_indicator();
    }
  }
  return true;
}

void ReportCheck::CheckBasis(const nlohmann::json& briefing, const log::Checkpoint& own) {
  const auto question = bundle::QuestionOf(briefing);
  if (!question.ok()) {
    findings_.Add(std::nullopt, question.status());
    return;
  }
  last_record_ = question->as_of().sequence();
  const v1::Date& as_of = question->as_of().date();
  const auto day = Date::FromCivil(as_of.year(), as_of.month(), as_of.day());
  const auto before = Date::FromCivil(question->year() - 1, 12, 31);
  if (day.ok() && before.ok()) {
    last_day_ = *day;
    last_day_before_ = *before;
  } else {
    findings_.Add(std::nullopt, "BASIS_INVALID",
                  "the report does not say up to which day of a year it counts");
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

// False, and a finding, if what is in effect happened after the day that the figure counts up to. All that
// counts names its business date.
bool ReportCheck::IsInTime(const std::string& name, const Placed& effect) {
  const bool is_of_year_before = name.ends_with(".planned_previous_year_fen");
  const std::optional<Date>& until = is_of_year_before ? last_day_before_ : last_day_;
  const v1::Date& date = effect.action->date();
  const auto day = Date::FromCivil(date.year(), date.month(), date.day());
  if (!until.has_value() || (day.ok() && *day <= *until)) return true;
  findings_.Add(
      effect.record, "FIGURE_UNPROVEN",
      absl::StrCat(name, " counts up to ", until->ToString(), ", and action ", effect.index, " of record ",
                   effect.record, day.ok() ? " is of " : " has no date", day.ok() ? day->ToString() : ""));
  return false;
}

// False, and a finding, if the report does not count so far, the bundle does not prove the record or it has
// no such action.
bool ReportCheck::Find(const std::string& name, Placed* place) {
  if (last_record_.has_value() && place->record > *last_record_) {
    findings_.Add(place->record, "FIGURE_UNPROVEN",
                  absl::StrCat(name, " counts record ", place->record, ", and the report records up to ",
                               *last_record_));
    return false;
  }
  const v1::Submission* submission = SubmissionOf(place->record);
  if (submission != nullptr && place->index < static_cast<uint32_t>(submission->actions_size())) {
    place->action = &submission->actions(static_cast<int>(place->index));
    return true;
  }
  const std::string_view what =
      submission == nullptr ? ", which the bundle does not prove" : ", which has fewer actions than that";
  findings_.Add(
      place->record, "FIGURE_UNPROVEN",
      absl::StrCat(name, " counts action ", place->index, " of record ", place->record, ToAbsl(what)));
  return false;
}

// Names are by leaf hash, so nothing can be put in the place of what was approved.
std::optional<Placed> ReportCheck::Follow(const std::string& name, const v1::ActionRef& ref) {
  Placed place{ref.sequence(), ref.action()};
  if (!Find(name, &place)) return std::nullopt;
  if (proven_.at(ref.sequence()).leaf.view() == ref.leaf_hash()) return place;
  findings_.Add(ref.sequence(), "FIGURE_UNPROVEN",
                absl::StrCat(name, ": record ", ref.sequence(), " is not the one that was signed for"));
  return std::nullopt;
}

// From the action that took effect, which of a proposal is the approval, to what it put in effect: an
// intention counts once approved; a reversal with the other sign; a confirmation as its request says.
std::optional<Effect> ReportCheck::EffectOf(const std::string& name, const reports::FigurePart& part) {
  Effect effect{.what = {part.record, part.action}};
  if (!Find(name, &effect.what)) return std::nullopt;
  const auto step = [&](const v1::ActionRef& ref) {
    const std::optional<Placed> next = Follow(name, ref);
    if (next.has_value()) effect.what = *next;
    return next.has_value();
  };
  const bool is_approved = effect.what.action->has_approve();
  if (is_approved && !step(effect.what.action->approve().proposal())) return std::nullopt;
  const books::ActionRule* rule = books::FindActionRule(effect.what.action->kind_case());
  if (rule != nullptr && rule->approval == books::ApprovalRule::kTaken && !is_approved) {
    findings_.Add(part.record, "FIGURE_UNPROVEN",
                  absl::StrCat(name, " counts action ", part.action, " of record ", part.record,
                               ", a proposal, without its approval"));
    return std::nullopt;
  }
  if (!IsInTime(name, effect.what)) return std::nullopt;
  if (effect.what.action->has_reverse()) {
    effect.sign = -1;
    if (!step(effect.what.action->reverse().action())) return std::nullopt;
  }
  effect.amounts = effect.what.action;
  if (effect.what.action->has_confirm()) {
    const std::optional<Placed> request = Follow(name, effect.what.action->confirm().payment());
    if (!request.has_value()) return std::nullopt;
    effect.amounts = request->action;
  } else if (effect.what.action->has_request_payment()) {
    effect.amounts = &v1::Action::default_instance();  // asked for and not confirmed: nothing left
  }
  return effect;
}

bool ReportCheck::IsBacked(const std::string& name, Counting counting, const reports::FigurePart& part,
                           Placed* what) {
  const std::optional<Effect> effect = EffectOf(name, part);
  if (!effect.has_value()) return false;
  *what = effect->what;
  for (const CountedAmount& each : AmountsOf(counting, IdOf(name), *effect->amounts)) {
    if (each.project == part.project && each.fund == part.fund && each.programme == part.programme &&
        effect->sign * __int128{each.amount} == part.amount) {
      return true;
    }
  }
  findings_.Add(part.record, "FIGURE_UNPROVEN",
                absl::StrCat(name, " counts ", part.amount, " for action ", part.action, " of record ",
                             part.record, ", which says nothing of it"));
  return false;
}

// A sum as the figure prints it. An indicator's decimal places are those it was registered with.
absl::StatusOr<std::string> ReportCheck::Printed(const std::string& name, Counting counting, __int128 sum) {
  if (sum < std::numeric_limits<int64_t>::min() || sum > std::numeric_limits<int64_t>::max())
    return "more than 64 bits hold";
  const auto number = static_cast<int64_t>(sum);
  if (counting != Counting::kReported) return absl::StrCat(number);
  ASSIGN_OR_RETURN(const v1::RegisterIndicator* indicator, Registered(indicators_, IdOf(name)));
  return FormatDecimal(number, indicator->scale());
}

void ReportCheck::CheckSaid(const std::string& name, const absl::StatusOr<std::string>& is,
                            std::string_view source) {
  const std::string& said = figures_.at(name);
  if (!is.ok()) {
    findings_.Add(std::nullopt, ReasonOf(is.status()), absl::StrCat(name, ": ", is.status().message()));
  } else if (said == *is) {
    ++report_.figures;
  } else {
    findings_.Add(std::nullopt, "FIGURE_DIFFERS",
                  absl::StrCat(name, ": the report says ", said, ", ", ToAbsl(source), " ", *is));
  }
}

void ReportCheck::CheckFigure(const std::string& name, Counting counting,
                              const std::vector<reports::FigurePart>& parts) {
  // One effect counts once for one thing, whichever of two approvals is cited; a project once at all.
  std::set<std::tuple<Sequence, uint32_t, bool, std::string, std::string, std::string>> counted;
  __int128 sum = 0;
  for (const reports::FigurePart& part : parts) {
    Placed what;
    if (findings_.is_full() || !IsBacked(name, counting, part, &what)) return;
    if (IsCount(counting)) what = {};
    const bool is_new =
        counted.emplace(what.record, what.index, part.amount < 0, part.project, part.fund, part.programme)
            .second;
    if (!is_new) {
      findings_.Add(part.record, "FIGURE_UNPROVEN",
                    absl::StrCat(name, " counts action ", part.action, " of record ", part.record,
                                 " for something that it counts already"));
      return;
    }
    sum += part.amount;
  }
  CheckSaid(name, Printed(name, counting, sum), "its records add up to");
}

void ReportCheck::CheckFigures(const bundle::FigureParts& parts) {
  for (const auto& [name, value] : figures_) {
    const auto found = parts.find(name);
    const std::optional<Counting> counting = CountingOf(name);
    if (!counting.has_value()) {
      CheckText(name);
    } else if (found != parts.end()) {
      CheckFigure(name, *counting, found->second);
    } else if (value != "null" || *counting != Counting::kReported) {  // an indicator may have no value
      CheckFigure(name, *counting, {});
    }
  }
  for (const auto& [name, list] : parts) {
    if (!figures_.contains(name)) {
      findings_.Add(std::nullopt, "FIGURE_DIFFERS",
                    absl::StrCat(name, " has records, and the report lacks it"));
    } else if (!CountingOf(name).has_value()) {
      findings_.Add(std::nullopt, "FIGURE_UNPROVEN",
                    absl::StrCat(name, " has records, and is no figure that records add up to"));
    }
  }
}

// Rates are computed, names are as registered. What no report has was not looked into.
void ReportCheck::CheckText(const std::string& name) {
  if (name.ends_with("_percent")) return CheckRate(name, figures_.at(name));
  const bool is_listed = name.starts_with("programmes.") || name.starts_with("indicators.") ||
                         name.starts_with("invested_by_year.") || name.starts_with("disbursed_by_level.");
  if (is_listed) return CheckSaid(name, TextOf(name), "the records");
  report_.notes.push_back(absl::StrCat(
      name, T(" of the report is no figure, and was not checked", "：报表中的此项不是数字项，未核对")));
}

// The id of the programme or indicator that the figure is listed under; empty if the report does not say it.
std::string ReportCheck::IdOf(const std::string& name) const {
  const auto id = figures_.find(absl::StrCat(name.substr(0, name.rfind('.')), ".id"));
  return id == figures_.end() ? "" : id->second;
}

absl::StatusOr<std::string> ReportCheck::TextOf(const std::string& name) const {
  const std::string key = name.substr(name.rfind('.') + 1);
  const bool of_indicator = name.starts_with("indicators.");
  const bool of_programme = name.starts_with("programmes.");
  // These make the place, so they are what they are.
  const bool is_place = (of_indicator && (key == "id" || key == "programme")) ||
                        (of_programme && key == "id") ||
                        (name.starts_with("invested_by_year.") && key == "year");
  if (is_place) return figures_.at(name);
  if (of_programme && (key == "name" || key == "task_group")) {
    ASSIGN_OR_RETURN(const v1::RegisterProgramme* programme, Registered(programmes_, IdOf(name)));
    if (key == "name") return programme->name();
    if (programme->task_group().empty()) return "";
    ASSIGN_OR_RETURN(const v1::RegisterTaskGroup* group, Registered(task_groups_, programme->task_group()));
    return group->name();
  }
  if (of_indicator && (key == "name" || key == "unit")) {
    ASSIGN_OR_RETURN(const v1::RegisterIndicator* indicator, Registered(indicators_, IdOf(name)));
    return key == "name" ? indicator->name() : indicator->unit();
  }
  return Unproven("no report has it");
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
void ReportCheck::CheckRate(const std::string& name, const std::string& said) {
  const auto number = [this](const std::string& figure) -> std::optional<int64_t> {
    const auto it = figures_.find(figure);
    return it == figures_.end() ? std::nullopt : NumberOf(it->second);
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
  CheckSaid(name, whole == 0 ? "null" : FormatPercent(difference, whole, rate->decimals),
            absl::StrCat(rate->part, " and ", rate->whole, " give"));
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
  if (check.Load(*briefing)) check.CheckFigures(*parts);
}

}  // namespace fundledger::verify
