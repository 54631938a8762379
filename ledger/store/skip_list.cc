#include "ledger/store/skip_list.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <utility>

namespace fundledger::store {
namespace {

static_assert(std::endian::native == std::endian::little);

}  // namespace

// The entry's bytes follow the node; the links of the levels above the lowest precede it, so that what a
// search looks at most lies together.
struct SkipList::Node {
  using Link = std::atomic<Node*>;

  explicit Node(int node_height) : height(node_height) {
    for (int level = 1; level < node_height; ++level) new (link(level)) Link(nullptr);
  }

  Link* link(int level) {
    if (level == 0) return &lowest;
    return reinterpret_cast<Link*>(reinterpret_cast<char*>(this) - static_cast<size_t>(level) * sizeof(Link));
  }
  const Link* link(int level) const { return const_cast<Node*>(this)->link(level); }
  Node* next(int level) const { return link(level)->load(std::memory_order_acquire); }

  const char* entry() const { return reinterpret_cast<const char*>(this + 1); }
  char* entry() { return reinterpret_cast<char*>(this + 1); }
  static Node* Of(const char* entry) { return reinterpret_cast<Node*>(const_cast<char*>(entry)) - 1; }

  Link lowest = nullptr;
  const int64_t height;
};

SkipList::SkipList(AllocateBytes allocate) : allocate_(std::move(allocate)), head_(NewNode(kHeightMax, 0)) {
  finger_before_.fill(head_);
  random_ ^= reinterpret_cast<uintptr_t>(head_);  // so that nobody knows which keys stand high
}

SkipList::Key SkipList::ReadKey(std::string_view internal_key) {
  Key key{internal_key.substr(0, internal_key.size() - sizeof(key.order))};
  std::memcpy(&key.order, key.key.data() + key.key.size(), sizeof(key.order));
  return key;
}

SkipList::Key SkipList::ReadEntry(const char* entry) {
  size_t length = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*entry++);
    length |= static_cast<size_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return ReadKey({entry, length});
  }
}

bool SkipList::IsBefore(const Key& a, const Key& b) {
  const int compared = a.key.compare(b.key);
  return compared != 0 ? compared < 0 : a.order > b.order;
}

int SkipList::RandomHeight() {
  // xorshift64
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return std::min(1 + std::countr_zero(random_) / 2, kHeightMax);
}

SkipList::Node* SkipList::NewNode(int height, size_t entry_bytes) {
  const size_t links_bytes = static_cast<size_t>(height - 1) * sizeof(Node::Link);
  char* memory = allocate_(links_bytes + sizeof(Node) + entry_bytes + alignof(Node) - 1);
  const size_t beyond = reinterpret_cast<uintptr_t>(memory) % alignof(Node);
  if (beyond != 0) memory += alignof(Node) - beyond;
  return new (memory + links_bytes) Node(height);
}

char* SkipList::Allocate(size_t bytes) {
  return NewNode(RandomHeight(), bytes)->entry();
}

bool SkipList::IsAtFinger(const Key& key, int level) const {
  const auto at = static_cast<size_t>(level);
  const Node* before = finger_before_[at];
  const Node* after = finger_after_[at];
  // Asked one level below, to no avail: the same nodes mostly stand on several.
  if (level > 0 && before == finger_before_[at - 1] && after == finger_after_[at - 1]) return false;
  return (before == head_ || IsBefore(ReadEntry(before->entry()), key)) &&
         (after == nullptr || IsBefore(key, ReadEntry(after->entry())));
}

// Up, as long as the finger is somewhere else, and down from there. A node that comes next is fetched while
// the one before it is compared: in a large list most are in no cache.
void SkipList::MoveFinger(const Key& key) {
  const int height = height_.load(std::memory_order_relaxed);
  int level = 0;
  while (level < height && !IsAtFinger(key, level)) ++level;
  Node* before = head_;
  const Node* after = nullptr;
  if (level < height) {
    before = finger_before_[static_cast<size_t>(level)];
    after = finger_after_[static_cast<size_t>(level)];
  }
  while (--level >= 0) {
    Node* next = before->next(level);
    while (next != after) {
      Node* further = next->next(level);
      __builtin_prefetch(further);
      if (!IsBefore(ReadEntry(next->entry()), key)) break;
      before = next;
      next = further;
    }
    finger_before_[static_cast<size_t>(level)] = before;
    finger_after_[static_cast<size_t>(level)] = next;
    after = next;
  }
}

void SkipList::Insert(const char* entry) {
  Node* node = Node::Of(entry);
  MoveFinger(ReadEntry(entry));
  const auto height = static_cast<int>(node->height);
  // Levels that nobody has used yet: the finger is at their beginning. Whoever reads the greater height early
  // finds nothing there.
  if (height > height_.load(std::memory_order_relaxed)) height_.store(height, std::memory_order_relaxed);
  for (int level = 0; level < height; ++level) {
    const auto at = static_cast<size_t>(level);
    node->link(level)->store(finger_after_[at], std::memory_order_relaxed);
    finger_before_[at]->link(level)->store(node, std::memory_order_release);
    finger_before_[at] = node;
  }
}

void SkipList::InsertBehind(const char* before, const char* entry) {
  Node* node = Node::Of(entry);
  Node* place = Node::Of(before);
  Node* after = place->next(0);
  const Key key = ReadEntry(entry);
  // What stands on more levels than the lowest needs its place on those too.
  if (node->height > 1 || !IsBefore(ReadEntry(before), key) ||
      (after != nullptr && !IsBefore(key, ReadEntry(after->entry())))) {
    return Insert(entry);
  }
  node->link(0)->store(after, std::memory_order_relaxed);
  place->link(0)->store(node, std::memory_order_release);
  if (finger_before_[0] == place) finger_after_[0] = node;
}

SkipList::Place SkipList::Find(const Key& key) const {
  Place place{head_, nullptr};
  for (int level = height_.load(std::memory_order_relaxed) - 1; level >= 0; --level) {
    const Node* next = place.before->next(level);
    // What came after on the level above is known not to be before.
    while (next != nullptr && next != place.after && IsBefore(ReadEntry(next->entry()), key)) {
      place.before = next;
      next = next->next(level);
    }
    place.after = next;
  }
  return place;
}

const SkipList::Node* SkipList::FindLast() const {
  const Node* last = head_;
  for (int level = height_.load(std::memory_order_relaxed) - 1; level >= 0; --level) {
    while (const Node* next = last->next(level)) last = next;
  }
  return last;
}

bool SkipList::Contains(const char* entry) const {
  const Key key = ReadEntry(entry);
  const Node* found = Find(key).after;
  return found != nullptr && !IsBefore(key, ReadEntry(found->entry()));
}

const char* SkipList::Iterator::entry() const {
  return node_->entry();
}

void SkipList::Iterator::Next() {
  node_ = node_->next(0);
}

void SkipList::Iterator::Prev() {
  StandAt(list_->Find(ReadEntry(node_->entry())).before);
}

void SkipList::Iterator::Seek(std::string_view internal_key) {
  node_ = list_->Find(ReadKey(internal_key)).after;
}

void SkipList::Iterator::SeekForPrev(std::string_view internal_key) {
  const Key key = ReadKey(internal_key);
  const Place place = list_->Find(key);
  const bool is_there = place.after != nullptr && !IsBefore(key, ReadEntry(place.after->entry()));
  StandAt(is_there ? place.after : place.before);
}

void SkipList::Iterator::SeekToFirst() {
  node_ = list_->head_->next(0);
}

void SkipList::Iterator::SeekToLast() {
  StandAt(list_->FindLast());
}

}  // namespace fundledger::store
