#include "tests/fault/store/fault_file_system.h"

#include <atomic>
#include <filesystem>
#include <map>
#include <utility>

#include "ledger/base/mutex.h"

#include "absl/base/thread_annotations.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"
#include "rocksdb/system_clock.h"

namespace fundledger::store {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

enum class Verdict { kGoOn, kFail, kFailTorn, kFailAfter };

// Counts steps and remembers how much of each file is on the disk for certain. Shared by the file system and
// its files.
class StepCounter {
 public:
  void Arm(const Fault& fault) {
    MutexLock lock(&mutex_);
    fault_ = fault;
    steps_ = 0;
    failed_ = false;
  }
  uint64_t steps() const {
    MutexLock lock(&mutex_);
    return steps_;
  }
  bool failed() const {
    MutexLock lock(&mutex_);
    return failed_;
  }

  Verdict Step() {
    MutexLock lock(&mutex_);
    const uint64_t step = steps_++;
    if (step < fault_.step || (step > fault_.step && !fault_.for_good)) return Verdict::kGoOn;
    failed_ = true;
    if (step > fault_.step || fault_.effect == Fault::Effect::kBefore) return Verdict::kFail;
    return fault_.effect == Fault::Effect::kTorn ? Verdict::kFailTorn : Verdict::kFailAfter;
  }

  IOStatus Error() const {
    MutexLock lock(&mutex_);
    IOStatus status =
        fault_.kind == Fault::Kind::kNoSpace ? IOStatus::NoSpace("injected") : IOStatus::IOError("injected");
    status.SetRetryable(fault_.kind == Fault::Kind::kRetryable);
    return status;
  }

  void SetSynced(const std::string& path, uint64_t bytes) {
    MutexLock lock(&mutex_);
    synced_bytes_[path] = bytes;
  }
  void Rename(const std::string& from, const std::string& to) {
    MutexLock lock(&mutex_);
    if (auto node = synced_bytes_.extract(from)) {
      node.key() = to;
      synced_bytes_.erase(to);
      synced_bytes_.insert(std::move(node));
    }
  }
  void Forget(const std::string& path) {
    MutexLock lock(&mutex_);
    synced_bytes_.erase(path);
  }
  void DropUnsynced() {
    MutexLock lock(&mutex_);
    for (const auto& [path, bytes] : synced_bytes_) {
      std::error_code error;
      if (std::filesystem::file_size(path, error) > bytes && !error)
        std::filesystem::resize_file(path, bytes);
    }
    synced_bytes_.clear();
  }

 private:
  mutable Mutex mutex_;
  Fault fault_ ABSL_GUARDED_BY(mutex_);
  uint64_t steps_ ABSL_GUARDED_BY(mutex_) = 0;
  bool failed_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, uint64_t> synced_bytes_ ABSL_GUARDED_BY(mutex_);
};

// A table's file.
class FaultReadFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  FaultReadFile(std::unique_ptr<rocksdb::FSRandomAccessFile> target,
                std::shared_ptr<std::atomic<ReadFault>> fault)
      : FSRandomAccessFileOwnerWrapper(std::move(target)), fault_(std::move(fault)) {}

  IOStatus Read(uint64_t offset, size_t bytes, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* dbg) const override {
    const IOStatus status = Status();
    return status.ok() ? FSRandomAccessFileWrapper::Read(offset, bytes, options, result, scratch, dbg)
                       : status;
  }
  IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count, const IOOptions& options,
                     IODebugContext* dbg) override {
    const IOStatus status = Status();
    if (status.ok()) return FSRandomAccessFileWrapper::MultiRead(requests, count, options, dbg);
    for (size_t i = 0; i < count; ++i) requests[i].status = status;
    return IOStatus::OK();
  }
  IOStatus Prefetch(uint64_t, size_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("Prefetch");
  }

 private:
  IOStatus Status() const {
    switch (fault_->load()) {
      case ReadFault::kNoDescriptor:
        return IOStatus::IOError("injected", "Too many open files");
      case ReadFault::kNoFile:
        return IOStatus::PathNotFound("injected", "No such file or directory");
      case ReadFault::kNone:
        break;
    }
    return IOStatus::OK();
  }

  const std::shared_ptr<std::atomic<ReadFault>> fault_;
};

class FaultFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultFile(std::unique_ptr<rocksdb::FSWritableFile> target, std::string path,
            std::shared_ptr<StepCounter> steps)
      : FSWritableFileOwnerWrapper(std::move(target)), path_(std::move(path)), steps_(std::move(steps)) {
    steps_->SetSynced(path_, 0);
  }

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* dbg) override {
    const Verdict verdict = steps_->Step();
    if (verdict == Verdict::kFail) return steps_->Error();
    const Slice written(data.data(), verdict == Verdict::kFailTorn ? data.size() / 2 : data.size());
    IOStatus status = target()->Append(written, options, dbg);
    if (status.ok()) written_bytes_ += written.size();
    return verdict == Verdict::kGoOn ? status : steps_->Error();
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* dbg) override {
    return Append(data, options, dbg);
  }
  // Blocks allocated ahead are no part of what is tested, and cost most of the time on a file system in
  // memory.
  void PrepareWrite(size_t, size_t, const IOOptions&, IODebugContext*) override {}
  IOStatus Sync(const IOOptions& options, IODebugContext* dbg) override {
    return SyncWith([&] { return target()->Sync(options, dbg); });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    return SyncWith([&] { return target()->Fsync(options, dbg); });
  }

 private:
  template <typename Function>
  IOStatus SyncWith(const Function& sync) {
    const Verdict verdict = steps_->Step();
    if (verdict == Verdict::kFail || verdict == Verdict::kFailTorn) return steps_->Error();
    IOStatus status = sync();
    if (status.ok()) steps_->SetSynced(path_, written_bytes_);
    return verdict == Verdict::kGoOn ? status : steps_->Error();
  }

  const std::string path_;
  const std::shared_ptr<StepCounter> steps_;
  uint64_t written_bytes_ = 0;
};

class FaultDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  FaultDirectory(std::unique_ptr<rocksdb::FSDirectory> target, std::shared_ptr<StepCounter> steps)
      : FSDirectoryWrapper(std::move(target)), steps_(std::move(steps)) {}

  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    const Verdict verdict = steps_->Step();
    if (verdict == Verdict::kFail || verdict == Verdict::kFailTorn) return steps_->Error();
    IOStatus status = FSDirectoryWrapper::Fsync(options, dbg);
    return verdict == Verdict::kGoOn ? status : steps_->Error();
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* dbg,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, dbg);
  }

 private:
  const std::shared_ptr<StepCounter> steps_;
};

class Files final : public rocksdb::FileSystemWrapper {
 public:
  Files(std::shared_ptr<StepCounter> steps, std::shared_ptr<std::atomic<ReadFault>> read_fault)
      : FileSystemWrapper(rocksdb::FileSystem::Default()),
        steps_(std::move(steps)),
        read_fault_(std::move(read_fault)) {}

  const char* Name() const override { return "FaultFileSystem"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* dbg) override {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    IOStatus status = Do([&] { return target()->NewWritableFile(path, options, &file, dbg); });
    if (status.ok()) *result = std::make_unique<FaultFile>(std::move(file), path, steps_);
    return status;
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                               IODebugContext* dbg) override {
    std::unique_ptr<rocksdb::FSRandomAccessFile> file;
    IOStatus status = target()->NewRandomAccessFile(path, options, &file, dbg);
    if (status.ok()) *result = std::make_unique<FaultReadFile>(std::move(file), read_fault_);
    return status;
  }
  // The store recycles no logs and reopens none for writing.
  IOStatus ReopenWritableFile(const std::string&, const FileOptions&,
                              std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("ReopenWritableFile");
  }
  IOStatus ReuseWritableFile(const std::string&, const std::string&, const FileOptions&,
                             std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("ReuseWritableFile");
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext* dbg) override {
    std::unique_ptr<rocksdb::FSDirectory> directory;
    IOStatus status = target()->NewDirectory(path, options, &directory, dbg);
    if (status.ok()) *result = std::make_unique<FaultDirectory>(std::move(directory), steps_);
    return status;
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* dbg) override {
    return Do([&] {
      IOStatus status = target()->RenameFile(from, to, options, dbg);
      if (status.ok()) steps_->Rename(from, to);
      return status;
    });
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* dbg) override {
    return Do([&] {
      IOStatus status = target()->DeleteFile(path, options, dbg);
      if (status.ok()) steps_->Forget(path);
      return status;
    });
  }

 private:
  template <typename Function>
  IOStatus Do(const Function& step) {
    const Verdict verdict = steps_->Step();
    if (verdict == Verdict::kFail || verdict == Verdict::kFailTorn) return steps_->Error();
    IOStatus status = step();
    return verdict == Verdict::kGoOn ? status : steps_->Error();
  }

  const std::shared_ptr<StepCounter> steps_;
  const std::shared_ptr<std::atomic<ReadFault>> read_fault_;
};

// RocksDB waits a second after each failed flush, so as not to try again at once; here that is 0.1 ms.
class HastyClock final : public rocksdb::SystemClockWrapper {
 public:
  HastyClock() : SystemClockWrapper(rocksdb::SystemClock::Default()) {}
  const char* Name() const override { return "HastyClock"; }
  void SleepForMicroseconds(int micros) override { target_->SleepForMicroseconds(micros / 10000); }
};

class FaultEnv final : public rocksdb::EnvWrapper {
 public:
  explicit FaultEnv(const std::shared_ptr<Files>& files) : EnvWrapper(rocksdb::NewCompositeEnv(files)) {
    file_system_ = files;
    system_clock_ = std::make_shared<HastyClock>();
  }
  const char* Name() const override { return "FaultEnv"; }
};

class FaultFileSystemImpl final : public FaultFileSystem {
 public:
  FaultFileSystemImpl() : env_(std::make_shared<Files>(steps_, read_fault_)) {}
  void Arm(const Fault& fault) override { steps_->Arm(fault); }
  uint64_t steps() const override { return steps_->steps(); }
  bool has_failed() const override { return steps_->failed(); }
  void FailReads(ReadFault fault) override { *read_fault_ = fault; }
  void DropUnsynced() override { steps_->DropUnsynced(); }
  rocksdb::Env* env() override { return &env_; }

 private:
  const std::shared_ptr<StepCounter> steps_ = std::make_shared<StepCounter>();
  const std::shared_ptr<std::atomic<ReadFault>> read_fault_ =
      std::make_shared<std::atomic<ReadFault>>(ReadFault::kNone);
  FaultEnv env_;
};

}  // namespace

std::unique_ptr<FaultFileSystem> MakeFaultFileSystem() {
  return std::make_unique<FaultFileSystemImpl>();
}

}  // namespace fundledger::store
