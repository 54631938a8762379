// Every role at every query, about its own and about another's: over real connections, against a table that
// stands here and nowhere else.
#include "services/api/access.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include "fundledger/v1/project_service.grpc.pb.h"
#include "fundledger/v1/registry_service.grpc.pb.h"
#include "fundledger/v1/report_service.grpc.pb.h"
#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"
#include "ledger/reports/paging.h"
#include "tests/integration/services/certificates.h"
#include "tests/integration/services/services_testing.h"
#include "tests/support/paths.h"

#include "absl/strings/str_cat.h"

namespace fundledger::services_testing {
namespace {

// In the order of v1::Role. A: everything; O: its own, and another's is refused; -: refused.
// clerk reviewer treasury township department inspector auditor admin
const std::map<std::string, std::string> kExpected = {
    {"LedgerService.Submit", "AAAAAAAA"},
    {"LedgerService.SubmitStream", "AAAAAAAA"},
    {"LedgerService.Check", "AAAOOAAO"},
    {"LedgerService.GetLedger", "AAAAAAAA"},
    {"FundService.ListFunds", "AAA--AA-"},
    {"FundService.GetStatement", "AAAOOAA-"},
    {"FundService.ListPayments", "AAAOOAA-"},
    {"FundService.GetPayment", "AAAOOAA-"},
    {"FundService.ListProposals", "AAAOOAAO"},
    {"ProjectService.ListProjects", "AAAOOAA-"},
    {"ProjectService.GetProject", "AAAOOAA-"},
    {"ReportService.GetBriefing", "AAA--AA-"},
    {"RegistryService.ListRegistered", "AAAAAAAA"},
    {"AuditService.ListTrail", "AAAOOAAO"},
    {"AuditService.GetRecord", "AAAOOAAO"},
    {"AuditService.GetInclusionProof", "AAAAAAAA"},
    {"AuditService.GetConsistencyProof", "AAAAAAAA"},
    {"AuditService.GetCheckpoint", "AAAAAAAA"},
    {"AuditService.ListCheckpoints", "AAAAAAAA"},
    {"AuditService.WatchRecords", "-----AA-"},
};

char LetterOf(api::Reach reach) {
  return reach == api::Reach::kAll ? 'A' : reach == api::Reach::kOwn ? 'O' : '-';
}

TEST(QueryRules, AreThoseOfTheTable) {
  std::map<std::string, std::string> rules;
  for (const api::QueryRule& rule : api::QueryRules()) {
    std::string& letters = rules[std::string(rule.method)];
    EXPECT_EQ(letters, "") << rule.method << " stands twice";
    for (const api::Reach reach : rule.reach) letters.push_back(LetterOf(reach));
  }
  EXPECT_EQ(rules, kExpected);
}

TEST(QueryRules, ThereIsOneForEveryRpc) {
  std::set<std::string> methods;
  const std::filesystem::path protos = test_support::SourceDir() + "/proto/fundledger/v1";
  for (const auto& entry : std::filesystem::directory_iterator(protos)) {
    const std::string name = absl::StrCat("fundledger/v1/", entry.path().filename().string());
    const auto* file = google::protobuf::DescriptorPool::generated_pool()->FindFileByName(name);
    const bool is_service = name.ends_with("_service.proto");
    ASSERT_TRUE(file != nullptr || !is_service) << name;
    for (int s = 0; file != nullptr && s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        const auto* method = file->service(s)->method(m);
        const std::string full = absl::StrCat(file->service(s)->name(), ".", method->name());
        methods.insert(full);
        const api::QueryRule* rule = api::FindQueryRule(full);
        ASSERT_NE(rule, nullptr) << full << " has no rule in services/api/access.cc: nobody may call it";
        EXPECT_EQ(&api::RuleOf(method->input_type()), rule) << full;
      }
    }
  }
  EXPECT_EQ(methods.size(), api::QueryRules().size());
}

TEST(QueryRules, RefuseARoleThatIsNone) {
  const api::Caller caller = {"x", "city", v1::ROLE_UNSPECIFIED};
  for (const api::QueryRule& rule : api::QueryRules())
    EXPECT_EQ(ReasonOf(api::CheckQuery(caller, rule).status()), "QUERY_NOT_ALLOWED") << rule.method;
}

TEST(QueryRules, ShowNothingOfTheBooksToWhoeverHasARevokedKey) {
  const std::set<std::string> open = {
      "LedgerService.Submit",           "LedgerService.SubmitStream",       "LedgerService.GetLedger",
      "AuditService.GetInclusionProof", "AuditService.GetConsistencyProof", "AuditService.GetCheckpoint",
      "AuditService.ListCheckpoints"};
  const api::Caller caller = {"x", "city", v1::ROLE_INSPECTOR, false};
  for (const api::QueryRule& rule : api::QueryRules()) {
    EXPECT_EQ(ReasonOf(api::CheckQuery(caller, rule).status()),
              open.contains(std::string(rule.method)) ? "" : "OFFICER_WITHOUT_KEY")
        << rule.method;
  }
}

// What belongs to somebody.
struct Subject {
  std::string organization;
  std::string project;
  std::string officer;
  std::string reference;  // of a payment
  uint64_t record = 0;
};

constexpr char kFund[] = "f-1";

v1::Action Today() {
  v1::Action action;
  action.mutable_date()->set_year(2020);
  action.mutable_date()->set_month(6);
  action.mutable_date()->set_day(16);
  return action;
}

// A county with two townships and a department that has projects of its own.
class County {
 public:
  void Populate(test_support::World* world, engine::Engine* engine) {
    world_ = world;
    engine_ = engine;
    EXPECT_TRUE(world->RegisterStaff(engine).ok());
    Organization("town-b", v1::TIER_TOWNSHIP);
    Organization("works", v1::TIER_DEPARTMENT);
    Organization("schools", v1::TIER_DEPARTMENT);
    Officer("treasurer", "finance", v1::ROLE_TREASURY);
    Officer("auditor", "inspection", v1::ROLE_AUDITOR);
    Officer("t-a", "town", v1::ROLE_TOWNSHIP);
    Officer("t-a-2", "town", v1::ROLE_TOWNSHIP);
    Officer("t-b", "town-b", v1::ROLE_TOWNSHIP);
    Officer("d-works", "works", v1::ROLE_DEPARTMENT);
    Officer("d-schools", "schools", v1::ROLE_DEPARTMENT);
    v1::Action action;
    action.mutable_register_programme()->set_id("roads");
    action.mutable_register_programme()->set_name("Roads");
    registry_record = Do("admin-city", action);
    a = Declare("town", "p-a", "t-a", "d-works");
    b = Declare("town-b", "p-b", "t-b", "d-schools");
    b_declared = b.record;
    works = Declare("works", "p-w", "d-works", "d-schools");
    Money();
    for (Subject* subject : {&a, &b, &works}) Request(subject);
    // Waits for a department.
    waiting = {"town-b", "p-waiting", "t-b", "", DeclareOnly("town-b", "p-waiting", "t-b")};
  }

