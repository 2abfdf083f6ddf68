#include "qprompt/features/feature_store.h"

#include <lmdb.h>

#include <array>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/half.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

constexpr char kFile[] = "features.lmdb";
constexpr std::string_view kMarkKey = "format", kMark = "qprompt features 2";
constexpr unsigned kMaxReaders = 1024;  // at once, in all processes

using Bytes = std::vector<std::byte>;

template <typename T>
void put(const T& value, Bytes& bytes) {
  const std::size_t at = bytes.size();
  bytes.resize(at + sizeof value);
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

template <typename T>
T word_at(std::span<const std::byte> bytes, std::size_t at) {
  T word;
  std::memcpy(&word, bytes.data() + at, sizeof word);
  return word;
}

std::uint64_t checksum(const Hash128& key, std::span<const std::byte> payload) {
  return hash64(payload, key.low);
}

MDB_val value_of(std::span<const std::byte> bytes) {
  return {bytes.size(), const_cast<std::byte*>(bytes.data())};  // LMDB only reads it
}
std::span<const std::byte> bytes_of(const MDB_val& value) {
  return {static_cast<const std::byte*>(value.mv_data), value.mv_size};
}

std::string size_text(std::size_t bytes) {
  const bool small = bytes < std::size_t{1} << 30;
  std::ostringstream text;
  text.precision(4);
  text << static_cast<double>(bytes) / (small ? 0x1p20 : 0x1p30) << (small ? " MiB" : " GiB");
  return text.str();
}

}  // namespace

