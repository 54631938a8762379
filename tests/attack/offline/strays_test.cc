// What is put into a bundle beside what belongs there is named, and links and special files are refused.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "ledger/base/status.h"
#include "tests/attack/offline/county.h"

#include "absl/strings/str_cat.h"

namespace fundledger::attack {
namespace {

namespace fs = std::filesystem;
using test_support::TemporaryDirectory;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class OfflineStrays : public testing::Test {
 protected:
  // Notes on files, by the files' names; each bundle verifies all the same.
  std::vector<std::string> Strays() const {
    const auto report = Check(bundle_);
    EXPECT_THAT(Named(report), IsEmpty());
    std::vector<std::string> names;
    for (const std::string& note : report.notes) {
      if (const size_t end = note.find(" is no file of such a bundle"); end != std::string::npos)
        names.push_back(note.substr(0, end));
    }
    return names;
  }
  std::string Refused() const {
    verify::Options options;
    options.bundle = bundle_;
    const absl::Status status = verify::Verify(options).status();
    return absl::StrCat(ReasonOf(status), ": ", status.message());
  }

  TemporaryDirectory directory_;
  const fs::path bundle_ = directory_.Sub("bundle");
  County county_;
};

TEST_F(OfflineStrays, AnHonestBundleHasNone) {
  county_.Cosign(county_.world.clock.now_us());
  county_.Export(bundle_);
  EXPECT_THAT(Strays(), IsEmpty());
  fs::remove_all(bundle_);
  county_.ExportReport(bundle_);
  EXPECT_THAT(Strays(), IsEmpty());
  fs::remove_all(bundle_);
  county_.Export(bundle_, "p-1");
  EXPECT_THAT(Strays(), IsEmpty());
  // It brings along a checkpoint that it cannot be compared with.
  EXPECT_THAT(Check(bundle_).notes,
              Contains("other checkpoints and their stamps, which only a whole ledger is "
                       "compared with: 1"));
}

TEST_F(OfflineStrays, FilesOfOtherNamesAreNamed) {
  county_.Export(bundle_);
  fs::create_directories(bundle_ / "stamps");
  fs::create_directories(bundle_ / "checkpoints");
  fs::create_directories(bundle_ / "records");
  fs::create_directories(bundle_ / "tile/0/x001");
  for (const char* name : {"report.json", "checkpoints/007", "records/1.tlog-proof", "stamps/5.notary.tsr",
                           "tile/0/x001/000", "zhao's remark", ".hidden"}) {
    WriteAll(bundle_ / name, "x");
  }
  EXPECT_THAT(Strays(), ElementsAre(".hidden", "checkpoints/007", "records/1.tlog-proof", "report.json",
                                    "stamps/5.notary.tsr", "tile/0/x001/000", "zhao's remark"));
}

TEST_F(OfflineStrays, ManyAreCounted) {
  county_.Export(bundle_, "p-1");
  for (int i = 100; i < 130; ++i) WriteAll(bundle_ / absl::StrCat("n-", i), "");
  EXPECT_EQ(Strays().size(), 20u);
  EXPECT_THAT(Check(bundle_).notes, Contains("files besides that are no part of such a bundle: 10"));
}

TEST_F(OfflineStrays, LinksAndSpecialFilesAreRefusedWhateverTheirName) {
  county_.Export(bundle_);
  const fs::path outside = directory_.Sub("outside");
  fs::rename(bundle_ / "policy", outside);
  fs::create_symlink(outside, bundle_ / "policy");
  EXPECT_THAT(Refused(), HasSubstr("BUNDLE_MALFORMED: policy is neither a file nor a directory"));
  fs::remove(bundle_ / "policy");
  fs::create_directory_symlink(directory_.Sub(""), bundle_ / "more");
  EXPECT_THAT(Refused(), HasSubstr("BUNDLE_MALFORMED: more is neither"));
  fs::remove(bundle_ / "more");
  ASSERT_EQ(::mkfifo((bundle_ / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(Refused(), HasSubstr("BUNDLE_MALFORMED: pipe is neither"));
  fs::remove(bundle_ / "pipe");
  std::string deep = bundle_;
  for (int i = 0; i < 20; ++i) deep += "/d";
  fs::create_directories(deep);
  EXPECT_THAT(Refused(), HasSubstr("lies deeper than any directory"));
  fs::remove_all(bundle_ / "d");
  EXPECT_THAT(Strays(), IsEmpty());
  // The bundle itself may stand behind a link.
  fs::create_directory_symlink(bundle_, directory_.Sub("link"));
  EXPECT_TRUE(Check(directory_.Sub("link")).ok());
}

}  // namespace
}  // namespace fundledger::attack