  Subject a, b, works, waiting;
  uint64_t registry_record = 0;
  uint64_t plan_record = 0;  // of all projects
  uint64_t b_declared = 0;   // b.record is of its money

 private:
  uint64_t Do(const std::string& officer, const v1::Action& action,
              const std::vector<std::string>& approvers = {}) {
    const auto sequence = world_->Decide(engine_, officer, action, approvers);
    EXPECT_TRUE(sequence.ok()) << officer << ": " << sequence.status();
    return sequence.ok() ? *sequence : 0;
  }
  void Organization(const std::string& id, v1::Tier tier) {
    v1::Action action;
    auto& organization = *action.mutable_register_organization();
    organization.set_id(id);
    organization.set_name(id);
    organization.set_parent("city");
    organization.set_tier(tier);
    Do("admin-city", action);
  }
  void Officer(const std::string& id, const std::string& organization, v1::Role role) {
    v1::Action action;
    *action.mutable_register_officer() = world_->Officer(*engine_->view(), id, organization, role);
    std::vector<std::string> approvers = {std::string(test_support::World::kOtherAdmin)};
    if (role == v1::ROLE_TREASURY) approvers.emplace_back("inspector");
    Do("admin-city", action, approvers);
  }
  uint64_t DeclareOnly(const std::string& organization, const std::string& project,
                       const std::string& officer) {
    v1::Action action = Today();
    auto& declared = *action.mutable_declare_project();
    declared.set_id(project);
    declared.set_name(project);
    declared.set_kind(v1::PROJECT_KIND_SUBSIDY);
    declared.set_organization(organization);
    declared.set_programme("roads");
    return Do(officer, action);
  }
  Subject Declare(const std::string& organization, const std::string& project, const std::string& officer,
                  const std::string& department) {
    const uint64_t record = DeclareOnly(organization, project, officer);
    v1::Action action = Today();
    action.mutable_approve_project()->set_project(project);
    action.mutable_approve_project()->set_plan_year(2020);
    Do(department, action, {"reviewer"});
    return {organization, project, officer, "PAY-" + project, record};
  }
  void Money() {
    v1::Action action = Today();
    auto& fund = *action.mutable_register_fund();
    fund.set_id(kFund);
    fund.set_name("Fund");
    fund.set_document_number("2020-1");
    fund.set_fiscal_year(2020);
    fund.set_origin_year(2020);
    fund.set_source_tier(v1::SOURCE_TIER_CENTRAL);
    fund.set_nature(v1::NATURE_FISCAL);
    Do("clerk", action, {"reviewer"});
    action = Today();
    action.mutable_receive()->set_fund(kFund);
    action.mutable_receive()->set_amount_fen(1'000'000);
    Do("clerk", action, {"reviewer"});
    v1::Action plan = Today();
    v1::Action allocate = Today();
    for (const Subject* subject : {&a, &b, &works}) {
      for (v1::LineAmount* line :
           {plan.mutable_plan()->add_lines(), allocate.mutable_allocate()->add_lines()}) {
        line->set_project(subject->project);
        line->set_fund(kFund);
        line->set_amount_fen(1000);
      }
    }
    plan_record = Do("clerk", plan, {"reviewer"});
    Do("clerk", allocate, {"reviewer"});
  }
  void Request(Subject* subject) {
    v1::Action action = Today();
    action.set_reference(subject->reference);
    auto& request = *action.mutable_request_payment();
    request.set_kind(v1::PAYMENT_KIND_SUBSIDY_BATCH);
    v1::LineAmount& line = *request.add_lines();
    line.set_project(subject->project);
    line.set_fund(kFund);
    line.set_amount_fen(10);
    request.mutable_batch()->set_subsidy("housing");
    request.mutable_batch()->set_period("2020-06");
    request.mutable_batch()->set_count(3);
    request.mutable_batch()->set_roster(std::string(32, 'r'));
    subject->record = Do(subject->officer, action);
  }

