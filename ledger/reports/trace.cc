#include "ledger/reports/trace.h"

#include "ledger/base/status.h"
#include "ledger/reports/briefing.h"

#include "absl/strings/str_cat.h"

namespace fundledger::reports {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

class Tracer {
 public:
  Tracer(Computation* computation, BriefingTrace* trace) : computation_(*computation), trace_(*trace) {}

  void TraceProjects();
  absl::Status TraceIndicators();
  absl::Status TracePosting(Sequence sequence, const sv1::Posting& posting);

 private:
  void Add(const std::string& figure, const sv1::Origin& origin, std::string project, std::string programme,
           int64_t amount);
  void TraceProject(const std::string& id, const ProjectFacts& facts);
  absl::Status TraceReports(const std::string& programme, const std::string& project,
                            const IndicatorReports& reports);
  bool HasValue(const std::string& programme, const std::string& indicator) const;

  Computation& computation_;
  BriefingTrace& trace_;
};

void Tracer::Add(const std::string& figure, const sv1::Origin& origin, std::string project,
                 std::string programme, int64_t amount) {
  trace_.figures[figure].push_back(
      {origin.sequence(), origin.action(), std::move(project), "", std::move(programme), amount});
}

// A project counts by the first milestone that makes it count.
void Tracer::TraceProject(const std::string& id, const ProjectFacts& facts) {
  const sv1::Milestone* listed = nullptr;
  const sv1::Milestone* started = nullptr;
  const sv1::Milestone* completed = nullptr;
  for (const sv1::Milestone* milestone : facts.standing.milestones) {
    const auto take = [milestone](sv1::MilestoneKind kind, const sv1::Milestone** first) {
      if (milestone->kind() == kind && *first == nullptr) *first = milestone;
    };
    if (milestone->value() == computation_.question().year) take(sv1::MILESTONE_KIND_APPROVED, &listed);
    take(sv1::MILESTONE_KIND_STARTED, &started);
    take(sv1::MILESTONE_KIND_COMPLETED, &completed);
  }
  if (listed == nullptr) return;
  if (started == nullptr) started = completed;  // what is completed has certainly begun
  const auto count = [&](const std::string& figure, const sv1::Milestone* milestone) {
    if (milestone != nullptr) Add(figure, milestone->origin(), id, "", 1);
  };
  count("projects", listed);
  count("started", started);
  count("completed", completed);
  if (facts.township) {
    count("township_projects", listed);
    count("township_started", started);
    count("township_completed", completed);
  }
  computation_.ForProgrammeIds(facts.declaration().programme(), [&](const std::string& programme) {
    count(absl::StrCat("programmes.", programme, ".projects"), listed);
  });
}

void Tracer::TraceProjects() {
  for (const auto& [id, facts] : computation_.projects()) {
    if (facts.listed) TraceProject(id, facts);
  }
}

bool Tracer::HasValue(const std::string& programme, const std::string& indicator) const {
  for (const v1::ProgrammeFigures& figures : trace_.briefing.programmes()) {
    if (figures.id() != programme) continue;
    for (const v1::IndicatorFigure& figure : figures.indicators()) {
      if (figure.id() == indicator) return figure.has_value();
    }
  }
  return false;
}

// Those reports that count by the indicator's way of adding up; none where it has no value.
absl::Status Tracer::TraceReports(const std::string& programme, const std::string& project,
                                  const IndicatorReports& reports) {
  for (const auto& [indicator, values] : reports.by_indicator()) {
    ASSIGN_OR_RETURN(const books::EntityPtr entity,
                     computation_.source().entities.Get({books::EntityKind::kIndicator, indicator}));
    if (entity == nullptr) continue;
    const bool adds = entity->indicator().registration().aggregation() == v1::AGGREGATION_SUM;
    computation_.ForProgrammeIds(programme, [&, &id = indicator, &all = values](const std::string& above) {
      if (!HasValue(above, id)) return;
      const std::string figure = absl::StrCat("indicators.", above, ".", id, ".value");
      for (size_t i = adds ? 0 : all.size() - 1; i < all.size(); ++i) {
        Add(figure, all[i]->origin(), project, project.empty() ? programme : "", all[i]->value());
      }
    });
  }
  return absl::OkStatus();
}

absl::Status Tracer::TraceIndicators() {
  const State& state = computation_.question().state;
  for (const auto& [id, facts] : computation_.projects()) {
    RETURN_IF_ERROR(TraceReports(facts.declaration().programme(), id,
                                 IndicatorReports(state, facts.entity->project().reports())));
  }
  absl::Status status;
  RETURN_IF_ERROR(computation_.source().entities.Scan(
      books::EntityKind::kProgramme, "", "", [&](std::string_view id, const books::EntityPtr& entity) {
        status = TraceReports(std::string(id), "", IndicatorReports(state, entity->programme().reports()));
        return status.ok();
      }));
  return status;
}

absl::Status Tracer::TracePosting(Sequence sequence, const sv1::Posting& posting) {
  const books::Account account = books::AccountOf(posting);
  books::Balance balance{};
  books::AddPosting(posting, &balance);
  ASSIGN_OR_RETURN(const std::vector<MoneyFigure> figures,
                   computation_.FiguresOfPosting({&account, &balance}, posting.day()));
  for (const MoneyFigure& figure : figures) {
    ASSIGN_OR_RETURN(const int64_t fen, NarrowFen(figure.fen, figure.name));
    trace_.figures[figure.name].push_back(
        {sequence, posting.action(), account.project, account.fund, account.programme, fen});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BriefingTrace> TraceBriefing(const Source& source, const PostingList& postings,
                                            const v1::GetBriefingRequest& request) {
  BriefingTrace trace;
  ASSIGN_OR_RETURN(trace.briefing, Briefing(source, request));
  ASSIGN_OR_RETURN(Question question, AskBriefing(source, request));
  const Sequence last = question.state.sequence;
  Computation computation(source, std::move(question));
  RETURN_IF_ERROR(computation.Load());
  Tracer tracer(&computation, &trace);
  tracer.TraceProjects();
  RETURN_IF_ERROR(tracer.TraceIndicators());
  RETURN_IF_ERROR(postings.ForEach(last, [&tracer](Sequence sequence, const sv1::Posting& posting) {
    return tracer.TracePosting(sequence, posting);
  }));
  return trace;
}

}  // namespace fundledger::reports
