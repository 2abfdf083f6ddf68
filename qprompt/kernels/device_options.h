#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace qprompt::kernels {

// Format of weights and of the activations that matrix products read. Residual streams, statistics
// and everything outside the towers stay float32.
enum class NumberFormat : std::uint8_t { kFloat32, kBfloat16 };
inline auto enum_names(NumberFormat) { return std::array{"fp32", "bf16"}; }

// kInt8: as kAuto, but products of the frozen image tower are those of bytes (int8_linear.h). Never
// what kAuto chooses.
enum class Precision : std::uint8_t { kFloat32, kBfloat16, kAuto, kInt8 };
inline auto enum_names(Precision) { return std::array{"fp32", "bf16", "auto", "int8"}; }

constexpr int kMostThreads = 1024;

struct DeviceOptions {
  int threads = 0;  // 1..kMostThreads; 0: the cores this process may really use
  Precision precision = Precision::kAuto;
};

struct DeviceInfo {
  std::string library;          // "oneDNN 2.6.3"
  std::string instruction_set;  // oneDNN's effective one, "avx2"
  std::string simd;             // of the hand-written passes, "AVX2"
  std::string cpu;              // CPUID's brand, "AMD EPYC 9654 96-Core Processor"
  std::string vendor;           // CPUID's, "AuthenticAMD"
  int threads = 1;
  NumberFormat format = NumberFormat::kFloat32;
  bool int8_images = false;  // the frozen image tower multiplies bytes
  std::string reason;        // why this number format
};

// Of the numbers that come out: "fp32", "bf16", "bf16, images in int8".
std::string precision_name(const DeviceInfo& info);

}  // namespace qprompt::kernels
