#include "ledger/log/tile.h"

#include <map>

#include <gtest/gtest.h>

#include "ledger/base/status.h"
#include "tests/unit/log/log_testing.h"

namespace fundledger::log {
namespace {

constexpr size_t kTileBytes = 8192;
constexpr int kTileLevels = 4;
const size_t kSizes[] = {0, 1, 2, 255, 256, 257, 511, 512, 513, 1000, 65535, 65536, 65537, 66049};

// Appends leaves one by one and keeps every full tile, as a store would.
class GrowingTree {
 public:
  void GrowTo(size_t size, Leaves leaves) {
    while (edge_.size() < size) {
      std::vector<Tile> full;
      edge_.Append(leaves[edge_.size()], &full);
      for (size_t i = 0; i < full.size(); ++i) {
        EXPECT_EQ(full[i].level, static_cast<int>(i)) << "lowest level first";
        EXPECT_EQ(full[i].hashes.size(), kTileBytes);
        const bool is_new = tiles_.emplace(std::pair(full[i].level, full[i].index), full[i].hashes).second;
        EXPECT_TRUE(is_new) << "a tile given twice";
      }
    }
  }
  const TreeEdge& edge() const { return edge_; }
  const std::map<std::pair<int, uint64_t>, std::string>& tiles() const { return tiles_; }
  TileReader Reader() const {
    return [this](int level, uint64_t index) -> absl::StatusOr<std::string> {
      const auto found = tiles_.find({level, index});
      if (found == tiles_.end()) return absl::NotFoundError("no such tile");
      return found->second;
    };
  }

