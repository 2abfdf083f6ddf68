#pragma once

#include <omp.h>

#include <algorithm>

#include "qprompt/core/matrix.h"

namespace qprompt::kernels {

// Calls body(begin, end) on one consecutive piece of [0, n) per thread of the stream; on the
// calling thread alone where n <= grain. Same n and thread count, same pieces.
template <typename Body>
void parallel_for(Index n, Index grain, const Body& body) {
  if (n <= grain) {
    if (n > 0) body(Index{0}, n);
    return;
  }
#pragma omp parallel
  {
    const Index threads = omp_get_num_threads();
    const Index piece = (n + threads - 1) / threads;
    const Index begin = std::min<Index>(n, omp_get_thread_num() * piece);
    const Index end = std::min(n, begin + piece);
    if (begin < end) body(begin, end);
  }
}

// Calls body(i) for every i of [0, n), handing tasks of uneven size out one by one. Only for bodies
// that write to places of their own.
template <typename Body>
void parallel_tasks(Index n, const Body& body) {
#pragma omp parallel for schedule(dynamic)
  for (Index i = 0; i < n; ++i) body(i);
}

}  // namespace qprompt::kernels
