#include "ledger/crypto/pkcs8.h"

#include <set>

#include <gtest/gtest.h>
#include <openssl/ui.h>
#include <unistd.h>

#include "ledger/base/status.h"
#include "ledger/crypto/signature.h"
#include "ledger/crypto/terminal.h"

namespace fundledger::crypto {
namespace {

std::string SomeKey() {
  return *SignerToPem(**Ed25519FromSeed(std::string(32, '\x05')));
}

TEST(Pkcs8, GivesBackWhatWasEncrypted) {
  const std::string encrypted = *EncryptKey(SomeKey(), "correct horse");
  EXPECT_TRUE(IsEncryptedKey(encrypted));
  EXPECT_FALSE(IsEncryptedKey(SomeKey()));
  const auto plain = DecryptKey(encrypted, "correct horse");
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ(plain->view(), SomeKey());
}

TEST(Pkcs8, TakesNoOtherPassphrase) {
  const std::string encrypted = *EncryptKey(SomeKey(), "correct horse");
  for (const char* wrong : {"", "correct hors", "correct horse ", "Correct horse"}) {
    EXPECT_EQ(ReasonOf(DecryptKey(encrypted, wrong).status()), "PASSPHRASE_WRONG") << wrong;
  }
}

TEST(Pkcs8, NeverEncryptsTheSameTwice) {
  EXPECT_NE(*EncryptKey(SomeKey(), "correct horse"), *EncryptKey(SomeKey(), "correct horse"));
}

// Without authentication a changed byte may, rarely, decrypt to other bytes of the right form; never to this
// key under this passphrase unnoticed, and never to a crash.
TEST(Pkcs8, SpoiltBytesGiveNoKeyBack) {
  const std::string encrypted = *EncryptKey(SomeKey(), "correct horse");
  const size_t begin = encrypted.find('\n') + 1;
  for (size_t at = begin; at < encrypted.size() - 40; at += 23) {
    std::string spoilt = encrypted;
    spoilt[at] = spoilt[at] == 'A' ? 'B' : 'A';
    if (spoilt == encrypted) continue;
    const auto plain = DecryptKey(spoilt, "correct horse");
    if (plain.ok()) {
      const auto signer = SignerFromPem(plain->view());
      const auto own = SignerFromPem(SomeKey());
      EXPECT_TRUE(!signer.ok() || !((*signer)->public_key() == (*own)->public_key()) ||
                  plain->view() == SomeKey())
          << at;
    }
  }
}

TEST(Pkcs8, RefusesWhatIsNoKey) {
  EXPECT_EQ(ReasonOf(EncryptKey("no key", "p").status()), "KEY_MALFORMED");
  EXPECT_EQ(ReasonOf(EncryptKey(*EncryptKey(SomeKey(), "p"), "p").status()), "KEY_MALFORMED");
  EXPECT_EQ(ReasonOf(DecryptKey(SomeKey(), "p").status()), "KEY_MALFORMED");
  EXPECT_EQ(ReasonOf(DecryptKey(std::string(100 << 10, 'x'), "p").status()), "KEY_MALFORMED");
}

// SomeKey under "correct horse" in OpenSSL's old way, as `openssl enc -aes-128-cbc` encrypts it under the key
// MD5(passphrase ‖ first 8 bytes of the IV).
std::string InTheOldWay(const std::string& label) {
  return "-----BEGIN " + label +
         "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,101112131415161718191A1B1C1D1E1F\n\n"
         "nfrqWnJ9emVcwYwVN5Ua7daoEe2W9+iSPGzgwVtNWxREQZVeGZbmSb1Nxw8WdyoJ\n6//K9Z7+DGF0BgcvcFy5TQ==\n"
         "-----END " +
         label + "-----\n";
}

// Asking at a terminal would stop a daemon, and whoever sits there would not know why.
TEST(Pkcs8, OfTheOldWayIsRefusedAndNobodyIsAsked) {
  static bool asked = false;
  UI_METHOD* const asking = UI_create_method("asking");
  ASSERT_NE(asking, nullptr);
  UI_method_set_opener(asking, [](UI*) {
    asked = true;
    return 0;
  });
  const UI_METHOD* const before = UI_get_default_method();
  UI_set_default_method(asking);
  EXPECT_EQ(ReasonOf(SignerFromPem(InTheOldWay("PRIVATE KEY")).status()), "KEY_MALFORMED");
  EXPECT_EQ(ReasonOf(EncryptKey(InTheOldWay("PRIVATE KEY"), "p").status()), "KEY_MALFORMED");
  EXPECT_EQ(ReasonOf(DecryptKey(InTheOldWay("ENCRYPTED PRIVATE KEY"), "p").status()), "KEY_MALFORMED");
  EXPECT_FALSE(asked);
  UI_set_default_method(before);
  UI_destroy_method(asking);
}

TEST(Secret, OfAPassphraseIsTheFirstLine) {
  const auto of = [](const std::string& text) {
    return std::string(PassphraseOf(Secret(std::string(text))).view());
  };
  for (const char* text : {"correct horse", "correct horse\n", "correct horse\r\n", "correct horse\r",
                           "correct horse\nanother", "correct horse\r\n\r\n"}) {
    EXPECT_EQ(of(text), "correct horse") << text;
  }
  EXPECT_EQ(of(" correct\rhorse \n"), " correct\rhorse ");
  EXPECT_EQ(of(""), "");
  EXPECT_EQ(of("\ncorrect horse"), "");
  EXPECT_EQ(of(std::string(2000, 'x')).size(), kPassphraseBytesMax);
}

// Whichever way it is given, the same passphrase comes of it.
TEST(Secret, IsTheSameOfAFileAndOfADescriptor) {
  for (const std::string& text :
       {std::string("correct horse\r\nmore"), std::string("x\r"), std::string(1023, 'x') + "\r\n",
        std::string(1024, 'x') + "\r\n", std::string(1025, 'x')}) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ASSERT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(ends[1]);
    const auto line = ReadSecretLine(ends[0]);
    ::close(ends[0]);
    ASSERT_TRUE(line.ok()) << line.status();
    EXPECT_EQ(line->view(), PassphraseOf(Secret(std::string(text))).view()) << text.size();
  }
}

TEST(Secret, LeavesNothingWhereItWasMovedFrom) {
  Secret first{std::string("short")};
  Secret second(std::move(first));
  EXPECT_EQ(second.view(), "short");
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): what is shown
  second = Secret(std::string("another"));
  EXPECT_EQ(second.view(), "another");
  EXPECT_EQ(second.Copy().view(), "another");
}

}  // namespace
}  // namespace fundledger::crypto
