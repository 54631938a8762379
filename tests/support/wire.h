// A client of bytes, for what no good client sends.
#pragma once

#include <string>

namespace fundledger::test_support {

// Of HOST:PORT.
int PortOf(const std::string& address);
std::string HostOf(const std::string& address);

// A connection in the clear.
class Wire {
 public:
  // HOST:PORT, HOST being an address of IPv4.
  explicit Wire(const std::string& address);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void Send(const std::string& bytes) const;
  // The same where the other side may have ended the connection.
  void TrySend(const std::string& bytes) const;
  // Reads until what was read ends with `end`, or until the other side ends the connection.
  std::string ReadUntil(const std::string& end) const;
  // Everything until the other side ends the connection.
  std::string ReadAll() const { return ReadUntil(""); }

 private:
  int socket_ = -1;
};

}  // namespace fundledger::test_support
