#include "ledger/crypto/certificate.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/base/status.h"
#include "tests/unit/crypto/openssl_command.h"

namespace fundledger::crypto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr int64_t kNow = 1'790'000'000;  // in 2026
constexpr int64_t kDay = 86'400;

struct Made {
  std::string authority_pem;
  Secret authority_key;
  std::unique_ptr<Authority> authority;
  Secret key;
  std::string public_key;
};

Made Make(int64_t now_s = kNow, int32_t days = kAuthorityDays) {
  Made made;
  MadeAuthority authority = *Authority::Make("county.example/funds", now_s, days);
  made.authority_pem = authority.certificate_pem;
  made.authority_key = std::move(authority.key);
  made.authority = *Authority::Load(made.authority_pem, made.authority_key.view());
  made.key = *GenerateConnectionKey();
  made.public_key = *PublicKeyOfKey(made.key.view());
  return made;
}

TEST(Certificate, OfAnOfficerNamesTheOfficerAndNoHost) {
  const Made made = Make();
  const auto issued = made.authority->IssueOfficer("clerk-1", made.public_key, kNow, kHolderDays);
  ASSERT_TRUE(issued.ok()) << issued.status();
  const Certificate read = *ReadCertificate(*issued);
  EXPECT_THAT(read.uris, ElementsAre("urn:fundledger:officer:clerk-1"));
  EXPECT_EQ(read.officer(), "clerk-1");
  EXPECT_TRUE(read.hosts.empty());
  EXPECT_EQ(read.common_name, "clerk-1");
  EXPECT_FALSE(read.is_authority);
  EXPECT_EQ(read.not_after_s, kNow + kHolderDays * kDay);
  EXPECT_EQ(read.not_before_s, kNow - 300);
  EXPECT_EQ(read.serial.size(), 32U);
  EXPECT_TRUE(CheckKeyFits(*issued, made.key.view()).ok());
  EXPECT_TRUE(CheckIssuedBy(*issued, made.authority_pem).ok());
  EXPECT_EQ(*PublicKeyOfCertificate(*issued), made.public_key);
}

TEST(Certificate, OfAServerNamesItsHosts) {
  const Made made = Make();
  const auto issued =
      made.authority->IssueServer({"ledger.example.cn", "127.0.0.1", "::1"}, made.public_key, kNow, 30);
  ASSERT_TRUE(issued.ok()) << issued.status();
  const Certificate read = *ReadCertificate(*issued);
  EXPECT_THAT(read.hosts, ElementsAre("ledger.example.cn", "127.0.0.1", "::1"));
  EXPECT_EQ(read.officer(), "");
  EXPECT_EQ(read.not_after_s, kNow + 30 * kDay);
}

TEST(Certificate, OfAnAuthoritySignsHoldersOnly) {
  const Made made = Make();
  const Certificate read = *ReadCertificate(made.authority_pem);
  EXPECT_TRUE(read.is_authority);
  EXPECT_EQ(read.not_after_s, kNow + kAuthorityDays * kDay);
  EXPECT_TRUE(CheckIssuedBy(made.authority_pem, made.authority_pem).ok()) << "it signs itself";
  const std::string holder = *made.authority->IssueOfficer("clerk-1", made.public_key, kNow, 1);
  EXPECT_EQ(ReasonOf(Authority::Load(holder, made.key.view()).status()), "CERTIFICATE_NOT_OF_AUTHORITY");
}

TEST(Certificate, NeverOutlivesItsAuthority) {
  const Made made = Make(kNow, 10);
  const std::string issued = *made.authority->IssueOfficer("clerk-1", made.public_key, kNow, kHolderDays);
  EXPECT_EQ(ReadCertificate(issued)->not_after_s, kNow + 10 * kDay);
  EXPECT_EQ(ReasonOf(made.authority->IssueOfficer("clerk-1", made.public_key, kNow + 10 * kDay, 1).status()),
            "CERTIFICATE_AUTHORITY_EXPIRED");
}

TEST(Certificate, HasASerialNumberOfItsOwn) {
  const Made made = Make();
  std::set<std::string> serials;
  for (int i = 0; i < 20; ++i) {
    serials.insert(
        ReadCertificate(*made.authority->IssueOfficer("clerk-1", made.public_key, kNow, 1))->serial);
  }
  EXPECT_EQ(serials.size(), 20U);
}

TEST(Certificate, RefusesNamesThatAreNone) {
  const Made made = Make();
  for (const std::string& bad :
       {std::string(), std::string("a b"), std::string("clerk\n1"), std::string("clerk-1\0x", 9),
        std::string("a,URI:urn:fundledger:officer:admin-1"), std::string("经办"), std::string(65, 'a')}) {
    EXPECT_EQ(ReasonOf(made.authority->IssueOfficer(bad, made.public_key, kNow, 1).status()),
              "CERTIFICATE_NAME_INVALID")
        << bad;
    EXPECT_EQ(ReasonOf(made.authority->IssueServer({"localhost", bad}, made.public_key, kNow, 1).status()),
              bad.size() == 65 ? "" : "CERTIFICATE_NAME_INVALID")
        << bad;
  }
  EXPECT_EQ(ReasonOf(made.authority->IssueServer({}, made.public_key, kNow, 1).status()),
            "CERTIFICATE_NAME_INVALID");
}

TEST(Certificate, ThatNamesTwoOfficersNamesNone) {
  Certificate certificate;
  certificate.uris = {"urn:fundledger:officer:a", "https://example.cn", "urn:fundledger:officer:b"};
  EXPECT_EQ(certificate.officer(), "");
  certificate.uris = {"https://example.cn", "urn:fundledger:officer:b"};
  EXPECT_EQ(certificate.officer(), "b");
}

