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

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

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

TEST(WriteFile, ReplacesTheWholeFileAndLeavesNothingBeside) {
  const TemporaryFolder folder;
  write_file(folder / "a", "a long first content");
  write_file(folder / "a", "second");
  EXPECT_EQ(read_text(folder / "a"), "second");
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(WriteFile, CreatesMissingFolders) {
  const TemporaryFolder folder;
  write_file(folder / "x/y/z", "deep");
  EXPECT_EQ(read_text(folder / "x/y/z"), "deep");
}

TEST(WriteFile, LeavesTheOldFileForReadersThatHaveItOpen) {
  const TemporaryFolder folder;
  const MappedFile old(folder.file("a", "first"));
  write_file(folder / "a", "later");
  EXPECT_EQ(text_of(old), "first");
}

TEST(WriteFile, GivesTheUsualPermissions) {
  const TemporaryFolder folder;
  const mode_t mask = umask(027);
  folder.file("a", "x");
  umask(mask);
  EXPECT_EQ(static_cast<unsigned>(fs::status(folder / "a").permissions()), 0640u);
}

TEST(WriteFile, NamesAnUnusableFolder) {
  const TemporaryFolder folder;
  folder.file("file", "x");
  EXPECT_THAT(error_of([&] { write_file(folder / "file/below", "y"); }),
              HasSubstr((folder / "file/below").string()));
  fs::create_directory(folder / "folder");
  EXPECT_THAT(error_of([&] { write_file(folder / "folder", "y"); }), HasSubstr("is a folder"));
  EXPECT_EQ(files_in(folder.path()), 2u);
}

TEST(WriteFile, ReportsAFullDiskAndDoesNotReplaceADevice) {
  if (!fs::is_character_file("/dev/full")) GTEST_SKIP() << "no /dev/full";
  EXPECT_THAT(error_of([] { write_file("/dev/full", "x"); }), HasSubstr("No space left"));
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
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
