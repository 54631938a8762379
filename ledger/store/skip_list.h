// The entries of one memtable in the order of their keys. One thread inserts; others read meanwhile, without
// a lock. Nothing is ever taken out.
//
// An entry is what RocksDB's memtables hold: a varint32 with the length of the internal key, that key, and
// whatever follows. An internal key is the caller's key and eight bytes, a little-endian number of which the
// greater comes first among equal keys: that of the later write.
//
// Source: W. Pugh, "Skip lists: a probabilistic alternative to balanced trees", 1990; the finger is that of
// his "A skip list cookbook".
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace fundledger::store {

class SkipList {
  struct Node;

 public:
  // Memory of that many bytes, aligned in any way, that lives as long as the list.
  using AllocateBytes = std::function<char*(size_t)>;

  explicit SkipList(AllocateBytes allocate);
  SkipList(const SkipList&) = delete;
  SkipList& operator=(const SkipList&) = delete;

  // Room for an entry, to be filled and then inserted. By the thread that inserts.
  char* Allocate(size_t bytes);
  // `entry` is what Allocate gave; nothing of the same internal key may be in the list. Keys that come in
  // order, or near the one before, find their place in a few steps.
  void Insert(const char* entry);
  // The same, where it probably belongs right behind `before`, an entry that is in the list.
  void InsertBehind(const char* before, const char* entry);

  // Whether an entry of the same internal key is in the list.
  bool Contains(const char* entry) const;

  // A place in the list, which stays while others are inserted. Used by one thread.
  class Iterator {
   public:
    // At no entry. `list` must outlive it.
    explicit Iterator(const SkipList* list) : list_(list) {}

    bool valid() const { return node_ != nullptr; }
    // These three: only where it is valid.
    const char* entry() const;
    void Next();
    void Prev();
    // To the first entry not before that internal key, the last one not behind it, the first and the last of
    // all. Not valid if there is none.
    void Seek(std::string_view internal_key);
    void SeekForPrev(std::string_view internal_key);
    void SeekToFirst();
    void SeekToLast();

   private:
    // The head is no entry.
    void StandAt(const Node* node) { node_ = node == list_->head_ ? nullptr : node; }

    const SkipList* list_;
    const Node* node_ = nullptr;
  };

 private:
  static constexpr int kHeightMax = 12;  // a quarter of a level's entries stands on the next: for millions

  // An internal key, taken apart.
  struct Key {
    std::string_view key;
    uint64_t order = 0;
  };
  static Key ReadKey(std::string_view internal_key);
  static Key ReadEntry(const char* entry);
  static bool IsBefore(const Key& a, const Key& b);

  int RandomHeight();
  Node* NewNode(int height, size_t entry_bytes);
  // Whether `key` belongs where the finger points, as far as that level tells.
  bool IsAtFinger(const Key& key, int level) const;
  void MoveFinger(const Key& key);
  // Where that key stands or belongs: the last node before it, or the head, and the first that is not, or
  // null.
  struct Place {
    const Node* before = nullptr;
    const Node* after = nullptr;
  };
  Place Find(const Key& key) const;
  const Node* FindLast() const;  // the head if there is none

  const AllocateBytes allocate_;
  Node* const head_;  // no entry
  std::atomic<int> height_ = 1;
  // The place behind the last insertion on each level: the node before it and the one after.
  std::array<Node*, kHeightMax> finger_before_{};
  std::array<Node*, kHeightMax> finger_after_{};
  uint64_t random_ = 0x9e3779b97f4a7c15;
};

}  // namespace fundledger::store