  test_support::World* world_ = nullptr;
  engine::Engine* engine_ = nullptr;
};

// The officers that ask, by role.
const std::map<v1::Role, std::string> kOfficers = {
    {v1::ROLE_FINANCE_CLERK, "clerk"}, {v1::ROLE_FINANCE_REVIEWER, "reviewer"},
    {v1::ROLE_TREASURY, "treasurer"},  {v1::ROLE_TOWNSHIP, "t-a"},
    {v1::ROLE_DEPARTMENT, "d-works"},  {v1::ROLE_INSPECTOR, "inspector"},
    {v1::ROLE_AUDITOR, "auditor"},     {v1::ROLE_ADMIN, "admin-city"},
};

using Channel = std::shared_ptr<grpc::Channel>;

// One county for all tests: what is asked changes nothing.
class AccessTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    tls_ = new Certificates;
    county_ = new County;
    ledgerd_ = new Ledgerd([](server::Config* config) { tls_->Configure(config); },
                           [](test_support::World* world, std::unique_ptr<engine::Engine> engine) {
                             county_->Populate(world, engine.get());
                             return engine;
                           });
    channels_ = new std::map<std::string, Channel>;
    std::set<std::string> officers = {"t-b", "t-a-2", "d-schools"};
    for (const auto& [role, officer] : kOfficers) officers.insert(officer);
    for (const std::string& officer : officers) {
      tls_->MakeOfficer(officer);
      (*channels_)[officer] = ledgerd_->Dial(tls_->Show(officer));
    }
  }
  static void TearDownTestSuite() {
    delete channels_;
    delete ledgerd_;
    delete county_;
    delete tls_;
  }

  // A submission by `officer`, not signed.
  static std::string SubmissionBy(const std::string& officer) {
    v1::Submission submission = ledgerd_->world.Draft(*ledgerd_->server->engine().view(), officer);
    submission.add_actions()->set_note("checked only");
    return submission.SerializeAsString();
  }

  static Certificates* tls_;
  static County* county_;
  static Ledgerd* ledgerd_;
  static std::map<std::string, Channel>* channels_;
};
Certificates* AccessTest::tls_ = nullptr;
County* AccessTest::county_ = nullptr;
Ledgerd* AccessTest::ledgerd_ = nullptr;
std::map<std::string, Channel>* AccessTest::channels_ = nullptr;

// Asks each RPC about `subject`. `registry`: the trail that an administrator asks of its own.
std::map<std::string, grpc::Status> AskAll(const Channel& channel, const Subject& subject, uint64_t record,
                                           const std::string& submission, bool registry) {
  std::map<std::string, grpc::Status> answers;
  const auto ask = [&]<typename Service, typename Request, typename Response>(
                       const char* name,
                       grpc::Status (Service::*method)(grpc::ClientContext*, const Request&, Response*),
                       const Request& request, const std::unique_ptr<Service>& stub) {
    grpc::ClientContext context;
    Response response;
    answers[name] = (stub.get()->*method)(&context, request, &response);
  };
  const auto ledger = v1::LedgerService::NewStub(channel);
  const auto funds = v1::FundService::NewStub(channel);
  const auto projects = v1::ProjectService::NewStub(channel);
  const auto reports = v1::ReportService::NewStub(channel);
  const auto words = v1::RegistryService::NewStub(channel);
  const auto audit = v1::AuditService::NewStub(channel);

  v1::CheckRequest check;
  check.add_submissions(submission);
  ask("LedgerService.Check", &v1::LedgerService::Stub::Check, check, ledger);
  ask("LedgerService.GetLedger", &v1::LedgerService::Stub::GetLedger, v1::GetLedgerRequest(), ledger);
  ask("FundService.ListFunds", &v1::FundService::Stub::ListFunds, v1::ListFundsRequest(), funds);
  v1::GetStatementRequest statement;
  statement.set_organization(subject.organization);
  ask("FundService.GetStatement", &v1::FundService::Stub::GetStatement, statement, funds);
  v1::ListPaymentsRequest payments;
  payments.set_organization(subject.organization);
  ask("FundService.ListPayments", &v1::FundService::Stub::ListPayments, payments, funds);
  v1::GetPaymentRequest payment;
  payment.set_organization(subject.organization);
  payment.set_reference(subject.reference);
  ask("FundService.GetPayment", &v1::FundService::Stub::GetPayment, payment, funds);
  v1::ListProjectsRequest list;
  list.set_organization(subject.organization);
  ask("ProjectService.ListProjects", &v1::ProjectService::Stub::ListProjects, list, projects);
  v1::GetProjectRequest project;
  project.set_project(subject.project);
  ask("ProjectService.GetProject", &v1::ProjectService::Stub::GetProject, project, projects);
  v1::GetBriefingRequest briefing;
  briefing.set_year(2020);
  ask("ReportService.GetBriefing", &v1::ReportService::Stub::GetBriefing, briefing, reports);
  v1::ListRegisteredRequest registered;
  registered.set_kind(v1::REGISTRY_KIND_ORGANIZATION);
  ask("RegistryService.ListRegistered", &v1::RegistryService::Stub::ListRegistered, registered, words);
  v1::ListTrailRequest trail;
  trail.set_dimension(registry ? v1::TRAIL_DIMENSION_ACTION : v1::TRAIL_DIMENSION_PROJECT);
  trail.set_id(registry ? "register_organization" : subject.project);
  ask("AuditService.ListTrail", &v1::AuditService::Stub::ListTrail, trail, audit);
  v1::GetRecordRequest get_record;
  get_record.set_sequence(record);
  ask("AuditService.GetRecord", &v1::AuditService::Stub::GetRecord, get_record, audit);
  ask("AuditService.GetInclusionProof", &v1::AuditService::Stub::GetInclusionProof,
      v1::GetInclusionProofRequest(), audit);
  v1::GetConsistencyProofRequest consistency;
  consistency.set_old_size(1);
  ask("AuditService.GetConsistencyProof", &v1::AuditService::Stub::GetConsistencyProof, consistency, audit);
  ask("AuditService.GetCheckpoint", &v1::AuditService::Stub::GetCheckpoint, v1::GetCheckpointRequest(),
      audit);
  ask("AuditService.ListCheckpoints", &v1::AuditService::Stub::ListCheckpoints, v1::ListCheckpointsRequest(),
      audit);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  v1::WatchRecordsRequest watch;
  watch.set_until_latest(true);
  const auto reader = audit->WatchRecords(&context, watch);
  v1::WatchRecordsResponse message;
  while (reader->Read(&message)) {
  }
  answers["AuditService.WatchRecords"] = reader->Finish();
  return answers;
}

