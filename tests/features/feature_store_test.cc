#include "qprompt/features/feature_store.h"

#include <lmdb.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr Index kEmbed = 5;
const std::vector<Hash128> kKeys{{17, 0}, {0, 17}, {~std::uint64_t{0}, ~std::uint64_t{0}}};

// Whole numbers that fp16 holds exactly; other ones for another `seed`.
Matrix whole_numbers(Index rows, Index columns, int seed) {
  Matrix m(rows, columns);
  for (Index i = 0; i < m.size(); ++i)
    m.data()[i] = static_cast<float>((seed * 97 + i * 31) % 2039);
  return m;
}

std::optional<Matrix> found(const FeatureStore& store, const Hash128& key, Index embed = kEmbed) {
  Matrix row(1, embed);
  if (!store.find(key, values_of(row))) return std::nullopt;
  return row;
}

class FeatureStoreTest : public ::testing::Test {
 protected:
  FeatureStoreTest() { open()->append(kKeys, rows_); }

  std::shared_ptr<FeatureStore> open() const { return FeatureStore::open(folder_.path()); }
  fs::path file() const { return folder_ / "features.lmdb"; }

  // How many of the three rows a new store finds; each must be as it was written.
  int found_rows() const {
    const auto store = open();
    int count = 0;
    for (std::size_t r = 0; r < kKeys.size(); ++r) {
      const auto row = found(*store, kKeys[r]);
      if (!row) continue;
      EXPECT_EQ(*row, rows_.row(static_cast<Index>(r)));
      ++count;
    }
    return count;
  }

  void expect_refused(const std::string& what) const {
    EXPECT_THAT(testing::error_of([&] { open(); }),
                AllOf(HasSubstr(file().string()), HasSubstr("delete it"), Not(HasSubstr("\n"))))
        << what;
  }

  testing::TemporaryFolder folder_;
  const Matrix rows_ = whole_numbers(3, kEmbed, 1);
};

TEST_F(FeatureStoreTest, FindsWhatWasAppended) {
  EXPECT_EQ(found_rows(), 3);
  EXPECT_EQ(found(*open(), {17, 17}), std::nullopt);
}

TEST_F(FeatureStoreTest, FindsMatricesThatWerePut) {
  const auto store = open();
  const Matrix matrices[] = {Matrix::Constant(1, 1, 0.1f), Matrix(0, 7),
                             whole_numbers(300, 64, 3) / 7.0f};
  for (const Matrix& matrix : matrices) {
    store->put_matrix({1, 2}, matrix);
    const auto again = store->find_matrix({1, 2});
    ASSERT_TRUE(again);
    EXPECT_EQ(again->rows(), matrix.rows());
    EXPECT_EQ(*again, matrix);
  }
  EXPECT_EQ(store->find_matrix({2, 1}), std::nullopt);
}

TEST_F(FeatureStoreTest, AFeatureIsNoMatrixAndAMatrixNoFeature) {
  const auto store = open();
  store->put_matrix({1, 2}, rows_.row(0));
  EXPECT_EQ(found(*store, {1, 2}, 8 + 2 * kEmbed), std::nullopt);
  EXPECT_EQ(store->find_matrix(kKeys[0]), std::nullopt);
}

TEST_F(FeatureStoreTest, ARowOfAnotherLengthIsNotFound) {
  EXPECT_EQ(found(*open(), kKeys[0], kEmbed - 1), std::nullopt);
  EXPECT_EQ(found(*open(), kKeys[0], kEmbed + 1), std::nullopt);
}

TEST_F(FeatureStoreTest, ALaterRowReplacesAnEarlierOne) {
  for (const Index embed : {kEmbed, Index{1024}, Index{768}, Index{7}}) {
    const Matrix row = whole_numbers(1, embed, 5);
    open()->append(std::span(kKeys).first(1), row);
    EXPECT_EQ(found(*open(), kKeys[0], embed), row);
  }
}

TEST_F(FeatureStoreTest, TwoStoresOfOneFolderInAProcessAreOne) {
  fs::create_directory_symlink(folder_.path(), folder_ / "itself");
  const auto one = open();
  const auto other = FeatureStore::open(folder_ / "itself" / "." / "itself");
  EXPECT_EQ(one, other);
  other->append(std::vector<Hash128>{{1, 1}}, rows_.topRows(1));
  EXPECT_EQ(found(*one, {1, 1}), rows_.row(0));
  EXPECT_NE(one, FeatureStore::open(folder_ / "other"));
}

TEST_F(FeatureStoreTest, AStoreOutlivesAllButTheLastOfItsHolders) {
  auto first = open();
  const auto last = open();
  first.reset();
  EXPECT_EQ(found(*last, kKeys[0]), rows_.row(0));
}

