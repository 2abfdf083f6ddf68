#include "qprompt/core/file.h"
#include "qprompt/core/hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

std::string text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

TEST(MappedFile, ShowsTheContent) {
  const TemporaryFolder folder;
  const MappedFile file(folder.file("a", "hello"));
  EXPECT_EQ(text_of(file), "hello");
  EXPECT_EQ(file.path(), folder / "a");
}

TEST(MappedFile, RefusesAPipeInsteadOfWaitingForAWriter) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  for (const auto& read : {+[](const fs::path& path) { MappedFile{path}; },
                           +[](const fs::path& path) { read_bytes(path); },
                           +[](const fs::path& path) { read_text(path); }}) {
    EXPECT_THAT(error_of([&] { read(folder / "pipe"); }), HasSubstr("not a regular file"));
  }
}

TEST(MappedFile, ReadsTheSameAfterItsPagesWereDropped) {
  const TemporaryFolder folder;
  const std::string content(100'000, 'x');
  const MappedFile file(folder.file("a", content));
  EXPECT_EQ(text_of(file), content);
  file.drop_pages();
  EXPECT_EQ(text_of(file), content);
}

TEST(MappedFile, CopiesShareTheMap) {
  const TemporaryFolder folder;
  auto file = std::make_unique<MappedFile>(folder.file("a", "hello"));
  const MappedFile copy = *file;
  EXPECT_EQ(copy.bytes().data(), file->bytes().data());
  file.reset();
  EXPECT_EQ(text_of(copy), "hello");
}

TEST(MappedFile, OfAnEmptyFileIsEmpty) {
  const TemporaryFolder folder;
  const MappedFile file(folder.file("a", ""));
  EXPECT_TRUE(file.bytes().empty());
  file.drop_pages();
}

TEST(MappedFile, NamesWhatCannotBeOpened) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { MappedFile(folder / "missing"); }),
              HasSubstr((folder / "missing").string()));
  EXPECT_THAT(error_of([&] { MappedFile{folder.path()}; }), HasSubstr("not a regular file"));
}

TEST(ReadText, ReadsEveryByte) {
  const TemporaryFolder folder;
  const std::string content("a\0b\n\xff", 5);
  EXPECT_EQ(read_text(folder.file("a", content)), content);
  EXPECT_THAT(error_of([&] { read_text(folder / "missing"); }), HasSubstr("missing: cannot open"));
}

TEST(ReadLines, LeavesOutLineEndsAndAByteOrderMark) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_lines(folder.file("a",
                                   "\xEF\xBB\xBF"
                                   "cat\r\n\nsnow owl")),
            (std::vector<std::string>{"cat", "", "snow owl"}));
  EXPECT_TRUE(read_lines(folder.file("empty", "")).empty());
}

TEST(Hash64, IsXxh3AndNeverChanges) {
  EXPECT_EQ(hex64(hash64("")), "2d06800538d394c2");
  EXPECT_EQ(hex64(hash64("abc")), "78af5f94892f3950");
}

TEST(Hash64, DependsOnSeed) { EXPECT_NE(hash64("abc", 1), hash64("abc", 2)); }

TEST(Hex64, HasSixteenDigits) {
  EXPECT_EQ(hex64(0), "0000000000000000");
  EXPECT_EQ(hex64(0x0123456789abcdefu), "0123456789abcdef");
}

}  // namespace
}  // namespace qprompt
