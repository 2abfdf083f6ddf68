#include "cli/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/core/error.h"
#include "tests/support/temporary_folder.h"

namespace qprompt::cli {
namespace {

TEST(Html, ShowsNamesThatLookLikeMarkupAsTheyAre) {
  EXPECT_EQ(escape_html("<b title=\"x\">R&D's</b>"),
            "&lt;b title=&quot;x&quot;&gt;R&amp;D&#39;s&lt;/b&gt;");
  EXPECT_EQ(escape_html("Käse ±"), "Käse ±");
}

TEST(Html, JsonWithinAScriptEndsNoElement) {
  EXPECT_EQ(in_script(R"({"</script>": "<!--"})"), R"({"\u003c/script>": "\u003c!--"})");
}

TEST(Html, EncodesTheTestVectorsOfRfc4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

TEST(Html, EncodesBytesThatAreNoText) {
  EXPECT_EQ(base64(std::string("\xff\x00\xfe\x7f", 4)), "/wD+fw==");
}

TEST(Html, CarriesAPictureWithinItsAddress) {
  const testing::TemporaryFolder folder;
  EXPECT_EQ(data_uri(folder.file("a.JPG", "foo")), "data:image/jpeg;base64,Zm9v");
  EXPECT_EQ(data_uri(folder.file("a.webp", "foo")), "data:image/webp;base64,Zm9v");
}

TEST(Html, FillsEveryPlaceOnce) {
  EXPECT_EQ(fill("{{a}} and {{b}}, {{a}}", {{"a", "{{b}}"}, {"b", "2"}}), "{{b}} and 2, {{b}}");
  EXPECT_EQ(fill("nothing", {}), "nothing");
}

TEST(Html, LeavesNoPlaceEmpty) {
  EXPECT_THROW(fill("{{a}}", {{"b", "2"}}), Error);
  EXPECT_THROW(fill("{{a", {{"a", "1"}}), Error);
}

}  // namespace
}  // namespace qprompt::cli
