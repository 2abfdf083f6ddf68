// clang-format off
#include <cstdio>  // jpeglib.h needs FILE before it
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include <csetjmp>

#include "qprompt/core/error.h"
#include "qprompt/data/image_codecs.h"

namespace qprompt {
namespace {

struct ErrorManager {
  jpeg_error_mgr base{};  // first: libjpeg hands back a pointer to it
  std::jmp_buf jump{};
  char message[JMSG_LENGTH_MAX] = "";
};

void on_error(j_common_ptr info) {
  auto* errors = reinterpret_cast<ErrorManager*>(info->err);
  info->err->format_message(info, errors->message);
  std::longjmp(errors->jump, 1);
}

// PIL reads past every complaint but the end of the data, and published results depend on it.
void on_message(j_common_ptr info, int level) {
  if (level < 0 && info->err->msg_code == JWRN_JPEG_EOF) on_error(info);
}

class JpegDecoder {
 public:
  JpegDecoder(std::span<const std::byte> bytes, const std::string& name) : name_(name) {
    info_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = on_error;
    errors_.base.emit_message = on_message;
    attempt([&] {
      jpeg_create_decompress(&info_);
      jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
      jpeg_read_header(&info_, TRUE);
    });
  }
  ~JpegDecoder() { jpeg_destroy_decompress(&info_); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  std::int64_t width() const { return info_.image_width; }
  std::int64_t height() const { return info_.image_height; }
  bool is_cmyk() const { return info_.num_components == 4; }

  void read_pixels(J_COLOR_SPACE color_space, std::uint8_t* pixels, std::size_t row_bytes) {
    attempt([&] {
      info_.out_color_space = color_space;
      jpeg_start_decompress(&info_);
      while (info_.output_scanline < info_.output_height) {
        JSAMPROW row = pixels + info_.output_scanline * row_bytes;
        jpeg_read_scanlines(&info_, &row, 1);
      }
    });
  }

 private:
  // libjpeg reports errors by a long jump out of `calls`, which must therefore own nothing.
  template <typename Calls>
  void attempt(const Calls& calls) {
    if (setjmp(errors_.jump) != 0) {
      jpeg_destroy_decompress(&info_);  // a constructor that throws runs no destructor
      fail(name_, ": damaged JPEG: ", errors_.message);
    }
    calls();
  }

  const std::string& name_;
  ErrorManager errors_;
  jpeg_decompress_struct info_{};
};

// a * b / 255, rounded, in PIL's integer arithmetic.
std::uint8_t product_255(int a, int b) {
  const int product = a * b + 128;
  return static_cast<std::uint8_t>(((product >> 8) + product) >> 8);
}

// Adobe stores ink inverted: 255 is white paper. PIL subtracts the ink from the inverted black.
void adobe_cmyk_to_rgb(std::span<const std::uint8_t> cmyk, std::span<std::uint8_t> rgb) {
  for (std::size_t pixel = 0; pixel < rgb.size() / 3; ++pixel) {
    const int paper = cmyk[4 * pixel + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      rgb[3 * pixel + c] =
          static_cast<std::uint8_t>(paper - product_255(255 - cmyk[4 * pixel + c], paper));
    }
  }
}

}  // namespace

Image decode_jpeg(std::span<const std::byte> bytes, const std::string& name) {
  JpegDecoder decoder(bytes, name);
  Image image = allocate_image(decoder.width(), decoder.height(), name);
  const auto width = static_cast<std::size_t>(image.width);
  if (!decoder.is_cmyk()) {
    decoder.read_pixels(JCS_RGB, image.pixels.data(), 3 * width);
    return image;
  }
  std::vector<std::uint8_t> cmyk(image.pixels.size() / 3 * 4);
  decoder.read_pixels(JCS_CMYK, cmyk.data(), 4 * width);
  adobe_cmyk_to_rgb(cmyk, image.pixels);
  return image;
}

}  // namespace qprompt
