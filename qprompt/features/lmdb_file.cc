#include "qprompt/features/lmdb_file.h"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <sstream>
#include <string>
#include <utility>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormatKey = "qprompt format", kFormat = "qprompt features 2";
constexpr unsigned kReaders = 1024;
// MDB_NOTLS: a slot among the readers belongs to a transaction and not to a thread as long as it
// lives. MDB_NOMETASYNC: a commit waits for the disk once and not twice. Killing a process loses
// nothing; only a power failure may lose the last transaction, and leaves those before it whole.
constexpr unsigned kFlags = MDB_NOSUBDIR | MDB_NOTLS | MDB_NOMETASYNC;

LmdbFile::Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

MDB_val value_of(LmdbFile::Bytes bytes) {
  return {bytes.size(), const_cast<std::byte*>(bytes.data())};
}

std::string in_words(std::size_t bytes) {
  std::ostringstream words;
  const bool large = bytes >= std::size_t{1} << 30;
  words << static_cast<double>(bytes) / (large ? 0x1p30 : 0x1p20) << (large ? " GiB" : " MiB");
  return words.str();
}

// In a folder that others may write a link could lead anywhere, and LMDB writes into what it opens.
void require_own_file(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(file, error);
  require(!fs::exists(status) || fs::is_regular_file(status), file.string(),
          ": not a regular file, expected a feature cache or nothing: delete it");
}

}  // namespace

LmdbFile::Turn::Turn(const fs::path& folder)
    : folder_(folder), descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  const int reason = errno;
  require(descriptor_ >= 0, folder.string(), ": cannot be opened: ", std::strerror(reason));
}

LmdbFile::Turn::~Turn() { ::close(descriptor_); }

void LmdbFile::Turn::lock() {
  std::unique_lock lock(mutex_);
  while (::flock(descriptor_, LOCK_EX) != 0) {
    const int reason = errno;
    require(reason == EINTR, folder_.string(),
            ": cannot be locked, a feature cache needs a local disk: ", std::strerror(reason));
  }
  lock.release();
}

void LmdbFile::Turn::unlock() {
  ::flock(descriptor_, LOCK_UN);
  mutex_.unlock();
}

fs::path LmdbFile::file_in(const fs::path& folder) { return folder / "features.lmdb"; }

void LmdbFile::remove(const fs::path& folder) {
  Turn turn(folder);
  const std::lock_guard lock(turn);
  for (const char* ending : {"", "-lock"}) {
    const fs::path file = file_in(folder).string() + ending;
    std::error_code error;
    fs::remove(file, error);
    require(!error, file.string(), ": cannot be removed: ", error.message());
  }
}

void LmdbFile::Close::operator()(MDB_env* environment) const { mdb_env_close(environment); }

LmdbFile::LmdbFile(const fs::path& folder, std::size_t limit_bytes)
    : folder_(folder),
      file_(file_in(folder)),
      limit_(std::max<std::size_t>(limit_bytes, 1)),  // 0 would be LMDB's default
      turn_(folder) {
  try {
    {
      const std::lock_guard opening(turn_);  // LMDB sets its lock file up in steps
      require_own_file(file_);
      require_own_file(file_.string() + "-lock");
      if (!open(kFlags)) require(open(kFlags | MDB_RDONLY), file_.string(), ": cannot be read");
      check_whole();
      check(mdb_reader_check(environment_.get(), nullptr));
    }
    check_format();
  } catch (...) {
    close();
    throw;
  }
}

LmdbFile::~LmdbFile() { close(); }

void LmdbFile::close() {
  for (MDB_txn* reading : idle_) mdb_txn_abort(reading);
  idle_.clear();
  environment_.reset();
}

bool LmdbFile::open(unsigned flags) {
  MDB_env* environment = nullptr;
  check(mdb_env_create(&environment));
  environment_.reset(environment);
  check(mdb_env_set_maxreaders(environment, kReaders));
  check(mdb_env_set_mapsize(environment, limit_));
  const int code = mdb_env_open(environment, file_.c_str(), flags, 0666);
  if (code != EROFS) check(code);
  return code != EROFS;
}

// Reading the map beyond the end of its file would end the process.
void LmdbFile::check_whole() const {
  MDB_envinfo info;
  MDB_stat statistics;
  check(mdb_env_info(environment_.get(), &info));
  check(mdb_env_stat(environment_.get(), &statistics));
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file_, error);
  require(!error, file_.string(), ": cannot read its size: ", error.message());
  if (size / statistics.ms_psize <= info.me_last_pgno) refuse("truncated");
}

void LmdbFile::check_format() {
  {
    const Transaction reading(*this, Access::kRead);
    check(mdb_dbi_open(reading.transaction_, nullptr, 0, &table_));
    const auto format = reading.get(bytes_of(kFormatKey));
    if (format && std::ranges::equal(*format, bytes_of(kFormat))) return;
    if (format) refuse("another version");
    if (reading.size() > 0) refuse("another program's");
  }
  Transaction writing(*this, Access::kWrite);
  std::ranges::copy(bytes_of(kFormat), writing.put(bytes_of(kFormatKey), kFormat.size()).begin());
  writing.commit();
}

