#include "ledger/crypto/time_stamp.h"

#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/base/status.h"
#include "tests/support/time_stamps/authority.h"

namespace fundledger::crypto {
namespace {

using test_support::Answering;
using test_support::AuthorityOptions;
using test_support::TimeStampAuthority;
using testing::HasSubstr;

constexpr char kBytes[] = "city.example/funds\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n";
constexpr int64_t kTimeUs = 1'790'000'000'123'456;  // in 2026
constexpr int64_t kDay = 86'400;

struct Stamped {
  std::unique_ptr<TimeStampAuthority> authority = {};
  TimeStampRequest request = {};
  std::string response = {};

  absl::StatusOr<StampedTime> Verify() const {
    return VerifyTimeStamp(response, kBytes, authority->authorities_pem(), request.nonce);
  }
  std::string Reason() const { return ReasonOf(Verify().status()); }
};

Stamped Stamp(const AuthorityOptions& options = {}, Answering how = {}) {
  Stamped stamped{.authority = TimeStampAuthority::Make(options)};
  stamped.request = *MakeTimeStampRequest(kBytes);
  if (how.time_us == 0) how.time_us = kTimeUs;
  stamped.response = stamped.authority->Answer(stamped.request.der, how);
  return stamped;
}

TEST(TimeStamp, SaysWhenByWhatPolicyAndByWhom) {
  const auto time = Stamp().Verify();
  ASSERT_TRUE(time.ok()) << time.status();
  EXPECT_EQ(time->time_us, kTimeUs);
  EXPECT_EQ(time->accuracy_us, 1'005'007);
  EXPECT_EQ(time->policy, "1.3.6.1.4.1.99999.1");
  EXPECT_EQ(time->serial, "01");
  EXPECT_EQ(time->signer, "Test Stamps");
}

TEST(TimeStamp, IsGoodWithoutItsNonceAsItIsKept) {
  const Stamped stamped = Stamp();
  EXPECT_TRUE(VerifyTimeStamp(stamped.response, kBytes, stamped.authority->authorities_pem()).ok());
}

TEST(TimeStamp, LeadsToTheRootOverAnIntermediateInTheAnswer) {
  const Stamped stamped = Stamp({.has_intermediate = true});
  EXPECT_TRUE(stamped.Verify().ok()) << stamped.Verify().status();
}

TEST(TimeStamp, StaysGoodWhenItsCertificateHasExpired) {
  constexpr int64_t kThen = 1'262'304'000;  // 2010
  const Stamped stamped =
      Stamp({.from_s = kThen, .until_s = kThen + kDay}, {.time_us = (kThen + kDay / 2) * 1'000'000});
  ASSERT_TRUE(stamped.Verify().ok()) << stamped.Verify().status();
  EXPECT_EQ(stamped.Verify()->time_us, (kThen + kDay / 2) * 1'000'000);
}

TEST(TimeStamp, IsRefusedOutsideItsCertificatesTime) {
  constexpr int64_t kThen = 1'262'304'000;
  for (const int64_t time_s : {kThen - 1, kThen + kDay + 1}) {
    const Stamped stamped =
        Stamp({.from_s = kThen, .until_s = kThen + kDay}, {.time_us = time_s * 1'000'000});
    EXPECT_EQ(stamped.Reason(), "TIME_STAMP_UNVERIFIED") << time_s;
    EXPECT_THAT(std::string(stamped.Verify().status().message()),
                HasSubstr(time_s < kThen ? "not yet valid" : "has expired"));
  }
}

TEST(TimeStamp, IsRefusedByACertificateThatIsNotForStampingAlone) {
  for (const char* usage : {"", "critical,serverAuth", "timeStamping", "critical,timeStamping,serverAuth"}) {
    EXPECT_EQ(Stamp({.usage = usage}).Reason(), "TIME_STAMP_UNVERIFIED") << usage;
  }
}

TEST(TimeStamp, IsRefusedByAnotherAuthority) {
  Stamped stamped = Stamp();
  const auto other = TimeStampAuthority::Make();
  EXPECT_EQ(ReasonOf(VerifyTimeStamp(stamped.response, kBytes, other->authorities_pem()).status()),
            "TIME_STAMP_UNVERIFIED")
      << "of the same name, with another key";
  const std::string both = other->authorities_pem() + stamped.authority->authorities_pem();
  EXPECT_TRUE(VerifyTimeStamp(stamped.response, kBytes, both).ok());
}

TEST(TimeStamp, IsRefusedOverOtherBytes) {
  const Stamped stamped = Stamp();
  for (const std::string& bytes : {std::string(), std::string(kBytes) + "\n", std::string("other")}) {
    EXPECT_EQ(
        ReasonOf(VerifyTimeStamp(stamped.response, bytes, stamped.authority->authorities_pem()).status()),
        "TIME_STAMP_OF_OTHER_BYTES");
  }
  EXPECT_EQ(Stamp({}, {.wrong_imprint = true}).Reason(), "TIME_STAMP_OF_OTHER_BYTES");
}

TEST(TimeStamp, IsRefusedWithAnotherNonce) {
  EXPECT_EQ(Stamp({}, {.wrong_nonce = true}).Reason(), "TIME_STAMP_NONCE_MISMATCH");
}

TEST(TimeStamp, IsRefusedWhereTheAuthorityRejected) {
  const Stamped stamped = Stamp({}, {.reject = true});
  EXPECT_EQ(stamped.Reason(), "TIME_STAMP_REJECTED");
  EXPECT_THAT(std::string(stamped.Verify().status().message()), HasSubstr("status 2"));
}

TEST(TimeStamp, IsRefusedWhereItMayBeOffByMoreThanAMinute) {
  EXPECT_TRUE(Stamp({}, {.accuracy_s = 59}).Verify().ok());
  EXPECT_EQ(Stamp({}, {.accuracy_s = 60}).Reason(), "TIME_STAMP_INACCURATE");  // and 5.007 ms
}

TEST(TimeStamp, IsRefusedUnderAWeakDigest) {
  EXPECT_EQ(Stamp({.digest = "SHA1"}).Reason(), "TIME_STAMP_UNVERIFIED");
  EXPECT_TRUE(Stamp({.digest = "SHA512"}).Verify().ok());
}

TEST(TimeStamp, AuthoritiesAreCertificatesOfAuthorities) {
  const auto authority = TimeStampAuthority::Make();
  const std::string& pem = authority->authorities_pem();
  EXPECT_TRUE(CheckTimeStampAuthorities(pem).ok());
  EXPECT_TRUE(CheckTimeStampAuthorities("# the root\n" + pem + "\n" + pem).ok());
  for (const std::string& bad : {std::string(), std::string("none"), pem.substr(0, pem.size() / 2),
                                 pem + pem.substr(0, pem.size() / 2), std::string(1 << 20, 'A')}) {
    EXPECT_EQ(ReasonOf(CheckTimeStampAuthorities(bad)), "CERTIFICATE_MALFORMED") << bad.size();
    EXPECT_EQ(ReasonOf(VerifyTimeStamp(Stamp().response, kBytes, bad).status()), "CERTIFICATE_MALFORMED");
  }
}

// Where `part` stands in `whole`; it must stand there once.
std::pair<size_t, size_t> RangeOf(const std::string& whole, const std::string& part) {
  const size_t at = whole.find(part);
  EXPECT_NE(at, std::string::npos);
  EXPECT_EQ(whole.find(part, at + 1), std::string::npos);
  return {at, at + part.size()};
}

// A byte that is changed is refused, or it says nothing: what is outside the signature – version numbers, the
// bag of certificates – may be altered by anybody and changes no answer. The stamp itself, from its policy
// on, and the signature may not.
TEST(TimeStamp, SaysNothingElseWithAnyByteSpoilt) {
  const Stamped stamped = Stamp({.has_intermediate = true});
  const StampedTime right = *stamped.Verify();
  const auto [time_from, time_until] = RangeOf(stamped.response, "2026092");
  size_t idle = 0;
  for (size_t i = 0; i < stamped.response.size(); ++i) {
    for (const uint8_t flip : {0x01, 0x80}) {
      std::string spoilt = stamped.response;
      spoilt[i] = static_cast<char>(static_cast<uint8_t>(spoilt[i]) ^ flip);
      const auto verified =
          VerifyTimeStamp(spoilt, kBytes, stamped.authority->authorities_pem(), stamped.request.nonce);
      if (!verified.ok()) continue;
      ++idle;
      EXPECT_EQ(*verified, right) << "byte " << i;
      EXPECT_FALSE(i >= time_from && i < time_until) << "byte " << i;
    }
  }
  RecordProperty("idle_bytes", static_cast<int>(idle));
  EXPECT_LT(idle, stamped.response.size() / 20) << "so many bytes that nobody checks";
}

TEST(TimeStamp, IsRefusedCutShortOrWithMoreBehind) {
  const Stamped stamped = Stamp();
  for (size_t size = 0; size < stamped.response.size(); ++size) {
    EXPECT_FALSE(
        VerifyTimeStamp(stamped.response.substr(0, size), kBytes, stamped.authority->authorities_pem()).ok())
        << size;
  }
  for (const std::string& more : {std::string(1, '\0'), std::string("x"), stamped.response}) {
    EXPECT_EQ(
        ReasonOf(
            VerifyTimeStamp(stamped.response + more, kBytes, stamped.authority->authorities_pem()).status()),
        "TIME_STAMP_MALFORMED");
  }
}

TEST(TimeStamp, RandomAnswersAreRefused) {
  const Stamped stamped = Stamp();
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 5000; ++round) {
    std::string bytes = stamped.response;
    // Long random bytes, spoilt parts of a good answer, and parts of it elsewhere.
    if (round % 3 == 0) bytes.assign(random() % 500, '\0');
    const size_t spoilt = 1 + random() % 20;
    for (size_t i = 0; i < spoilt && !bytes.empty(); ++i) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
      if (round % 3 == 2) {
        bytes.erase(random() % bytes.size(), random() % 8);
        bytes.insert(random() % (bytes.size() + 1),
                     stamped.response.substr(random() % stamped.response.size(), random() % 40));
      }
    }
    if (bytes == stamped.response) continue;
    const auto verified = VerifyTimeStamp(bytes, kBytes, stamped.authority->authorities_pem());
    EXPECT_TRUE(!verified.ok() || verified->time_us == kTimeUs);
  }
}

TEST(TimeStamp, RequestsHaveFreshNonces) {
  const auto first = MakeTimeStampRequest(kBytes);
  const auto second = MakeTimeStampRequest(kBytes);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->nonce.size(), 8U);
  EXPECT_NE(first->nonce, second->nonce);
  EXPECT_EQ(first->der.size(), second->der.size());
}

}  // namespace
}  // namespace fundledger::crypto