TEST(Certificate, OfAnotherAuthorityOrKeyIsNoticed) {
  const Made made = Make();
  const Made other = Make();
  const std::string issued = *made.authority->IssueOfficer("clerk-1", made.public_key, kNow, 1);
  EXPECT_EQ(ReasonOf(CheckIssuedBy(issued, other.authority_pem)), "CERTIFICATE_OF_ANOTHER")
      << "the names are the same, the keys are not";
  EXPECT_EQ(ReasonOf(CheckKeyFits(issued, other.key.view())), "CERTIFICATE_KEY_MISMATCH");
  EXPECT_EQ(ReasonOf(Authority::Load(made.authority_pem, other.authority_key.view()).status()),
            "CERTIFICATE_KEY_MISMATCH");
}

TEST(Certificate, IsRequestedByTheHolderOfTheKey) {
  const Made made = Make();
  const std::string request = *MakeCertificateRequest(made.key.view(), "clerk-1");
  EXPECT_EQ(*PublicKeyOfRequest(request, "clerk-1"), made.public_key);
  EXPECT_EQ(ReasonOf(PublicKeyOfRequest(request, "clerk-2").status()), "CERTIFICATE_REQUEST_INVALID");
  EXPECT_EQ(ReasonOf(PublicKeyOfRequest(request, "").status()), "CERTIFICATE_REQUEST_INVALID");
  std::string spoilt = request;
  const size_t at = spoilt.size() / 2;
  spoilt[at] = spoilt[at] == 'A' ? 'B' : 'A';
  EXPECT_EQ(ReasonOf(PublicKeyOfRequest(spoilt, "clerk-1").status()), "CERTIFICATE_REQUEST_INVALID");
  EXPECT_EQ(ReasonOf(PublicKeyOfRequest("no request", "clerk-1").status()), "CERTIFICATE_REQUEST_INVALID");
}

TEST(Certificate, SaysWhatIsNone) {
  const Made made = Make();
  EXPECT_EQ(ReasonOf(ReadCertificate("none").status()), "CERTIFICATE_MALFORMED");
  EXPECT_EQ(ReasonOf(ReadCertificate(made.authority_pem.substr(0, 300)).status()), "CERTIFICATE_MALFORMED");
  EXPECT_EQ(ReasonOf(made.authority->IssueOfficer("a", "no key", kNow, 1).status()), "KEY_MALFORMED");
  EXPECT_EQ(ReasonOf(PublicKeyOfKey("no key").status()), "KEY_MALFORMED");
}

TEST(Certificate, IsWhatTheOpensslCommandTakesForOne) {
  const CommandDirectory directory;
  if (!directory.HasCommand()) GTEST_SKIP() << "the openssl command is not installed";
  const Made made = Make();
  directory.Write("ca.pem", made.authority_pem);
  directory.Write("officer.pem", *made.authority->IssueOfficer("clerk-1", made.public_key, kNow, 365));
  directory.Write("server.pem",
                  *made.authority->IssueServer({"localhost", "127.0.0.1"}, made.public_key, kNow, 365));
  const std::string verify = "openssl verify -x509_strict -CAfile ca.pem -attime " + std::to_string(kNow);
  EXPECT_EQ(directory.Run(verify + " -purpose sslclient officer.pem"), 0) << directory.Read("log");
  EXPECT_EQ(directory.Run(verify + " -purpose sslserver -verify_ip 127.0.0.1 server.pem"), 0)
      << directory.Read("log");
  EXPECT_NE(directory.Run(verify + " -purpose sslserver officer.pem"), 0) << "an officer served";
  EXPECT_NE(directory.Run(verify + " -purpose sslclient server.pem"), 0) << "a server called";
  EXPECT_NE(directory.Run(verify + " -purpose sslserver -verify_hostname elsewhere server.pem"), 0);
  EXPECT_NE(directory.Run("openssl verify -CAfile ca.pem -attime " + std::to_string(kNow + 366 * kDay) +
                          " officer.pem"),
            0)
      << "expired";
  ASSERT_EQ(directory.Run("openssl x509 -in officer.pem -noout -text"), 0);
  EXPECT_THAT(directory.Read("log"), HasSubstr("URI:urn:fundledger:officer:clerk-1"));
  EXPECT_THAT(directory.Read("log"), Not(HasSubstr("CA:TRUE")));
}

TEST(Certificate, OfAnAuthorityMadeByTheOpensslCommandIssuesToo) {
  const CommandDirectory directory;
  if (!directory.HasCommand()) GTEST_SKIP() << "the openssl command is not installed";
  const Made made = Make();
  for (const char* kind : {"rsa:2048", "ed25519"}) {
    ASSERT_EQ(directory.Run(std::string("openssl req -x509 -newkey ") + kind +
                            " -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=organization"),
              0)
        << directory.Read("log");
    const auto authority = Authority::Load(directory.Read("ca.pem"), directory.Read("ca.key"));
    ASSERT_TRUE(authority.ok()) << authority.status();
    const int64_t now_s = ReadCertificate(directory.Read("ca.pem"))->not_before_s + 600;
    directory.Write("officer.pem", *(*authority)->IssueOfficer("clerk-1", made.public_key, now_s, 7));
    EXPECT_EQ(
        directory.Run("openssl verify -CAfile ca.pem -attime " + std::to_string(now_s) + " officer.pem"), 0)
        << directory.Read("log");
  }
}

}  // namespace
}  // namespace fundledger::crypto
