#include "ledger/log/note.h"

#include <gtest/gtest.h>

#include "ledger/base/status.h"
#include "tests/unit/log/log_testing.h"

namespace fundledger::log {
namespace {

constexpr char kOrigin[] = "example.com/log";
constexpr char kDash[] = "\xe2\x80\x94 ";

std::unique_ptr<crypto::Signer> LogSigner() {
  return *crypto::Ed25519FromSeed(CountingSeed(0));
}
NoteVerifier LogVerifier() {
  return *NoteVerifier::Parse(GoldenLines("verifier_keys.txt").at(0));
}

Checkpoint GoldenCheckpoint() {
  const std::vector<Hash256> leaves = GoldenLeaves();
  return {kOrigin, leaves.size(), SlowRoot(leaves)};
}

// A line as a signer with the key id `id` writes it.
std::string Line(const std::string& name, uint32_t id, const std::string& signature) {
  std::string bytes;
  AppendBigEndian32(id, &bytes);
  return kDash + name + " " + Base64Encode(bytes + signature) + "\n";
}

// A note with `text` and the log's good signature line.
std::string Signed(const std::string& text) {
  return *SignNote(text, kOrigin, *LogSigner());
}
std::string LineOf(const std::string& note) {
  return note.substr(note.rfind("\n\n") + 2);
}

void ExpectMalformed(std::string_view note, const std::string& why) {
  const auto parsed = ParseNote(note);
  ASSERT_FALSE(parsed.ok()) << why;
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << why;
  EXPECT_EQ(ReasonOf(parsed.status()), "NOTE_MALFORMED") << why;
  EXPECT_EQ(ReasonOf(OpenNote(note, {LogVerifier()}).status()), "NOTE_MALFORMED") << why;
}

void ExpectUnverified(std::string_view note, const std::string& why) {
  const auto opened = OpenNote(note, {LogVerifier()});
  ASSERT_FALSE(opened.ok()) << why;
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kUnauthenticated) << why;
  EXPECT_EQ(ReasonOf(opened.status()), "NOTE_UNVERIFIED") << why;
}

TEST(VerifierKey, IsTheGoldenOne) {
  EXPECT_EQ(VerifierKey(kOrigin, LogSigner()->public_key()), GoldenLines("verifier_keys.txt").at(0));
  EXPECT_EQ(NoteKeyId(kOrigin, 1, LogSigner()->public_key().bytes), 0xd455c521u);
  const auto witness = *crypto::Ed25519FromSeed(CountingSeed(0x20));
  EXPECT_EQ(NoteKeyId("example.com/witness", 4, witness->public_key().bytes), 0x098ef77fu);
}

TEST(VerifierKey, IsReadBack) {
  const auto verifier = NoteVerifier::Parse(VerifierKey(kOrigin, LogSigner()->public_key()));
  ASSERT_TRUE(verifier.ok()) << verifier.status();
  EXPECT_EQ(verifier->name, kOrigin);
  EXPECT_EQ(verifier->key_id, 0xd455c521u);
  EXPECT_EQ(verifier->key->public_key(), LogSigner()->public_key());
  EXPECT_TRUE(NoteVerifier::Parse(VerifierKey("财政局/日志", LogSigner()->public_key())).ok());
}

TEST(NoteVerifier, RefusesWhatIsNoEd25519KeyWithItsOwnId) {
  const std::string good = GoldenLines("verifier_keys.txt").at(0);
  const std::string key = good.substr(good.rfind("+A") + 1);
  const crypto::PublicKey sm2 = (*crypto::GenerateKey(crypto::Algorithm::kSm2))->public_key();
  for (const std::string& bad :
       {std::string(),
        std::string("+"),
        std::string("++"),
        std::string(kOrigin),
        good.substr(0, good.size() - 1),
        good + "=",
        good + "\n",
        " " + good,
        "x" + good,
        "+d455c521+" + key,
        "example.com/log+d455c522+" + key,
        "example.com/log+d455c5+" + key,
        "example.com/log+d455c52100+" + key,
        "example.com/log++" + key,
        "example.com/log+0xd455c5+" + key,
        "example com/log+d455c521+" + key,
        std::string("example.com/log+d455c521+"),
        GoldenLines("verifier_keys.txt").at(1),
        VerifierKey(kOrigin, sm2),
        VerifierKey(kOrigin, {crypto::Algorithm::kEd25519, "short"}),
        VerifierKey(kOrigin, {crypto::Algorithm::kEd25519, std::string(33, 'x')}),
        VerifierKey(kOrigin, {crypto::Algorithm::kEd25519, std::string(32, '\0')})}) {
    const auto verifier = NoteVerifier::Parse(bad);
    ASSERT_FALSE(verifier.ok()) << bad;
    EXPECT_EQ(verifier.status().code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_EQ(ReasonOf(verifier.status()), "VERIFIER_KEY_MALFORMED") << bad;
  }
}

TEST(SignCheckpoint, GivesTheGoldenBytes) {
  const auto note = SignCheckpoint(GoldenCheckpoint(), *LogSigner());
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(*note, ReadGolden("checkpoint.txt"));
}

TEST(OpenCheckpoint, BelievesTheGoldenBytes) {
  for (const char* name : {"checkpoint.txt", "checkpoint_cosigned.txt"}) {
    const auto checkpoint = OpenCheckpoint(ReadGolden(name), LogVerifier());
    ASSERT_TRUE(checkpoint.ok()) << name << ": " << checkpoint.status();
    EXPECT_EQ(*checkpoint, GoldenCheckpoint()) << name;
  }
  const auto note = ParseNote(ReadGolden("checkpoint_cosigned.txt"));
  ASSERT_EQ(note->signatures.size(), 2u);
  EXPECT_EQ(note->signatures[1].name, "example.com/witness");
  EXPECT_EQ(note->signatures[1].key_id, 0x098ef77fu);
  EXPECT_EQ(note->signatures[1].signature.size(), 72u);
}

TEST(OpenCheckpoint, RefusesEveryFlippedBit) {
  const std::string golden = ReadGolden("checkpoint.txt");
  for (size_t bit = 0; bit < golden.size() * 8; ++bit) {
    std::string spoiled = golden;
    spoiled[bit / 8] = static_cast<char>(spoiled[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(OpenCheckpoint(spoiled, LogVerifier()).ok()) << "bit " << bit;
  }
  for (size_t size = 0; size < golden.size(); ++size) {
    EXPECT_FALSE(OpenCheckpoint(golden.substr(0, size), LogVerifier()).ok()) << size << " bytes";
  }
}

TEST(OpenCheckpoint, RefusesAnotherOriginAndAnotherKey) {
  Checkpoint other = GoldenCheckpoint();
  other.origin = "example.com/other";
  const auto note = SignNote(FormatCheckpoint(other), kOrigin, *LogSigner());
  EXPECT_EQ(ReasonOf(OpenCheckpoint(*note, LogVerifier()).status()), "NOTE_UNVERIFIED");
  const auto key = *crypto::GenerateKey(crypto::Algorithm::kEd25519);
  EXPECT_EQ(ReasonOf(OpenCheckpoint(*SignCheckpoint(GoldenCheckpoint(), *key), LogVerifier()).status()),
            "NOTE_UNVERIFIED");
  EXPECT_EQ(ReasonOf(OpenCheckpoint(Signed("not a checkpoint\n"), LogVerifier()).status()),
            "CHECKPOINT_MALFORMED");
}

TEST(ParseNote, SplitsAtTheLastEmptyLine) {
  const std::string text = "first\n\nsecond\n\n\n";
  const auto note = OpenNote(Signed(text), {LogVerifier()});
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(note->text, text);
  EXPECT_TRUE(OpenNote(Signed("\n"), {LogVerifier()}).ok());
  EXPECT_TRUE(OpenNote(Signed("— looks like a signature AAAA\n"), {LogVerifier()}).ok());
}

TEST(ParseNote, RefusesHostileInput) {
  const std::string good = Signed("text\n");
  const std::string line = LineOf(good);
  const std::string base64 = line.substr(line.rfind(' ') + 1);
  const std::string dash = kDash;
  ExpectMalformed("", "nothing");
  ExpectMalformed("\n", "a newline");
  ExpectMalformed("text\n", "no empty line");
  ExpectMalformed("text\n\n", "no signatures");
  ExpectMalformed("text\n" + line, "no empty line before the signature");
  ExpectMalformed(good.substr(0, good.size() - 1), "no final newline");
  ExpectMalformed(good + "\n", "an empty line at the end");
  ExpectMalformed(good + "\n\n", "two empty lines at the end");
  ExpectMalformed(good + "x", "half a line at the end");
  ExpectMalformed(good + "x\n", "a line that is no signature");
  for (const char control : {'\0', '\x01', '\t', '\r', '\x0b', '\x1b', '\x1f', '\x7f'}) {
    const std::string character(1, control);
    ExpectMalformed("te" + character + "xt\n\n" + line, "a control character in the text");
    ExpectMalformed("text\n\n" + dash + "na" + character + "me " + base64, "a control character in a name");
  }
  ExpectMalformed("text\r\n\r\n" + line, "CR LF");
  ExpectMalformed("text\n\n" + line.substr(0, line.size() - 1) + "\r\n", "CR LF after the signature");
  ExpectMalformed("te\xff\n\n" + line, "not UTF-8");
  ExpectMalformed("te\xc3\n\n" + line, "half a character");
  ExpectMalformed("text\n\n- name " + base64, "a hyphen");
  ExpectMalformed("text\n\n\xe2\x80\x94name " + base64, "no space after the dash");
  ExpectMalformed("text\n\n " + line, "a space in front");
  ExpectMalformed("text\n\n" + dash + " " + base64, "an empty name");
  ExpectMalformed("text\n\n" + dash + "na me " + base64, "a name with a space");
  ExpectMalformed("text\n\n" + dash + "na\xc2\xa0me " + base64, "a name with a no-break space");
  ExpectMalformed("text\n\n" + dash + "na\xe3\x80\x80me " + base64, "a name with an ideographic space");
  ExpectMalformed("text\n\n" + dash + "na+me " + base64, "a name with a plus");
  ExpectMalformed("text\n\n" + dash + "name", "a name alone");
  ExpectMalformed("text\n\n" + dash + "name\n", "no base64");
  ExpectMalformed("text\n\n" + dash + "name \n", "empty base64");
  ExpectMalformed("text\n\n" + dash + "name  " + base64, "two spaces");
  ExpectMalformed("text\n\n" + dash + "name x" + base64, "bad base64");
  ExpectMalformed("text\n\n" + dash + "name AAAAAA==\n", "a key id and no signature");
  ExpectMalformed("text\n\n" + dash + "name AAA=\n", "less than a key id");
  ExpectMalformed("text\n\n" + dash + "name AAAAAB=\n", "stray bits and no padding");
  ExpectMalformed("text\n\n" + line.substr(0, line.size() - 1) + " \n", "a space at the end");
}

TEST(ParseNote, TakesUpTo128KiB) {
  const size_t frame = Signed("\n").size() - 1;
  const std::string largest = Signed(std::string((128 << 10) - frame - 1, 'x') + "\n");
  ASSERT_EQ(largest.size(), 128u << 10);
  EXPECT_TRUE(OpenNote(largest, {LogVerifier()}).ok());
  ExpectMalformed("x" + largest, "a byte more");
  EXPECT_EQ(ReasonOf(SignNote(std::string((128 << 10) - frame, 'x') + "\n", kOrigin, *LogSigner()).status()),
            "NOTE_MALFORMED");
}

TEST(ParseNote, TakesUpTo100Signatures) {
  const std::string good = Signed("text\n");
  std::string most = good;
  for (int i = 1; i < 100; ++i) most += LineOf(good);
  EXPECT_TRUE(OpenNote(most, {LogVerifier()}).ok());
  ExpectMalformed(most + LineOf(good), "a signature more");
}

TEST(OpenNote, IgnoresKeysItDoesNotKnow) {
  const std::string good = Signed("text\n");
  const std::string head = "text\n\n";
  const std::string line = LineOf(good);
  std::string others;
  for (uint32_t i = 0; i < 40; ++i) others += Line("other-" + std::to_string(i), i, std::string(64, 'x'));
  const std::string post_quantum = Line("example.com/pq", 7, std::string(4627, 'q'));
  EXPECT_TRUE(OpenNote(head + others + line, {LogVerifier()}).ok()) << "41 signatures, ours last";
  EXPECT_TRUE(OpenNote(head + line + others, {LogVerifier()}).ok()) << "ours first";
  EXPECT_EQ(OpenNote(head + line + others, {LogVerifier()})->signatures.size(), 41u);
  EXPECT_TRUE(OpenNote(head + post_quantum + line, {LogVerifier()}).ok()) << "a long signature";
  EXPECT_TRUE(OpenNote(head + Line(kOrigin, 1, "x") + line, {LogVerifier()}).ok()) << "our name, another key";
  EXPECT_TRUE(OpenNote(head + Line("other", LogVerifier().key_id, "x") + line, {LogVerifier()}).ok())
      << "our key id, another name";
}

TEST(OpenNote, RefusesWithoutAGoodSignatureOfAKnownKey) {
  const std::string good = Signed("text\n");
  const std::string line = LineOf(good);
  const std::string head = "text\n\n";
  ExpectUnverified(head + Line("other", 1, std::string(64, 'x')), "only unknown keys");
  ExpectUnverified("texT\n\n" + line, "another text");
  ExpectUnverified("text\n\n\n" + line, "an empty line more in the text");
  ExpectUnverified(head + Line(kOrigin, LogVerifier().key_id, std::string(64, 'x')), "a bad signature");
  ExpectUnverified(head + Line(kOrigin, LogVerifier().key_id, "x"), "a short signature");
  const NoteSignature signature = ParseNote(good)->signatures.at(0);
  ExpectUnverified(head + Line(kOrigin, signature.key_id, signature.signature + "x"), "a longer signature");
  ExpectUnverified(head + line + Line(kOrigin, signature.key_id, std::string(64, 'x')),
                   "a second, bad one of a known key");
  ExpectUnverified(head + Line(kOrigin, signature.key_id, std::string(64, 'x')) + line,
                   "a first, bad one of a known key");
  EXPECT_EQ(ReasonOf(OpenNote(good, {}).status()), "NOTE_UNVERIFIED") << "nothing known";
}

TEST(OpenNote, ChecksEveryKnownKey) {
  const auto second = *crypto::Ed25519FromSeed(CountingSeed(0x60));
  const NoteVerifier second_verifier = *NoteVerifier::Parse(VerifierKey("second", second->public_key()));
  const std::string both = Signed("text\n") + LineOf(*SignNote("text\n", "second", *second));
  EXPECT_TRUE(OpenNote(both, {LogVerifier(), second_verifier}).ok());
  EXPECT_TRUE(OpenNote(both, {second_verifier}).ok());
  const std::string bad = Signed("text\n") + LineOf(*SignNote("other\n", "second", *second));
  EXPECT_TRUE(OpenNote(bad, {LogVerifier()}).ok());
  EXPECT_EQ(ReasonOf(OpenNote(bad, {LogVerifier(), second_verifier}).status()), "NOTE_UNVERIFIED");
}

TEST(SignNote, RefusesTextsNamesAndKeysOfNoNote) {
  const auto sm2 = *crypto::GenerateKey(crypto::Algorithm::kSm2);
  for (const std::string& text : {std::string(), std::string("x"), std::string("x\r\n"),
                                  std::string("\xff\n"), std::string("\0\n", 2), std::string("a\tb\n")}) {
    EXPECT_EQ(ReasonOf(SignNote(text, kOrigin, *LogSigner()).status()), "NOTE_MALFORMED");
  }
  for (const char* name : {"", "a b", "a+b", "a\n", "\xff", "a\xe3\x80\x80"}) {
    EXPECT_EQ(ReasonOf(SignNote("text\n", name, *LogSigner()).status()), "NOTE_MALFORMED") << name;
  }
  EXPECT_EQ(ReasonOf(SignNote("text\n", kOrigin, *sm2).status()), "NOTE_MALFORMED");
}

TEST(ParseCheckpointText, ReadsWhatFormatWrites) {
  for (const uint64_t size : {uint64_t{0}, uint64_t{1}, uint64_t{10}, ~uint64_t{0}}) {
    const Checkpoint checkpoint{kOrigin, size, EmptyRoot()};
    const auto read = ParseCheckpointText(FormatCheckpoint(checkpoint));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, checkpoint);
  }
}

TEST(ParseCheckpointText, ToleratesExtensionLines) {
  const std::string text = FormatCheckpoint(GoldenCheckpoint());
  for (const char* extension : {"x\n", "one\ntwo\n", "8\n", "Timestamp: 1679315147\n"}) {
    const auto checkpoint = OpenCheckpoint(Signed(text + extension), LogVerifier());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    EXPECT_EQ(*checkpoint, GoldenCheckpoint());
  }
}

TEST(ParseCheckpointText, RefusesHostileInput) {
  const std::string root = "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=";
  const std::string origin = "example.com/log\n";
  for (const std::string& bad : {std::string(),
                                 std::string("\n"),
                                 std::string("\n\n\n"),
                                 origin,
                                 origin + "8\n",
                                 origin + "8\n" + root,
                                 "\n8\n" + root + "\n",
                                 origin + "\n" + root + "\n",
                                 origin + "08\n" + root + "\n",
                                 origin + "00\n" + root + "\n",
                                 origin + "-1\n" + root + "\n",
                                 origin + "-0\n" + root + "\n",
                                 origin + "+8\n" + root + "\n",
                                 origin + " 8\n" + root + "\n",
                                 origin + "8 \n" + root + "\n",
                                 origin + "0x8\n" + root + "\n",
                                 origin + "8.0\n" + root + "\n",
                                 origin + "1e3\n" + root + "\n",
                                 origin + "18446744073709551616\n" + root + "\n",
                                 origin + std::string(1000, '9') + "\n" + root + "\n",
                                 origin + "８\n" + root + "\n",
                                 origin + "8\n\n",
                                 origin + "8\nx\n",
                                 origin + "8\n" + Base64Encode(std::string(31, 'x')) + "\n",
                                 origin + "8\n" + Base64Encode(std::string(33, 'x')) + "\n",
                                 origin + "8\n" + root.substr(0, 43) + "\n",
                                 origin + "8\n " + root + "\n",
                                 origin + "8\n" + root + " \n",
                                 origin + "8\n" + root + "\r\n",
                                 origin + "8\n" + HexEncode(std::string(32, 'x')) + "\n",
                                 origin + "8\n" + root + "\nextension without newline"}) {
    const auto checkpoint = ParseCheckpointText(bad);
    ASSERT_FALSE(checkpoint.ok()) << bad;
    EXPECT_EQ(checkpoint.status().code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_EQ(ReasonOf(checkpoint.status()), "CHECKPOINT_MALFORMED") << bad;
  }
}

}  // namespace
}  // namespace fundledger::log
