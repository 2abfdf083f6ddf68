#include "qprompt/features/feature_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "qprompt/core/error.h"
#include "qprompt/core/half.h"

namespace qprompt {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);

std::uint64_t read_word(const std::byte* from) {
  std::uint64_t word;
  std::memcpy(&word, from, kWord);
  return word;
}

// A descriptor that holds the file's lock.
class LockedAppend {
 public:
  explicit LockedAppend(const std::filesystem::path& path)
      : path_(path),
        descriptor_(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644)) {
    require(descriptor_ >= 0, path_.string(), ": cannot be written: ", std::strerror(errno));
    ::flock(descriptor_, LOCK_EX);
  }
  ~LockedAppend() { ::close(descriptor_); }
  LockedAppend(const LockedAppend&) = delete;
  LockedAppend& operator=(const LockedAppend&) = delete;

  // All records or none; a torn tail of an earlier writer is cut off.
  void write(std::span<const std::byte> records, std::size_t record_size) const {
    const off_t end = ::lseek(descriptor_, 0, SEEK_END);
    const off_t whole = end - end % static_cast<off_t>(record_size);
    const bool cut = whole == end || ::ftruncate(descriptor_, whole) == 0;
    const auto size = static_cast<ssize_t>(records.size());
    if (cut && ::write(descriptor_, records.data(), records.size()) == size) return;
    const int reason = errno;
    const bool restored = ::ftruncate(descriptor_, whole) == 0;
    fail(path_.string(), ": feature cache not written: ", std::strerror(reason),
         restored ? "" : " (and left with a torn tail, which is ignored)");
  }

 private:
  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace

FeatureStore::FeatureStore(const std::filesystem::path& folder, const std::string& name,
                           Index embed)
    : path_(folder / (name + ".features")), embed_(embed) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  require(!error, folder.string(), ": cannot be created: ", error.message());
  if (!std::filesystem::exists(path_) || std::filesystem::file_size(path_) == 0) return;
  map_.emplace(path_);
  const auto bytes = map_->bytes();
  for (std::size_t at = 0; at + record_size() <= bytes.size(); at += record_size()) {
    // The latest record counts: it was written because an earlier one was damaged.
    offsets_.insert_or_assign(read_word(bytes.data() + at), at + kWord);
  }
}

std::size_t FeatureStore::record_size() const {
  return 2 * kWord + static_cast<std::size_t>(embed_) * sizeof(std::uint16_t);
}

bool FeatureStore::find(std::uint64_t key, std::span<float> row) const {
  const auto found = offsets_.find(key);
  if (found == offsets_.end()) return false;
  const std::byte* values = map_->bytes().data() + found->second;
  const std::size_t body = record_size() - kWord;
  if (read_word(values - kWord + body) != hash64({values - kWord, body})) return false;
  for (std::size_t i = 0; i < row.size(); ++i) {
    std::uint16_t bits;
    std::memcpy(&bits, values + i * sizeof bits, sizeof bits);
    row[i] = half_value(bits);
  }
  return true;
}

void FeatureStore::append(std::span<const std::uint64_t> keys, const Matrix& rows) {
  if (keys.empty()) return;
  std::vector<std::byte> records(keys.size() * record_size());
  std::byte* at = records.data();
  for (std::size_t r = 0; r < keys.size(); ++r) {
    std::byte* const record = at;
    std::memcpy(at, &keys[r], kWord);
    at += kWord;
    for (Index i = 0; i < embed_; ++i, at += sizeof(std::uint16_t)) {
      const std::uint16_t bits = half_bits(rows(static_cast<Index>(r), i));
      std::memcpy(at, &bits, sizeof bits);
    }
    const std::uint64_t check = hash64({record, record_size() - kWord});
    std::memcpy(at, &check, kWord);
    at += kWord;
  }
  LockedAppend(path_).write(records, record_size());
}

Matrix rounded_to_fp16(const Matrix& features) { return features.unaryExpr(&half_rounded); }

}  // namespace qprompt
