#pragma once

#include <functional>
#include <memory>
#include <string>

#include "qprompt/core/matrix.h"
#include "qprompt/kernels/device_options.h"

namespace qprompt::kernels {

// The machine that the towers run on: threads, number format, weight packing. Copies are handles of
// one device, which serves any number of towers and callers.
class Device {
 public:
  explicit Device(const DeviceOptions& options = {});

  NumberFormat format() const;
  int threads() const;
  DeviceInfo info() const;

  // Does work with kernels on the device's own thread, after what others gave it before, waits for
  // it and throws what it threw: N callers and a team of T threads never make N teams. Asked from
  // within that thread, at once.
  void run(const std::function<void()>& work) const;
  // Does pieces of work there until one answers false. Waking a thread costs more than a small
  // piece: they are given some milliseconds' worth at a time, between which others have their turn.
  void run_while(const std::function<bool()>& piece) const;

  // Calls task(i, worker) for i = 0 .. n-1, handed out one by one to the device's threads, each of
  // which is a worker of its own, 0 .. threads() - 1: nobody waits for another but at the end. From
  // within run() alone. Throws what the first task in order that failed threw, after all ended.
  void each_alone(Index n, const std::function<void(Index task, int worker)>& task) const;

  struct Impl;
  const Impl& impl() const { return *impl_; }  // for kernels only

 private:
  std::shared_ptr<const Impl> impl_;
};

// One sequence of kernels in execution, with the scratch memory they need. Each pass over a tower
// owns one; a stream is used by one thread at a time.
class Stream {
 public:
  // On all threads of the device; or on the caller's alone, within Device::each_alone.
  enum class Team { kAll, kAlone };
  explicit Stream(const Device& device, Team team = Team::kAll);
  ~Stream();
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;

  const Device& device() const;

  // Says how large the matrix products of the coming kernels are, in multiplications and additions.
  // Below a fraction of a millisecond a second thread costs more in waiting than it saves, and far
  // more on a machine that is busy with something else: small work stays on one thread.
  void expect_products_of(double operations);
  int threads() const;  // the device's, or one

  struct Impl;
  Impl& impl() { return *impl_; }  // for kernels only

 private:
  std::unique_ptr<Impl> impl_;
};

// What `Precision::kAuto` means on a CPU of this instruction set and vendor: a table, never a
// timing, so that results do not depend on load. bf16 where the CPU multiplies it faster than
// float32: AMX, and AMD from Zen 4 on; not on Xeons with AVX512-BF16 alone, where it was
// measured 1.4-1.8 times slower.
struct FormatChoice {
  NumberFormat format;
  std::string reason;
};
FormatChoice choose_format(const std::string& instruction_set, const std::string& vendor);

}  // namespace qprompt::kernels
