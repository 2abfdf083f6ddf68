#include "qprompt/core/lru_cache.h"

#include <gtest/gtest.h>

namespace qprompt {
namespace {

TEST(LruCache, KeepsTheMostRecentlyUsedAlone) {
  LruCache<int, int> cache(2);
  int made = 0;
  const auto square = [&](int key) {
    return cache.get(key, [&] {
      ++made;
      return key * key;
    });
  };
  EXPECT_EQ(square(2), 4);
  EXPECT_EQ(square(3), 9);
  EXPECT_EQ(square(2), 4);
  EXPECT_EQ(made, 2);
  EXPECT_EQ(square(4), 16);  // 3 goes
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(square(2), 4);
  EXPECT_EQ(made, 3);
  EXPECT_EQ(square(3), 9);
  EXPECT_EQ(made, 4);
}

TEST(LruCache, OfWhatCannotBeMadeKeepsNothing) {
  LruCache<int, int> cache(2);
  EXPECT_THROW(cache.get(1, []() -> int { throw 7; }), int);
  EXPECT_EQ(cache.get(1, [] { return 5; }), 5);
}

TEST(LruCache, GivesWhatWasPutAndOfTwoTheFirst) {
  LruCache<int, int> cache(2);
  EXPECT_EQ(cache.find(1), std::nullopt);
  cache.put(1, 10);
  cache.put(1, 11);
  EXPECT_EQ(cache.find(1), 10);
  cache.put(2, 20);
  EXPECT_EQ(cache.find(1), 10);
  cache.put(3, 30);  // 2 goes, which nobody asked for since
  EXPECT_EQ(cache.find(2), std::nullopt);
  EXPECT_EQ(cache.find(1), 10);
}

}  // namespace
}  // namespace qprompt
