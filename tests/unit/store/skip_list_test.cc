#include "ledger/store/skip_list.h"

#include <atomic>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace fundledger::store {
namespace {

// Key and number of the write; the greater number comes first.
using InternalKey = std::pair<std::string, uint64_t>;

struct InOrder {
  bool operator()(const InternalKey& a, const InternalKey& b) const {
    return a.first != b.first ? a.first < b.first : a.second > b.second;
  }
};
using Model = std::map<InternalKey, std::string, InOrder>;

std::string Encode(const InternalKey& key) {
  std::string bytes = key.first;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(key.second >> (8 * i)));
  return bytes;
}

std::string Entry(const InternalKey& key, std::string_view value) {
  const std::string internal_key = Encode(key);
  std::string entry;
  size_t length = internal_key.size();
  for (; length >= 0x80; length >>= 7) entry.push_back(static_cast<char>(length | 0x80));
  entry.push_back(static_cast<char>(length));
  return entry.append(internal_key).append(value);
}

// A list in memory of its own, none of it aligned.
class Listed {
 public:
  const char* Add(const InternalKey& key, std::string_view value = "") {
    char* place = Place(key, value);
    list_.Insert(place);
    return place;
  }
  const char* AddBehind(const char* before, const InternalKey& key, std::string_view value = "") {
    char* place = Place(key, value);
    list_.InsertBehind(before, place);
    return place;
  }
  const SkipList& list() const { return list_; }
  SkipList::Iterator Begin() const {
    SkipList::Iterator it(&list_);
    it.SeekToFirst();
    return it;
  }

 private:
  char* Place(const InternalKey& key, std::string_view value) {
    const std::string entry = Entry(key, value);
    char* place = list_.Allocate(entry.size());
    std::memcpy(place, entry.data(), entry.size());
    return place;
  }

  std::vector<std::unique_ptr<char[]>> memory_;
  SkipList list_{[this](size_t bytes) {
    memory_.push_back(std::make_unique<char[]>(bytes + 7));
    return memory_.back().get() + memory_.size() % 8;
  }};
};

std::string_view Bytes(const SkipList::Iterator& it, size_t length) {
  return {it.entry(), length};
}

// The entry where `it` stands is that of `found`, or there is none.
void ExpectAt(const SkipList::Iterator& it, const Model& model, Model::const_iterator found) {
  RC_ASSERT(it.valid() == (found != model.end()));
  if (!it.valid()) return;
  const std::string entry = Entry(found->first, found->second);
  RC_ASSERT(Bytes(it, entry.size()) == entry);
}

Model::const_iterator LastNotBehind(const Model& model, const InternalKey& key) {
  const auto behind = model.upper_bound(key);
  return behind == model.begin() ? model.end() : std::prev(behind);
}

// Few letters, so that keys meet, begin with one another and stand beside one another; now and then a length
// that takes two bytes.
rc::Gen<InternalKey> AnyKey() {
  const auto letters = rc::gen::container<std::string>(rc::gen::element('\0', 'a', 'b', '\x7f', '\xff'));
  const auto tail = rc::gen::weightedElement<size_t>({{9, 0}, {1, 120}, {1, 300}});
  return rc::gen::pair(rc::gen::map(rc::gen::pair(letters, tail),
                                    [](const std::pair<std::string, size_t>& made) {
                                      return made.first + std::string(made.second, 'x');
                                    }),
                       rc::gen::element<uint64_t>(0, 1, 255, 256, 257, uint64_t{1} << 63, ~uint64_t{0}));
}

RC_GTEST_PROP(SkipListProperties, KeepsEverythingInTheOrderOfItsKeys, (const std::vector<bool>& hinted)) {
  Listed listed;
  Model model;
  std::map<std::string, const char*> last_of_beginning;
  for (const bool is_hinted : hinted) {
    const InternalKey key = *AnyKey();
    if (model.contains(key)) continue;
    const std::string value = *rc::gen::arbitrary<std::string>();
    RC_ASSERT(!listed.list().Contains(Entry(key, "").data()));
    const char*& last = last_of_beginning[key.first.substr(0, 1)];
    last = is_hinted && last != nullptr ? listed.AddBehind(last, key, value) : listed.Add(key, value);
    model.emplace(key, value);
    RC_ASSERT(listed.list().Contains(Entry(key, "").data()));
  }

  SkipList::Iterator it = listed.Begin();
  for (auto expected = model.cbegin(); expected != model.cend(); ++expected, it.Next())
    ExpectAt(it, model, expected);
  RC_ASSERT(!it.valid());
  it.SeekToLast();
  for (auto expected = model.crbegin(); expected != model.crend(); ++expected, it.Prev())
    ExpectAt(it, model, std::prev(expected.base()));
  RC_ASSERT(!it.valid());
  for (int i = 0; i < 10; ++i) {
    const InternalKey target = *AnyKey();
    it.Seek(Encode(target));
    ExpectAt(it, model, model.lower_bound(target));
    it.SeekForPrev(Encode(target));
    ExpectAt(it, model, LastNotBehind(model, target));
  }
}