// Refused for who asks; anything else, an error of the question included, was let through.
bool IsDenied(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::PERMISSION_DENIED;
}

TEST_F(AccessTest, EveryRoleAtEveryQueryAboutItsOwnAndAboutAnothers) {
  for (const auto& [role, officer] : kOfficers) {
    const Channel& channel = channels_->at(officer);
    const bool is_admin = role == v1::ROLE_ADMIN;
    const Subject& own = role == v1::ROLE_DEPARTMENT ? county_->works : county_->a;
    const Subject& other = county_->b;
    const auto about_own = AskAll(channel, own, is_admin ? county_->registry_record : own.record,
                                  SubmissionBy(officer), is_admin);
    const auto about_other = AskAll(channel, other, other.record, SubmissionBy(other.officer), false);
    for (const auto& [method, letters] : kExpected) {
      // Submissions are the books' to judge; proposals are filtered, not refused: see below.
      if (method.starts_with("LedgerService.Submit") || method == "FundService.ListProposals") continue;
      const char expected = letters[static_cast<size_t>(role) - 1];
      const grpc::Status& one = about_own.at(method);
      const grpc::Status& two = about_other.at(method);
      EXPECT_EQ(IsDenied(one), expected == '-') << officer << " own " << method << one.error_message();
      EXPECT_EQ(IsDenied(two), expected != 'A') << officer << " other " << method << two.error_message();
      if (expected != '-' && method != "ReportService.GetBriefing") {
        EXPECT_TRUE(one.ok()) << officer << " own " << method << one.error_message();
      }
      for (const grpc::Status& status : {one, two}) {
        if (!IsDenied(status)) continue;
        EXPECT_EQ(ErrorOf(status).reason, expected == '-' ? "QUERY_NOT_ALLOWED" : "NOT_YOURS") << method;
        EXPECT_THAT(status.error_message(), ::testing::HasSubstr(officer)) << method;
      }
    }
  }
}

TEST_F(AccessTest, EveryRoleReachesTheBooksWithASubmission) {
  for (const auto& [role, officer] : kOfficers) {
    const auto stub = v1::LedgerService::NewStub(channels_->at(officer));
    v1::SubmitRequest request;
    request.set_envelope("no envelope");
    v1::SubmitResponse response;
    grpc::ClientContext context;
    EXPECT_EQ(ErrorOf(stub->Submit(&context, request, &response)).reason, "ENVELOPE_MALFORMED") << officer;
    grpc::ClientContext stream_context;
    const auto stream = stub->SubmitStream(&stream_context);
    v1::SubmitStreamRequest message;
    message.set_envelope("no envelope");
    v1::SubmitStreamResponse answer;
    ASSERT_TRUE(stream->Write(message) && stream->WritesDone() && stream->Read(&answer)) << officer;
    EXPECT_EQ(answer.error().reason(), "ENVELOPE_MALFORMED") << officer;
    EXPECT_FALSE(stream->Read(&answer));
    EXPECT_TRUE(stream->Finish().ok());
  }
}

