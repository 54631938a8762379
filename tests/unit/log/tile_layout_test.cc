#include "ledger/log/tile_layout.h"

#include "ledger/base/status.h"

#include "gtest/gtest.h"

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

}  // namespace
}  // namespace fundledger::log
