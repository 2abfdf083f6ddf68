#include "qprompt/core/utc_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/errors.h"

namespace qprompt {
namespace {

// `date -u -d @951782399 +%FT%T`
TEST(UtcTime, IsIso8601WithMilliseconds) {
  const UtcTime time(std::chrono::milliseconds(951782399007));
  EXPECT_EQ(utc_text(time), "2000-02-28T23:59:59.007Z");
  EXPECT_EQ(utc_time("2000-02-28T23:59:59.007Z"), time);
}

TEST(UtcTime, OfNowIsReadBackAsItIs) {
  const UtcTime now = utc_now();
  EXPECT_EQ(utc_time(utc_text(now)), now);
}

TEST(UtcTime, InAnotherFormIsRefused) {
  for (const char* text :
       {"", "yesterday", "2000-02-28", "2000-02-28T23:59:59Z", "2000-02-28T23:59:59.7Z",
        "2000-02-28T23:59:59.007", "2000-02-28T23:59:59.007Z ", "2000-02-30T23:59:59.007Z",
        "2000-2-28T23:59:59.007Z", "2000-02-28T23:59:59.-07Z"}) {
    EXPECT_THAT(testing::error_of([&] { utc_time(text); }), ::testing::HasSubstr("expected one"));
  }
}

}  // namespace
}  // namespace qprompt