TEST_F(FeatureStoreTest, AFlippedByteOfAValueIsNotBelieved) {
  Matrix rows = whole_numbers(3, kEmbed, 1);
  rows.row(1) << 1025, 1027, 1029, 1031, 1033;  // as fp16: 0x6401, 0x6403, ...
  open()->append(kKeys, rows);
  const std::string content = read_text(file());
  const std::string_view values("\x01\x64\x03\x64\x05\x64\x07\x64\x09\x64", 2 * kEmbed);
  std::vector<std::size_t> places;  // LMDB keeps the page that was current before
  for (auto at = content.find(values); at != std::string::npos; at = content.find(values, at + 1)) {
    places.push_back(at);
  }
  ASSERT_FALSE(places.empty());
  for (std::size_t byte = 0; byte < 8 + 2 * kEmbed; ++byte) {
    std::string damaged = content;
    for (const std::size_t place : places) damaged[place - 8 + byte] ^= 0x10;
    write_file(file(), damaged);
    EXPECT_EQ(found(*open(), kKeys[1]), std::nullopt) << "byte " << byte;
    EXPECT_EQ(found(*open(), kKeys[0]), rows.row(0));
    open()->append(std::span(kKeys).subspan(1, 1), rows.row(1));
    EXPECT_EQ(found(*open(), kKeys[1]), rows.row(1)) << "byte " << byte;
  }
}

TEST_F(FeatureStoreTest, ATruncatedFileIsRefused) {
  open()->put_matrix({1, 2}, whole_numbers(100, 100, 2));
  const std::string content = read_text(file());
  ASSERT_GT(content.size(), 10 * 4096u);
  for (std::size_t size = content.size() - 1; size > 2048; size -= 2048) {
    write_file(file(), std::string_view(content).substr(0, size));
    expect_refused(std::to_string(size) + " bytes");
  }
  write_file(file(), content);
  EXPECT_EQ(found_rows(), 3);
}

TEST_F(FeatureStoreTest, AnEmptyFileIsAnEmptyStore) {
  write_file(file(), std::string_view());
  EXPECT_EQ(found_rows(), 0);
}

TEST_F(FeatureStoreTest, AFileOfSomethingElseIsRefused) {
  for (const std::size_t size : {1, 100, 4096, 8192, 100000}) {
    write_file(file(), std::string(size, 'x'));
    expect_refused(std::to_string(size) + " letters");
    write_file(file(), std::string(size, '\0'));
    expect_refused(std::to_string(size) + " zeros");
  }
  EXPECT_EQ(read_text(file()), std::string(100000, '\0'));
}

TEST_F(FeatureStoreTest, AnotherNumberOfTheFormatIsRefused) {
  std::string content = read_text(file());
  for (auto at = content.find("features 2"); at != std::string::npos;
       at = content.find("features 2")) {
    content[at + 9] = '3';
  }
  write_file(file(), content);
  expect_refused("features 3");
}

TEST_F(FeatureStoreTest, AnotherProgramsLmdbFileIsRefused) {
  fs::remove(file());
  MDB_env* environment;
  MDB_txn* transaction;
  MDB_dbi table;
  MDB_val word{5, const_cast<char*>("hello")};
  ASSERT_EQ(mdb_env_create(&environment), 0);
  ASSERT_EQ(mdb_env_open(environment, file().c_str(), MDB_NOSUBDIR, 0600), 0);
  ASSERT_EQ(mdb_txn_begin(environment, nullptr, 0, &transaction), 0);
  ASSERT_EQ(mdb_dbi_open(transaction, nullptr, 0, &table), 0);
  ASSERT_EQ(mdb_put(transaction, table, &word, &word, 0), 0);
  ASSERT_EQ(mdb_txn_commit(transaction), 0);
  mdb_env_close(environment);
  expect_refused("a file that says hello");
}

TEST_F(FeatureStoreTest, FilesOfVersion01AreLeftAlone) {
  const std::string old(1000, 'o');
  folder_.file("vit-b-16.features", old);
  EXPECT_EQ(found_rows(), 3);
  open()->append(kKeys, rows_);
  EXPECT_EQ(read_text(folder_ / "vit-b-16.features"), old);
}

