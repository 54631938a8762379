#include "ledger/store/anchor.h"

#include "tests/contract/store/store_testing.h"

namespace fundledger::store {
namespace {

constexpr size_t kSlotBytes = 8192;

class AnchorTest : public ::testing::Test {
 protected:
  std::unique_ptr<Anchor> Create(std::string_view content) {
    auto anchor = Anchor::Create(path_, content);
    EXPECT_TRUE(anchor.ok()) << anchor.status();
    return anchor.ok() ? *std::move(anchor) : nullptr;
  }
  // The content, or the reason it cannot be read.
  std::string Read() const {
    const auto content = Anchor::Read(path_);
    return content.ok() ? *content : ReasonOf(content.status());
  }

  TempDir dir_{FastDirectory()};
  const std::string path_ = dir_ / "anchor";
};

// CRC-64/XZ, a bit at a time: polynomial 0x42F0E1EBA9EA3693 reflected, all ones before and after.
uint64_t Crc64(std::string_view bytes) {
  uint64_t crc = ~uint64_t{0};
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xC96C5795D7870F42 : 0);
  }
  return ~crc;
}

TEST_F(AnchorTest, EndsItsSlotsWithTheirChecksum) {
  ASSERT_EQ(Crc64("123456789"), 0x995DC9BBDF1939FAu);  // as catalogues of CRCs give it
  Create("first");
  const std::string slot = ReadFile(path_).substr(0, kSlotBytes);
  EXPECT_EQ(ReadBigEndian64(slot.substr(kSlotBytes - 8)), Crc64(slot.substr(0, kSlotBytes - 8)));
}

TEST_F(AnchorTest, GivesBackWhatWasWrittenLast) {
  const auto anchor = Create("first");
  EXPECT_EQ(anchor->content(), "first");
  EXPECT_EQ(Read(), "first");
  for (int n = 0; n < 10; ++n) {
    const std::string content = absl::StrCat("content ", n, std::string(1, '\0'), "\n");
    ASSERT_TRUE(anchor->Write(content).ok());
    EXPECT_EQ(anchor->content(), content);
    EXPECT_EQ(Read(), content);
    EXPECT_EQ(std::filesystem::file_size(path_), 2 * kSlotBytes);
  }
}

TEST_F(AnchorTest, GoesOnAfterReopening) {
  Create("0");
  for (int n = 1; n < 6; ++n) {
    auto anchor = Anchor::Open(path_);
    ASSERT_TRUE(anchor.ok()) << anchor.status();
    EXPECT_EQ((*anchor)->content(), absl::StrCat(n - 1));
    ASSERT_TRUE((*anchor)->Write(absl::StrCat(n)).ok());
  }
  EXPECT_EQ(Read(), "5");
}

TEST_F(AnchorTest, TakesFromNothingTo8000Bytes) {
  const auto anchor = Create("");
  EXPECT_EQ(Read(), "");
  const std::string longest(8000, 'x');
  ASSERT_TRUE(anchor->Write(longest).ok());
  EXPECT_EQ(Read(), longest);
  const absl::Status status = anchor->Write(longest + "x");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(status), "ANCHOR_NOT_WRITTEN");
  EXPECT_EQ(anchor->content(), longest);
  EXPECT_EQ(Read(), longest);
  // After any error it takes no more.
  EXPECT_EQ(ReasonOf(anchor->Write("short")), "ANCHOR_NOT_WRITTEN");
  EXPECT_EQ(Read(), longest);
}

TEST_F(AnchorTest, CreateRefusesTooLongAndLeavesNothing) {
  EXPECT_FALSE(Anchor::Create(path_, std::string(8001, 'x')).ok());
  EXPECT_TRUE(Contents(dir_ / "").empty());
}

TEST_F(AnchorTest, CreateDoesNotOverwrite) {
  Create("first");
  const auto again = Anchor::Create(path_, "second");
  EXPECT_EQ(again.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(again.status()), "ANCHOR_EXISTS");
  EXPECT_EQ(Read(), "first");
  EXPECT_EQ(Contents(dir_ / "").size(), 1u) << "a temporary file was left";
}

TEST_F(AnchorTest, CreateSaysWhenTheFolderIsMissing) {
  const auto anchor = Anchor::Create(dir_ / "no/anchor", "x");
  EXPECT_EQ(ReasonOf(anchor.status()), "ANCHOR_NOT_WRITTEN");
}