// Over the connection of one officer, what another signed: the signature counts.
TEST_F(AccessTest, CarriesWhatAColleagueSigned) {
  v1::Submission submission =
      ledgerd_->world.Register(*ledgerd_->server->engine().view(), "carried-by-a-township");
  v1::SubmitRequest request;
  request.set_envelope(ledgerd_->world.Seal(submission));
  v1::SubmitResponse response;
  grpc::ClientContext context;
  const grpc::Status status =
      v1::LedgerService::NewStub(channels_->at("t-a"))->Submit(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(AccessTest, NarrowsListsToWhatIsTheCallers) {
  const auto funds = v1::FundService::NewStub(channels_->at("t-a"));
  v1::GetStatementResponse statement;
  grpc::ClientContext statement_context;
  ASSERT_TRUE(funds->GetStatement(&statement_context, {}, &statement).ok());
  ASSERT_EQ(statement.lines_size(), 1);
  EXPECT_EQ(statement.lines(0).project(), "p-a");
  EXPECT_EQ(statement.total().allocated_fen(), 1000);

  v1::ListPaymentsResponse payments;
  grpc::ClientContext payments_context;
  ASSERT_TRUE(funds->ListPayments(&payments_context, {}, &payments).ok());
  ASSERT_EQ(payments.payments_size(), 1);
  EXPECT_EQ(payments.payments(0).organization(), "town");

  v1::ListProjectsResponse projects;
  grpc::ClientContext projects_context;
  ASSERT_TRUE(
      v1::ProjectService::NewStub(channels_->at("t-a"))->ListProjects(&projects_context, {}, &projects).ok());
  ASSERT_EQ(projects.projects_size(), 1);
  EXPECT_EQ(projects.projects(0).project().id(), "p-a");
}

// What a unit's signed answer answers is the question as it was narrowed.
TEST_F(AccessTest, SignsTheQuestionAsItWasUnderstood) {
  const auto funds = v1::FundService::NewStub(channels_->at("t-a"));
  v1::GetStatementRequest request;
  request.set_sign_answer(true);
  v1::GetStatementResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(funds->GetStatement(&context, request, &response).ok());
  const auto envelope = crypto::OpenEnvelope(response.basis().signed_answer());
  ASSERT_TRUE(envelope.ok()) << envelope.status();
  EXPECT_EQ(envelope->payload_type, crypto::kAnswerType);
  v1::Answer answer;
  ASSERT_TRUE(answer.ParseFromString(envelope->payload));
  v1::GetStatementRequest understood;
  ASSERT_TRUE(understood.ParseFromString(answer.request()));
  EXPECT_EQ(understood.organization(), "town");
}

// Whose proposals each sees, by who proposed them.
TEST_F(AccessTest, ShowsProposalsToThoseWhomTheyConcern) {
  const auto proposers = [&](const std::string& officer) {
    std::set<std::string> found;
    v1::ListProposalsRequest request;
    request.set_page_size(1000);
    v1::ListProposalsResponse response;
    grpc::ClientContext context;
    const grpc::Status status =
        v1::FundService::NewStub(channels_->at(officer))->ListProposals(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    for (const auto& proposal : response.proposals()) found.insert(proposal.officer());
    return found;
  };
  const std::set<std::string> all = {"admin-city", "clerk", "d-schools", "d-works", "t-a", "t-b"};
  for (const char* officer : {"clerk", "reviewer", "treasurer", "inspector", "auditor"})
    EXPECT_EQ(proposers(officer), all) << officer;
  EXPECT_EQ(proposers("t-a"), (std::set<std::string>{"t-a"}));
  // The second officer of the unit, who is to approve it.
  EXPECT_EQ(proposers("t-a-2"), (std::set<std::string>{"t-a"}));
  EXPECT_EQ(proposers("d-works"), (std::set<std::string>{"d-works"}));
  EXPECT_EQ(proposers("admin-city"), (std::set<std::string>{"admin-city"}));
}

TEST_F(AccessTest, ATownshipSeesNothingOfAnothersProject) {
  const Channel& channel = channels_->at("t-b");
  const auto answers = AskAll(channel, county_->a, county_->a.record, SubmissionBy("t-a"), false);
  for (const char* method :
       {"LedgerService.Check", "FundService.GetStatement", "FundService.ListPayments",
        "FundService.GetPayment", "ProjectService.ListProjects", "ProjectService.GetProject",
        "AuditService.ListTrail", "AuditService.GetRecord"}) {
    EXPECT_EQ(answers.at(method).error_code(), grpc::StatusCode::PERMISSION_DENIED) << method;
    EXPECT_EQ(ErrorOf(answers.at(method)).reason, "NOT_YOURS") << method;
  }
  // Nor by the other ways to the same things.
  const auto funds = v1::FundService::NewStub(channel);
  const auto audit = v1::AuditService::NewStub(channel);
  v1::GetStatementRequest statement;
  statement.set_project("p-a");
  v1::GetStatementResponse statement_response;
  grpc::ClientContext c1;
  EXPECT_EQ(ErrorOf(funds->GetStatement(&c1, statement, &statement_response)).reason, "NOT_YOURS");
  v1::ListPaymentsRequest payments;
  payments.set_project("p-a");
  v1::ListPaymentsResponse payments_response;
  grpc::ClientContext c2;
  EXPECT_EQ(ErrorOf(funds->ListPayments(&c2, payments, &payments_response)).reason, "NOT_YOURS");
  v1::GetPaymentRequest payment;
  payment.mutable_request()->set_sequence(county_->a.record);
  v1::GetPaymentResponse payment_response;
  grpc::ClientContext c3;
  EXPECT_EQ(ErrorOf(funds->GetPayment(&c3, payment, &payment_response)).reason, "NOT_YOURS");
  // Those above it are not below it.
  statement.clear_project();
  statement.set_organization("city");
  grpc::ClientContext c4;
  EXPECT_EQ(ErrorOf(funds->GetStatement(&c4, statement, &statement_response)).reason, "NOT_YOURS");
  const std::vector<std::pair<v1::TrailDimension, std::string>> trails = {
      {v1::TRAIL_DIMENSION_UNSPECIFIED, ""},
      {v1::TRAIL_DIMENSION_ORGANIZATION, "town"},
      {v1::TRAIL_DIMENSION_FUND, kFund},
      {v1::TRAIL_DIMENSION_OFFICER, "t-a"},
      {v1::TRAIL_DIMENSION_ACTION, "request_payment"},
      {v1::TRAIL_DIMENSION_OFFICER, "clerk"},
      {v1::TRAIL_DIMENSION_PAYEE, "x"},
      {v1::TRAIL_DIMENSION_DOCUMENT, "x"},
      {v1::TRAIL_DIMENSION_VOUCHER, "x"},
  };
  for (const auto& [dimension, id] : trails) {
    v1::ListTrailRequest trail;
    trail.set_dimension(dimension);
    trail.set_id(id);
    v1::ListTrailResponse response;
    grpc::ClientContext context;
    EXPECT_EQ(ErrorOf(audit->ListTrail(&context, trail, &response)).reason, "NOT_YOURS") << dimension << id;
  }
}

TEST_F(AccessTest, ShowsAUnitTheRecordsThatTouchIt) {
  const auto reason = [&](const std::string& officer, uint64_t sequence) {
    v1::GetRecordRequest request;
    request.set_sequence(sequence);
    v1::GetRecordResponse response;
    grpc::ClientContext context;
    return ErrorOf(v1::AuditService::NewStub(channels_->at(officer))->GetRecord(&context, request, &response))
        .reason;
  };
  // The county's plan, by a clerk, has a line on each project.
  EXPECT_EQ(reason("t-a", county_->plan_record), "");
  EXPECT_EQ(reason("d-works", county_->plan_record), "");
  EXPECT_EQ(reason("d-schools", county_->plan_record), "NOT_YOURS");
  EXPECT_EQ(reason("admin-city", county_->plan_record), "NOT_YOURS");
  for (const char* officer : {"t-a", "d-works", "admin-city"}) {
    EXPECT_EQ(reason(officer, 0), "") << officer;
    EXPECT_EQ(reason(officer, county_->registry_record), "") << officer;
    EXPECT_EQ(reason(officer, 1'000'000), "RECORD_NOT_FOUND") << officer;
  }
}

// Approving projects of others is a department's work, so it sees those that wait for it.
TEST_F(AccessTest, ShowsADepartmentTheProjectsThatWaitForOne) {
  const auto reason = [&](const std::string& officer, const std::string& project) {
    v1::GetProjectRequest request;
    request.set_project(project);
    v1::GetProjectResponse response;
    grpc::ClientContext context;
    return ErrorOf(
               v1::ProjectService::NewStub(channels_->at(officer))->GetProject(&context, request, &response))
        .reason;
  };
  EXPECT_EQ(reason("d-works", "p-waiting"), "");
  EXPECT_EQ(reason("t-a", "p-waiting"), "NOT_YOURS");
  EXPECT_EQ(reason("d-works", "p-b"), "NOT_YOURS");
  EXPECT_EQ(reason("t-a", "there-is-none"), "NOT_YOURS");

  v1::ListProjectsRequest request;
  request.set_status("declared");
  v1::ListProjectsResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(
      v1::ProjectService::NewStub(channels_->at("d-works"))->ListProjects(&context, request, &response).ok());
  ASSERT_EQ(response.projects_size(), 1);
  EXPECT_EQ(response.projects(0).project().id(), "p-waiting");
}

// What happens to officers while they are connected.
class StandingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* officer : {"t-a", "t-a-2", "t-b", "inspector"}) {
      tls_.MakeOfficer(officer);
      channels_[officer] = ledgerd_.Dial(tls_.Show(officer));
    }
  }
  std::string GetProject(const std::string& officer, const std::string& project) {
    v1::GetProjectRequest request;
    request.set_project(project);
    v1::GetProjectResponse response;
    grpc::ClientContext context;
    return ErrorOf(v1::ProjectService::NewStub(channels_[officer])->GetProject(&context, request, &response))
        .reason;
  }
  // Ids, or the reason of the refusal alone.
  std::vector<std::string> ListProjects(const std::string& officer, const v1::ListProjectsRequest& request) {
    v1::ListProjectsResponse response;
    grpc::ClientContext context;
    const grpc::Status status =
        v1::ProjectService::NewStub(channels_[officer])->ListProjects(&context, request, &response);
    if (!status.ok()) return {ErrorOf(status).reason};
    std::vector<std::string> ids;
    for (const auto& state : response.projects()) ids.push_back(state.project().id());
    return ids;
  }
  std::string TrailOf(const std::string& officer, const std::string& of) {
    v1::ListTrailRequest request;
    request.set_dimension(v1::TRAIL_DIMENSION_OFFICER);
    request.set_id(of);
    v1::ListTrailResponse response;
    grpc::ClientContext context;
    return ErrorOf(v1::AuditService::NewStub(channels_[officer])->ListTrail(&context, request, &response))
        .reason;
  }
  void Do(const v1::Action& action, const std::vector<std::string>& approvers) {
    DoBy("admin-city", action, approvers);
  }
  void DoBy(const std::string& officer, const v1::Action& action,
            const std::vector<std::string>& approvers = {}) {
    const auto done = ledgerd_.world.Decide(engine_, officer, action, approvers);
    EXPECT_TRUE(done.ok()) << done.status();
  }

  const Certificates tls_;
  County county_;
  engine::Engine* engine_ = nullptr;
  const test_support::TemporaryDirectory audit_;
  Ledgerd ledgerd_{[this](server::Config* config) {
                     tls_.Configure(config);
                     config->audit_file = audit_.Sub("audit.jsonl");
                   },
                   [this](test_support::World* world, std::unique_ptr<engine::Engine> engine) {
                     engine_ = engine.get();
                     county_.Populate(world, engine_);
                     return engine;
                   }};
  std::map<std::string, Channel> channels_;
};

