// Signed figures judged with a bundle's records beside them: a wrong one convicts, by its kind, and whoever
// signs what the records give is never convicted. The files hold no records, as those of a log that has more
// than go into one.
#include <random>

#include <gmock/gmock.h>

#include "fundledger/v1/fund_service.pb.h"
#include "fundledger/v1/project_service.pb.h"
#include "fundledger/v1/report_service.pb.h"
#include "ledger/base/bytes.h"
#include "ledger/crypto/dsse.h"
#include "ledger/log/evidence.h"
#include "ledger/log/record.h"
#include "ledger/reports/answers.h"
#include "tests/attack/offline/county.h"

#include "absl/strings/str_cat.h"

namespace fundledger::attack {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using test_support::KeyOf;
using test_support::TemporaryDirectory;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using verify::NamedText;
using verify::Options;

// Every integer in the message and those in it but its basis, as something that adds to it.
void CollectFigures(Message* message, std::vector<std::function<void(int)>>* figures) {
  const auto* const reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->name() == "basis") continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && field->is_repeated()) {
      for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
        CollectFigures(reflection->MutableRepeatedMessage(message, field, i), figures);
      }
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      CollectFigures(reflection->MutableMessage(message, field), figures);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64 && !field->is_repeated()) {
      figures->push_back([message, reflection, field](int more) {
        reflection->SetInt64(message, field, reflection->GetInt64(*message, field) + more);
      });
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT32 && !field->is_repeated()) {
      figures->push_back([message, reflection, field](int more) {
        reflection->SetInt32(message, field, reflection->GetInt32(*message, field) + more);
      });
    }
  }
}

class SignedFigures : public testing::Test {
 protected:
  struct Question {
    std::string method;
    std::string request;
  };

  int Below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }
  v1::AsOf AsOf() {
    v1::AsOf as_of;
    if (Below(3) > 0) as_of.set_sequence(static_cast<uint64_t>(Below(static_cast<int>(Size()))));
    as_of.mutable_date()->set_year(2020);
    as_of.mutable_date()->set_month(1 + Below(7));
    as_of.mutable_date()->set_day(1 + Below(28));
    return as_of;
  }
  Question Ask() {
    switch (Below(5)) {
      case 0: {
        v1::ListFundsRequest request;
        *request.mutable_as_of() = AsOf();
        return {"fundledger.v1.FundService/ListFunds", request.SerializeAsString()};
      }
      case 1: {
        v1::GetStatementRequest request;
        *request.mutable_as_of() = AsOf();
        if (Below(2) == 0) request.set_project(absl::StrCat("p-", 1 + Below(2)));
        if (Below(2) == 0) request.set_fund("f-1");
        return {"fundledger.v1.FundService/GetStatement", request.SerializeAsString()};
      }
      case 2:
        return {"fundledger.v1.FundService/ListPayments", v1::ListPaymentsRequest().SerializeAsString()};
      case 3: {
        v1::ListProjectsRequest request;
        *request.mutable_as_of() = AsOf();
        return {"fundledger.v1.ProjectService/ListProjects", request.SerializeAsString()};
      }
      default: {
        v1::GetBriefingRequest request;
        request.set_year(2019 + Below(3));
        *request.mutable_as_of() = AsOf();
        return {"fundledger.v1.ReportService/GetBriefing", request.SerializeAsString()};
      }
    }
  }
  uint64_t Size() { return county_.engine().view()->size(); }

  // What the records give; null: nothing, as of then.
  std::unique_ptr<Message> Right(const Question& question) {
    const auto view = county_.engine().view();
    auto answer = reports::Answer({*view, *view, view->last_sequence()}, question.method, question.request);
    return answer.ok() ? *std::move(answer) : nullptr;
  }
  // A file that accuses whoever signed the answer, under the log's last checkpoint.
  std::string Accuse(const Question& question, const Message& response) {
    const auto view = county_.engine().view();
    v1::Answer answer;
    answer.set_ledger(log::LeafHash(*view->Record(0)).str());
    answer.set_method(question.method);
    answer.set_request(question.request);
    answer.set_response(response.SerializeAsString());
    answer.set_checkpoint(view->signed_checkpoint());
    const std::string envelope =
        *crypto::SealEnvelope(crypto::kAnswerType, answer.SerializeAsString(), {KeyOf("log").get()});
    return *log::FormatEvidence(
        {log::EvidenceKind::kWrongFigure, {{log::PartLabel::kSignedAnswer, Base64Encode(envelope) + "\n"}}});
  }
  std::filesystem::path Bundle() const { return directory_.Sub("bundle"); }

  const uint32_t seed_ = std::random_device{}();
  std::mt19937 random_{seed_};
  TemporaryDirectory directory_;
  County county_;
};