TEST_F(FeatureStoreTest, WhenTheLimitIsReachedNothingIsHalfWritten) {
  constexpr std::uint64_t kBatch = 16;
  constexpr Index kWide = 512;
  const testing::TemporaryFolder folder;
  const auto small = FeatureStore::open(folder.path(), std::size_t{1} << 20);
  const auto keys_of = [](std::uint64_t batch) {
    std::vector<Hash128> keys;
    for (std::uint64_t r = 0; r < kBatch; ++r) keys.push_back({batch, r});
    return keys;
  };
  std::uint64_t batch = 0;
  std::string error;
  while (error.empty()) {
    ASSERT_LT(batch, 1000u);
    try {
      small->append(keys_of(batch), whole_numbers(kBatch, kWide, static_cast<int>(batch)));
      ++batch;
    } catch (const Error& full) {
      error = full.what();
    }
  }
  EXPECT_THAT(error, AllOf(HasSubstr(folder.path().string()), HasSubstr("1 MiB"),
                           HasSubstr("delete the folder")));
  EXPECT_GT(batch, 20u);
  EXPECT_LE(fs::file_size(folder / "features.lmdb"), std::size_t{1} << 20);
  for (std::uint64_t b = 0; b <= batch; ++b) {
    const Matrix rows = whole_numbers(kBatch, kWide, static_cast<int>(b));
    for (std::uint64_t r = 0; r < kBatch; ++r) {
      const auto row = found(*small, {b, r}, kWide);
      ASSERT_EQ(row.has_value(), b < batch) << b << " " << r;
      if (row) {
        EXPECT_EQ(*row, rows.row(static_cast<Index>(r)));
      }
    }
  }
}

TEST_F(FeatureStoreTest, ALargerLimitOpensAFullStoreAgain) {
  const testing::TemporaryFolder folder;
  const Matrix large = whole_numbers(1000, 1000, 1);
  EXPECT_THAT(testing::error_of([&] {
                FeatureStore::open(folder.path(), 1 << 20)->put_matrix({1, 1}, large);
              }),
              HasSubstr("1 MiB"));
  FeatureStore::open(folder.path(), 1 << 23)->put_matrix({1, 1}, large);
  // A store that is larger than the limit can still be read.
  EXPECT_EQ(FeatureStore::open(folder.path(), 1 << 20)->find_matrix({1, 1}), large);
}

TEST_F(FeatureStoreTest, ManyThreadsReadAndWriteAtOnce) {
  constexpr int kThreads = 8, kBatches = 50, kBatch = 4;
  const auto store = open();
  const auto keys_of = [](int thread, int batch) {
    std::vector<Hash128> keys;
    for (int r = 0; r < kBatch; ++r) {
      keys.push_back({static_cast<std::uint64_t>(thread + 1) << 32,
                      static_cast<std::uint64_t>(batch * kBatch + r)});
    }
    return keys;
  };
  std::atomic<int> wrong{0}, seen{0};
  const auto expect_batch = [&](int thread, int batch, bool must_be_there) {
    const Matrix rows = whole_numbers(kBatch, kEmbed, thread * kBatches + batch);
    const auto keys = keys_of(thread, batch);
    for (int r = 0; r < kBatch; ++r) {
      const auto row = found(*store, keys[r]);
      if (row ? *row != rows.row(r) : must_be_there) ++wrong;
      seen += row.has_value();
    }
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int b = 0; b < kBatches; ++b) {
        store->append(keys_of(t, b), whole_numbers(kBatch, kEmbed, t * kBatches + b));
        expect_batch(t, b, true);
        expect_batch((t + b) % kThreads, b, false);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GE(seen, kThreads * kBatches * kBatch);
  for (int t = 0; t < kThreads; ++t) {
    for (int b = 0; b < kBatches; ++b) expect_batch(t, b, true);
  }
  EXPECT_EQ(wrong, 0);
}

TEST_F(FeatureStoreTest, ManyThreadsOpenAndCloseAtOnce) {
  constexpr int kThreads = 8, kTimes = 100;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTimes; ++i) {
        const auto store = open();
        if (found(*store, kKeys[0]) != Matrix(rows_.row(0))) ++wrong;
        if (i % 20 == t) store->append(kKeys, rows_);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(FeatureStoreTest, AFolderThatCannotBeMadeIsNamed) {
  const fs::path blocked = folder_.file("blocked", "a file") / "cache";
  EXPECT_THAT(testing::error_of([&] { FeatureStore::open(blocked); }), HasSubstr(blocked.string()));
}

TEST_F(FeatureStoreTest, AFolderThatCannotBeWrittenIsNamed) {
  fs::create_directories(folder_ / "taken" / "features.lmdb");
  EXPECT_THAT(testing::error_of([&] { FeatureStore::open(folder_ / "taken"); }),
              HasSubstr((folder_ / "taken").string()));
  if (::geteuid() == 0) return;  // whom no permission stops
  fs::create_directory(folder_ / "locked");
  fs::permissions(folder_ / "locked", fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_THAT(testing::error_of([&] { FeatureStore::open(folder_ / "locked"); }),
              AllOf(HasSubstr((folder_ / "locked").string()), HasSubstr("Permission denied")));
}

}  // namespace
}  // namespace qprompt
