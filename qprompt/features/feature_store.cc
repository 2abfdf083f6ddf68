#include "qprompt/features/feature_store.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/half.h"
#include "qprompt/features/lmdb_file.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using Bytes = LmdbFile::Bytes;
using Access = LmdbFile::Access;
using Transaction = LmdbFile::Transaction;

enum class Kind : std::uint64_t { kFeature, kMatrix };  // stored in checksums: append only

// Before the values of a matrix.
struct MatrixShape {
  std::uint64_t rows, columns;
};

Bytes bytes_of(const Hash128& key) { return std::as_bytes(std::span(&key, 1)); }

std::uint64_t checksum(const Hash128& key, Kind kind, Bytes payload) {
  return hash64(payload, hash64(bytes_of(key), static_cast<std::uint64_t>(kind)));
}

// A value is its checksum and a payload.
std::optional<Bytes> payload_of(const Transaction& transaction, const Hash128& key, Kind kind) {
  std::uint64_t expected;
  const auto value = transaction.get(bytes_of(key));
  if (!value || value->size() < sizeof expected) return std::nullopt;
  std::memcpy(&expected, value->data(), sizeof expected);
  const Bytes payload = value->subspan(sizeof expected);
  if (checksum(key, kind, payload) != expected) return std::nullopt;
  return payload;
}

void put_payload(Transaction& transaction, const Hash128& key, Kind kind, Bytes payload) {
  const std::uint64_t check = checksum(key, kind, payload);
  const auto value = transaction.put(bytes_of(key), sizeof check + payload.size());
  std::memcpy(value.data(), &check, sizeof check);
  std::ranges::copy(payload, value.data() + sizeof check);
}

fs::path created(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  require(!error, folder.string(), ": cannot be created: ", error.message());
  fs::path canonical = fs::canonical(folder, error);
  require(!error, folder.string(), ": cannot be opened: ", error.message());
  return canonical;
}

}  // namespace

struct FeatureStore::Impl {
  LmdbFile file;
};

// The stores of this process. A count, where a weak pointer would be gone before the file is
// closed: whoever opened it in between would open it twice, which LMDB forbids.
struct FeatureStore::Registry {
  struct Held {
    std::unique_ptr<FeatureStore> store;
    std::size_t holders = 0;
  };
  using Place = std::map<fs::path, Held>::iterator;

  std::mutex mutex;
  std::map<fs::path, Held> stores;

  // Never destroyed: a store may be held until after the end of main().
  static Registry& get() {
    static Registry& registry = *new Registry;
    return registry;
  }

  Place acquire(const fs::path& folder, std::size_t limit_bytes) {
    const std::lock_guard lock(mutex);
    auto place = stores.find(folder);
    if (place == stores.end()) {
      std::unique_ptr<FeatureStore> store(new FeatureStore(folder, limit_bytes));
      place = stores.emplace(folder, Held{std::move(store)}).first;
    }
    ++place->second.holders;
    return place;
  }

  void release(Place place) {
    const std::lock_guard lock(mutex);
    if (--place->second.holders == 0) stores.erase(place);
  }
};

FeatureStore::FeatureStore(const fs::path& folder, std::size_t limit_bytes)
    : impl_(new Impl{{folder, limit_bytes}}) {}
FeatureStore::~FeatureStore() = default;

std::shared_ptr<FeatureStore> FeatureStore::open(const fs::path& folder, std::size_t limit_bytes) {
  return at_border([&]() -> std::shared_ptr<FeatureStore> {
    const auto place = Registry::get().acquire(created(folder), limit_bytes);
    return {place->second.store.get(), [place](FeatureStore*) { Registry::get().release(place); }};
  });
}

bool FeatureStore::find(const Hash128& key, std::span<float> row) const {
  return at_border([&] {
    const Transaction transaction(impl_->file, Access::kRead);
    const auto payload = payload_of(transaction, key, Kind::kFeature);
    if (!payload || payload->size() != row.size() * sizeof(std::uint16_t)) return false;
    const std::byte* from = payload->data();
    for (float& value : row) {
      std::uint16_t bits;
      std::memcpy(&bits, from, sizeof bits);
      value = half_value(bits);
      from += sizeof bits;
    }
    return true;
  });
}

void FeatureStore::append(std::span<const Hash128> keys, const Matrix& rows) {
  at_border([&] {
    require(std::ssize(keys) == rows.rows(), "FeatureStore: ", keys.size(), " keys for ",
            rows.rows(), " rows");
    if (keys.empty()) return;
    Transaction transaction(impl_->file, Access::kWrite);
    std::vector<std::uint16_t> bits(static_cast<std::size_t>(rows.cols()));
    for (std::size_t r = 0; r < keys.size(); ++r) {
      const auto row = rows.row(static_cast<Index>(r));
      std::transform(row.begin(), row.end(), bits.begin(), half_bits);
      put_payload(transaction, keys[r], Kind::kFeature, std::as_bytes(std::span(bits)));
    }
    transaction.commit();
  });
}

std::optional<Matrix> FeatureStore::find_matrix(const Hash128& key) const {
  return at_border([&]() -> std::optional<Matrix> {
    const Transaction transaction(impl_->file, Access::kRead);
    const auto payload = payload_of(transaction, key, Kind::kMatrix);
    if (!payload) return std::nullopt;
    MatrixShape shape;
    std::memcpy(&shape, payload->data(), sizeof shape);
    Matrix matrix(static_cast<Index>(shape.rows), static_cast<Index>(shape.columns));
    std::ranges::copy(payload->subspan(sizeof shape),
                      std::as_writable_bytes(values_of(matrix)).begin());
    return matrix;
  });
}

void FeatureStore::put_matrix(const Hash128& key, const Matrix& matrix) {
  at_border([&] {
    const MatrixShape shape{static_cast<std::uint64_t>(matrix.rows()),
                            static_cast<std::uint64_t>(matrix.cols())};
    const Bytes head = std::as_bytes(std::span(&shape, 1));
    const Bytes values = std::as_bytes(values_of(matrix));
    std::vector<std::byte> payload(head.begin(), head.end());
    payload.insert(payload.end(), values.begin(), values.end());
    Transaction transaction(impl_->file, Access::kWrite);
    put_payload(transaction, key, Kind::kMatrix, payload);
    transaction.commit();
  });
}

std::size_t FeatureStore::entries() const {
  return at_border([&] {
    return Transaction(impl_->file, Access::kRead).size() - 1;  // the mark of the format
  });
}

std::optional<std::uint64_t> FeatureStore::disk_size(const fs::path& folder) {
  std::error_code error;
  const auto size = fs::file_size(LmdbFile::file_in(folder), error);
  if (error) return std::nullopt;
  return size;
}

void FeatureStore::clear(const fs::path& folder) {
  at_border([&] {
    if (disk_size(folder)) LmdbFile::remove(folder);
  });
}

}  // namespace qprompt
