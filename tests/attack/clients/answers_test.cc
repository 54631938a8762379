// A figure in an answer that the records do not give.
#include <gmock/gmock.h>

#include "fundledger/v1/report_service.pb.h"
#include "fundledger/v1/resources.pb.h"
#include "ledger/crypto/dsse.h"
#include "ledger/crypto/signature.h"
#include "tests/integration/clients/world.h"
#include "tests/support/paths.h"

namespace fundledger::clients_testing {
namespace {

using testing::HasSubstr;

class SignedAnswers : public World {
 protected:
  SignedAnswers() {
    StartServer();
    Settle();
    Good({"import", "--as", "admin-1",
          Csv("registry.csv",
              "kind,reference,id,name,unit,scale,aggregation\n"
              "register_programme,G-1,roads,农村道路,,,\n"
              "register_category,C-1,integrated-funds,统筹整合资金,,,\n"
              "register_category,C-2,poverty-relief-funds,财政扶贫资金,,,\n")});
    Good({"report", "briefing", "--year", "2026", "--signed", answer_});
  }
  // As an operator would sign it who wants another figure to be seen: it is the ledger's own key.
  void SignAnotherFigure() {
    const auto opened = crypto::OpenEnvelope(ReadAll(answer_));
    ASSERT_TRUE(opened.ok()) << opened.status();
    v1::Answer answer;
    ASSERT_TRUE(answer.ParseFromString(opened->payload));
    v1::GetBriefingResponse response;
    ASSERT_TRUE(response.ParseFromString(answer.response()));
    response.set_planned_fen(response.planned_fen() + 100);
    answer.set_response(response.SerializeAsString());
    const auto key = crypto::SignerFromPem(ReadAll(path("county/log.key")));
    ASSERT_TRUE(key.ok()) << key.status();
    WriteAll(answer_, *crypto::SealEnvelope(crypto::kAnswerType, answer.SerializeAsString(), {key->get()}));
  }

  const std::string answer_ = path("briefing.answer").string();
  const std::string evidence_ = path("wrong-figure.txt").string();
};

TEST_F(SignedAnswers, TheRecordsGiveWhatWasSigned) {
  const Finished right = Run({"evidence", "figure", answer_, "--out", evidence_});
  EXPECT_EQ(right.exit_code, 0) << right.err;
  EXPECT_FALSE(std::filesystem::exists(evidence_));
}

TEST_F(SignedAnswers, AFigureThatWasSignedWrongConvicts) {
  SignAnotherFigure();
  const Finished wrong = Run({"evidence", "figure", answer_, "--out", evidence_});
  EXPECT_EQ(wrong.exit_code, 4) << wrong.out << wrong.err;
  EXPECT_THAT(wrong.err, HasSubstr("planned_fen: stated 100, the records give 0"));
  // Anybody checks it, by the public key alone.
  const std::string config = ReadAll(path("county/client.toml"));
  const size_t at = config.find('"', config.find("verifier_key")) + 1;
  const Finished checked = RunWith(path("none.toml"), {"evidence", "check", evidence_, "--verifier-key",
                                                       config.substr(at, config.find('"', at) - at)});
  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("planned_fen: stated 100, the records give 0"));
  EXPECT_THAT(checked.out, HasSubstr("CONVICTS whoever held the log's key"));
  const Finished kind = RunWith(path("none.toml"), {"evidence", "check", evidence_, "--verifier-key",
                                                    config.substr(at, config.find('"', at) - at), "--json"});
  const auto json = nlohmann::json::parse(kind.out, nullptr, false);
  ASSERT_TRUE(json.is_array()) << kind.out << kind.err;
  EXPECT_EQ(json[0]["kind"], "wrong-figure");
  EXPECT_EQ(json[0]["convicts"], true);
}

// As of a log with more records than go into a file: the file alone convicts nobody, beside a bundle it does.
TEST_F(SignedAnswers, AFigureWhoseRecordsAreNotInTheFileConvictsBesideABundle) {
  SignAnotherFigure();
  const Finished wrong = Run({"evidence", "figure", answer_, "--out", evidence_, "--records-mib", "0"});
  EXPECT_EQ(wrong.exit_code, 4) << wrong.out << wrong.err;
  EXPECT_THAT(wrong.err, HasSubstr("fundledger-verify BUNDLE --evidence"));
  const Finished alone = Run({"evidence", "check", evidence_});
  EXPECT_EQ(alone.exit_code, 4) << alone.out << alone.err;
  EXPECT_THAT(alone.out, HasSubstr("EVIDENCE_RECORDS_MISSING"));
  Good({"inspect", "export", "--out", path("bundle").string()});
  const Finished judged = Process({test_support::BinDir() + "/fundledger-verify", path("bundle").string(),
                                   "--evidence", evidence_, "--json"},
                                  {"LC_ALL=C.UTF-8"}, path("verify.out"), path("verify.err"))
                              .Wait();
  const auto json = nlohmann::json::parse(judged.out, nullptr, false);
  ASSERT_TRUE(json.is_object()) << judged.out << judged.err;
  ASSERT_EQ(json["evidence"].size(), 1u) << judged.out;
  EXPECT_TRUE(json["evidence"][0]["convicts"].is_string()) << judged.out;
  EXPECT_THAT(std::string(json["evidence"][0]["shows"]),
              HasSubstr("planned_fen: stated 100, the records give 0"));
}

TEST_F(SignedAnswers, AFigureChangedOnTheWayConvictsNobody) {
  std::string bytes = ReadAll(answer_);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  WriteAll(answer_, bytes);
  const Finished checked = Run({"evidence", "figure", answer_, "--out", evidence_});
  EXPECT_NE(checked.exit_code, 0);
  EXPECT_THAT(checked.err, HasSubstr("ANSWER_"));
  EXPECT_FALSE(std::filesystem::exists(evidence_));
}

}  // namespace
}  // namespace fundledger::clients_testing
