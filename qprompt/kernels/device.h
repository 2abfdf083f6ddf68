#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

namespace qprompt::kernels {

// Format of weights and of the activations that matrix products read. Residual streams, statistics
// and everything outside the towers stay float32.
enum class NumberFormat : std::uint8_t { kFloat32, kBfloat16 };
inline auto enum_names(NumberFormat) { return std::array{"fp32", "bf16"}; }

enum class Precision : std::uint8_t { kFloat32, kBfloat16, kAuto };
inline auto enum_names(Precision) { return std::array{"fp32", "bf16", "auto"}; }

struct DeviceOptions {
  int threads = 0;  // 0: the cores this process may really use
  Precision precision = Precision::kAuto;
};

struct DeviceInfo {
  std::string library;          // "oneDNN 2.6.3"
  std::string instruction_set;  // oneDNN's effective one, "avx2"
  std::string simd;             // of the hand-written passes, "AVX2"
  std::string vendor;           // CPUID's, "AuthenticAMD"
  int threads = 1;
  NumberFormat format = NumberFormat::kFloat32;
  std::string reason;  // why this number format
};

// The machine that the towers run on: threads, number format, weight packing. Cheap to copy; one
// device serves any number of towers and threads.
class Device {
 public:
  explicit Device(const DeviceOptions& options = {});

  NumberFormat format() const;
  int threads() const;
  DeviceInfo info() const;

  struct Impl;
  const Impl& impl() const { return *impl_; }  // for kernels only

 private:
  std::shared_ptr<const Impl> impl_;
};

// One sequence of kernels in execution, with the scratch memory they need. Each pass over a tower
// owns one; a stream is used by one thread at a time.
class Stream {
 public:
  explicit Stream(const Device& device);
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