TEST_F(AnchorTest, SaysWhenItIsMissing) {
  EXPECT_EQ(Read(), "ANCHOR_MISSING");
  EXPECT_EQ(Anchor::Open(path_).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(Contents(dir_ / "").empty());
}

TEST_F(AnchorTest, ReadChangesNothing) {
  Create("first");
  const auto before = Contents(dir_ / "");
  EXPECT_EQ(Read(), "first");
  EXPECT_EQ(Contents(dir_ / ""), before);
}

// The file after writes of "1", "2" … `writes`, and where its newest slot begins.
class DamagedAnchorTest : public AnchorTest, public ::testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    const auto anchor = Create("1");
    for (int n = 2; n <= GetParam(); ++n) ASSERT_TRUE(anchor->Write(absl::StrCat(n)).ok());
    whole_ = ReadFile(path_);
    newest_ = (GetParam() - 1) % 2 * kSlotBytes;
    newest_content_ = absl::StrCat(GetParam());
    older_content_ = GetParam() == 1 ? "ANCHOR_DAMAGED" : absl::StrCat(GetParam() - 1);
  }

  std::string whole_;
  size_t newest_ = 0;
  std::string newest_content_;
  std::string older_content_;
};

TEST_P(DamagedAnchorTest, AnyFlippedByteOfTheNewestSlotFallsBackToTheOlder) {
  for (size_t i = 0; i < kSlotBytes; ++i) {
    std::string bytes = whole_;
    bytes[newest_ + i] = static_cast<char>(bytes[newest_ + i] ^ (1 << i % 8));
    WriteFile(path_, bytes);
    ASSERT_EQ(Read(), older_content_) << "byte " << i;
  }
}

TEST_P(DamagedAnchorTest, DamageOfTheOlderSlotDoesNotMatter) {
  for (size_t i = 0; i < kSlotBytes; i += 7) {
    std::string bytes = whole_;
    const size_t at = kSlotBytes - newest_ + i;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x80);
    WriteFile(path_, bytes);
    ASSERT_EQ(Read(), newest_content_) << "byte " << i;
  }
}

TEST_P(DamagedAnchorTest, AnyTruncationGivesAWholeSlotOrIsRefused) {
  const std::string first = newest_ == 0 ? newest_content_ : older_content_;
  for (size_t size = 0; size < whole_.size(); size += size % 512 == 0 || size % 512 == 511 ? 1 : 51) {
    WriteFile(path_, whole_.substr(0, size));
    ASSERT_EQ(Read(), size < kSlotBytes ? "ANCHOR_DAMAGED" : first) << "size " << size;
  }
}

TEST_P(DamagedAnchorTest, AWriteTornAnywhereLeavesTheContentBefore) {
  const auto anchor = Anchor::Open(path_);
  ASSERT_TRUE(anchor.ok());
  ASSERT_TRUE((*anchor)->Write("next").ok());
  const std::string after = ReadFile(path_);
  const size_t slot = kSlotBytes - newest_;
  // Beyond a short content both are zeros up to the checksum.
  for (size_t written = 0; written < kSlotBytes; written += written < 64 || written > 8100 ? 1 : 64) {
    std::string bytes = whole_;
    bytes.replace(slot, written, after.substr(slot, written));
    WriteFile(path_, bytes);
    ASSERT_EQ(Read(), newest_content_) << written << " bytes written";
  }
}

TEST_P(DamagedAnchorTest, RefusesWhenBothSlotsAreBad) {
  std::string bytes = whole_;
  bytes[100] = static_cast<char>(bytes[100] ^ 1);
  bytes[kSlotBytes + 100] = static_cast<char>(bytes[kSlotBytes + 100] ^ 1);
  WriteFile(path_, bytes);
  const auto anchor = Anchor::Open(path_);
  EXPECT_EQ(anchor.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReasonOf(anchor.status()), "ANCHOR_DAMAGED");
  EXPECT_EQ(Read(), "ANCHOR_DAMAGED");
  EXPECT_EQ(ReadFile(path_), bytes);
}

TEST_P(DamagedAnchorTest, RepairsItselfWithTheNextWrites) {
  std::string bytes = whole_;
  bytes[newest_ + 30] = static_cast<char>(bytes[newest_ + 30] ^ 1);
  WriteFile(path_, bytes);
  auto anchor = Anchor::Open(path_);
  if (GetParam() == 1) {
    EXPECT_FALSE(anchor.ok());
    return;
  }
  ASSERT_TRUE(anchor.ok()) << anchor.status();
  EXPECT_EQ((*anchor)->content(), older_content_);
  ASSERT_TRUE((*anchor)->Write("new").ok());
  EXPECT_EQ(Read(), "new");
}

INSTANTIATE_TEST_SUITE_P(Writes, DamagedAnchorTest, ::testing::Values(1, 2, 3));

}  // namespace
}  // namespace fundledger::store
