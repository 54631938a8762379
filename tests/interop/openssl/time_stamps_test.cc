// The openssl command stamps what we ask for, and verifies what we kept.
#include <fstream>
#include <iterator>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/base/status.h"
#include "ledger/crypto/time_stamp.h"
#include "tests/integration/clients/world.h"
#include "tests/support/time_stamps/authority.h"
#include "tests/support/time_stamps/server.h"
#include "tests/unit/crypto/openssl_command.h"

namespace fundledger {
namespace {

using crypto::CommandDirectory;
using testing::HasSubstr;
using testing::Not;

constexpr char kConfiguration[] = R"(
[tsa]
default_tsa = authority
[authority]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
certs = ca.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1, millisecs:500
clock_precision_digits = 3
tsa_name = yes
ess_cert_id_alg = sha256
)";

// A time-stamping authority that is the openssl command and its files.
class CommandAuthority : public CommandDirectory {
 public:
  bool Make() {
    Write("ts.cnf", kConfiguration);
    Write("serial", "0a01\n");
    Write("ca.ext", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n");
    Write("tsa.ext", "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n");
    for (const char* command :
         {"openssl req -newkey rsa:2048 -nodes -keyout ca.key -out ca.csr -subj /CN=Root",
          "openssl x509 -req -in ca.csr -signkey ca.key -out ca.pem -days 3650 -extfile ca.ext",
          "openssl req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj /CN=Stamps",
          "openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out tsa.pem -days 3650 "
          "-extfile tsa.ext"}) {
      if (Run(command) != 0) return false;
    }
    return true;
  }
  // The answer to a request; empty if the command makes none.
  std::string Answer(const std::string& request) {
    const std::lock_guard lock(mutex_);
    Write("request.tsq", request);
    return Run("openssl ts -reply -config ts.cnf -section authority -queryfile request.tsq -out "
               "answer.tsr") == 0
               ? Read("answer.tsr")
               : std::string();
  }
  // Whether the command verifies the stamp over the bytes.
  bool Verifies(const std::string& bytes, const std::string& response) const {
    Write("bytes", bytes);
    Write("response.tsr", response);
    return Run("openssl ts -verify -data bytes -in response.tsr -CAfile ca.pem") == 0;
  }

 private:
  std::mutex mutex_;
};

constexpr char kNote[] =
    "example.org/log\n1\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n— example.org/log AAAA\n";

class OpensslTimeStamps : public testing::Test {
 protected:
  void SetUp() override {
    if (!authority_.HasCommand()) GTEST_SKIP() << "the openssl command is not installed";
    ASSERT_TRUE(authority_.Make()) << authority_.Read("log");
  }
  CommandAuthority authority_;
};

TEST_F(OpensslTimeStamps, VerifyWhereWeAsked) {
  const crypto::TimeStampRequest request = *crypto::MakeTimeStampRequest(kNote);
  const std::string response = authority_.Answer(request.der);
  ASSERT_FALSE(response.empty()) << authority_.Read("log");
  const auto stamped = crypto::VerifyTimeStamp(response, kNote, authority_.Read("ca.pem"), request.nonce);
  ASSERT_TRUE(stamped.ok()) << stamped.status();
  EXPECT_EQ(stamped->policy, "1.2.3.4.1");
  EXPECT_EQ(stamped->accuracy_us, 1'500'000);
  EXPECT_EQ(stamped->serial, "0a02");
  EXPECT_EQ(stamped->signer, "Stamps");
  EXPECT_TRUE(authority_.Verifies(kNote, response)) << authority_.Read("log");
  // The command reads our request as we meant it.
  authority_.Write("request.tsq", request.der);
  ASSERT_EQ(authority_.Run("openssl ts -query -in request.tsq -text"), 0);
  EXPECT_THAT(authority_.Read("log"), HasSubstr("Hash Algorithm: sha256"));
  EXPECT_THAT(authority_.Read("log"), HasSubstr("Certificate required: yes"));
  EXPECT_EQ(authority_.Run("openssl ts -verify -queryfile request.tsq -in response.tsr -CAfile ca.pem"), 0)
      << authority_.Read("log");
}

TEST_F(OpensslTimeStamps, VerifyWhereTheCommandAsked) {
  authority_.Write("bytes", kNote);
  for (const char* flags : {"-cert", "-cert -no_nonce", "-cert -tspolicy 1.2.3.4.1"}) {
    ASSERT_EQ(authority_.Run(std::string("openssl ts -query -data bytes -sha256 -out asked.tsq ") + flags),
              0);
    const std::string response = authority_.Answer(authority_.Read("asked.tsq"));
    const auto stamped = crypto::VerifyTimeStamp(response, kNote, authority_.Read("ca.pem"));
    EXPECT_TRUE(stamped.ok()) << flags << " " << stamped.status();
  }
  ASSERT_EQ(authority_.Run("openssl ts -query -data bytes -sha512 -cert -out asked.tsq"), 0);
  EXPECT_EQ(ReasonOf(crypto::VerifyTimeStamp(authority_.Answer(authority_.Read("asked.tsq")), kNote,
                                             authority_.Read("ca.pem"))
                         .status()),
            "TIME_STAMP_REJECTED")
      << "it takes SHA-256 only";
}

// Wherever the command refuses, so do we; where we refuse and it does not, we are the stricter.
TEST_F(OpensslTimeStamps, WeTakeNothingSpoiltThatTheCommandRefuses) {
  const crypto::TimeStampRequest request = *crypto::MakeTimeStampRequest(kNote);
  const std::string response = authority_.Answer(request.der);
  ASSERT_TRUE(authority_.Verifies(kNote, response));
  EXPECT_FALSE(authority_.Verifies(std::string(kNote) + "\n", response));
  const std::string ca = authority_.Read("ca.pem");
  int refused = 0;
  for (size_t i = 0; i < response.size(); i += 61) {
    std::string spoilt = response;
    spoilt[i] = static_cast<char>(spoilt[i] ^ 0x10);
    if (authority_.Verifies(kNote, spoilt)) continue;
    ++refused;
    EXPECT_FALSE(crypto::VerifyTimeStamp(spoilt, kNote, ca).ok()) << "byte " << i;
  }
  EXPECT_GT(refused, 10);
}

class LedgerTimeStamps : public clients_testing::World {
 protected:
  void SetUp() override {
    if (!authority_.HasCommand()) GTEST_SKIP() << "the openssl command is not installed";
    ASSERT_TRUE(authority_.Make()) << authority_.Read("log");
    tsa_ = test_support::TimeStampServer::Start(unused_.get());
    tsa_->AnswerBy([this](const std::string& request) {
      return test_support::HttpAnswer{.body = authority_.Answer(request)};
    });
    std::ofstream(path("county/server.toml"), std::ios::app)
        << "[time_stamps]\nauthorities = [\"tsa-1 " << tsa_->url() << " " << authority_.Path("ca.pem")
        << "\"]\n"
        << "interval_seconds = 1\n";
    StartServer();
  }
  // Verified by the command line, once the daemon has stamped all records.
  nlohmann::json WaitForStamps(uint64_t records) {
    while (true) {
      const auto run = Run({"--json", "inspect", "stamps", "--tsa-ca", authority_.Path("ca.pem"), "--out",
                            path("stamps").string()});
      const nlohmann::json read = nlohmann::json::parse(run.out, nullptr, false);
      if (run.exit_code == 0 && read.at("stamps").back().at("size") == records) return read;
      EXPECT_LE(run.exit_code, 1) << run.err;
      if (HasFailure()) return read;
    }
  }
  std::string ReadFile(const std::string& name) const {
    std::ifstream file(path("stamps") / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  CommandAuthority authority_;
  const std::unique_ptr<test_support::TimeStampAuthority> unused_ = test_support::TimeStampAuthority::Make();
  std::unique_ptr<test_support::TimeStampServer> tsa_;
};

TEST_F(LedgerTimeStamps, TheCommandVerifiesWhatTheLedgerKept) {
  Settle();
  const uint64_t records = Size();
  const nlohmann::json shown = WaitForStamps(records);
  ASSERT_FALSE(HasFailure());
  EXPECT_EQ(shown.at("ok"), true);
  for (const auto& stamp : shown.at("stamps")) {
    EXPECT_EQ(stamp.at("authority"), "tsa-1");
    EXPECT_EQ(stamp.at("signer"), "Stamps");
    const std::string size = std::to_string(uint64_t{stamp.at("size")});
    const std::string note = ReadFile(size + ".checkpoint");
    const std::string response = ReadFile(size + ".tsa-1.tsr");
    EXPECT_TRUE(authority_.Verifies(note, response)) << size << authority_.Read("log");
    std::string spoilt = note;
    spoilt[spoilt.find('\n') + 1] ^= 1;
    EXPECT_FALSE(authority_.Verifies(spoilt, response)) << "another size";
  }
  const auto table = Good({"inspect", "stamps", "--tsa-ca", authority_.Path("ca.pem"), "--size",
                           std::to_string(records), "--lang", "zh"});
  EXPECT_THAT(table.out, HasSubstr("tsa-1"));
  EXPECT_THAT(table.out, HasSubstr("通过"));
  EXPECT_THAT(table.out, Not(HasSubstr("不通过")));
}

TEST_F(LedgerTimeStamps, AreNotBelievedByAnotherRootNorWithoutOne) {
  (void)WaitForStamps(Size());
  ASSERT_FALSE(HasFailure());
  std::ofstream(path("other.pem")) << unused_->authorities_pem();
  const auto other = Run({"inspect", "stamps", "--tsa-ca", path("other.pem").string()});
  EXPECT_EQ(other.exit_code, 4);
  EXPECT_THAT(other.out, HasSubstr("TIME_STAMP_UNVERIFIED"));
  EXPECT_THAT(other.out, HasSubstr("DO NOT VERIFY"));
  EXPECT_EQ(Run({"inspect", "stamps", "--tsa-ca", path("county/log.key").string()}).exit_code, 2);
  EXPECT_EQ(Run({"inspect", "stamps", "--tsa-ca", path("none.pem").string()}).exit_code, 2);
  EXPECT_EQ(Run({"inspect", "stamps"}).exit_code, 2);
  const auto none = Run({"inspect", "stamps", "--tsa-ca", authority_.Path("ca.pem"), "--size", "4000"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.out, HasSubstr("no such time stamp"));
}

}  // namespace
}  // namespace fundledger
