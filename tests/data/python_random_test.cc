#include "qprompt/data/python_random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// random.seed(seed); random.sample(range(n), k); random.sample(range(n), k) of CPython 3.11.

TEST(PythonRandom, DrawsWhatPythonDrawsWhenItRemembersWhatItHasDrawn) {
  PythonRandom random(1);
  EXPECT_THAT(random.sample(100, 4), ElementsAre(17, 72, 97, 8));
  EXPECT_THAT(random.sample(100, 4), ElementsAre(32, 15, 63, 97));
}

TEST(PythonRandom, DrawsWhatPythonDrawsWhenItUsesAPool) {
  PythonRandom random(0);
  EXPECT_THAT(random.sample(10, 6), ElementsAre(6, 9, 0, 2, 4, 3));
  EXPECT_THAT(random.sample(10, 6), ElementsAre(6, 4, 7, 2, 8, 1));
}

TEST(PythonRandom, SeedsBeyond32BitsAreTwoWords) {
  PythonRandom random((std::uint64_t{1} << 40) + 5);
  EXPECT_THAT(random.sample(50, 3), ElementsAre(32, 33, 17));
}

TEST(PythonRandom, SamplesAllOfFewItems) {
  PythonRandom random(3);
  EXPECT_THAT(random.sample(3, 3), UnorderedElementsAre(0, 1, 2));
  EXPECT_THAT(random.sample(1, 1), ElementsAre(0));
  EXPECT_THAT(random.sample(0, 0), IsEmpty());
}

TEST(PythonRandom, RefusesToDrawMoreThanThereAre) {
  PythonRandom random(1);
  EXPECT_THAT(testing::error_of([&] { random.sample(2, 3); }), HasSubstr("3 of 2 items"));
}

}  // namespace
}  // namespace qprompt
