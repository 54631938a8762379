// Keys on a token, by SoftHSM: a module that behaves as tokens do, without a token.
#include "ledger/crypto/token.h"

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "ledger/base/status.h"
#include "tests/unit/crypto/openssl_command.h"

namespace fundledger::crypto {
namespace {

constexpr char kModule[] = "/usr/lib/softhsm/libsofthsm2.so";

class TokenTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kModule) || directory_.Run("softhsm2-util --version") != 0) {
      std::cerr << "\n*** NOT CHECKED with a token: softhsm2 is not installed ***\n\n";
      GTEST_SKIP() << "softhsm2 is not installed";
    }
    directory_.Write("softhsm2.conf",
                     "directories.tokendir = " + directory_.Path("") + "\nlog.level = ERROR\n");
    ::setenv("SOFTHSM2_CONF", directory_.Path("softhsm2.conf").c_str(), 1);
    Init("clerk-1");
  }
  void TearDown() override { ::unsetenv("SOFTHSM2_CONF"); }

  void Init(const std::string& label) {
    ASSERT_EQ(directory_.Run("softhsm2-util --init-token --free --label " + label +
                             " --pin 123456 --so-pin 87654321"),
              0)
        << directory_.Read("log");
  }
  static std::string Uri(const std::string& what) { return "pkcs11:" + what + "?module-path=" + kModule; }
  static AskPin Pin(const std::string& pin) {
    return [pin](const std::string&, bool) -> absl::StatusOr<Secret> { return Secret(pin); };
  }
  static std::string ReasonOfOpening(const std::string& uri, const std::string& pin = "123456") {
    return ReasonOf(OpenTokenKey(uri, Pin(pin)).status());
  }

  const CommandDirectory directory_;
};

TEST_F(TokenTest, SignsWithAKeyThatStaysThere) {
  const std::string uri = Uri("token=clerk-1;object=ledger");
  const auto made = MakeTokenKey(uri, Pin("123456"));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ((*made)->public_key().algorithm, Algorithm::kEd25519);
  const auto opened = OpenTokenKey(uri, Pin("123456"));
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ((*opened)->public_key(), (*made)->public_key());
  const auto verifier = *Verifier::Make((*opened)->public_key());
  for (const size_t size : {0, 1, 300, 60'000}) {
    const std::string message(size, 'm');
    const auto signature = (*opened)->Sign(message);
    ASSERT_TRUE(signature.ok()) << signature.status();
    EXPECT_TRUE(verifier->Verify(message, *signature).ok());
  }
  EXPECT_EQ(ReasonOf(SignerToPem(**opened).status()), "KEY_MALFORMED") << "the key came out";
}

TEST_F(TokenTest, TriesAPinOnceAndSaysThatItIsWrong) {
  const std::string uri = Uri("token=clerk-1;object=ledger");
  ASSERT_TRUE(MakeTokenKey(uri, Pin("123456")).ok());
  int asked = 0;
  const auto wrong =
      OpenTokenKey(uri, [&asked](const std::string& token, bool last_try) -> absl::StatusOr<Secret> {
        ++asked;
        EXPECT_EQ(token, "clerk-1");
        EXPECT_FALSE(last_try);
        return Secret(std::string("654321"));
      });
  EXPECT_EQ(ReasonOf(wrong.status()), "TOKEN_PIN_WRONG");
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(ReasonOf(OpenTokenKey(uri,
                                  [](const std::string&, bool) -> absl::StatusOr<Secret> {
                                    return absl::CancelledError("nobody answers");
                                  })
                         .status()),
            "CANCELLED");
  EXPECT_TRUE(OpenTokenKey(uri, Pin("123456")).ok()) << "the right one still opens it";
}

TEST_F(TokenTest, SaysWhatIsMissing) {
  EXPECT_EQ(ReasonOfOpening(Uri("token=nobody;object=ledger")), "TOKEN_MISSING");
  EXPECT_EQ(ReasonOfOpening(Uri("token=clerk-1;object=ledger")), "TOKEN_KEY_MISSING");
  EXPECT_EQ(ReasonOfOpening("pkcs11:token=clerk-1?module-path=/no/such.so"), "TOKEN_MODULE_MISSING");
}

TEST_F(TokenTest, RefusesUrisThatSayTooMuchOrNothing) {
  EXPECT_EQ(ReasonOfOpening("pkcs11:nonsense"), "TOKEN_URI_MALFORMED");
  EXPECT_EQ(ReasonOfOpening(Uri("token=clerk-1") + "&pin-value=123456"), "TOKEN_URI_MALFORMED")
      << "a PIN in a file";
  EXPECT_EQ(ReasonOf(MakeTokenKey(Uri("token=clerk-1"), Pin("123456")).status()), "TOKEN_URI_MALFORMED");
  EXPECT_EQ(*PinSource(Uri("token=a") + "&pin-source=file:/run/pin"), "/run/pin");
  EXPECT_EQ(*PinSource(Uri("token=a")), "");
}

TEST_F(TokenTest, OverwritesNoKeyAndTakesNoneThatIsNotNamed) {
  ASSERT_TRUE(MakeTokenKey(Uri("token=clerk-1;object=a"), Pin("123456")).ok());
  ASSERT_TRUE(MakeTokenKey(Uri("token=clerk-1;object=b"), Pin("123456")).ok());
  EXPECT_EQ(ReasonOf(MakeTokenKey(Uri("token=clerk-1;object=a"), Pin("123456")).status()),
            "TOKEN_KEY_EXISTS");
  EXPECT_EQ(ReasonOfOpening(Uri("token=clerk-1")), "TOKEN_KEY_AMBIGUOUS");
  Init("clerk-2");
  EXPECT_EQ(ReasonOfOpening(Uri("object=a")), "TOKEN_AMBIGUOUS");
}

}  // namespace
}  // namespace fundledger::crypto
