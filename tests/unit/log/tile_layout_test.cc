#include "ledger/log/tile_layout.h"

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace fundledger::log {
namespace {

TEST(TileLayout, NamesTilesAsTheSpecificationDoes) {
  EXPECT_EQ(TilePath(0, 1234067, 256), "tile/0/x001/x234/067");
  EXPECT_EQ(TilePath(1, 0, 256), "tile/1/000");
  EXPECT_EQ(TilePath(0, 999, 1), "tile/0/999.p/1");
  EXPECT_EQ(TilePath(2, 1000, 255), "tile/2/x001/000.p/255");
  EXPECT_EQ(EntriesPath(273, 112), "tile/entries/273.p/112");
  EXPECT_EQ(EntriesPath(273, 256), "tile/entries/273");
}

TEST(TileLayout, SaysHowWideATileIs) {
  EXPECT_EQ(TileWidthAt(0, 0, 0), 0u);
  EXPECT_EQ(TileWidthAt(0, 0, 1), 1u);
  EXPECT_EQ(TileWidthAt(0, 0, 256), 256u);
  EXPECT_EQ(TileWidthAt(0, 1, 256), 0u);
  // The example of tlog-tiles: a tree of 70,000.
  EXPECT_EQ(TileWidthAt(0, 273, 70'000), 112u);
  EXPECT_EQ(TileWidthAt(1, 1, 70'000), 17u);
  EXPECT_EQ(TileWidthAt(2, 0, 70'000), 1u);
  EXPECT_EQ(TileWidthAt(3, 0, 70'000), 0u);
  EXPECT_EQ(TileWidthAt(7, 0, ~uint64_t{0}), 255u);
  EXPECT_EQ(TileWidthAt(8, 0, ~uint64_t{0}), 0u);
  EXPECT_EQ(TileWidthAt(0, ~uint64_t{0}, ~uint64_t{0}), 0u);
}

TEST(TileLayout, EntriesComeBackAsTheyWentIn) {
  std::string tile;
  const std::string longest(65535, 'x');
  for (const std::string& record : {std::string("a"), std::string(), longest}) AppendEntry(record, &tile);
  const auto records = SplitEntries(tile, 3);
  ASSERT_TRUE(records.ok());
  EXPECT_EQ((*records)[0], "a");
  EXPECT_EQ((*records)[1], "");
  EXPECT_EQ((*records)[2], longest);
}

TEST(TileLayout, RefusesWhatIsNotExactlySoManyEntries) {
  std::string tile;
  AppendEntry("record", &tile);
  AppendEntry("another", &tile);
  for (const uint64_t width : {0, 1, 3, 256}) {
    EXPECT_EQ(ReasonOf(SplitEntries(tile, width).status()), "ENTRY_TILE_MALFORMED") << width;
  }
  for (size_t end = 0; end < tile.size(); ++end) {
    EXPECT_FALSE(SplitEntries(std::string_view(tile).substr(0, end), 2).ok()) << end;
  }
  EXPECT_FALSE(SplitEntries(tile + '\0', 2).ok());
}

RC_GTEST_PROP(TileLayout, ReadsBackWhatItWrote, ()) {
  TileAddress address;
  address.is_entries = *rc::gen::arbitrary<bool>();
  if (!address.is_entries) address.level = *rc::gen::inRange(0, 8);
  address.index = *rc::gen::inRange<uint64_t>(0, 1'000'000'000'000'000'000u);
  address.width = *rc::gen::inRange<uint64_t>(1, kTileWidth + 1);
  RC_ASSERT(ParseTilePath(TilePath(address)) == address);
}

TEST(TileLayout, ReadsNoOtherSpelling) {
  for (const char* other : {
           "",
           "tile",
           "tile/",
           "tile/0",
           "tile/0/",
           "/tile/0/000",
           "tile/0/000/",
           "tile/0//000",
           "tile/0/0",
           "tile/0/00",
           "tile/0/0000",
           "tile/0/1234067",
           "tile/0/x000/000",  // a group of zeros before the first
           "tile/0/x000/x001/000",
           "tile/0/001/000",    // without its x
           "tile/0/x001/x000",  // an x before the last
           "tile/0/X001/000",
           "tile/00/000",
           "tile/01/000",
           "tile/8/000",
           "tile/63/000",
           "tile/-1/000",
           "tile/+0/000",
           "tile/ 0/000",
           "tile/0/ 00",
           "tile/0/+00",
           "tile/0/-01",
           "tile/0/000.p",
           "tile/0/000.p/",
           "tile/0/000.p/0",
           "tile/0/000.p/01",
           "tile/0/000.p/256",
           "tile/0/000.p/+1",
           "tile/0/000.p/1/",
           "tile/0/000.p/1.p/1",
           "tile/0/000.P/1",
           "tile/0/000/1",
           "tile/0/.p/1",
           "tile/0/../0/000",
           "tile/0/000?",
           "tile/0/%300",
           "tile/data/000",
           "tile/Entries/000",
           "tile/entries",
           "tile/entries/0/000",
           "tiles/0/000",
           "Tile/0/000",
           "tile/0/x001/x001/x001/x001/x001/x001/000",  // longer than any log
       }) {
    EXPECT_FALSE(ParseTilePath(other).has_value()) << other;
  }
}

// Every byte of a path changed to every other: what is still read says the same when written again.
TEST(TileLayout, NeverReadsTwoPathsAsOneTile) {
  for (const std::string& path : {TilePath({.level = 3, .index = 1'234'067, .width = 17}),
                                  TilePath({.is_entries = true, .index = 70'000})}) {
    for (size_t at = 0; at < path.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string other = path;
        other[at] = static_cast<char>(byte);
        const auto read = ParseTilePath(other);
        if (!read.has_value()) continue;
        EXPECT_EQ(TilePath(*read), other);
      }
    }
  }
}

}  // namespace
}  // namespace fundledger::log
