// The only file that knows MPI.
#include "cli/mpi_ranks.h"

#include <mpi.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <climits>
#include <cmath>
#include <cstdlib>
#include <thread>

#include "cli/console.h"
#include "qprompt/core/error.h"
#include "qprompt/core/shard.h"
#include "qprompt/core/threads.h"

namespace qprompt::cli {
namespace {

// For ranks that fail in the same place, one somewhat later than another.
constexpr std::chrono::seconds kPatience{3};

class MpiRanks : public Ranks {
 public:
  explicit MpiRanks(MPI_Comm all) : all_(all) {
    MPI_Comm_rank(all_, &rank_);
    MPI_Comm_size(all_, &size_);
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void sum(std::span<float> values) const override {
    require(values.size() <= INT_MAX, "MPI: ", values.size(), " values, expected at most ",
            INT_MAX);
    MPI_Allreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), MPI_FLOAT, MPI_SUM,
                  all_);
  }

  void broadcast(std::span<std::byte> bytes, int root) const override {
    constexpr std::size_t kMost = std::size_t{1} << 30;  // of a message: MPI counts in int
    for (std::size_t at = 0; at < bytes.size(); at += kMost) {
      const int count = static_cast<int>(std::min(kMost, bytes.size() - at));
      MPI_Bcast(bytes.data() + at, count, MPI_BYTE, root, all_);
    }
  }

 private:
  MPI_Comm all_;
  int rank_ = 0, size_ = 1;
};

// MPI from its beginning to its end.
class Session {
 public:
  Session() {
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided);
    MPI_Comm_dup(MPI_COMM_WORLD, &failures_);
    may_talk_in_turn_ = provided >= MPI_THREAD_SERIALIZED;
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    MPI_Comm_free(&failures_);
    MPI_Finalize();
  }

  void require_fit(const MpiRanks& ranks, const Shard& process) const {
    require(ranks.size() == process.count, "--ranks: MPI knows of ", ranks.size(), " ranks, ",
            process.count, " were started: by the mpirun of another MPI?");
    require(may_talk_in_turn_, "--ranks: this MPI serves no program with threads");
  }

  // Whether all ranks fail here, within some patience.
  bool all_failed() const {
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Ibarrier(failures_, &request);
    const auto end = std::chrono::steady_clock::now() + kPatience;
    int come = 0;
    while (come == 0 && std::chrono::steady_clock::now() < end) {
      MPI_Test(&request, &come, MPI_STATUS_IGNORE);
      if (come == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return come != 0;
  }

 private:
  MPI_Comm failures_ = MPI_COMM_NULL;
  bool may_talk_in_turn_ = false;
};

// Who starts processes for MPI tells each of them so.
void require_started_for_mpi(const Environment& environment) {
  bool known = false;
  for (const char* variable : {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"}) {
    known = known || environment(variable) != nullptr;
  }
  require(known, "--ranks: srun started these processes without MPI, expected srun --mpi=pmix");
}

// The cores that any rank of this node may use, shared evenly: ranks may be bound to cores of their
// own, or all see all of them.
int cores_of_rank() {
  std::array<unsigned long, 1024> cores{};  // as cpu_set_t, which ends at 1024 bits
  ::sched_getaffinity(0, sizeof cores, reinterpret_cast<cpu_set_t*>(cores.data()));
  MPI_Comm node = MPI_COMM_NULL;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
  MPI_Allreduce(MPI_IN_PLACE, cores.data(), static_cast<int>(cores.size()), MPI_UNSIGNED_LONG,
                MPI_BOR, node);
  int ranks = 1, count = 0;
  MPI_Comm_size(node, &ranks);
  MPI_Comm_free(&node);
  for (const unsigned long word : cores) count += std::popcount(word);
  const double quota = control_group_quota("/").value_or(count);
  return std::max(1, static_cast<int>(std::ceil(std::min<double>(count, quota))) / ranks);
}

// The others wait for what this rank will never send.
[[noreturn]] void end_all(const Ranks& ranks, const char* why) {
  silence_console(false);
  tell("qprompt: rank {} of {}: {}", ranks.rank(), ranks.size(), why);
  MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
  std::abort();
}

}  // namespace

void on_mpi_ranks(const std::function<void(const RankOfRun&)>& work) {
  const auto process = launched_process();
  require(process.has_value(),
          "--ranks: nobody started ranks, expected mpirun -n 2 qprompt train ... --ranks");
  require_started_for_mpi(process_environment);
  const Session session;
  const auto ranks = std::make_shared<const MpiRanks>(MPI_COMM_WORLD);
  session.require_fit(*ranks, *process);
  silence_console(!ranks->is_root());
  try {
    work({ranks, cores_of_rank()});
  } catch (const std::exception& error) {
    if (!session.all_failed()) end_all(*ranks, error.what());
    throw;
  }
}

}  // namespace qprompt::cli
