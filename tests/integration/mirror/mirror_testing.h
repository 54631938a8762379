// A county's ledger and its mirror, each a fundledgerd of its own, over mutual TLS.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ledger/log/evidence.h"
#include "tests/integration/clients/world.h"

namespace fundledger::mirror_testing {

using clients_testing::Finished;
using clients_testing::Process;
using clients_testing::ReadAll;
using clients_testing::WriteAll;

class MirrorWorld : public clients_testing::World {
 protected:
  // A served ledger with its officers, inspector-1 among them, and the mirror's configuration.
  MirrorWorld();

  // HOST:PORT of the ledger, of the mirror.
  std::string Origin() const { return AddressIn("county/endpoints.json"); }
  std::string Mirror() const { return AddressIn("county/mirror-endpoints.json"); }
  // A line `key = "…"` of the client's configuration.
  std::string Configured(const std::string& key) const;

  // Starts the mirror of `origin`.
  std::unique_ptr<Process> Begin(const std::string& origin);
  // The same, and waits until it serves.
  void StartMirror(const std::string& origin);
  // Runs it to its end.
  Finished RunMirror(const std::string& origin);
  void KillMirror();
  void StopMirror();
  std::string MirrorLog() const { return ReadAll(path("mirror.err")); }
  // Asks the mirror, as an inspector.
  Finished AskMirror(const std::vector<std::string>& arguments);
  uint64_t MirrorSize();
  // Asks until it has so many records.
  void AwaitMirror(uint64_t size);
  void AddOrganization(const std::string& id);

  // Waits for the alarm, and gives the evidence.
  log::EvidenceFile AwaitAlarm();
  log::NoteVerifier LogKey() const;

  std::unique_ptr<Process> mirror_;

 private:
  std::string AddressIn(const std::string& file) const;
  int asked_ = 0;
};

}  // namespace fundledger::mirror_testing
