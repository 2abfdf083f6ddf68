#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qprompt/core/file.h"
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
  EXPECT_EQ(static_cast<char>(old.bytes().front()), 'f');
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

TEST(WriteFile, KeepsThePermissionsOfTheOldFile) {
  const TemporaryFolder folder;
  fs::permissions(folder.file("a", "old"), fs::perms::owner_read | fs::perms::owner_write);
  write_file(folder / "a", "new");
  EXPECT_EQ(static_cast<unsigned>(fs::status(folder / "a").permissions()), 0600u);
}

TEST(WriteFile, WritesWhatALinkStandsFor) {
  const TemporaryFolder folder;
  folder.file("real/a", "old");
  fs::create_symlink("real/a", folder / "link");
  fs::create_symlink(folder / "link", folder / "link to link");
  write_file(folder / "link to link", "new");
  EXPECT_EQ(read_text(folder / "real/a"), "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_TRUE(fs::is_symlink(folder / "link to link"));
}

TEST(WriteFile, RefusesALinkToItself) {
  const TemporaryFolder folder;
  fs::create_symlink("loop", folder / "loop");
  EXPECT_THAT(error_of([&] { write_file(folder / "loop", "x"); }), HasSubstr("too many links"));
}

TEST(WriteFile, RemovesWhatAKilledProcessLeft) {
  const TemporaryFolder folder;
  folder.file("a.tmp-17-0", "of version 0.1");
  folder.file("a.tmp-0123456789abcdef", "half a file");
  folder.file("b.tmp-17-0", "another file's");
  folder.file("a.tmp-mine", "the user's");
  write_file(folder / "a", "x");
  EXPECT_FALSE(fs::exists(folder / "a.tmp-17-0"));
  EXPECT_FALSE(fs::exists(folder / "a.tmp-0123456789abcdef"));
  EXPECT_TRUE(fs::exists(folder / "b.tmp-17-0"));
  EXPECT_TRUE(fs::exists(folder / "a.tmp-mine"));
}

TEST(WriteFile, LeavesWhatAnotherProcessIsWriting) {
  const TemporaryFolder folder;
  const fs::path other = folder.file("a.tmp-0123456789abcdef", "half a file");
  const int held = ::open(other.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_EQ(::flock(held, LOCK_EX), 0);
  write_file(folder / "a", "x");
  EXPECT_TRUE(fs::exists(other));
  ::close(held);
}

}  // namespace
}  // namespace qprompt
