#include "qprompt/train/bits.h"

#include <gmock/gmock.h>

#include "qprompt/core/error.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kAuto = BitsPerKind::kAuto;

TEST(Bits, AreOneNumberForEveryKind) {
  for (int width = 1; width <= 8; ++width) {
    EXPECT_EQ(parse_bits(std::to_string(width)), (BitsPerKind{width, width}));
  }
  EXPECT_EQ(parse_bits("auto"), (BitsPerKind{kAuto, kAuto}));
}

TEST(Bits, AreNumbersOfKindsInAnyOrder) {
  EXPECT_EQ(parse_bits("ctx=1,projection=4"), (BitsPerKind{1, 4}));
  EXPECT_EQ(parse_bits("projection=4,ctx=2"), (BitsPerKind{2, 4}));
  EXPECT_EQ(parse_bits("ctx=auto,projection=8"), (BitsPerKind{kAuto, 8}));
}

TEST(Bits, AreOneWhereAKindIsMissing) {
  EXPECT_EQ(parse_bits("projection=4"), (BitsPerKind{1, 4}));
  EXPECT_EQ(parse_bits("ctx=4"), (BitsPerKind{4, 1}));
}

TEST(Bits, ReadTheirOwnText) {
  for (const int context : {kAuto, 1, 5, 8}) {
    for (const int projection : {kAuto, 1, 2, 8}) {
      const BitsPerKind bits{context, projection};
      EXPECT_EQ(parse_bits(bits_text(bits)), bits);
    }
  }
  EXPECT_EQ(bits_text({4, 4}), "4");
  EXPECT_EQ(bits_text({1, 4}), "ctx=1,projection=4");
}

TEST(Bits, TellWhatCameAndWhatWasExpected) {
  const auto error = [](const char* text) { return testing::error_of([&] { parse_bits(text); }); };
  EXPECT_THAT(error("9"), AllOf(HasSubstr("'9'"), HasSubstr("1..8")));
  EXPECT_THAT(error("ctx=16"), AllOf(HasSubstr("'ctx=16'"), HasSubstr("'16'"), HasSubstr("1..8")));
  EXPECT_THAT(error("bias=4"), AllOf(HasSubstr("'bias'"), HasSubstr("ctx or projection")));
  EXPECT_THAT(error("ctx=1,ctx=2"), HasSubstr("'ctx' twice"));
}

TEST(Bits, RefuseWhatIsNeitherANumberNorKinds) {
  for (const char* text : {"", "0", "-1", "1.0", "1bit", " 1", "AUTO", "ctx", "ctx=", "=1",
                           "ctx=1,", ",ctx=1", "ctx=1,,projection=2", "ctx=1;projection=2",
                           "1,ctx=1", "ctx=1,4", "ctx==1", "ctx=1 ,projection=2"}) {
    EXPECT_THROW(parse_bits(text), Error) << text;
  }
}

}  // namespace
}  // namespace qprompt
