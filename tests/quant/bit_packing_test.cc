#include "qprompt/quant/bit_packing.h"

#include <gmock/gmock.h>

#include "qprompt/core/error.h"
#include "qprompt/core/random.h"

namespace qprompt {
namespace {

using ::testing::ElementsAre;

std::vector<std::uint8_t> random_codes(Index n, int bits, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::uint8_t> codes(n);
  for (auto& code : codes) code = static_cast<std::uint8_t>(random.below(Index{1} << bits));
  return codes;
}

TEST(BitPacking, RoundsTheBitsUpToWholeBytes) {
  EXPECT_EQ(packed_size(2048, 1), 256u);
  EXPECT_EQ(packed_size(3, 3), 2u);
  EXPECT_EQ(packed_size(0, 5), 0u);
  EXPECT_EQ(packed_size(393216, 4), 196608u);
}

TEST(BitPacking, PutsTheFirstCodeIntoTheLowestBits) {
  const std::vector<std::uint8_t> codes{1, 0, 0, 1, 0, 0, 0, 0, 1};
  EXPECT_THAT(pack_codes(codes, 1), ElementsAre(std::byte{0x09}, std::byte{0x01}));
  const std::vector<std::uint8_t> triples{5, 2, 7};  // 111 010 101, from the right
  EXPECT_THAT(pack_codes(triples, 3), ElementsAre(std::byte{0xD5}, std::byte{0x01}));
}

TEST(BitPacking, UnpacksWhatWasPackedAtEveryWidthAndLength) {
  for (int bits = 1; bits <= 8; ++bits) {
    for (const Index n : {0, 1, 7, 8, 9, 100, 1001}) {
      const auto codes = random_codes(n, bits, 10 * n + bits);
      EXPECT_EQ(unpack_codes(pack_codes(codes, bits), n, bits), codes) << bits << " bits, " << n;
    }
  }
}

TEST(BitPacking, RefusesCodesThatNeedMoreBits) {
  const std::vector<std::uint8_t> codes{0, 4};
  EXPECT_THROW(pack_codes(codes, 2), Error);
}

TEST(BitPacking, RefusesTheWrongNumberOfBytes) {
  const std::vector<std::byte> packed(3);
  EXPECT_THROW(unpack_codes(packed, 8, 1), Error);
  EXPECT_THROW(unpack_codes(packed, 100, 1), Error);
  EXPECT_THROW(unpack_codes(packed, std::size_t{1} << 63, 1), Error);
}

TEST(BitPacking, RefusesWidthsThatAreNotOneToEight) {
  EXPECT_THROW(packed_size(1, 0), Error);
  EXPECT_THROW(packed_size(1, 9), Error);
}

}  // namespace
}  // namespace qprompt
