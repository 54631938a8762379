// Helpers of the store's tests: directories that go away, commits whose result is known for every head.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <stdlib.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/store/store.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace fundledger::store {

// In memory where there is a file system for it: for tests that write files by the thousand.
inline std::filesystem::path FastDirectory() {
  return std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path();
}

// A fresh directory, removed with what is in it.
class TempDir {
 public:
  TempDir() : TempDir(std::filesystem::temp_directory_path()) {}
  explicit TempDir(const std::filesystem::path& where) {
    std::string name = (where / "fundledger-store-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void WriteFile(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << bytes;
  ASSERT_TRUE(out.flush()) << path;
}

inline void FlipByte(const std::filesystem::path& path, size_t offset, int mask = 0x40) {
  std::string bytes = ReadFile(path);
  ASSERT_LT(offset, bytes.size()) << path;
  bytes[offset] = static_cast<char>(bytes[offset] ^ mask);
  WriteFile(path, bytes);
}

// Name, time of change and bytes of every file.
inline std::map<std::string, std::pair<std::filesystem::file_time_type, std::string>> Contents(
    const std::string& directory) {
  std::map<std::string, std::pair<std::filesystem::file_time_type, std::string>> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    files[entry.path().filename().string()] = {entry.last_write_time(), ReadFile(entry.path())};
  }
  return files;
}

inline std::vector<std::filesystem::path> FilesEndingIn(const std::string& directory,
                                                        std::string_view ending) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().string().ends_with(ending)) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// A copy of a store that is open is what a crash would leave: every commit acknowledged is on the disk.
inline void CopyDirectory(const std::string& from, const std::string& to) {
  std::filesystem::remove_all(to);
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

inline std::string KeyOf(uint64_t n) {
  std::string key;
  AppendBigEndian64(n, &key);
  return key;
}

// A few hundred bytes that name table and number.
inline std::string ValueOf(Table table, uint64_t n) {
  std::string value = absl::StrCat("<", ToAbsl(TableName(table)), " ", n, ">");
  uint64_t noise = n * 0x9E3779B97F4A7C15 + static_cast<uint64_t>(table);
  while (value.size() < 300) {
    noise = noise * 6364136223846793005 + 1442695040888963407;
    value.push_back(static_cast<char>(noise >> 56));
  }
  return value;
}

// Moves a store from head `n` to `n` + 1, leaving traces in every table: a new key, a key written again, a
// key erased.
inline Batch BatchOf(uint64_t n) {
  Batch batch;
  for (const Table table : kAllTables) {
    batch.Put(table, KeyOf(n), ValueOf(table, n));
    batch.Put(table, "latest", KeyOf(n + 1));
    batch.Put(table, absl::StrCat("only-", n), "x");
    if (n > 0) batch.Erase(table, absl::StrCat("only-", n - 1));
  }
  return batch;
}

inline absl::Status CommitNext(Store* store) {
  const uint64_t head = store->GetSnapshot()->head();
  return store->Commit(BatchOf(head), head, head + 1);
}

// What every table holds after BatchOf(0) … BatchOf(head - 1).
inline std::map<std::string, std::string> ExpectedRows(Table table, uint64_t head) {
  std::map<std::string, std::string> rows;
  for (uint64_t n = 0; n < head; ++n) rows[KeyOf(n)] = ValueOf(table, n);
  if (head > 0) {
    rows["latest"] = KeyOf(head);
    rows.emplace(absl::StrCat("only-", head - 1), "x");
  }
  return rows;
}

inline absl::StatusOr<std::map<std::string, std::string>> Rows(const Snapshot& snapshot, Table table) {
  std::map<std::string, std::string> rows;
  RETURN_IF_ERROR(snapshot.Scan(table, "", "", [&](std::string_view key, std::string_view value) {
    rows.emplace(key, value);
    return true;
  }));
  return rows;
}

// Whole: every table shows all commits up to the head and nothing of a later one.
inline void ExpectWhole(const Snapshot& snapshot) {
  for (const Table table : kAllTables) {
    const auto rows = Rows(snapshot, table);
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_EQ(*rows == ExpectedRows(table, snapshot.head()), true)
        << "table " << TableName(table) << " at head " << snapshot.head() << " has " << rows->size()
        << " rows";
  }
}

}  // namespace fundledger::store