TEST_F(StandingTest, ADismissedOfficerIsRefusedOnTheNextCall) {
  EXPECT_EQ(GetProject("t-a", "p-a"), "");
  v1::Action action;
  action.mutable_dismiss_officer()->set_officer("t-a");
  action.mutable_dismiss_officer()->set_reason("left");
  Do(action, {"admin-inspection"});
  EXPECT_EQ(GetProject("t-a", "p-a"), "CERTIFICATE_OFFICER_DISMISSED");
}

TEST_F(StandingTest, AnInspectorWhoWatchesIsSentAwayWhenDismissed) {
  const auto watch = [this](const std::string& officer, grpc::ClientContext* context) {
    return v1::AuditService::NewStub(channels_[officer])->WatchRecords(context, {});
  };
  v1::Action action;
  *action.mutable_register_officer() =
      ledgerd_.world.Officer(*engine_->view(), "inspector-2", "inspection", v1::ROLE_INSPECTOR);
  Do(action, {"admin-inspection", "inspector"});
  tls_.MakeOfficer("inspector-2");
  channels_["inspector-2"] = ledgerd_.Dial(tls_.Show("inspector-2"));
  v1::WatchRecordsResponse message;
  grpc::ClientContext township;
  const auto refused = watch("t-a", &township);
  EXPECT_FALSE(refused->Read(&message));
  EXPECT_EQ(ErrorOf(refused->Finish()).reason, "QUERY_NOT_ALLOWED");

  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto reader = watch("inspector-2", &context);
  ASSERT_TRUE(reader->Read(&message)) << reader->Finish().error_message();
  action.Clear();
  action.mutable_dismiss_officer()->set_officer("inspector-2");
  action.mutable_dismiss_officer()->set_reason("left");
  Do(action, {"admin-inspection", "inspector"});
  while (reader->Read(&message)) {
  }
  EXPECT_EQ(ErrorOf(reader->Finish()).reason, "CERTIFICATE_OFFICER_DISMISSED");

  ledgerd_.server->Stop();
  std::ifstream file(audit_.Sub("audit.jsonl"));
  const std::string lines((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(lines, testing::HasSubstr(R"("method":"AuditService.WatchRecords","peer":)"));
  EXPECT_THAT(lines, testing::HasSubstr("CERTIFICATE_OFFICER_DISMISSED"));
}

// An officer with one certificate, whatever became of the key, leaves the others room.
TEST_F(StandingTest, TakesNoMoreThanAShareOfStreams) {
  using Stream = grpc::ClientReaderWriter<v1::SubmitStreamRequest, v1::SubmitStreamResponse>;
  v1::Action action;
  action.mutable_revoke_key()->set_officer("t-a");
  *action.mutable_revoke_key()->mutable_key() = test_support::WireKey(*test_support::KeyOf("t-a"));
  action.mutable_revoke_key()->set_reason("stolen");
  Do(action, {});
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<Stream>> streams;
  const auto open = [&](const std::string& officer) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    streams.push_back(v1::LedgerService::NewStub(channels_[officer])->SubmitStream(contexts.back().get()));
    v1::SubmitStreamRequest message;
    message.set_envelope("no envelope");
    v1::SubmitStreamResponse answer;
    (void)streams.back()->Write(message);
    return streams.back()->Read(&answer) ? grpc::Status::OK : streams.back()->Finish();
  };
  for (int i = 0; i < 16; ++i) EXPECT_TRUE(open("t-a").ok()) << i;
  const grpc::Status refused = open("t-a");
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ErrorOf(refused).reason, "STREAMS_FULL");
  EXPECT_THAT(refused.error_message(), ::testing::HasSubstr("one officer's share of 64"));
  EXPECT_TRUE(open("t-b").ok());
  for (const auto& context : contexts) context->TryCancel();
}

