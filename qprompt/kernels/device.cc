#include "qprompt/kernels/device.h"

#include <cpuid.h>
#include <fmt/format.h>
#include <hwy/targets.h>

#include <cstring>
#include <exception>

#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/stopwatch.h"
#include "qprompt/core/threads.h"
#include "qprompt/kernels/onednn.h"
#include "qprompt/kernels/parallel.h"

namespace qprompt::kernels {
namespace {

std::string cpu_vendor() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid(0, &eax, &ebx, &ecx, &edx) == 0) return "unknown";
  const std::array<unsigned, 3> words{ebx, edx, ecx};
  char text[sizeof words];
  std::memcpy(text, words.data(), sizeof words);
  return {text, sizeof text};
}

std::string cpu_brand() {
  constexpr unsigned kFirst = 0x80000002, kLast = 0x80000004;
  std::array<unsigned, 12> words{};
  for (unsigned leaf = kFirst; leaf <= kLast; ++leaf) {
    unsigned* part = words.data() + std::size_t{4} * (leaf - kFirst);
    if (__get_cpuid(leaf, part, part + 1, part + 2, part + 3) == 0) return "unknown";
  }
  char text[sizeof words + 1] = {};
  std::memcpy(text, words.data(), sizeof words);
  std::string brand = text;  // to the first zero; some are padded with blanks
  brand.erase(brand.find_last_not_of(' ') + 1);
  return brand.substr(std::min(brand.find_first_not_of(' '), brand.size()));
}

bool has_native_bf16(const dnnl::engine& engine) {
  using type = memory::data_type;
  using tag = memory::format_tag;
  const memory::desc square({64, 64}, type::bf16, tag::ab);
  const memory::desc weights({64, 64}, type::bf16, tag::any);
  return matmul_primitive(engine, {square, weights, square, std::nullopt}).has_value();
}

FormatChoice requested_format(const DeviceOptions& options, const DeviceInfo& info) {
  switch (options.precision) {
    case Precision::kFloat32:
      return {NumberFormat::kFloat32, "asked for"};
    case Precision::kBfloat16:
      return {NumberFormat::kBfloat16, "asked for"};
    case Precision::kAuto:
    case Precision::kInt8:
      break;
  }
  return choose_format(info.instruction_set, info.vendor);
}

}  // namespace

FormatChoice choose_format(const std::string& instruction_set, const std::string& vendor) {
  if (instruction_set.find("amx") != std::string::npos) {
    return {NumberFormat::kBfloat16, "AMX multiplies bf16 faster than fp32"};
  }
  const bool avx512_bf16 =
      instruction_set.find("bf16") != std::string::npos || instruction_set == "avx512_core_fp16";
  if (avx512_bf16 && vendor == "AuthenticAMD") {
    return {NumberFormat::kBfloat16, "AMD with AVX512-BF16 multiplies bf16 faster than fp32"};
  }
  if (avx512_bf16) {
    return {NumberFormat::kFloat32,
            "AVX512-BF16 without AMX multiplies bf16 slower than fp32 here"};
  }
  return {NumberFormat::kFloat32, "this CPU has no fast bf16 products"};
}

std::string precision_name(const DeviceInfo& info) {
  return enum_name(info.format) + (info.int8_images ? ", images in int8" : "");
}

Device::Device(const DeviceOptions& options) {
  require(options.threads >= 0 && options.threads <= kMostThreads, "threads ", options.threads,
          ", expected 0 (the cores this process may use) .. ", kMostThreads);
  auto impl = std::make_shared<Impl>();
  const dnnl_version_t* version = dnnl_version();
  impl->info.library =
      fmt::format("oneDNN {}.{}.{}", version->major, version->minor, version->patch);
  impl->info.instruction_set = effective_instruction_set();
  impl->info.simd = hwy::TargetName(hwy::SupportedTargets() & -hwy::SupportedTargets());
  impl->info.cpu = cpu_brand();
  impl->info.vendor = cpu_vendor();
  impl->info.threads = options.threads > 0 ? options.threads : usable_cores();
  const FormatChoice choice = requested_format(options, impl->info);
  impl->info.format = choice.format;
  impl->info.reason = choice.reason;
  impl->info.int8_images = options.precision == Precision::kInt8;
  impl->native = choice.format == NumberFormat::kFloat32 || has_native_bf16(impl->engine);
  if (!impl->native) impl->info.reason += "; emulated: bf16 values in fp32 products";
  impl->waiting.emplace(impl->info.threads);
  impl_ = std::move(impl);
}

NumberFormat Device::format() const { return impl_->info.format; }
int Device::threads() const { return impl_->info.threads; }
DeviceInfo Device::info() const { return impl_->info; }
void Device::run(const std::function<void()>& work) const {
  impl_->worker.run([&] {
    impl_->waiting->adapt();
    work();
  });
}

void Device::run_while(const std::function<bool()>& piece) const {
  constexpr double kTurnSeconds = 5e-3;
  for (bool more = true; more;) {
    run([&] {
      const Stopwatch turn;
      do {
        more = piece();
      } while (more && turn.seconds() < kTurnSeconds);
    });
  }
}

void Device::each_alone(Index n, const std::function<void(Index, int)>& task) const {
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(n));
  parallel_tasks(threads(), n, [&](Index i) {
    const ThreadScope alone(1);
    try {
      task(i, omp_get_thread_num());
    } catch (...) {
      failures[static_cast<std::size_t>(i)] = std::current_exception();
    }
  });
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

Stream::Stream(const Device& device, Team team) : impl_(std::make_unique<Impl>(device)) {
  if (team == Team::kAlone) impl_->most_threads = impl_->threads_now = 1;
}
Stream::~Stream() = default;
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;

void Stream::expect_products_of(double operations) {
  constexpr double kWorthThreads = 40e6;
  impl_->threads_now = operations < kWorthThreads ? 1 : impl_->most_threads;
}
int Stream::threads() const { return impl_->threads_now; }

const Device& Stream::device() const { return impl_->device; }

}  // namespace qprompt::kernels
