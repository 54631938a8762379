// A file system for RocksDB that fails at a chosen step, and can take back what was never synced, as a power
// cut does. No RocksDB types here: the subclasses stay in the .cc file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace rocksdb {
class Env;
}

namespace fundledger::store {

struct Fault {
  enum class Effect {
    kBefore,  // the step does nothing and fails
    kTorn,    // an append writes half its bytes and fails; other steps as kBefore
    kAfter,   // the step is done in full and reported as failed
  };
  enum class Kind { kPlain, kRetryable, kNoSpace };

  // Which step fails, counted from 0 over appends, syncs, creations, renames and deletions; default none.
  uint64_t step = ~uint64_t{0};
  Effect effect = Effect::kBefore;
  Kind kind = Kind::kPlain;
  // Every later step fails too, without effect: the machine has stopped.
  bool for_good = false;
};

// How reads from tables' files fail.
enum class ReadFault {
  kNone,
  kNoDescriptor,  // as where the process has none left
  kNoFile,        // as where the file is gone
};

class FaultFileSystem {
 public:
  virtual ~FaultFileSystem() = default;
  // Counting starts anew, with `fault` ahead.
  virtual void Arm(const Fault& fault) = 0;
  // Steps since Arm.
  virtual uint64_t steps() const = 0;
  virtual bool has_failed() const = 0;
  // All reads from now on.
  virtual void FailReads(ReadFault fault) = 0;
  // Cuts every file written through this to what was synced. With no store open.
  virtual void DropUnsynced() = 0;
  // For RocksdbOptions. Lives as long as this.
  virtual rocksdb::Env* env() = 0;
};

std::unique_ptr<FaultFileSystem> MakeFaultFileSystem();

}  // namespace fundledger::store
