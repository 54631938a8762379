#include "clients/sdk/keys.h"

#include <cstdlib>
#include <fstream>

#include <unistd.h>

#include "clients/sdk/files.h"
#include "ledger/base/status.h"
#include "ledger/crypto/pkcs8.h"
#include "tests/unit/clients/sdk/little_log.h"

namespace fundledger::sdk {
namespace {

namespace fs = std::filesystem;

// A file with a passphrase, and passphrases from it.
class Keys : public testing::Test {
 protected:
  void SetUp() override {
    ForgetVariables();
    ASSERT_TRUE(MakeSecretFile(directory_ / "passphrase", "correct horse\n").ok());
    ASSERT_TRUE(MakeSecretFile(directory_ / "wrong", "incorrect horse\n").ok());
  }
  void TearDown() override { ForgetVariables(); }
  static void ForgetVariables() {
    ::unsetenv("FUNDLEDGER_PASSPHRASE_FILE");
    ::unsetenv("FUNDLEDGER_PASSPHRASE_FD");
  }
  Protection Horse() const { return crypto::Secret(std::string("correct horse")); }

  const TestDirectory directory_;
};

TEST_F(Keys, AreEncryptedOnDisk) {
  const auto key = KeyOf('k');
  ASSERT_TRUE(MakeKeyFile(directory_ / "a.key", *key, Horse()).ok());
  EXPECT_TRUE(crypto::IsEncryptedKey(*ReadSecretFile(directory_ / "a.key")));
  EXPECT_EQ(fs::status(directory_ / "a.key").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  Passphrases right(directory_ / "passphrase");
  const auto signer = LoadSigner(directory_ / "a.key", &right);
  ASSERT_TRUE(signer.ok()) << signer.status();
  EXPECT_EQ((*signer)->public_key(), key->public_key());
  Passphrases wrong(directory_ / "wrong");
  EXPECT_EQ(ReasonOf(LoadSigner(directory_ / "a.key", &wrong).status()), "PASSPHRASE_WRONG");
}

TEST_F(Keys, AreInClearOnlyWhereNoPassphraseWasGiven) {
  ASSERT_TRUE(MakeKeyFile(directory_ / "a.key", *KeyOf('k'), std::nullopt).ok());
  Passphrases nobody;
  EXPECT_TRUE(LoadSigner(directory_ / "a.key", &nobody).ok()) << "no passphrase is asked for";
}

TEST_F(Keys, ThatOthersCanReadAreRefusedEncryptedOrNot) {
  ASSERT_TRUE(MakeKeyFile(directory_ / "a.key", *KeyOf('k'), Horse()).ok());
  fs::permissions(directory_ / "a.key", fs::perms::group_read, fs::perm_options::add);
  Passphrases right(directory_ / "passphrase");
  EXPECT_EQ(ReasonOf(LoadSigner(directory_ / "a.key", &right).status()), "KEY_FILE_EXPOSED");
}

TEST_F(Keys, SayWhatIsMissingOrMalformed) {
  Passphrases right(directory_ / "passphrase");
  EXPECT_EQ(ReasonOf(LoadSigner(directory_ / "none.key", &right).status()), "KEY_FILE_MISSING");
  ASSERT_TRUE(MakeSecretFile(directory_ / "bad.key", "no key").ok());
  EXPECT_EQ(ReasonOf(LoadSigner(directory_ / "bad.key", &right).status()), "KEY_MALFORMED");
}

TEST_F(Keys, TakeThePassphraseFromAVariablesFileOrDescriptor) {
  ASSERT_TRUE(MakeKeyFile(directory_ / "a.key", *KeyOf('k'), Horse()).ok());
  ::setenv("FUNDLEDGER_PASSPHRASE_FILE", (directory_ / "passphrase").c_str(), 1);
  Passphrases by_file;
  EXPECT_FALSE(by_file.AsksPeople());
  EXPECT_TRUE(LoadSigner(directory_ / "a.key", &by_file).ok());
  ::unsetenv("FUNDLEDGER_PASSPHRASE_FILE");

  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const std::string text = "correct horse\nnot read";
  ASSERT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::close(ends[1]);
  ::setenv("FUNDLEDGER_PASSPHRASE_FD", std::to_string(ends[0]).c_str(), 1);
  Passphrases by_descriptor;
  EXPECT_TRUE(LoadSigner(directory_ / "a.key", &by_descriptor).ok());
  EXPECT_TRUE(LoadSigner(directory_ / "a.key", &by_descriptor).ok()) << "what was read is kept";
  ::close(ends[0]);
  ::setenv("FUNDLEDGER_PASSPHRASE_FD", "none", 1);
  Passphrases by_nothing;
  EXPECT_EQ(ReasonOf(LoadSigner(directory_ / "a.key", &by_nothing).status()), "PASSPHRASE_NEEDED");
}

TEST_F(Keys, TakeAFilesFirstLineHoweverItEnds) {
  ASSERT_TRUE(MakeKeyFile(directory_ / "a.key", *KeyOf('k'), Horse()).ok());
  for (const char* text : {"correct horse", "correct horse\r\n", "correct horse\nnot read\n"}) {
    fs::remove(directory_ / "other");
    ASSERT_TRUE(MakeSecretFile(directory_ / "other", text).ok());
    Passphrases other(directory_ / "other");
    EXPECT_TRUE(LoadSigner(directory_ / "a.key", &other).ok()) << text;
  }
}

TEST_F(Keys, TakeNoPassphraseFromAFileThatOthersCanRead) {
  ASSERT_TRUE(MakeKeyFile(directory_ / "a.key", *KeyOf('k'), Horse()).ok());
  fs::permissions(directory_ / "passphrase", fs::perms::others_read, fs::perm_options::add);
  Passphrases exposed(directory_ / "passphrase");
  EXPECT_EQ(ReasonOf(LoadSigner(directory_ / "a.key", &exposed).status()), "KEY_FILE_EXPOSED");
}

TEST_F(Keys, AreNotMadeUnderAShortPassphrase) {
  ASSERT_TRUE(MakeSecretFile(directory_ / "short", "1234567\n").ok());
  Passphrases passphrases(directory_ / "short");
  EXPECT_EQ(ReasonOf(passphrases.AskNew("a", "new").status()), "PASSPHRASE_TOO_SHORT");
  Passphrases long_enough(directory_ / "passphrase");
  EXPECT_EQ(long_enough.AskNew("a", "new")->view(), "correct horse");
}

}  // namespace
}  // namespace fundledger::sdk
