#include "qprompt/features/feature_store.h"

#include "qprompt/core/random.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr Index kEmbed = 5;
constexpr std::size_t kRecord = 8 + 2 * kEmbed + 8;
const std::vector<std::uint64_t> kKeys{17, 0, ~std::uint64_t{0}};

class FeatureStoreTest : public ::testing::Test {
 protected:
  FeatureStoreTest() { open().append(kKeys, rows_); }

  FeatureStore open() const { return FeatureStore(folder_.path(), "store", kEmbed); }
  fs::path file() const { return folder_ / "store.features"; }

  // Row r of what a new reader finds; nothing when it finds none.
  std::optional<Matrix> found(std::size_t r) const {
    Matrix row(1, kEmbed);
    if (!open().find(kKeys[r], values_of(row))) return std::nullopt;
    return row;
  }
  // How many rows are found; each must be as it was written.
  int found_rows() const {
    int count = 0;
    for (std::size_t r = 0; r < kKeys.size(); ++r) {
      const auto row = found(r);
      if (!row) continue;
      EXPECT_EQ(*row, Matrix(rows_.row(static_cast<Index>(r))));
      ++count;
    }
    return count;
  }

  testing::TemporaryFolder folder_;
  const Matrix rows_ = rounded_to_fp16(Random(1).normal_matrix(3, kEmbed, 1.0));
};

TEST_F(FeatureStoreTest, FindsWhatWasAppended) {
  EXPECT_EQ(found_rows(), 3);
  EXPECT_EQ(fs::file_size(file()), 3 * kRecord);
  Matrix row(1, kEmbed);
  EXPECT_FALSE(open().find(18, values_of(row)));
}

TEST_F(FeatureStoreTest, SeveralWritersAddToOneFile) {
  FeatureStore one = open(), other = open();
  one.append(std::vector<std::uint64_t>{1}, rows_.topRows(1));
  other.append(std::vector<std::uint64_t>{2}, rows_.topRows(1));
  EXPECT_EQ(fs::file_size(file()), 5 * kRecord);
  EXPECT_EQ(found_rows(), 3);
}

TEST_F(FeatureStoreTest, AnotherNameIsAnotherFile) {
  Matrix row(1, kEmbed);
  EXPECT_FALSE(FeatureStore(folder_.path(), "other", kEmbed).find(17, values_of(row)));
}

TEST_F(FeatureStoreTest, NoFlippedByteIsBelieved) {
  const std::string content = read_text(file());
  for (std::size_t at = 0; at < content.size(); ++at) {
    std::string damaged = content;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    write_file(file(), damaged);
    EXPECT_EQ(found_rows(), 2) << "byte " << at;
  }
}

TEST_F(FeatureStoreTest, ADamagedRecordIsReplacedByALaterOne) {
  std::string content = read_text(file());
  content[kRecord + 9] ^= 1;
  write_file(file(), content);
  EXPECT_EQ(found(1), std::nullopt);
  open().append(std::vector<std::uint64_t>{kKeys[1]}, rows_.row(1));
  EXPECT_EQ(found_rows(), 3);
}

TEST_F(FeatureStoreTest, ATornTailIsCutOff) {
  const std::string content = read_text(file());
  for (std::size_t size = 2 * kRecord; size < 3 * kRecord; ++size) {
    write_file(file(), std::string_view(content).substr(0, size));
    EXPECT_EQ(found_rows(), 2) << size << " bytes";
    open().append(std::vector<std::uint64_t>{kKeys[2]}, rows_.row(2));
    EXPECT_EQ(found_rows(), 3) << size << " bytes";
    EXPECT_EQ(fs::file_size(file()), 3 * kRecord);
  }
}

TEST_F(FeatureStoreTest, AnEmptyFileIsAnEmptyStore) {
  write_file(file(), std::string_view());
  EXPECT_EQ(found_rows(), 0);
}

TEST_F(FeatureStoreTest, AFolderThatCannotBeMadeIsNamed) {
  const fs::path blocked = folder_.file("blocked", "a file") / "cache";
  EXPECT_THAT(testing::error_of([&] { FeatureStore(blocked, "store", kEmbed); }),
              HasSubstr(blocked.string()));
}

}  // namespace
}  // namespace qprompt
