#include "tests/attack/offline/county.h"

#include <fstream>
#include <future>
#include <iterator>

#include "clients/export/report.h"
#include "ledger/base/status.h"
#include "ledger/log/cosignature.h"
#include "ledger/log/tile_layout.h"

#include "absl/strings/str_cat.h"

namespace fundledger::attack {
namespace {

namespace fs = std::filesystem;
using test_support::KeyOf;

constexpr char kWitness[] = "inspection.example/witness";

}  // namespace

v1::Action Dated() {
  v1::Action action;
  action.mutable_date()->set_year(2020);
  action.mutable_date()->set_month(6);
  action.mutable_date()->set_day(16);
  return action;
}

void AddLine(v1::LineAmount* line, int64_t amount_fen) {
  line->set_project("p-1");
  line->set_fund("f-1");
  line->set_amount_fen(amount_fen);
}

County::County(int64_t allocated_fen) {
  auto opened = world.CreateAndOpen(directory_.Sub("ledger"));
  EXPECT_TRUE(opened.ok()) << opened.status();
  engine_ = *std::move(opened);
  RegisterOfficers();
  RegisterWords();
  Spend(allocated_fen);
}

v1::Receipt County::Submit(const std::string& officer, const v1::Action& action) {
  v1::Submission submission = world.Draft(*engine_->view(), officer);
  *submission.add_actions() = action;
  const std::string envelope = world.Seal(submission);
  auto answer = test_support::SubmitAndWait(engine_.get(), envelope);
  EXPECT_TRUE(answer.ok()) << answer.status();
  if (!answer.ok()) return {};
  answer->set_envelope(envelope);
  return *std::move(answer);
}

Sequence County::Approved(const std::string& officer, const v1::Action& action,
                          const std::vector<std::string>& approvers) {
  const auto decided = world.Decide(engine_.get(), officer, action, approvers);
  EXPECT_TRUE(decided.ok()) << decided.status();
  return decided.value_or(0);
}

void County::RegisterOfficers() {
  const std::string admin(test_support::World::kAdmin);
  const std::string other(test_support::World::kOtherAdmin);
  const absl::Status staff = world.RegisterStaff(engine_.get());
  EXPECT_TRUE(staff.ok()) << staff;
  v1::Action action;
  *action.mutable_register_officer() = world.Officer(*engine_->view(), "township", "town", v1::ROLE_TOWNSHIP);
  EXPECT_TRUE(world.Decide(engine_.get(), admin, action, {other}).ok());
  *action.mutable_register_officer() =
      world.Officer(*engine_->view(), "department", "finance", v1::ROLE_DEPARTMENT);
  EXPECT_TRUE(world.Decide(engine_.get(), admin, action, {other}).ok());
}

void County::RegisterWords() {
  const std::string admin(test_support::World::kAdmin);
  v1::Action action;
  action.mutable_register_programme()->set_id("housing");
  action.mutable_register_programme()->set_name("危房改造");
  Submit(admin, action);
  action.mutable_register_category()->set_id("poverty-relief-funds");
  action.mutable_register_category()->set_name("财政扶贫资金");
  Submit(admin, action);
  action.mutable_register_category()->set_id("integrated-funds");
  action.mutable_register_category()->set_name("统筹整合资金");
  action.mutable_register_category()->set_parent("poverty-relief-funds");
  Submit(admin, action);
  v1::RegisterFund& fund = *action.mutable_register_fund();
  fund.set_id("f-1");
  fund.set_name("中央资金");
  fund.set_document_number("财农〔2020〕1号");
  fund.set_fiscal_year(2020);
  fund.set_origin_year(2020);
  fund.set_source_tier(v1::SOURCE_TIER_CENTRAL);
  fund.set_nature(v1::NATURE_FISCAL);
  fund.add_categories("integrated-funds");
  Approved("clerk", action);
  for (const char* id : {"p-1", "p-2"}) {
    v1::Action declare = Dated();
    v1::DeclareProject& project = *declare.mutable_declare_project();
    project.set_id(id);
    project.set_name("危房改造项目");
    project.set_kind(v1::PROJECT_KIND_WORKS);
    project.set_organization("town");
    project.set_programme("housing");
    Submit("township", declare);
  }
}

void County::Spend(int64_t allocated_fen) {
  v1::Action action = Dated();
  action.mutable_approve_project()->set_project("p-1");
  action.mutable_approve_project()->set_plan_year(2020);
  Approved("department", action);
  action = Dated();
  action.mutable_receive()->set_fund("f-1");
  action.mutable_receive()->set_amount_fen(100'000);
  Approved("clerk", action);
  action = Dated();
  AddLine(action.mutable_plan()->add_lines(), 60'000);
  Approved("clerk", action);
  action = Dated();
  AddLine(action.mutable_allocate()->add_lines(), allocated_fen);
  receipt = Submit("clerk", action).SerializeAsString();
  action = Dated();
  AddLine(action.mutable_allocate()->add_lines(), 500);
  Approved("clerk", action);
  action = Dated();
  action.mutable_start_project()->set_project("p-1");
  Submit("township", action);
}

std::string County::Grow(const std::string& organization) {
  const std::string envelope = world.Seal(world.Register(*engine_->view(), organization));
  auto answer = test_support::SubmitAndWait(engine_.get(), envelope);
  EXPECT_TRUE(answer.ok()) << answer.status();
  if (!answer.ok()) return "";
  answer->set_envelope(envelope);
  return answer->SerializeAsString();
}

void County::Keep(engine::Attestation attestation) {
  std::promise<absl::Status> kept;
  engine_->Keep(std::move(attestation), [&kept](absl::Status status) { kept.set_value(std::move(status)); });
  const absl::Status status = kept.get_future().get();
  EXPECT_TRUE(status.ok()) << status;
}

void County::Cosign(int64_t time_us) {
  const auto view = engine_->view();
  const auto line = log::Cosign(log::FormatCheckpoint(view->checkpoint()),
                                static_cast<uint64_t>(time_us / 1'000'000), kWitness, *KeyOf("witness"));
  ASSERT_TRUE(line.ok()) << line.status();
  Keep({.size = view->size(), .cosignatures = {*line}, .time_stamps = {}});
}

void County::AtRest(const std::function<void(exporting::Source*)>& use) {
  engine_.reset();
  {
    const auto source = exporting::SourceOfDirectory(directory_.Sub("ledger"));
    ASSERT_TRUE(source.ok()) << source.status();
    use(source->get());
  }
  auto opened = engine::Engine::Open(world.OptionsAt(directory_.Sub("ledger")));
  ASSERT_TRUE(opened.ok()) << opened.status();
  engine_ = *std::move(opened);
}

void County::Export(const fs::path& directory, const std::string& project) {
  exporting::Options options;
  options.out = directory;
  if (!project.empty()) {
    options.trail.set_dimension(v1::TRAIL_DIMENSION_PROJECT);
    options.trail.set_id(project);
    options.about = "project " + project;
  }
  AtRest([&options](exporting::Source* source) {
    const auto exported = exporting::ExportBundle(source, options);
    ASSERT_TRUE(exported.ok()) << exported.status();
  });
}

void County::ExportReport(const fs::path& directory) {
  AtRest([&directory](exporting::Source* source) {
    const absl::Status status =
        exporting::WriteReportBundle(source, BriefingQuestion(), nullptr, directory.string());
    ASSERT_TRUE(status.ok()) << status;
  });
}

std::string County::VerifierKey() {
  return log::VerifierKey(test_support::World::kOrigin, KeyOf("log")->public_key());
}

std::string County::WitnessPolicy() {
  return absl::StrCat("log ", VerifierKey(), "\nwitness inspection ",
                      log::WitnessKey(kWitness, KeyOf("witness")->public_key()), "\nquorum inspection\n");
}

Entries::Entries(const fs::path& bundle) {
  for (const std::string& name : FilesOf(bundle)) {
    if (!name.starts_with("tile/entries/")) continue;
    EXPECT_TRUE(file_.empty()) << "one entry tile was expected";
    file_ = bundle / name;
  }
  const std::string tile = ReadAll(file_);
  for (const std::string_view record : log::LeadingEntries(tile, 256)) records.emplace_back(record);
}

void Entries::Write() const {
  std::string tile;
  for (const std::string& record : records) log::AppendEntry(record, &tile);
  WriteAll(file_, tile);
}

std::string ReadAll(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  EXPECT_TRUE(in) << file;
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void WriteAll(const fs::path& file, const std::string& bytes) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << bytes;
  out.close();
  EXPECT_TRUE(out) << file;
}

std::vector<std::string> FilesOf(const fs::path& bundle) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(bundle)) {
    if (entry.is_regular_file()) files.push_back(fs::relative(entry.path(), bundle).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

verify::Report Check(const fs::path& bundle, const std::function<void(verify::Options&)>& more) {
  verify::Options options;
  options.bundle = bundle;
  options.verifier_key = County::VerifierKey();
  options.threads = 1;
  if (more) more(options);
  auto report = verify::Verify(options);
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? *std::move(report) : verify::Report();
}

std::vector<std::string> Named(const verify::Report& report) {
  std::vector<std::string> names;
  for (const verify::Finding& each : report.findings) {
    names.push_back(each.record.has_value() ? absl::StrCat(each.reason, "@", *each.record) : each.reason);
  }
  return names;
}

v1::GetBriefingRequest BriefingQuestion() {
  v1::GetBriefingRequest request;
  request.set_year(2020);
  request.mutable_as_of()->mutable_date()->set_year(2020);
  request.mutable_as_of()->mutable_date()->set_month(6);
  request.mutable_as_of()->mutable_date()->set_day(16);
  return request;
}

nlohmann::json BriefingOf(const fs::path& bundle) {
  const verify::Report report =
      Check(bundle, [](verify::Options& options) { options.briefing = BriefingQuestion(); });
  EXPECT_TRUE(report.briefing.has_value());
  return report.briefing.value_or(nlohmann::ordered_json());
}

}  // namespace fundledger::attack