// Another process, with a larger limit, has made the file larger than this one's map.
void LmdbFile::follow_growth() {
  const std::unique_lock alone(map_mutex_);
  if (environment_ == nullptr) return;
  const int code = mdb_env_set_mapsize(environment_.get(), limit_);
  if (code != MDB_SUCCESS) close();  // it has no map any more
  check(code);
}

void LmdbFile::check(int code) const {
  switch (code) {
    case MDB_SUCCESS:
      return;
    case MDB_MAP_FULL:
      fail(folder_.string(), ": the feature cache has reached its limit of ", in_words(limit_),
           ": delete the folder or allow more");
    case MDB_CORRUPTED:
    case MDB_INVALID:
    case MDB_PAGE_NOTFOUND:
    case MDB_VERSION_MISMATCH:
      refuse(mdb_strerror(code));
    case EIO:  // LMDB's word for a write that ends too early
      fail(file_.string(), ": ", mdb_strerror(code), " (is the disk full?)");
    default:
      fail(file_.string(), ": ", mdb_strerror(code));
  }
}

void LmdbFile::refuse(std::string_view reason) const {
  fail(file_.string(), ": not a feature cache of this version (", reason, "): delete it");
}

// A reader's slot is taken in a turn, once; whoever reads next goes on with it.
int LmdbFile::begin(Access access, MDB_txn*& transaction) {
  MDB_env* const environment = environment_.get();
  if (access == Access::kWrite) return mdb_txn_begin(environment, nullptr, 0, &transaction);
  if (transaction == nullptr) transaction = take_idle();
  if (transaction != nullptr) return mdb_txn_renew(transaction);
  const std::lock_guard turn(turn_);
  int code = mdb_txn_begin(environment, nullptr, MDB_RDONLY, &transaction);
  if (code == MDB_READERS_FULL) {  // of processes that were killed, perhaps
    check(mdb_reader_check(environment, nullptr));
    code = mdb_txn_begin(environment, nullptr, MDB_RDONLY, &transaction);
  }
  return code;
}

MDB_txn* LmdbFile::take_idle() {
  const std::lock_guard lock(idle_mutex_);
  if (idle_.empty()) return nullptr;
  MDB_txn* const reading = idle_.back();
  idle_.pop_back();
  return reading;
}

void LmdbFile::keep_idle(MDB_txn* reading) {
  const std::lock_guard lock(idle_mutex_);
  idle_.push_back(reading);
}

LmdbFile::Transaction::Transaction(LmdbFile& file, Access access)
    : file_(file),
      access_(access),
      map_lock_(file.map_mutex_, std::defer_lock),
      turn_(file.turn_, std::defer_lock) {
  while (true) {
    map_lock_.lock();
    require(file.environment_ != nullptr, file.file_.string(), ": has no map any more");
    if (access == Access::kWrite) turn_.lock();
    const int code = file.begin(access, transaction_);
    if (code == MDB_SUCCESS) return;
    if (transaction_ != nullptr) file.keep_idle(std::exchange(transaction_, nullptr));
    if (turn_.owns_lock()) turn_.unlock();
    map_lock_.unlock();
    if (code != MDB_MAP_RESIZED) file.check(code);
    file.follow_growth();
  }
}

LmdbFile::Transaction::~Transaction() {
  if (transaction_ == nullptr) return;
  if (access_ == Access::kWrite) {
    mdb_txn_abort(transaction_);
  } else {
    mdb_txn_reset(transaction_);
    file_.keep_idle(transaction_);
  }
}

std::size_t LmdbFile::Transaction::size() const {
  MDB_stat statistics;
  file_.check(mdb_stat(transaction_, file_.table_, &statistics));
  return statistics.ms_entries;
}

std::optional<LmdbFile::Bytes> LmdbFile::Transaction::get(Bytes key) const {
  MDB_val name = value_of(key), value;
  const int code = mdb_get(transaction_, file_.table_, &name, &value);
  if (code == MDB_NOTFOUND) return std::nullopt;
  file_.check(code);
  return Bytes(static_cast<const std::byte*>(value.mv_data), value.mv_size);
}

std::span<std::byte> LmdbFile::Transaction::put(Bytes key, std::size_t size) {
  MDB_val name = value_of(key), value{size, nullptr};
  file_.check(mdb_put(transaction_, file_.table_, &name, &value, MDB_RESERVE));
  return {static_cast<std::byte*>(value.mv_data), size};
}

void LmdbFile::Transaction::commit() {
  file_.check(mdb_txn_commit(std::exchange(transaction_, nullptr)));
}

}  // namespace qprompt
