#include "ledger/store/memtable.h"

#include <cstdlib>
#include <new>
#include <string_view>

#include "ledger/store/skip_list.h"

#include "rocksdb/memtablerep.h"

namespace fundledger::store {
namespace {

std::string_view ToView(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

class Iterator : public rocksdb::MemTableRep::Iterator {
 public:
  explicit Iterator(const SkipList* list) : place_(list) {}

  bool Valid() const override { return place_.valid(); }
  const char* key() const override { return place_.entry(); }
  void Next() override { place_.Next(); }
  void Prev() override { place_.Prev(); }
  void Seek(const rocksdb::Slice& internal_key, const char*) override { place_.Seek(ToView(internal_key)); }
  void SeekForPrev(const rocksdb::Slice& internal_key, const char*) override {
    place_.SeekForPrev(ToView(internal_key));
  }
  void SeekToFirst() override { place_.SeekToFirst(); }
  void SeekToLast() override { place_.SeekToLast(); }

 private:
  SkipList::Iterator place_;
};

// Frees the memory that it stands at the beginning of, as the very last part of an object to be destroyed.
class FreesItself {
 public:
  FreesItself() = default;
  FreesItself(const FreesItself&) = delete;
  FreesItself& operator=(const FreesItself&) = delete;
  ~FreesItself() { ::operator delete(this); }
};

// RocksDB hands an arena in for most iterators, and then destroys them without freeing them. That arena is of
// a class that it keeps to itself. So they are on the heap, and free themselves either way.
class IteratorOnHeap final : private FreesItself, public Iterator {
 public:
  using Iterator::Iterator;
  static void* operator new(size_t bytes) { return ::operator new(bytes); }
  static void operator delete(void*) {}
};

class Memtable final : public rocksdb::MemTableRep {
 public:
  explicit Memtable(rocksdb::Allocator* allocator)
      : MemTableRep(allocator), list_([this](size_t bytes) {
          char* memory = nullptr;
          MemTableRep::Allocate(bytes, &memory);
          return memory;
        }) {}

  rocksdb::KeyHandle Allocate(size_t bytes, char** memory) override {
    *memory = list_.Allocate(bytes);
    return *memory;
  }
  void Insert(rocksdb::KeyHandle handle) override { list_.Insert(static_cast<const char*>(handle)); }
  // A hint is the last entry with the same beginning of the key.
  void InsertWithHint(rocksdb::KeyHandle handle, void** hint) override {
    if (*hint == nullptr) {
      Insert(handle);
    } else {
      list_.InsertBehind(static_cast<const char*>(*hint), static_cast<const char*>(handle));
    }
    *hint = handle;
  }
  bool Contains(const char* entry) const override { return list_.Contains(entry); }
  size_t ApproximateMemoryUsage() override { return 0; }  // all of it is the allocator's
  rocksdb::MemTableRep::Iterator* GetIterator(rocksdb::Arena*) override { return new IteratorOnHeap(&list_); }

  // Asked by MemTableRep::Get, which looks keys up and never frees it (RocksDB 7.8: each would leak). A
  // look-up is over before its thread begins another. Who else asks would free it: iterators of tables with a
  // prefix_extractor, updates in place, and merges. The store uses none of them.
  rocksdb::MemTableRep::Iterator* GetDynamicPrefixIterator(rocksdb::Arena*) override {
    thread_local store::Iterator place(nullptr);
    place = store::Iterator(&list_);
    return &place;
  }

 private:
  SkipList list_;
};

class MemtableFactory final : public rocksdb::MemTableRepFactory {
 public:
  using rocksdb::MemTableRepFactory::CreateMemTableRep;
  rocksdb::MemTableRep* CreateMemTableRep(const rocksdb::MemTableRep::KeyComparator&,
                                          rocksdb::Allocator* allocator,
                                          const rocksdb::SliceTransform* prefixes,
                                          rocksdb::Logger*) override {
    if (prefixes != nullptr) std::abort();  // Invariant: no table's options have a prefix_extractor.
    return new Memtable(allocator);
  }
  const char* Name() const override { return "fundledger.SkipList"; }
};

}  // namespace

std::shared_ptr<rocksdb::MemTableRepFactory> MakeMemtableFactory() {
  return std::make_shared<MemtableFactory>();
}

}  // namespace fundledger::store