TEST_F(StandingTest, TakesNoMoreThanAShareOfWatches) {
  tls_.MakeOfficer("auditor");
  channels_["auditor"] = ledgerd_.Dial(tls_.Show("auditor"));
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::WatchRecordsResponse>>> watches;
  const auto watch = [&](const std::string& officer) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    watches.push_back(v1::AuditService::NewStub(channels_[officer])->WatchRecords(contexts.back().get(), {}));
    v1::WatchRecordsResponse message;
    return watches.back()->Read(&message) ? grpc::Status::OK : watches.back()->Finish();
  };
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(watch("inspector").ok()) << i;
  const grpc::Status refused = watch("inspector");
  EXPECT_EQ(ErrorOf(refused).reason, "WATCHES_FULL");
  EXPECT_THAT(refused.error_message(), ::testing::HasSubstr("one officer's share of 8"));
  EXPECT_TRUE(watch("auditor").ok());
  for (const auto& context : contexts) context->TryCancel();
}

// Work that was reported too early hides a project from nobody who is to approve it.
TEST_F(StandingTest, ADepartmentSeesWhatWaitsForApprovalWhateverWasReportedOfIt) {
  tls_.MakeOfficer("d-works");
  channels_["d-works"] = ledgerd_.Dial(tls_.Show("d-works"));
  const auto waiting = [this](const std::string& status) {
    v1::ListProjectsRequest request;
    request.set_awaiting_approval(true);
    request.set_status(status);
    return ListProjects("d-works", request);
  };
  using Ids = std::vector<std::string>;
  v1::Action progress = Today();
  progress.mutable_report_progress()->set_project("p-waiting");
  progress.mutable_report_progress()->set_progress_basis_points(100);
  DoBy("t-b", progress);
  v1::ListProjectsRequest declared;
  declared.set_status("declared");
  EXPECT_EQ(ListProjects("d-works", declared), Ids{"p-waiting"});
  EXPECT_EQ(GetProject("d-works", "p-waiting"), "");

  v1::Action start = Today();
  start.mutable_start_project()->set_project("p-waiting");
  DoBy("t-b", start);
  EXPECT_EQ(GetProject("d-works", "p-waiting"), "");
  EXPECT_EQ(waiting(""), Ids{"p-waiting"});
  EXPECT_EQ(waiting("started"), Ids{"p-waiting"});
  EXPECT_EQ(ListProjects("d-works", declared), Ids());
  v1::ListProjectsRequest started;
  started.set_status("started");
  EXPECT_EQ(ListProjects("d-works", started), Ids()) << "of its own organization, none";
  v1::ListProjectsRequest by_township;
  by_township.set_awaiting_approval(true);
  EXPECT_EQ(ListProjects("t-a", by_township), Ids()) << "a township approves none";

  v1::Action end = Today();
  end.mutable_terminate_project()->set_project("p-waiting");
  end.mutable_terminate_project()->set_reason("given up");
  DoBy("d-works", end, {"reviewer"});
  EXPECT_EQ(waiting(""), Ids());
  EXPECT_EQ(GetProject("d-works", "p-waiting"), "NOT_YOURS");
}

