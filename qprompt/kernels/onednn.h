#pragma once

// The one place that knows oneDNN's two APIs: 2.x (Debian 12) and 3.x (Debian 13, Ubuntu 24.04).
// For kernels' .cc files only.

#include <omp.h>

#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string>
#include <unordered_map>

#include "qprompt/core/lru_cache.h"
#include "qprompt/core/thread_pool.h"
#include "qprompt/kernels/buffer.h"
#include "qprompt/kernels/convolution.h"
#include "qprompt/kernels/device.h"
#include "qprompt/kernels/waiting.h"

namespace qprompt::kernels {

using dnnl::memory;

memory::data_type data_type(NumberFormat format);

struct MatmulShape {
  memory::desc source, weights, destination;
  std::optional<memory::desc> bias;
};

// nullopt where this CPU has no implementation (bf16 on AVX2 in oneDNN 2.6).
std::optional<dnnl::matmul::primitive_desc> matmul_primitive(const dnnl::engine& engine,
                                                             const MatmulShape& shape);

struct ConvolutionParts {
  memory::desc source, weights, bias, destination;
  Index stride, padding;
  Epilogue epilogue;
};
dnnl::convolution_forward::primitive_desc convolution_primitive(const dnnl::engine& engine,
                                                                const ConvolutionParts& parts);

std::string effective_instruction_set();  // "avx2", "avx512_core_amx", ...

// A primitive of some shape, for all layers of that shape: weights are its arguments.
struct MatmulKey {
  Index in, out, rows;
  NumberFormat compute, destination;
  bool has_bias;
  int threads;
  bool int8 = false;
  auto operator<=>(const MatmulKey&) const = default;
};
struct PreparedMatmul {
  dnnl::matmul::primitive_desc description;
  dnnl::matmul primitive;
};

struct ConvolutionKey {
  Index in, out, side, kernel, stride, images;
  Epilogue epilogue;
  int threads;
  auto operator<=>(const ConvolutionKey&) const = default;
};
struct PreparedConvolution {
  dnnl::convolution_forward::primitive_desc description;
  dnnl::convolution_forward primitive;
};

// A pass takes a handful of shapes; what is kept does not grow with the batch sizes that came by. A
// primitive's generated code takes some megabytes.
inline constexpr std::size_t kPrimitivesKept = 96;

struct Device::Impl {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  DeviceInfo info;
  bool native =
      true;  // matrix products in info.format exist here; else bf16 values in float32 products
  mutable LruCache<MatmulKey, PreparedMatmul> matmuls{kPrimitivesKept};
  mutable LruCache<ConvolutionKey, PreparedConvolution> convolutions{kPrimitivesKept};
  mutable std::optional<Waiting> waiting;  // of the worker's team
  mutable WorkerThread worker;
};

// Scratch memory of which every thread has its own piece.
class ThreadMemory {
 public:
  ThreadMemory(float* memory, Index floats_per_thread)
      : memory_(memory), floats_(floats_per_thread) {}
  float* of_this_thread() const { return memory_ + omp_get_thread_num() * floats_; }

 private:
  float* memory_;
  Index floats_;
};

struct Stream::Impl {
  explicit Impl(const Device& device_in) : device(device_in), stream(device_in.impl().engine) {}

  // Runs a matmul with its scratchpad in this stream's memory.
  void execute(const dnnl::primitive& primitive, const memory::desc& scratchpad_desc,
               std::unordered_map<int, memory> arguments);

  // Zero at first, then as the last kernel left it.
  ThreadMemory thread_memory(Index floats_per_thread);

  Device device;
  int most_threads = device.threads();
  int threads_now = most_threads;
  dnnl::stream stream;
  Buffer scratchpad;
  Buffer source, destination;  // float32 copies where bf16 products are emulated
  Buffer threads;              // thread_memory()
  Buffer parts;                // sums that tasks hand over
};

}  // namespace qprompt::kernels
