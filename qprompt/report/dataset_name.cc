#include "qprompt/report/dataset_name.h"

#include "qprompt/data/benchmark.h"

namespace qprompt::report {

std::string dataset_name(const std::string& name) {
  const Benchmark* benchmark = find_benchmark(name);
  return benchmark == nullptr ? name : std::string(benchmark->name);
}

}  // namespace qprompt::report
