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

}  // namespace
}  // namespace qprompt
