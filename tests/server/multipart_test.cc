#include "server/multipart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/http.h"

namespace qprompt::server {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kType[] = "multipart/form-data; boundary=\"a b\"";

std::string refusal(const std::string& type, const std::string& body, std::size_t limit = 9) {
  try {
    parts_of(type, body, limit);
  } catch (const Problem& problem) {
    return std::to_string(problem.status()) + " " + problem.what();
  }
  return "";
}

TEST(Multipart, GivesPartsWithTheirNamesAndBytes) {
  const std::string body =
      "--a b\r\nContent-Disposition: form-data; name=\"top\"\r\n\r\n3\r\n"
      "--a b\r\ncontent-disposition: form-data; filename=\"a;b.jpg\"; name=image\r\n"
      "Content-Type: image/jpeg\r\n\r\n\r\n--a\r\nx\r\n--a b--\r\n";
  const auto parts = parts_of(kType, body, 9);
  ASSERT_THAT(parts, SizeIs(2));
  EXPECT_EQ(parts[0].name, "top");
  EXPECT_EQ(parts[0].content, "3");
  EXPECT_FALSE(parts[0].is_file);
  EXPECT_EQ(parts[1].name, "image");
  EXPECT_EQ(parts[1].filename, "a;b.jpg");
  EXPECT_TRUE(parts[1].is_file);
  EXPECT_EQ(parts[1].content, "\r\n--a\r\nx");
}

TEST(Multipart, KeepsBytesThatLookLikeABoundary) {
  const std::string content = "\r\n--a \r\n--a  b\r\n";
  const std::string body =
      "--a b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n" + content + "\r\n--a b--";
  const auto parts = parts_of(kType, body, 9);
  ASSERT_THAT(parts, SizeIs(1));
  EXPECT_EQ(parts[0].content, content);
}

TEST(Multipart, ReadsNamesAsBrowsersWriteThem) {
  const std::string body =
      "--a b\r\nContent-Disposition: form-data; name=\"image:a %22b%22 100%25 größe\"; "
      "filename=\"ü.png\"\r\n\r\n\r\n--a b--";
  const auto parts = parts_of(kType, body, 9);
  ASSERT_THAT(parts, SizeIs(1));
  EXPECT_EQ(parts[0].name, "image:a \"b\" 100%25 größe");
  EXPECT_EQ(parts[0].filename, "ü.png");
}

TEST(Multipart, SkipsWhatStandsBeforeTheFirstBoundary) {
  EXPECT_THAT(parts_of(kType, "hello\r\n--a b--\r\n", 9), SizeIs(0));
}

TEST(Multipart, OfAnotherFormIsRefused) {
  EXPECT_THAT(refusal("multipart/form-data", "x"), HasSubstr("400 multipart/form-data: no bound"));
  EXPECT_THAT(refusal(kType, ""), HasSubstr("does not stand in the body"));
  EXPECT_THAT(refusal(kType, "--a b"), HasSubstr("no line end behind a boundary"));
  EXPECT_THAT(refusal(kType, "--a b\r\nContent-Disposition: form-data; name=x\r\n\r\n1"),
              HasSubstr("a part without an end"));
  EXPECT_THAT(refusal(kType, "--a b\r\nContent-Disposition: form-data; name=x\r\n--a b--"),
              HasSubstr("ends amid its headers"));
  EXPECT_THAT(refusal(kType, "--a b\r\n\r\n1\r\n--a b--"), HasSubstr("without a name"));
}

TEST(Multipart, OfTooManyPartsIsRefused) {
  const std::string part = "--a b\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n";
  EXPECT_THAT(parts_of(kType, part + part + "--a b--", 2), SizeIs(2));
  EXPECT_EQ(refusal(kType, part + part + "--a b--", 1), "413 more than 1 parts");
}

TEST(Multipart, IsKnownByItsContentType) {
  EXPECT_TRUE(is_multipart("Multipart/Form-Data; boundary=x"));
  EXPECT_TRUE(is_multipart("multipart/form-data"));
  EXPECT_FALSE(is_multipart("multipart/form-data-x"));
  EXPECT_FALSE(is_multipart("image/png"));
}

}  // namespace
}  // namespace qprompt::server
