#include "qprompt/core/gzip.h"

#include <gmock/gmock.h>

#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

using testing::error_of;
using ::testing::HasSubstr;

TEST(Gzip, UnpacksWhatItPacked) {
  const testing::TemporaryFolder folder;
  for (const std::string& text : {std::string(), std::string("a"), std::string(1'000'000, 'x')}) {
    EXPECT_EQ(read_gzip(folder.file("x.gz", gzipped(text)), 1'000'000), text);
    EXPECT_EQ(gzipped(text), gzipped(text));
  }
}

TEST(Gzip, RefusesWhatIsDamagedTooLargeOrNone) {
  const testing::TemporaryFolder folder;
  const std::string packed = gzipped("some text that is long enough to be cut");
  const auto error = [&](const std::string& content, std::size_t most) {
    return error_of([&] { read_gzip(folder.file("x.gz", content), most); });
  };
  EXPECT_THAT(error(packed.substr(0, packed.size() - 5), 100), HasSubstr("x.gz: damaged"));
  EXPECT_THAT(error(packed, 10), HasSubstr("unpacks to more than 10 bytes"));
  EXPECT_THAT(error("plain", 100), HasSubstr("not a gzip file"));
  EXPECT_THAT(error_of([&] { read_gzip(folder / "none", 1); }), HasSubstr("cannot open"));
}

}  // namespace
}  // namespace qprompt
