// Every part of a bundle, spoiled byte by byte: what is proven is refused, and nothing crashes.
#include <random>

#include <gmock/gmock.h>

#include "tests/attack/offline/county.h"

#include "absl/strings/str_cat.h"

namespace fundledger::attack {
namespace {

using test_support::TemporaryDirectory;
using testing::IsEmpty;
using testing::Not;

class OfflineSpoil : public testing::Test {
 protected:
  static constexpr size_t kSamples = 500;

  OfflineSpoil() {
    SCOPED_TRACE(seed_);
    county_.Cosign(county_.world.clock.now_us());
    county_.Export(bundle_);
  }
  void SetUp() override { RecordProperty("seed", static_cast<int>(seed_)); }

  // Verifies with one file changed, and puts it back. Nothing where the bundle could not be opened.
  std::optional<verify::Report> With(const std::filesystem::path& bundle, const std::string& file,
                                     const std::string& bytes) {
    const std::string before = ReadAll(bundle / file);
    WriteAll(bundle / file, bytes);
    verify::Options options;
    options.bundle = bundle;
    options.verifier_key = County::VerifierKey();
    options.policy = County::WitnessPolicy();
    options.threads = 1;
    auto report = verify::Verify(options);
    WriteAll(bundle / file, before);
    return report.ok() ? std::optional<verify::Report>(*std::move(report)) : std::nullopt;
  }

  // At most so many places of a file, the first and the last among them.
  std::vector<size_t> Places(size_t bytes) {
    std::vector<size_t> places;
    for (size_t at = 0; at < bytes; at += 1 + random_() % (2 * bytes / kSamples + 1)) places.push_back(at);
    places.push_back(bytes - 1);
    return places;
  }

  const unsigned seed_ = std::random_device()();
  std::mt19937 random_{seed_};
  County county_;
  TemporaryDirectory directory_;
  const std::filesystem::path bundle_ = directory_.Sub("bundle");
};

TEST_F(OfflineSpoil, EveryByteOfTheEntryTilesCounts) {
  const Entries entries(bundle_);
  std::string file;
  for (const std::string& name : FilesOf(bundle_)) {
    if (name.starts_with("tile/entries/")) file = name;
  }
  const std::string good = ReadAll(bundle_ / file);
  // By byte: the record it belongs to, its length included.
  std::vector<size_t> owner;
  for (size_t i = 0; i < entries.records.size(); ++i)
    owner.resize(owner.size() + 2 + entries.records[i].size(), i);
  ASSERT_EQ(owner.size(), good.size());
  for (const size_t at : Places(good.size())) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (1 << (random_() % 8)));
    const auto report = With(bundle_, file, bad);
    ASSERT_TRUE(report.has_value());
    ASSERT_FALSE(report->ok()) << "byte " << at << ", seed " << seed_;
    const auto named = Named(*report);
    EXPECT_TRUE(
        std::any_of(named.begin(), named.end(),
                    [&](const std::string& each) { return each.ends_with(absl::StrCat("@", owner[at])); }))
        << "byte " << at << " of record " << owner[at] << ", seed " << seed_ << ": "
        << testing::PrintToString(named);
  }
}

TEST_F(OfflineSpoil, EveryByteOfTheHashTilesCounts) {
  for (const std::string& file : FilesOf(bundle_)) {
    if (!file.starts_with("tile/") || file.starts_with("tile/entries/")) continue;
    const std::string good = ReadAll(bundle_ / file);
    for (const size_t at : Places(good.size())) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ 1);
      const auto report = With(bundle_, file, bad);
      ASSERT_TRUE(report.has_value());
      EXPECT_THAT(Named(*report), Not(IsEmpty())) << file << " byte " << at << ", seed " << seed_;
    }
    EXPECT_FALSE(With(bundle_, file, good.substr(1))->ok()) << file;
  }
}

TEST_F(OfflineSpoil, NothingThatIsSpoiledCrashes) {
  const std::filesystem::path part = directory_.Sub("part");
  const std::filesystem::path whole_report = directory_.Sub("report");
  county_.Export(part, "p-1");
  county_.ExportReport(whole_report);
  for (const auto& bundle : {bundle_, part, whole_report}) {
    for (const std::string& file : FilesOf(bundle)) {
      const std::string good = ReadAll(bundle / file);
      for (int round = 0; round < 6; ++round) {
        std::string bad = good;
        const size_t at = random_() % bad.size();
        switch (round) {
          case 0:
            bad.resize(at);
            break;
          case 1:
            bad.insert(at, good.substr(0, 1 + random_() % 100));
            break;
          case 2:
            bad.erase(at, 1 + random_() % 100);
            break;
          default:
            bad[at] = static_cast<char>(random_());
        }
        const auto report = With(bundle, file, bad);
        // A cosignature that becomes nobody's is no longer one, and takes nothing from what the log signed.
        const bool is_cosignature = at >= good.rfind("\n— ");
        const bool is_proven = !is_cosignature && (file.starts_with("records/") ||
                                                   file.starts_with("keys/") || file == "checkpoint");
        if (is_proven && report.has_value() && bad != good) {
          EXPECT_FALSE(report->ok()) << file << " round " << round << " at " << at << ", seed " << seed_;
        }
      }
      std::filesystem::remove(bundle / file);
      std::filesystem::create_directory(bundle / file);  // of another kind than it should be
      verify::Options options;
      options.bundle = bundle;
      const auto report = verify::Verify(options);
      const bool may_lack = file.starts_with("checkpoints/") || file == "policy";
      EXPECT_TRUE(!report.ok() || may_lack || !report->ok()) << file;
      std::filesystem::remove(bundle / file);
      WriteAll(bundle / file, good);
    }
  }
}

}  // namespace
}  // namespace fundledger::attack
