// Bytes that are overwritten when they are no longer needed: passphrases, PINs, private keys in clear.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace fundledger::crypto {

// Moved, never copied by accident. What OpenSSL or gRPC copy of it is theirs to wipe.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  Secret(Secret&& other) noexcept { *this = std::move(other); }
  Secret& operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    Wipe();
    bytes_ = other.bytes_;  // a copy: a short string's bytes would stay behind in what was moved from
    other.Wipe();
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { Wipe(); }

  std::string_view view() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  // On purpose: another that holds the same.
  Secret Copy() const { return Secret(bytes_); }

 private:
  void Wipe() {
    // explicit_bzero is not removed by the optimizer as a last write would be.
    ::explicit_bzero(bytes_.data(), bytes_.size());
    bytes_.clear();
  }

  std::string bytes_;
};

// A passphrase has no more bytes; what is behind them in a line does not count.
inline constexpr size_t kPassphraseBytesMax = 1024;

// The passphrase that a text gives, whether it came from a file or a descriptor: the text's first line,
// without its end, which is "\n" or "\r\n".
Secret PassphraseOf(const Secret& text);

}  // namespace fundledger::crypto
