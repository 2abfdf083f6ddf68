#include "qprompt/formats/tf_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/core/file.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::uint32_t crc_of(std::string_view text) { return crc32c(std::as_bytes(std::span(text))); }

// RFC 3720, B.4; the check value of the CRC catalogues.
TEST(Crc32c, IsTheStandards) {
  EXPECT_EQ(crc_of(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc_of(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc_of("123456789"), 0xe3069283u);
  EXPECT_EQ(crc_of(""), 0u);
}

class TfRecords : public ::testing::Test {
 protected:
  std::string error_of_file(const std::string& content) const {
    const auto path = folder.file("events", content);
    return error_of([&] { read_tf_records(path); });
  }

  testing::TemporaryFolder folder;
};

TEST_F(TfRecords, AreReadAsTheyWereWritten) {
  const std::string zeros(3, '\0');
  const auto path = folder.file("events", tf_record("one") + tf_record("") + tf_record(zeros));
  EXPECT_THAT(read_tf_records(path), ElementsAre("one", "", zeros));
  EXPECT_THAT(read_tf_records(folder.file("empty", "")), IsEmpty());
}

// TensorFlow, core/lib/io/record_writer.h and core/lib/hash/crc32c.h.
TEST_F(TfRecords, HaveLengthAndMaskedChecksums) {
  const std::string record = tf_record("one");
  ASSERT_EQ(record.size(), 8u + 4 + 3 + 4);
  EXPECT_EQ(record.substr(0, 8), std::string("\3\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(record.substr(12, 3), "one");
  const std::uint32_t crc = crc_of("one");
  const std::uint32_t masked = ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
  EXPECT_EQ(record.substr(15), std::string(reinterpret_cast<const char*>(&masked), 4));
}

TEST_F(TfRecords, CutAnywhereAreErrors) {
  const std::string whole = tf_record("one") + tf_record("two");
  for (std::size_t size = 1; size < whole.size(); ++size) {
    if (size == whole.size() / 2) continue;  // one whole record
    EXPECT_THAT(error_of_file(whole.substr(0, size)), HasSubstr("events: ")) << size;
  }
}

TEST_F(TfRecords, WithAnyByteDamagedAreErrors) {
  const std::string whole = tf_record("one");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] ^= 0x40;
    EXPECT_THAT(error_of_file(damaged), HasSubstr("record 0")) << i;
  }
}

TEST_F(TfRecords, OfAHugeLengthAreNotAllocated) {
  std::string record(8, '\xff');
  const std::uint32_t crc = crc_of(record);
  const std::uint32_t masked = ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
  record.append(reinterpret_cast<const char*>(&masked), 4);
  EXPECT_THAT(error_of_file(record + "rest"), HasSubstr("bytes, 4 are left"));
}

}  // namespace
}  // namespace qprompt
