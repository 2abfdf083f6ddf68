#include "qprompt/kernels/rows.h"

#include <cstring>

#include "qprompt/kernels/parallel.h"

namespace qprompt::kernels {
namespace {

constexpr Index kRowGrain = 64;

std::size_t row_bytes(ConstView view) {
  return static_cast<std::size_t>(view.cols) * format_size(view.format);
}

void require_fit(const char* function, ConstView listed, ConstView other, std::size_t rows) {
  require(listed.cols == other.cols && listed.format == other.format &&
              listed.rows == static_cast<Index>(rows),
          function, ": ", rows, " rows, [", listed.rows, ", ", listed.cols, "] against [",
          other.rows, ", ", other.cols, "]");
}

}  // namespace

void gather_rows(Stream& stream, ConstView source, std::span<const Index> rows, View destination) {
  require_fit("gather_rows", destination, source, rows.size());
  const std::size_t bytes = row_bytes(source);
  parallel_for(stream.threads(), destination.rows, kRowGrain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      std::memcpy(destination.memory + i * bytes, source.memory + rows[i] * bytes, bytes);
    }
  });
}

void scatter_rows(Stream& stream, ConstView source, std::span<const Index> rows, View destination) {
  require_fit("scatter_rows", source, destination, rows.size());
  const std::size_t bytes = row_bytes(source);
  parallel_for(stream.threads(), source.rows, kRowGrain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      std::memcpy(destination.memory + rows[i] * bytes, source.memory + i * bytes, bytes);
    }
  });
}

}  // namespace qprompt::kernels
