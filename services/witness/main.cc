// fundledger-witness: cosigns checkpoints of logs. All it does is in program.h.
#include "services/witness/program.h"

int main(int argc, char** argv) {
  return fundledger::witness::RunProgram(std::vector<std::string>(argv + 1, argv + argc));
}
