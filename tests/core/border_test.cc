#include "qprompt/core/border.h"

#include <filesystem>
#include <new>

#include "tests/support/errors.h"

namespace qprompt {
namespace {

TEST(Border, LetsErrorsAndInterruptionsThroughAsTheyAre) {
  EXPECT_EQ(testing::error_of([] { at_border([] { fail("one line"); }); }), "one line");
  EXPECT_THROW(at_border([] { throw Interrupted(); }), Interrupted);
  EXPECT_EQ(at_border([] { return 5; }), 5);
}

TEST(Border, MakesErrorsOfWhatOtherLibrariesThrow) {
  EXPECT_EQ(testing::error_of([] { at_border([] { throw std::bad_alloc(); }); }), "out of memory");
  EXPECT_EQ(testing::error_of([] { at_border([] { throw std::out_of_range("two\nlines"); }); }),
            "two lines");
  EXPECT_THAT(testing::error_of(
                  [] { at_border([] { return std::filesystem::file_size("/nowhere/file"); }); }),
              ::testing::HasSubstr("/nowhere/file"));
  EXPECT_THAT(testing::error_of([] { at_border([] { throw 7; }); }),
              ::testing::HasSubstr("unknown type"));
}

TEST(Naming, PutsTheFileBeforeAMessageThatDoesNotNameIt) {
  const auto message_of = [](const auto& work) {
    return testing::error_of([&] { naming("a.json", work); });
  };
  EXPECT_EQ(message_of([] { fail("no object"); }), "a.json: no object");
  EXPECT_EQ(message_of([] { throw std::bad_alloc(); }), "a.json: out of memory");
  EXPECT_EQ(message_of([] { fail("line 3 of a.json: no name"); }), "line 3 of a.json: no name");
  EXPECT_EQ(naming("a.json", [] { return 5; }), 5);
  EXPECT_THROW(naming("a.json", [] { throw Interrupted(); }), Interrupted);
}

}  // namespace
}  // namespace qprompt