 private:
  TreeEdge edge_;
  std::map<std::pair<int, uint64_t>, std::string> tiles_;
};

class TreeEdgeTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { leaves_ = MakeLeaves(66'049); }
  static Leaves First(size_t n) { return Leaves(leaves_).first(n); }
  static absl::StatusOr<Hash256> Leaf(uint64_t sequence) {
    if (sequence >= leaves_.size()) return absl::NotFoundError("no such leaf");
    return leaves_[sequence];
  }
  static inline std::vector<Hash256> leaves_;
};

TEST_F(TreeEdgeTest, RootIsTheReferencesAtEverySizeUpTo600) {
  GrowingTree tree;
  for (size_t n = 0; n <= 600; ++n) {
    tree.GrowTo(n, leaves_);
    ASSERT_EQ(tree.edge().Root(), SlowRoot(First(n))) << n;
  }
}

TEST_F(TreeEdgeTest, KeepsThePartialTilesTheFormatNames) {
  GrowingTree tree;
  for (const size_t n : kSizes) {
    tree.GrowTo(n, leaves_);
    uint64_t count = n;  // floor(size / 256^L)
    for (int level = 0; level < kTileLevels; ++level, count /= 256) {
      EXPECT_EQ(tree.edge().Partial(level).size(), count % 256 * 32) << n << " level " << level;
    }
    EXPECT_EQ(tree.edge().Partial(-1), "");
    EXPECT_EQ(tree.edge().Partial(100), "");
  }
  EXPECT_EQ(tree.tiles().size(), 66'049u / 256 + 1);
  EXPECT_TRUE(tree.tiles().contains({1, 0}));
}

TEST_F(TreeEdgeTest, EmitsTilesOfTheHashesTheFormatNames) {
  GrowingTree tree;
  tree.GrowTo(leaves_.size(), leaves_);
  for (const auto& [key, hashes] : tree.tiles()) {
    const auto& [level, index] = key;
    for (const size_t i : {0, 1, 128, 255}) {
      const size_t width = size_t{1} << (8 * level);
      const Hash256 node = SlowRoot(Leaves(leaves_).subspan((index * 256 + i) * width, width));
      ASSERT_EQ(hashes.substr(i * 32, 32), node.view()) << "tile " << level << "/" << index << " hash " << i;
    }
  }
}

TEST_F(TreeEdgeTest, LoadGivesTheAppendedEdge) {
  GrowingTree tree;
  for (const size_t n : kSizes) {
    tree.GrowTo(n, leaves_);
    const auto loaded = TreeEdge::Load(n, tree.Reader(), Leaf);
    ASSERT_TRUE(loaded.ok()) << n << ": " << loaded.status();
    EXPECT_EQ(loaded->size(), n);
    EXPECT_EQ(loaded->Root(), tree.edge().Root()) << n;
    EXPECT_EQ(loaded->Root(), SlowRoot(First(n))) << n;
    for (int level = 0; level < kTileLevels; ++level) {
      EXPECT_EQ(loaded->Partial(level), tree.edge().Partial(level)) << n << " level " << level;
    }
  }
}

TEST_F(TreeEdgeTest, GoesOnAfterLoadAsBefore) {
  for (const size_t n : {255, 256, 511, 65'535}) {
    GrowingTree tree;
    tree.GrowTo(n, leaves_);
    TreeEdge loaded = *TreeEdge::Load(n, tree.Reader(), Leaf);
    TreeEdge appended = tree.edge();
    for (size_t i = n; i < n + 3; ++i) {
      std::vector<Tile> full_loaded;
      std::vector<Tile> full_appended;
      loaded.Append(leaves_[i], &full_loaded);
      appended.Append(leaves_[i], &full_appended);
      ASSERT_EQ(full_loaded.size(), full_appended.size()) << i;
      for (size_t t = 0; t < full_loaded.size(); ++t) {
        EXPECT_EQ(full_loaded[t].level, full_appended[t].level);
        EXPECT_EQ(full_loaded[t].index, full_appended[t].index);
        EXPECT_EQ(full_loaded[t].hashes, full_appended[t].hashes);
      }
      EXPECT_EQ(loaded.Root(), appended.Root()) << i;
    }
  }
}

TEST_F(TreeEdgeTest, CopiesShareNothing) {
  GrowingTree tree;
  tree.GrowTo(300, leaves_);
  const TreeEdge before = tree.edge();
  tree.GrowTo(520, leaves_);
  EXPECT_EQ(before.size(), 300u);
  EXPECT_EQ(before.Root(), SlowRoot(First(300)));
}

TEST_F(TreeEdgeTest, NodesOfGivesEveryNodeAndNoOther) {
  GrowingTree tree;
  for (const size_t n : {1, 255, 256, 257, 600, 1024}) {
    tree.GrowTo(n, leaves_);
    const NodeReader nodes = NodesOf(tree.edge(), tree.Reader());
    for (int level = 0; level < 12; ++level) {
      const uint64_t count = n >> level;
      for (uint64_t index = 0; index < count; ++index) {
        const auto node = nodes(level, index);
        ASSERT_TRUE(node.ok()) << n << ": " << level << "/" << index << " " << node.status();
        ASSERT_EQ(*node, *SlowNodes(First(n))(level, index)) << n << ": " << level << "/" << index;
      }
      EXPECT_EQ(nodes(level, count).status().code(), absl::StatusCode::kOutOfRange) << n << ": " << level;
    }
    for (const auto& [level, index] :
         {std::pair<int, uint64_t>{-1, 0}, {63, 0}, {64, 0}, {0, ~uint64_t{0}}, {1000, 1}}) {
      EXPECT_EQ(ReasonOf(nodes(level, index).status()), "PROOF_OUT_OF_RANGE") << level << "/" << index;
    }
  }
}

// What lies in a partial tile the edge gives by itself; what is complete elsewhere, or not there, it does
// not.
TEST_F(TreeEdgeTest, GivesTheNodesOfItsPartialTiles) {
  GrowingTree tree;
  for (const size_t n : kSizes) {
    tree.GrowTo(n, leaves_);
    const NodeReader nodes = NodesOf(tree.edge(), tree.Reader());
    for (int level = 0; level < 12; ++level) {
      const uint64_t count = n >> level;
      const uint64_t first_of_partial = (n >> (level / 8 * 8)) / 256 * (256 >> level % 8);
      for (uint64_t index = 0; index <= count; ++index) {
        const auto node = tree.edge().Node(level, index);
        ASSERT_EQ(node.has_value(), index < count && index >= first_of_partial)
            << n << ": " << level << "/" << index;
        if (node.has_value()) {
          ASSERT_EQ(*node, *nodes(level, index)) << n << ": " << level << "/" << index;
          ASSERT_EQ(*node, *SlowNodes(First(n))(level, index)) << n << ": " << level << "/" << index;
        }
      }
    }
    EXPECT_FALSE(tree.edge().Node(-1, 0).has_value());
    EXPECT_FALSE(tree.edge().Node(64, 0).has_value());
    EXPECT_FALSE(tree.edge().Node(0, ~uint64_t{0}).has_value());
  }
}

// Proofs over tiles: random places (40 a size, seed printed), since each costs the reference a whole tree.
TEST_F(TreeEdgeTest, ProofsOverTilesVerify) {
  const auto seed = std::random_device()();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  GrowingTree tree;
  for (const size_t n : kSizes) {
    if (n == 0) continue;
    tree.GrowTo(n, leaves_);
    const NodeReader nodes = NodesOf(tree.edge(), tree.Reader());
    const Hash256 root = tree.edge().Root();
    for (int round = 0; round < 40; ++round) {
      const size_t i = round == 0 ? n - 1 : random() % n;
      const auto inclusion = ProveInclusion(i, n, nodes);
      ASSERT_TRUE(inclusion.ok()) << inclusion.status();
      EXPECT_TRUE(VerifyInclusion(i, n, leaves_[i], *inclusion, root).ok()) << i << " of " << n;
      const size_t m = 1 + random() % n;
      const auto consistency = ProveConsistency(m, n, nodes);
      ASSERT_TRUE(consistency.ok()) << consistency.status();
      EXPECT_TRUE(VerifyConsistency(m, n, SlowRoot(First(m)), root, *consistency).ok()) << m << " to " << n;
    }
  }
}

// A proof for an earlier size is made from the tree of today.
TEST_F(TreeEdgeTest, ProvesEarlierSizesFromALaterEdge) {
  GrowingTree tree;
  tree.GrowTo(1000, leaves_);
  const NodeReader nodes = NodesOf(tree.edge(), tree.Reader());
  for (const size_t n : {1, 200, 256, 300, 512, 700, 999}) {
    EXPECT_EQ(*TreeRoot(n, nodes), SlowRoot(First(n))) << n;
    EXPECT_TRUE(
        VerifyInclusion(n / 2, n, leaves_[n / 2], *ProveInclusion(n / 2, n, nodes), SlowRoot(First(n))).ok());
  }
}

TEST_F(TreeEdgeTest, RefusesTilesOfAnotherSize) {
  GrowingTree tree;
  tree.GrowTo(600, leaves_);
  for (const size_t bytes : {size_t{0}, size_t{32}, kTileBytes - 1, kTileBytes + 1}) {
    const TileReader wrong = [bytes](int, uint64_t) -> absl::StatusOr<std::string> {
      return std::string(bytes, 'x');
    };
    const absl::Status node = NodesOf(tree.edge(), wrong)(0, 3).status();
    EXPECT_EQ(node.code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(ReasonOf(node), "TILE_MALFORMED");
    const absl::Status load = TreeEdge::Load(600, wrong, Leaf).status();
    EXPECT_EQ(load.code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(ReasonOf(load), "TILE_MALFORMED");
  }
}

TEST_F(TreeEdgeTest, PassesTheReadersErrorsOn) {
  GrowingTree tree;
  tree.GrowTo(600, leaves_);
  const TileReader no_tiles = [](int, uint64_t) -> absl::StatusOr<std::string> {
    return absl::DataLossError("gone");
  };
  const LeafReader no_leaves = [](uint64_t) -> absl::StatusOr<Hash256> {
    return absl::DataLossError("lost");
  };
  EXPECT_EQ(NodesOf(tree.edge(), no_tiles)(0, 3).status().message(), "gone");
  EXPECT_TRUE(NodesOf(tree.edge(), no_tiles)(0, 599).ok()) << "the edge needs no tile";
  EXPECT_EQ(TreeEdge::Load(600, no_tiles, Leaf).status().message(), "gone");
  EXPECT_EQ(TreeEdge::Load(600, tree.Reader(), no_leaves).status().message(), "lost");
}

TEST_F(TreeEdgeTest, ADamagedTileShowsInTheRoot) {
  GrowingTree tree;
  tree.GrowTo(600, leaves_);
  const TileReader damaged = [&tree](int level, uint64_t index) -> absl::StatusOr<std::string> {
    std::string hashes = *tree.Reader()(level, index);
    hashes[5000] = static_cast<char>(hashes[5000] ^ 1);
    return hashes;
  };
  EXPECT_NE(TreeEdge::Load(600, damaged, Leaf)->Root(), tree.edge().Root());
}

}  // namespace
}  // namespace fundledger::log
