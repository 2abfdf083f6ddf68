#include "qprompt/core/xz.h"

#include <gmock/gmock.h>

#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

using testing::error_of;
using ::testing::HasSubstr;

TEST(Xz, UnpacksWhatItPacked) {
  const testing::TemporaryFolder folder;
  for (const std::string& text : {std::string(), std::string("a"), std::string(1'000'000, 'x')}) {
    EXPECT_EQ(read_xz(folder.file("x.xz", xz_packed(text)), 1'000'000), text);
    EXPECT_EQ(xz_packed(text), xz_packed(text));
  }
}

TEST(Xz, RefusesWhatIsDamagedTooLargeOrNone) {
  const testing::TemporaryFolder folder;
  const std::string packed = xz_packed("some text that is long enough to be cut");
  const auto error = [&](const std::string& content, std::size_t most) {
    return error_of([&] { read_xz(folder.file("x.xz", content), most); });
  };
  EXPECT_THAT(error(packed.substr(0, packed.size() - 5), 100), HasSubstr("x.xz: damaged"));
  EXPECT_THAT(error(packed, 10), HasSubstr("unpacks to more than 10 bytes"));
  EXPECT_THAT(error("plain text, longer than a header", 100), HasSubstr("not an xz file"));
  EXPECT_THAT(error_of([&] { read_xz(folder / "none", 1); }), HasSubstr("none"));
}

}  // namespace
}  // namespace qprompt
