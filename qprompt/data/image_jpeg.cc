// clang-format off
#include <cstdio>  // jpeglib.h needs FILE before it
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include <algorithm>
#include <csetjmp>
#include <exception>
#include <new>

#include "qprompt/core/error.h"
#include "qprompt/data/image_codecs.h"

namespace qprompt {
namespace {

// Every block has a bit or more, and of 32x32 pixels there are at least eight blocks.
constexpr std::int64_t kJpegPixelsOfAByte = 1024;
// Files of several scans are decoded with all coefficients in memory. Every three-channel picture
// with halved chroma fits, up to the limit of pixels.
constexpr std::int64_t kMostCoefficientBytes = std::int64_t{512} << 20;

// Each scan costs a pass over the picture, however few bytes it has. Encoders write about ten;
// libjpeg-turbo's own fuzzers stop at 500.
int most_scans(std::int64_t pixels) {
  constexpr std::int64_t kPixelScans = std::int64_t{1} << 31;
  return static_cast<int>(std::clamp<std::int64_t>(kPixelScans / pixels, 20, 500));
}

struct ErrorManager {
  jpeg_error_mgr base{};  // first: libjpeg hands back a pointer to it
  std::jmp_buf jump{};
  std::exception_ptr thrown{};  // by the caller's `stop`: must not fly through C
  char message[JMSG_LENGTH_MAX] = "";
};

[[noreturn]] void on_error(j_common_ptr info) {
  auto* errors = reinterpret_cast<ErrorManager*>(info->err);
  info->err->format_message(info, errors->message);
  std::longjmp(errors->jump, 1);
}

// PIL reads past every complaint but the end of the data, and published results depend on it.
void on_message(j_common_ptr info, int level) {
  if (level < 0 && info->err->msg_code == JWRN_JPEG_EOF) on_error(info);
}

struct ProgressMonitor {
  jpeg_progress_mgr base{};  // first, as above
  const ImageFile& file;
  int most_scans = 0;
};

// Called for every row of blocks that is read or written.
void on_progress(j_common_ptr info) {
  const auto* monitor = reinterpret_cast<const ProgressMonitor*>(info->progress);
  auto* errors = reinterpret_cast<ErrorManager*>(info->err);
  try {
    monitor->file.check_stop();
  } catch (...) {
    errors->thrown = std::current_exception();
  }
  const int scan = reinterpret_cast<j_decompress_ptr>(info)->input_scan_number;
  if (errors->thrown == nullptr && scan <= monitor->most_scans) return;
  std::snprintf(errors->message, sizeof errors->message, "more than %d scans", monitor->most_scans);
  std::longjmp(errors->jump, 1);
}

class JpegDecoder {
 public:
  explicit JpegDecoder(const ImageFile& file) : file_(file), progress_{.file = file} {
    info_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = on_error;
    errors_.base.emit_message = on_message;
    attempt([&] {
      jpeg_create_decompress(&info_);
      jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(file_.bytes.data()),
                   file_.bytes.size());
      jpeg_read_header(&info_, TRUE);
    });
  }
  ~JpegDecoder() { jpeg_destroy_decompress(&info_); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  std::int64_t width() const { return info_.image_width; }
  std::int64_t height() const { return info_.image_height; }
  bool is_cmyk() const { return info_.num_components == 4; }

  void start(J_COLOR_SPACE color_space) {
    require_coefficients_fit();
    progress_.most_scans = most_scans(width() * height());
    progress_.base.progress_monitor = on_progress;
    info_.progress = &progress_.base;
    attempt([&] {
      info_.out_color_space = color_space;
      jpeg_start_decompress(&info_);
    });
  }

  void read_row(std::uint8_t* samples) {
    attempt([&] { jpeg_read_scanlines(&info_, &samples, 1); });
  }

 private:
  void require_coefficients_fit() {
    if (jpeg_has_multiple_scans(&info_) == FALSE) return;
    std::int64_t bytes = 0;
    for (int c = 0; c < info_.num_components; ++c) {
      const jpeg_component_info& component = info_.comp_info[c];
      bytes += std::int64_t{component.width_in_blocks} * component.height_in_blocks *
               static_cast<std::int64_t>(sizeof(JBLOCK));
    }
    require(bytes <= kMostCoefficientBytes, file_.name, ": a JPEG of ", width(), "x", height(),
            " pixels in several scans, which take ", bytes >> 20, " MiB, the limit is ",
            kMostCoefficientBytes >> 20);
  }

  // libjpeg reports errors by a long jump out of `calls`, which must therefore own nothing.
  template <typename Calls>
  void attempt(const Calls& calls) {
    if (setjmp(errors_.jump) != 0) {
      jpeg_destroy_decompress(&info_);  // a constructor that throws runs no destructor
      if (errors_.thrown != nullptr) std::rethrow_exception(errors_.thrown);
      if (errors_.base.msg_code == JERR_OUT_OF_MEMORY) throw std::bad_alloc();
      fail(file_.name, ": damaged JPEG: ", errors_.message);
    }
    calls();
  }

  const ImageFile& file_;
  ErrorManager errors_;
  ProgressMonitor progress_;
  jpeg_decompress_struct info_{};
};

// Adobe stores ink inverted: 255 is white paper.
void adobe_cmyk_to_rgb(std::span<std::uint8_t> cmyk, std::span<std::uint8_t> rgb) {
  for (std::uint8_t& ink : cmyk) ink = static_cast<std::uint8_t>(255 - ink);
  cmyk_to_rgb(cmyk, rgb);
}

}  // namespace

Image decode_jpeg(const ImageFile& file) {
  JpegDecoder decoder(file);
  Image image = allocate_image(file, decoder.width(), decoder.height(), kJpegPixelsOfAByte);
  const std::size_t width = static_cast<std::size_t>(image.width);
  std::vector<std::uint8_t> cmyk(decoder.is_cmyk() ? 4 * width : 0);
  decoder.start(decoder.is_cmyk() ? JCS_CMYK : JCS_RGB);
  for (std::size_t y = 0; y < static_cast<std::size_t>(image.height); ++y) {
    const std::span<std::uint8_t> row(image.pixels.data() + 3 * width * y, 3 * width);
    decoder.read_row(cmyk.empty() ? row.data() : cmyk.data());
    if (!cmyk.empty()) adobe_cmyk_to_rgb(cmyk, row);
  }
  return image;
}

}  // namespace qprompt
