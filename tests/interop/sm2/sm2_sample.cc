// Writes a log's verifier key and a checkpoint that the log and an SM2 key signed, for others to open.
#include <iostream>
#include <string>

#include "ledger/crypto/signature.h"
#include "ledger/log/note.h"
#include "ledger/log/sm2_line.h"

int main() {
  using namespace fundledger;  // NOLINT(google-build-using-namespace): a test's own program
  const auto log = crypto::Ed25519FromSeed(std::string(32, 'L'));
  const auto sm2 = crypto::GenerateKey(crypto::Algorithm::kSm2);
  if (!log.ok() || !sm2.ok()) return 1;
  const log::Checkpoint checkpoint{"county.example/funds", 8, Hash256()};
  const auto signed_once = log::SignCheckpoint(checkpoint, **log);
  const auto note = signed_once.ok() ? log::AddSm2Line(*signed_once, **sm2) : signed_once;
  if (!note.ok()) return 1;
  std::cout << log::VerifierKey(checkpoint.origin, (*log)->public_key()) << '\n' << *note;
  return 0;
}
