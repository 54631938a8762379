// fundledgerd: serves one ledger over gRPC. All it does is in daemon.h.
#include "services/server/daemon.h"

int main(int argc, char** argv) {
  return fundledger::server::RunDaemon(std::vector<std::string>(argv + 1, argv + argc));
}
