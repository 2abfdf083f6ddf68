#include "qprompt/core/hash.h"

#include <gtest/gtest.h>

#include <vector>

namespace qprompt {
namespace {

// XXH3's published values for an empty input.
TEST(Hash, IsXxh3) {
  EXPECT_EQ(hex64(hash64("")), "2d06800538d394c2");
  const Hash128 empty = hash128({});
  EXPECT_EQ(hex64(empty.high) + hex64(empty.low), "99aa06d3014798d86001c324468d497f");
}

TEST(Hash, OfPiecesIsThatOfTheWhole) {
  std::vector<std::byte> bytes(100000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7);
  for (const std::size_t piece : {1u, 255u, 4096u, 100000u}) {
    StreamHash hash(3);
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      hash.add(std::span(bytes).subspan(at, std::min(piece, bytes.size() - at)));
    }
    EXPECT_EQ(hash.hash(), hash64(bytes, 3)) << piece;
  }
}

}  // namespace
}  // namespace qprompt
