// The openssl command in a directory of a test's own.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace fundledger::crypto {

class CommandDirectory {
 public:
  CommandDirectory() {
    std::string pattern = testing::TempDir() + "/openssl-XXXXXX";
    if (mkdtemp(pattern.data()) != nullptr) directory_ = pattern;
  }
  ~CommandDirectory() {
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }
  CommandDirectory(const CommandDirectory&) = delete;
  CommandDirectory& operator=(const CommandDirectory&) = delete;

  // Whether the command is there; says loudly if it is not.
  bool HasCommand() const {
    if (Run("openssl version") == 0) return true;
    std::cerr << "\n*** NOT CHECKED against the openssl command: it is not installed ***\n\n";
    return false;
  }
  std::string Path(const std::string& name) const { return (directory_ / name).string(); }
  void Write(const std::string& name, std::string_view bytes) const {
    std::ofstream(Path(name), std::ios::binary) << bytes;
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(Path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Runs a command in the directory; its exit status. What it says stands in the file `log`.
  int Run(const std::string& command) const {
    const std::string quiet = "cd '" + directory_.string() + "' && " + command;
    return std::system(
        (quiet + " > log 2>&1").c_str());  // NOLINT(cert-env33-c,concurrency-mt-unsafe): a test's own text
  }

 private:
  std::filesystem::path directory_;
};

}  // namespace fundledger::crypto
