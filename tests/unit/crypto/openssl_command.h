// The openssl command in a directory of a test's own.
#pragma once

#include <algorithm>
#include <cstdint>
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

// Without it the command signs under an empty id.
inline constexpr char kSm2Option[] = " -sigopt distid:1234567812345678 ";

// An SM2 signature as the command writes it: DER of SEQUENCE { INTEGER r, INTEGER s } by hand.
inline std::string Sm2Der(std::string_view raw) {
  std::string body;
  for (std::string_view number : {raw.substr(0, 32), raw.substr(32)}) {
    while (number.size() > 1 && number[0] == '\0') number.remove_prefix(1);
    const bool pad = (static_cast<uint8_t>(number[0]) & 0x80) != 0;
    body += '\x02';
    body += static_cast<char>(number.size() + (pad ? 1 : 0));
    if (pad) body += '\0';
    body += number;
  }
  return std::string("\x30") + static_cast<char>(body.size()) + body;
}

inline std::string Sm2Raw(const std::string& der) {
  std::string raw;
  size_t at = 2;
  for (int i = 0; i < 2 && at + 1 < der.size(); ++i) {
    const size_t size = static_cast<uint8_t>(der[at + 1]);
    std::string number = der.substr(at + 2, size);
    if (number.size() == 33) number.erase(0, 1);
    raw += std::string(32 - std::min<size_t>(32, number.size()), '\0') + number;
    at += 2 + size;
  }
  return raw;
}

}  // namespace fundledger::crypto
