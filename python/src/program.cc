#include "cli/program.h"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <csignal>
#include <string>
#include <vector>

#include "cli/demo_assets.h"
#include "python/src/bindings.h"

namespace nb = nanobind;

namespace qprompt::python {
namespace {

// The program has its own way with signals; Python's comes back behind it.
class KeptSignals {
 public:
  KeptSignals() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], nullptr, &kept_[i]);
  }
  ~KeptSignals() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &kept_[i], nullptr);
  }
  KeptSignals(const KeptSignals&) = delete;
  KeptSignals& operator=(const KeptSignals&) = delete;

 private:
  static constexpr std::array kSignals{SIGINT, SIGTERM, SIGPIPE, SIGXFSZ};
  std::array<struct sigaction, kSignals.size()> kept_{};
};

int run_program(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  const nb::gil_scoped_release release;
  const KeptSignals kept;
  return cli::main(static_cast<int>(argv.size()), argv.data());
}

}  // namespace

void bind_program(nb::module_& module) {
  module.def("main", run_program, nb::arg("argv"));
  module.def("set_demo_folder", cli::set_demo_folder, nb::arg("folder"));
}

}  // namespace qprompt::python