// The LMDB environment with its one table.
class FeatureStore::Environment {
 public:
  Environment(const fs::path& folder, std::size_t limit) : file_(folder / kFile), limit_(limit) {
    require(limit_ >= std::size_t{1} << 20, file_.string(), ": a limit of ", limit_,
            " bytes, expected 1 MiB or more");
    check(mdb_env_create(&environment_));
    try {
      open();
    } catch (...) {
      mdb_env_close(environment_);
      throw;
    }
  }
  ~Environment() { mdb_env_close(environment_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  // visit(value) where the key is known, within a transaction.
  template <typename Visit>
  bool find(std::span<const std::byte> key, const Visit& visit) const {
    const Transaction transaction(*this, MDB_RDONLY);
    MDB_val name = value_of(key), value{};
    const int status = mdb_get(transaction.get(), table_, &name, &value);
    if (status == MDB_NOTFOUND) return false;
    check(status);
    visit(bytes_of(value));
    return true;
  }

  // put(name, value) as often as `write` likes; all of it or nothing.
  void write(const std::function<void(
                 const std::function<void(std::span<const std::byte>, const Bytes&)>&)>& write) {
    Transaction transaction(*this, 0);
    write([&](std::span<const std::byte> key, const Bytes& bytes) {
      MDB_val name = value_of(key), value = value_of(bytes);
      check(mdb_put(transaction.get(), table_, &name, &value, 0));
    });
    transaction.commit();
  }

  std::size_t entries() const {
    const Transaction transaction(*this, MDB_RDONLY);
    MDB_stat statistics{};
    check(mdb_stat(transaction.get(), table_, &statistics));
    return statistics.ms_entries - 1;  // the mark of the format
  }

 private:
  class Transaction {
   public:
    Transaction(const Environment& environment, unsigned flags) : environment_(environment) {
      int status = mdb_txn_begin(environment.environment_, nullptr, flags, &transaction_);
      if (status == MDB_READERS_FULL) {  // of processes that were killed, perhaps
        mdb_reader_check(environment.environment_, nullptr);
        status = mdb_txn_begin(environment.environment_, nullptr, flags, &transaction_);
      }
      environment.check(status);
    }
    ~Transaction() {
      if (transaction_ != nullptr) mdb_txn_abort(transaction_);
    }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    MDB_txn* get() const { return transaction_; }
    void commit() {
      environment_.check(mdb_txn_commit(std::exchange(transaction_, nullptr)));
    }

   private:
    const Environment& environment_;
    MDB_txn* transaction_ = nullptr;
  };

  // MDB_NOTLS: transactions belong to calls, not to threads. MDB_NOMETASYNC: one flush to the disk
  // for a transaction; a power failure may undo the last ones, the end of a process none.
  void open() {
    check(mdb_env_set_mapsize(environment_, limit_));
    check(mdb_env_set_maxreaders(environment_, kMaxReaders));
    check(mdb_env_open(environment_, file_.c_str(), MDB_NOSUBDIR | MDB_NOTLS | MDB_NOMETASYNC,
                       0644));
    mdb_reader_check(environment_, nullptr);
    require_whole();
    Transaction transaction(*this, 0);
    check(mdb_dbi_open(transaction.get(), nullptr, 0, &table_));
    require_format(transaction);
    transaction.commit();
  }

  // Pages that a file has lost would be read as a bus error.
  void require_whole() const {
    MDB_envinfo info{};
    MDB_stat statistics{};
    check(mdb_env_info(environment_, &info));
    check(mdb_env_stat(environment_, &statistics));
    constexpr std::size_t kNeverWritten = 16;  // pages that were taken and given back at once
    const std::size_t pages = info.me_last_pgno + 1;
    const bool whole = pages <= 2 || fs::file_size(file_) / statistics.ms_psize + kNeverWritten >=
                                         pages;
    require(whole, file_.string(), ": a truncated feature cache; delete it");
  }

  // A new store gets its mark.
  void require_format(const Transaction& transaction) const {
    MDB_stat statistics{};
    check(mdb_stat(transaction.get(), table_, &statistics));
    MDB_val key = value_of(std::as_bytes(std::span(kMarkKey))), mark{};
    if (statistics.ms_entries == 0) {
      mark = value_of(std::as_bytes(std::span(kMark)));
      return check(mdb_put(transaction.get(), table_, &key, &mark, 0));
    }
    const bool known = mdb_get(transaction.get(), table_, &key, &mark) == 0 &&
                       kMark == std::string_view(static_cast<char*>(mark.mv_data), mark.mv_size);
    require(known, file_.string(), ": no feature cache of this version of qprompt; delete it");
  }

  void check(int status) const {
    if (status == MDB_SUCCESS) return;
    const std::string file = file_.string();
    if (status == MDB_MAP_FULL) {
      fail(file, ": the feature cache has reached its limit of ", size_text(limit_),
           "; delete it, or give it a larger limit");
    }
    if (status == MDB_INVALID || status == MDB_VERSION_MISMATCH || status == MDB_CORRUPTED ||
        status == MDB_PAGE_NOTFOUND) {
      fail(file, ": no feature cache of this version of qprompt (", mdb_strerror(status),
           "); delete it");
    }
    fail(file, ": feature cache: ", mdb_strerror(status));
  }

  fs::path file_;
  std::size_t limit_;
  MDB_env* environment_ = nullptr;
  MDB_dbi table_ = 0;
};

// LMDB forbids opening an environment twice in a process: who is open, and who is being closed.
class FeatureStore::Registry {
 public:
  static Registry& of_process() {
    static Registry registry;
    return registry;
  }

  std::shared_ptr<FeatureStore> open(const fs::path& folder, std::size_t limit) {
    std::unique_lock lock(mutex_);
    for (auto found = open_.find(folder); found != open_.end(); found = open_.find(folder)) {
      if (auto store = found->second.lock()) return store;
      closed_.wait(lock);
    }
    std::shared_ptr<FeatureStore> store(new FeatureStore(folder, limit),
                                        [this, folder](FeatureStore* gone) { close(folder, gone); });
    open_[folder] = store;
    return store;
  }

 private:
  void close(const fs::path& folder, FeatureStore* store) {
    const std::scoped_lock lock(mutex_);
    delete store;
    open_.erase(folder);
    closed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable closed_;
  std::map<fs::path, std::weak_ptr<FeatureStore>> open_;
};

FeatureStore::FeatureStore(const fs::path& folder, std::size_t limit_bytes)
    : environment_(std::make_unique<Environment>(folder, limit_bytes)) {}
FeatureStore::~FeatureStore() = default;

std::shared_ptr<FeatureStore> FeatureStore::open(const fs::path& folder, std::size_t limit_bytes) {
  return at_border([&] {
    std::error_code error;
    fs::create_directories(folder, error);
    require(!error, folder.string(), ": cannot be created: ", error.message());
    return Registry::of_process().open(fs::canonical(folder), limit_bytes);
  });
}

namespace {

std::array<std::byte, 16> name_of(const Hash128& key) {
  std::array<std::byte, 16> name;
  std::memcpy(name.data(), &key.high, 8);
  std::memcpy(name.data() + 8, &key.low, 8);
  return name;
}

// checksum | payload
Bytes checked(const Hash128& key, const Bytes& payload) {
  Bytes value(sizeof(std::uint64_t) + payload.size());
  const std::uint64_t sum = checksum(key, payload);
  std::memcpy(value.data(), &sum, sizeof sum);
  std::memcpy(value.data() + sizeof sum, payload.data(), payload.size());
  return value;
}

// The payload, empty where it is not what was written.
std::span<const std::byte> payload_of(const Hash128& key, std::span<const std::byte> value) {
  if (value.size() < 8) return {};
  const auto payload = value.subspan(8);
  return word_at<std::uint64_t>(value, 0) == checksum(key, payload) ? payload : payload.first(0);
}

}  // namespace

bool FeatureStore::find(const Hash128& key, std::span<float> row) const {
  return at_border([&]() -> bool {
    bool is_good = false;
    environment_->find(name_of(key), [&](std::span<const std::byte> value) {
      const auto payload = payload_of(key, value);
      is_good = payload.size() == row.size() * sizeof(std::uint16_t) && !row.empty();
      for (std::size_t i = 0; is_good && i < row.size(); ++i) {
        row[i] = half_value(word_at<std::uint16_t>(payload, i * sizeof(std::uint16_t)));
      }
    });
    return is_good;
  });
}

void FeatureStore::append(std::span<const Hash128> keys, const Matrix& rows) {
  at_border([&] {
    require(std::ssize(keys) == rows.rows(), "FeatureStore: ", keys.size(), " keys for ", rows.rows(),
            " rows");
    environment_->write([&](const auto& put_value) {
      for (std::size_t r = 0; r < keys.size(); ++r) {
        Bytes payload;
        payload.reserve(static_cast<std::size_t>(rows.cols()) * sizeof(std::uint16_t));
        for (Index i = 0; i < rows.cols(); ++i) {
          put(half_bits(rows(static_cast<Index>(r), i)), payload);
        }
        put_value(name_of(keys[r]), checked(keys[r], payload));
      }
    });
  });
}

std::optional<Matrix> FeatureStore::find_matrix(const Hash128& key) const {
  return at_border([&]() -> std::optional<Matrix> {
    constexpr std::size_t kSizes = 16;  // bytes of rows and columns before the values
    std::optional<Matrix> matrix;
    environment_->find(name_of(key), [&](std::span<const std::byte> value) {
      const auto payload = payload_of(key, value);
      if (payload.size() < kSizes) return;
      const auto rows = word_at<std::int64_t>(payload, 0), cols = word_at<std::int64_t>(payload, 8);
      const auto count = static_cast<std::int64_t>((payload.size() - kSizes) / sizeof(float));
      if (rows < 0 || cols < 1 || rows > count || rows * cols != count) return;
      matrix.emplace(rows, cols);
      std::memcpy(matrix->data(), payload.data() + kSizes, payload.size() - kSizes);
    });
    return matrix;
  });
}

void FeatureStore::put_matrix(const Hash128& key, const Matrix& matrix) {
  at_border([&] {
    Bytes payload;
    put(std::int64_t{matrix.rows()}, payload);
    put(std::int64_t{matrix.cols()}, payload);
    const auto values = std::as_bytes(values_of(matrix));
    payload.resize(payload.size() + values.size());
    std::memcpy(payload.data() + payload.size() - values.size(), values.data(), values.size());
    environment_->write(
        [&](const auto& put_value) { put_value(name_of(key), checked(key, payload)); });
  });
}

std::size_t FeatureStore::entries() const {
  return at_border([&] { return environment_->entries(); });
}

}  // namespace qprompt
