#include "cli/interrupt.h"

#include <csignal>

namespace qprompt::cli {
namespace {

volatile std::sig_atomic_t interrupt_seen = 0;

void remember(int signal) {
  interrupt_seen = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void watch_interrupts() { std::signal(SIGINT, remember); }
bool interrupted() { return interrupt_seen != 0; }

}  // namespace qprompt::cli