// A token is a place in an answer, and anybody can make one.
TEST_F(StandingTest, AForgedTokenShowsNoProjectThatWaitsNoLonger) {
  tls_.MakeOfficer("d-works");
  channels_["d-works"] = ledgerd_.Dial(tls_.Show("d-works"));
  v1::ListProjectsRequest request;
  request.set_status("declared");
  // As the ledger makes it, of the question as it understands it: p-b was declared then, and not approved.
  v1::ListProjectsRequest understood = request;
  understood.set_awaiting_approval(true);
  auto page = reports::OpenPage(understood);
  ASSERT_TRUE(page.ok()) << page.status();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(page->Take(absl::StrCat("a-", 1000 + i)));
  ASSERT_FALSE(page->Take("b"));
  request.set_page_token(page->NextToken(county_.b_declared));
  EXPECT_EQ(ListProjects("d-works", request), std::vector<std::string>());
}

TEST_F(StandingTest, WhoeverHoldsARevokedKeyIsShownNothingAndStillFindsTheRecord) {
  v1::Submission submission = ledgerd_.world.Draft(*engine_->view(), "t-a");
  v1::Action& started = *submission.add_actions();
  started.mutable_date()->set_year(2020);
  started.mutable_date()->set_month(6);
  started.mutable_date()->set_day(16);
  started.mutable_start_project()->set_project("p-a");
  v1::SubmitRequest request;
  request.set_envelope(ledgerd_.world.Seal(submission));
  v1::SubmitResponse first;
  grpc::ClientContext first_context;
  const auto stub = v1::LedgerService::NewStub(channels_["t-a"]);
  const grpc::Status recorded = stub->Submit(&first_context, request, &first);
  ASSERT_TRUE(recorded.ok()) << recorded.error_message();

  v1::Action action;
  action.mutable_revoke_key()->set_officer("t-a");
  *action.mutable_revoke_key()->mutable_key() = test_support::WireKey(*test_support::KeyOf("t-a"));
  action.mutable_revoke_key()->set_reason("stolen");
  Do(action, {});
  EXPECT_EQ(GetProject("t-a", "p-a"), "OFFICER_WITHOUT_KEY");
  EXPECT_EQ(TrailOf("t-a", "t-a"), "OFFICER_WITHOUT_KEY");
  v1::SubmitResponse again;
  grpc::ClientContext again_context;
  const grpc::Status repeated = stub->Submit(&again_context, request, &again);
  ASSERT_TRUE(repeated.ok()) << repeated.error_message();
  EXPECT_TRUE(again.receipt().repeated_request());
  EXPECT_EQ(again.receipt().header(), first.receipt().header());
}

TEST_F(StandingTest, AMovedOfficerSeesTheNewOrganizationAndNotTheOld) {
  EXPECT_EQ(GetProject("t-a", "p-a"), "");
  EXPECT_EQ(GetProject("t-a", "p-b"), "NOT_YOURS");
  v1::Action action;
  action.mutable_move_officer()->set_officer("t-a");
  action.mutable_move_officer()->set_organization("town-b");
  action.mutable_move_officer()->set_reason("needed there");
  Do(action, {"admin-inspection"});
  EXPECT_EQ(GetProject("t-a", "p-a"), "NOT_YOURS");
  EXPECT_EQ(GetProject("t-a", "p-b"), "");
  // The new colleagues do not see what the officer did for the old organization.
  EXPECT_EQ(TrailOf("t-b", "t-a"), "NOT_YOURS");
  EXPECT_EQ(TrailOf("inspector", "t-a"), "");
  v1::GetRecordRequest request;
  request.set_sequence(county_.a.record);
  v1::GetRecordResponse response;
  grpc::ClientContext context;
  EXPECT_EQ(
      ErrorOf(v1::AuditService::NewStub(channels_["t-b"])->GetRecord(&context, request, &response)).reason,
      "NOT_YOURS");
}

}  // namespace
}  // namespace fundledger::services_testing
