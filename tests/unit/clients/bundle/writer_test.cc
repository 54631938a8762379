#include "clients/bundle/writer.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <unistd.h>

#include "ledger/base/status.h"
#include "ledger/log/record.h"
#include "ledger/log/tile_layout.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace fundledger::bundle {
namespace {

namespace fs = std::filesystem;

class BundleWriter : public testing::Test {
 protected:
  BundleWriter() { fs::remove_all(directory_); }
  ~BundleWriter() override { fs::remove_all(directory_); }
  static std::string Read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  const fs::path directory_ =
      fs::temp_directory_path() / ("fundledger-bundle-" + std::to_string(::getpid()) + "-" +
                                   testing::UnitTest::GetInstance()->current_test_info()->name());
  const fs::path bundle_ = directory_ / "county";
};

// At every size where a tile begins or ends there are exactly the tiles of that size.
TEST_F(BundleWriter, WritesTheTilesOfItsSize) {
  for (const uint64_t size : {1u, 255u, 256u, 257u, 512u, 700u}) {
    const fs::path place = directory_ / std::to_string(size);
    auto writer = Writer::Create(place);
    ASSERT_TRUE(writer.ok()) << writer.status();
    log::TreeEdge edge;
    std::vector<log::Tile> full;
    for (uint64_t i = 0; i < size; ++i) {
      const std::string record = absl::StrCat("record ", i);
      ASSERT_TRUE((*writer)->AppendRecord(record).ok());
      edge.Append(log::LeafHash(record), &full);
    }
    EXPECT_EQ((*writer)->Root(), edge.Root());
    ASSERT_TRUE((*writer)->Finish(Manifest()).ok());
    uint64_t records = 0;
    for (uint64_t index = 0; log::TileWidthAt(0, index, size) > 0; ++index) {
      const uint64_t width = log::TileWidthAt(0, index, size);
      const std::string tile = Read(place / log::EntriesPath(index, width));
      const auto entries = log::SplitEntries(tile, width);
      ASSERT_TRUE(entries.ok()) << size << ": " << entries.status();
      for (const auto& record : *entries) EXPECT_EQ(record, absl::StrCat("record ", records++));
      EXPECT_EQ(Read(place / log::TilePath(0, index, width)).size(), width * 32);
    }
    EXPECT_EQ(records, size);
    EXPECT_EQ(fs::exists(place / log::TilePath(1, 0, size / 256)), size >= 256);
    EXPECT_FALSE(fs::exists(place.string() + ".partial"));
  }
}

TEST_F(BundleWriter, IsThereOnlyWhenItIsWhole) {
  {
    auto writer = Writer::Create(bundle_);
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->AppendRecord("record").ok());
    ASSERT_TRUE((*writer)->AddFile("old", "left over").ok());
  }
  EXPECT_FALSE(fs::exists(bundle_)) << "interrupted";
  auto writer = Writer::Create(bundle_);
  ASSERT_TRUE(writer.ok()) << "begun anew: " << writer.status();
  ASSERT_TRUE((*writer)->AddFile("checkpoints/1", "note").ok());
  ASSERT_TRUE((*writer)->Finish(Manifest()).ok());
  EXPECT_EQ(Read(bundle_ / "checkpoints/1"), "note");
  EXPECT_FALSE(fs::exists(bundle_ / "old"));
  EXPECT_TRUE(ParseManifest(Read(bundle_ / kManifestFile)).ok());
}

TEST_F(BundleWriter, OverwritesNothing) {
  fs::create_directories(bundle_);
  EXPECT_EQ(ReasonOf(Writer::Create(bundle_).status()), "BUNDLE_EXISTS");
  EXPECT_EQ(ReasonOf(Writer::Create(bundle_ / "").status()), "BUNDLE_EXISTS");
  fs::create_directories(directory_ / "mine.partial");
  EXPECT_EQ(ReasonOf(Writer::Create(directory_ / "mine").status()), "BUNDLE_EXISTS");
  EXPECT_TRUE(fs::exists(directory_ / "mine.partial"));
}

TEST_F(BundleWriter, AManifestComesBackAsItWas) {
  Manifest manifest;
  manifest.kind = Kind::kReport;
  manifest.ledger.bytes[0] = 7;
  manifest.origin = "county.example/funds";
  manifest.verifier_key = "county.example/funds+00000000+AA==";
  manifest.size = ~uint64_t{0};
  manifest.about = "briefing of 2020 as of 2020-06-16";
  const auto read = ParseManifest(FormatManifest(manifest));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(FormatManifest(*read), FormatManifest(manifest));
  const std::string good = FormatManifest(manifest);
  for (size_t end = 0; end + 2 < good.size(); ++end)
    EXPECT_EQ(ReasonOf(ParseManifest(good.substr(0, end)).status()), "BUNDLE_MALFORMED") << end;
  for (const char* bad : {"[]", "{}", "1", R"({"format":"fundledger.bundle.v1","kind":"other"})"})
    EXPECT_EQ(ReasonOf(ParseManifest(bad).status()), "BUNDLE_MALFORMED") << bad;
  EXPECT_FALSE(ParseManifest(std::string(100'000, '[')).ok());
}

}  // namespace
}  // namespace fundledger::bundle