// Long enough for many levels, in the orders that a ledger writes.
TEST(SkipList, TakesManyInAnyOrder) {
  constexpr uint64_t kCount = 100'000;
  const auto key_of = [](uint64_t number) {
    std::string key;
    for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>(number >> shift));
    return InternalKey{key, 1};
  };
  for (const uint64_t step : {uint64_t{1}, kCount - 1, uint64_t{38'197}}) {  // up, down, all over
    Listed listed;
    const char* last = nullptr;
    for (uint64_t i = 0; i < kCount; ++i) {
      const InternalKey key = key_of(i * step % kCount);
      last = i % 3 != 0 ? listed.AddBehind(last, key) : listed.Add(key);
    }
    SkipList::Iterator it = listed.Begin();
    for (uint64_t i = 0; i < kCount; ++i, it.Next()) {
      ASSERT_TRUE(it.valid()) << i;
      ASSERT_EQ(Bytes(it, 17), Entry(key_of(i), "")) << i;
    }
    EXPECT_FALSE(it.valid());
    it.SeekToLast();
    EXPECT_EQ(Bytes(it, 17), Entry(key_of(kCount - 1), ""));
    for (uint64_t i = 1; i < kCount; i += 97) {
      it.Seek(Encode(key_of(i)));
      ASSERT_EQ(Bytes(it, 17), Entry(key_of(i), ""));
      it.Prev();
      ASSERT_EQ(Bytes(it, 17), Entry(key_of(i - 1), ""));
      it.SeekForPrev(Encode(key_of(i)));
      ASSERT_EQ(Bytes(it, 17), Entry(key_of(i), ""));
    }
  }
}

TEST(SkipList, OfAnEmptyOneNothingIsFound) {
  Listed listed;
  SkipList::Iterator it = listed.Begin();
  EXPECT_FALSE(it.valid());
  it.SeekToLast();
  EXPECT_FALSE(it.valid());
  it.Seek(Encode({"", 0}));
  EXPECT_FALSE(it.valid());
  it.SeekForPrev(Encode({"z", 0}));
  EXPECT_FALSE(it.valid());
}

TEST(SkipList, AnIteratorStaysWhileOthersAreInserted) {
  Listed listed;
  listed.Add({"b", 1});
  SkipList::Iterator it = listed.Begin();
  listed.Add({"a", 1});
  listed.Add({"c", 1});
  listed.Add({"b", 2});
  EXPECT_EQ(Bytes(it, 10), Entry({"b", 1}, ""));
  it.Next();
  EXPECT_EQ(Bytes(it, 10), Entry({"c", 1}, ""));
  it.Prev();
  it.Prev();
  EXPECT_EQ(Bytes(it, 10), Entry({"b", 2}, ""));
}

// Whoever reads finds everything that was there when it began, whole and in order. Under ThreadSanitizer this
// also shows that nothing else is shared.
TEST(SkipList, IsReadWhileItIsWritten) {
  constexpr uint64_t kCount = 20'000;
  Listed listed;
  std::atomic<uint64_t> inserted = 0;
  const auto key_of = [](uint64_t number) {
    return InternalKey{std::to_string(number * 7'919 % kCount + kCount), number};
  };
  const auto read = [&] {
    uint64_t before = 0;
    while (before < kCount) {
      before = inserted.load();
      uint64_t found = 0;
      std::string last;
      for (SkipList::Iterator it = listed.Begin(); it.valid(); it.Next(), ++found) {
        const std::string key(it.entry() + 1, 5);
        ASSERT_LT(last, key);
        ASSERT_EQ(it.entry()[14], 'v');
        last = key;
      }
      ASSERT_GE(found, before);
      SkipList::Iterator it(&listed.list());
      if (before == 0) continue;
      it.Seek(Encode(key_of(before - 1)));
      ASSERT_TRUE(it.valid());
      ASSERT_EQ(Bytes(it, 14), Entry(key_of(before - 1), ""));
      const std::string found_key(it.entry() + 1, 5);
      it.Prev();
      if (it.valid()) {
        ASSERT_LT(std::string(it.entry() + 1, 5), found_key);
      }
      it.SeekForPrev(Encode(key_of(before - 1)));
      ASSERT_EQ(Bytes(it, 14), Entry(key_of(before - 1), ""));
      it.SeekToLast();
      ASSERT_GE(std::string(it.entry() + 1, 5), found_key);
    }
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) readers.emplace_back(read);
  std::vector<const char*> behind(48);  // 48 steps on, a key is a little greater
  for (uint64_t i = 0; i < kCount; ++i) {
    const char*& last = behind[i % behind.size()];
    last =
        i % 2 == 0 || last == nullptr ? listed.Add(key_of(i), "v") : listed.AddBehind(last, key_of(i), "v");
    inserted.store(i + 1);
  }
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace fundledger::store
