#include "qprompt/features/feature_store.h"

#include <cstring>
#include <thread>

#include "qprompt/core/file.h"
#include "qprompt/core/half.h"
#include "qprompt/core/random.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr Index kEmbed = 5;
const std::vector<Hash128> kKeys{{1, 17}, {0, 0}, {~std::uint64_t{0}, ~std::uint64_t{0}}};

Matrix half_rows(Index rows, Index cols = kEmbed, std::uint64_t seed = 1) {
  return Random(seed).normal_matrix(rows, cols, 1.0).unaryExpr(&half_rounded);
}

class FeatureStoreTest : public ::testing::Test {
 protected:
  FeatureStoreTest() { open()->append(kKeys, rows_); }

  std::shared_ptr<FeatureStore> open(std::size_t limit = FeatureStore::kDefaultLimit) const {
    return FeatureStore::open(folder_ / "cache", limit);
  }
  fs::path file() const { return folder_ / "cache" / "features.lmdb"; }
  std::string error() const {
    return testing::error_of([&] { open(); });
  }

  // How many rows a store finds; each must be as it was written.
  int found_rows(const FeatureStore& store) const {
    int count = 0;
    for (std::size_t r = 0; r < kKeys.size(); ++r) {
      Matrix row(1, kEmbed);
      if (!store.find(kKeys[r], values_of(row))) continue;
      EXPECT_EQ(row, Matrix(rows_.row(static_cast<Index>(r))));
      ++count;
    }
    return count;
  }
  // The place in the file of row r's checksum, which its values follow.
  std::size_t place_of(Index r) const {
    std::string values(2 * kEmbed, '\0');
    for (Index i = 0; i < kEmbed; ++i) {
      const std::uint16_t bits = half_bits(rows_(r, i));
      std::memcpy(values.data() + 2 * i, &bits, sizeof bits);
    }
    return read_text(file()).find(values) - 8;
  }
  void flip(std::size_t at) const {
    std::string content = read_text(file());
    content[at] = static_cast<char>(content[at] ^ 0x10);
    write_file(file(), content);
  }

  testing::TemporaryFolder folder_;
  const Matrix rows_ = half_rows(3);
};

TEST_F(FeatureStoreTest, FindsWhatWasAppended) {
  const auto store = open();
  EXPECT_EQ(found_rows(*store), 3);
  EXPECT_EQ(store->entries(), 3u);
  Matrix row(1, kEmbed), longer(1, kEmbed + 1);
  EXPECT_FALSE(store->find({1, 18}, values_of(row)));
  EXPECT_FALSE(store->find(kKeys[0], values_of(longer))) << "a feature of another width";
}

TEST_F(FeatureStoreTest, FindsWholeMatricesAsTheyWere) {
  const Matrix matrix = Random(3).normal_matrix(7, 9, 1.0);
  open()->put_matrix({5, 5}, matrix);
  EXPECT_EQ(open()->find_matrix({5, 5}), matrix);
  EXPECT_EQ(open()->find_matrix({5, 6}), std::nullopt);
  EXPECT_EQ(open()->find_matrix(kKeys[0]), std::nullopt) << "a feature is no matrix";
}

TEST_F(FeatureStoreTest, IsOneForAllOfAProcessAndOpensAgainWhenAllAreGone) {
  const auto one = open(), other = FeatureStore::open(folder_ / "cache" / ".." / "cache");
  EXPECT_EQ(one, other);
  EXPECT_NE(one, FeatureStore::open(folder_ / "elsewhere"));
}

TEST_F(FeatureStoreTest, OpensAndClosesOnManyThreadsAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) EXPECT_EQ(found_rows(*open()), 3);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(FeatureStoreTest, ManyThreadsReadAndWriteAtOnce) {
  const auto store = open();
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 50; ++i) {
        const Matrix written = half_rows(1, kEmbed, 1000 * t + i);
        store->append(std::vector<Hash128>{{100 + t, i}}, written);
        Matrix row(1, kEmbed);
        EXPECT_TRUE(store->find({100 + t, i}, values_of(row)));
        EXPECT_EQ(row, written);
        EXPECT_EQ(found_rows(*store), 3);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store->entries(), 3u + 8 * 50);
}

TEST_F(FeatureStoreTest, NoFlippedByteOfAValueIsBelievedAndALaterOneReplacesIt) {
  const std::size_t place = place_of(1);
  for (std::size_t at = place; at < place + 8 + 2 * kEmbed; ++at) {
    flip(at);
    EXPECT_EQ(found_rows(*open()), 2) << "byte " << at - place;
    flip(at);
  }
  flip(place + 9);
  open()->append(std::span(&kKeys[1], 1), rows_.row(1));
  EXPECT_EQ(found_rows(*open()), 3);
}

TEST_F(FeatureStoreTest, ATruncatedFileIsRefused) {
  open()->put_matrix({5, 5}, Random(3).normal_matrix(300, 400, 1.0));
  const auto size = fs::file_size(file());
  for (const auto part : {size / 2, size / 4}) {
    fs::resize_file(file(), part);
    EXPECT_THAT(error(), AllOf(HasSubstr(file().string()), HasSubstr("delete it")));
  }
}

TEST_F(FeatureStoreTest, AFileOfSomethingElseIsRefused) {
  for (const std::size_t size : {std::size_t{10}, std::size_t{100000}}) {
    write_file(file(), std::string(size, 'x'));
    EXPECT_THAT(error(), AllOf(HasSubstr(file().string()), HasSubstr("delete it")));
  }
}

TEST_F(FeatureStoreTest, AnotherVersionIsRefused) {
  std::string content = read_text(file());
  const std::string mark = "qprompt features 2";
  for (std::size_t at = content.find(mark); at != std::string::npos; at = content.find(mark, at)) {
    content.replace(at, mark.size(), "qprompt features 9");
  }
  write_file(file(), content);
  EXPECT_THAT(error(), AllOf(HasSubstr(file().string()), HasSubstr("version")));
}

TEST_F(FeatureStoreTest, WhenTheLimitIsReachedNothingIsHalfWritten) {
  const fs::path small = folder_ / "small";
  const auto store = FeatureStore::open(small, std::size_t{1} << 20);
  store->append(kKeys, rows_);
  const Index width = 1000;
  std::uint64_t batches = 0;
  const auto keys_of = [](std::uint64_t batch) {
    std::vector<Hash128> keys;
    for (std::uint64_t i = 0; i < 20; ++i) keys.push_back({batch + 10, i});
    return keys;
  };
  const std::string error = testing::error_of([&] {
    for (;; ++batches) store->append(keys_of(batches), half_rows(20, width, batches));
  });
  EXPECT_THAT(error, AllOf(HasSubstr(small.string()), HasSubstr("1 MiB"), HasSubstr("limit")));
  ASSERT_GT(batches, 3u);
  EXPECT_EQ(store->entries(), 3 + 20 * batches);
  EXPECT_EQ(found_rows(*store), 3);
  Matrix row(1, width);
  EXPECT_FALSE(store->find(keys_of(batches).front(), values_of(row)));
  EXPECT_TRUE(store->find(keys_of(batches - 1).back(), values_of(row)));
  EXPECT_EQ(row, Matrix(half_rows(20, width, batches - 1).row(19)));
}

TEST_F(FeatureStoreTest, AFolderThatCannotBeMadeIsNamed) {
  const fs::path blocked = folder_.file("blocked", "a file") / "cache";
  EXPECT_THAT(testing::error_of([&] { FeatureStore::open(blocked); }),
              HasSubstr(blocked.string()));
}

}  // namespace
}  // namespace qprompt