TEST_F(SignedFigures, WhatTheRecordsGiveConvictsNobodyAndAnythingElseDoes) {
  SCOPED_TRACE(absl::StrCat("seed ", seed_));
  constexpr size_t kRight = 40;
  constexpr size_t kWrong = 15;
  std::vector<NamedText> right;
  std::vector<NamedText> wrong;
  // Some questions have no answer, and some answers no figure.
  for (int i = 0; right.size() < kRight || wrong.size() < kWrong; ++i) {
    ASSERT_LT(i, 10'000);
    const Question question = Ask();
    const auto response = Right(question);
    if (response == nullptr) continue;
    right.push_back({absl::StrCat("right-", i), Accuse(question, *response)});
    std::vector<std::function<void(int)>> figures;
    CollectFigures(response.get(), &figures);
    if (figures.empty()) continue;
    figures[static_cast<size_t>(Below(static_cast<int>(figures.size())))](Below(2) == 0 ? 1 : -1);
    wrong.push_back({absl::StrCat("wrong-", i), Accuse(question, *response)});
  }
  county_.Grow("late");  // records behind the answers' checkpoint do not matter
  county_.Export(Bundle());
  for (const NamedText& each : right) {
    const auto report = Check(Bundle(), [&](Options& options) { options.evidence = {each}; });
    EXPECT_THAT(report.evidence, IsEmpty()) << each.name;
    ASSERT_THAT(Named(report), ElementsAre("EVIDENCE_SHOWS_NOTHING")) << each.name << "\n" << each.text;
  }
  const auto report = Check(Bundle(), [&](Options& options) { options.evidence = wrong; });
  EXPECT_THAT(Named(report), IsEmpty());
  ASSERT_EQ(report.evidence.size(), wrong.size());
  for (const verify::JudgedFile& judged : report.evidence) {
    EXPECT_THAT(judged.convicts, StartsWith(std::string(test_support::World::kOrigin))) << judged.name;
    EXPECT_THAT(judged.shows, HasSubstr("that the records do not give:")) << judged.name;
  }
}

// Where records are missing, or are others, nobody is convicted.
TEST_F(SignedFigures, WithoutItsRecordsAWrongFigureConvictsNobody) {
  v1::GetBriefingRequest request = BriefingQuestion();
  const Question question{"fundledger.v1.ReportService/GetBriefing", request.SerializeAsString()};
  county_.Export(directory_.Sub("before"));
  county_.Grow("late");
  const auto response = Right(question);
  ASSERT_NE(response, nullptr);
  std::vector<std::function<void(int)>> figures;
  CollectFigures(response.get(), &figures);
  ASSERT_FALSE(figures.empty());
  figures.front()(1);
  const std::vector<NamedText> evidence = {{"wrong", Accuse(question, *response)}};
  const auto judge = [&](const std::string& bundle) {
    return Check(directory_.Sub(bundle), [&](Options& options) { options.evidence = evidence; });
  };
  EXPECT_THAT(Named(judge("before")), ElementsAre("EVIDENCE_RECORDS_WRONG"));
  county_.Export(directory_.Sub("some"), "p-1");
  EXPECT_THAT(Named(judge("some")), ElementsAre("EVIDENCE_RECORDS_MISSING"));
  County other(30'000);
  other.Grow("late");
  other.Export(directory_.Sub("other"));
  EXPECT_THAT(Named(judge("other")), ElementsAre("EVIDENCE_RECORDS_WRONG"));
  county_.Export(Bundle());
  EXPECT_THAT(Named(judge("bundle")), IsEmpty());
}

}  // namespace
}  // namespace fundledger::attack
