#pragma once

#include <omp.h>

#include <algorithm>
#include <atomic>

#include "qprompt/core/matrix.h"

namespace qprompt::kernels {

// OpenMP orders what comes before a region, what happens in it and what follows. The same once more
// in words that the thread sanitizer reads, which does not look into OpenMP's library: a region's
// threads take over what was published before it, and the caller what they publish at its end.
inline std::atomic<unsigned> region_order{0};
inline void publish_memory() { region_order.fetch_add(1, std::memory_order_release); }
inline void take_over_memory() { static_cast<void>(region_order.load(std::memory_order_acquire)); }

// The number of threads is a stream's own and always said: the application around us, or another
// stream, may have told OpenMP something else.

// Calls body(begin, end) on one consecutive piece of [0, n) per thread; on the calling thread alone
// where n <= grain. Same n and thread count, same pieces.
template <typename Body>
void parallel_for(int threads, Index n, Index grain, const Body& body) {
  if (n <= grain) {
    if (n > 0) body(Index{0}, n);
    return;
  }
  publish_memory();
#pragma omp parallel num_threads(threads)
  {
    take_over_memory();
    const Index team = omp_get_num_threads();
    const Index piece = (n + team - 1) / team;
    const Index begin = std::min<Index>(n, omp_get_thread_num() * piece);
    const Index end = std::min(n, begin + piece);
    if (begin < end) body(begin, end);
    publish_memory();
  }
  take_over_memory();
}

// Calls body(i) for every i of [0, n), handing tasks of uneven size out one by one. Only for bodies
// that write to places of their own.
template <typename Body>
void parallel_tasks(int threads, Index n, const Body& body) {
  publish_memory();
#pragma omp parallel num_threads(threads)
  {
    take_over_memory();
#pragma omp for schedule(dynamic) nowait
    for (Index i = 0; i < n; ++i) body(i);
    publish_memory();
  }
  take_over_memory();
}

// What runs inside, oneDNN's primitives too, has this number of threads on the calling thread.
class ThreadScope {
 public:
  explicit ThreadScope(int threads) : before_(omp_get_max_threads()) {
    omp_set_num_threads(threads);
  }
  ~ThreadScope() { omp_set_num_threads(before_); }
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  int before_;
};

}  // namespace qprompt::kernels
