#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string_view>
#include <vector>

struct MDB_env;
struct MDB_txn;

namespace qprompt {

// FOLDER/features.lmdb as a table from bytes to bytes: an LMDB environment that is checked before
// anything in it is believed. LMDB allows one of a file in a process.
class LmdbFile {
 public:
  using Bytes = std::span<const std::byte>;
  enum class Access { kRead, kWrite };
  class Transaction;

  // Created where there is none. On a read-only file system it can be read.
  LmdbFile(const std::filesystem::path& folder, std::size_t limit_bytes);
  ~LmdbFile();
  LmdbFile(const LmdbFile&) = delete;
  LmdbFile& operator=(const LmdbFile&) = delete;

  static std::filesystem::path file_in(const std::filesystem::path& folder);
  // The file and its lock file, in a turn: nobody opens one without the other.
  static void remove(const std::filesystem::path& folder);

 private:
  // Whose turn it is among all threads of all processes. The system's lock of the folder goes with
  // the process that held it, and always wakes the next: LMDB's own, of memory that processes
  // share, can leave one asleep when another is killed as it is woken. They are taken in a turn
  // alone, so that nobody ever waits for them.
  class Turn {
   public:
    explicit Turn(const std::filesystem::path& folder);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    void lock();
    void unlock();

   private:
    std::filesystem::path folder_;
    int descriptor_;
    std::mutex mutex_;  // within the process, whose threads share the descriptor
  };

  struct Close {
    void operator()(MDB_env* environment) const;
  };

  bool open(unsigned flags);  // false on a read-only file system
  void check_whole() const;
  void check_format();
  void follow_growth();
  void close();
  int begin(Access access, MDB_txn*& transaction);
  MDB_txn* take_idle();
  void keep_idle(MDB_txn* reading);
  void check(int code) const;  // throws Error where LMDB has not answered MDB_SUCCESS
  [[noreturn]] void refuse(std::string_view reason) const;

  std::filesystem::path folder_, file_;
  std::size_t limit_;
  std::unique_ptr<MDB_env, Close> environment_;
  unsigned table_ = 0;           // the one without a name
  std::shared_mutex map_mutex_;  // held alone where the map may move; before a turn
  Turn turn_;
  std::mutex idle_mutex_;
  std::vector<MDB_txn*> idle_;  // that read and ended: their slots among the readers are kept
};

// Sees the table as it was when it began, and is undone where it is not committed. One at a time in
// a thread; those that write wait for each other.
class LmdbFile::Transaction {
 public:
  Transaction(LmdbFile& file, Access access);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  std::size_t size() const;
  std::optional<Bytes> get(Bytes key) const;  // valid as long as the transaction
  // Room for a value, to be filled before the transaction is asked for anything else.
  std::span<std::byte> put(Bytes key, std::size_t size);
  void commit();

 private:
  friend class LmdbFile;

  LmdbFile& file_;
  const Access access_;
  std::shared_lock<std::shared_mutex> map_lock_;
  std::unique_lock<Turn> turn_;  // where it writes
  MDB_txn* transaction_ = nullptr;
};

}  // namespace qprompt
