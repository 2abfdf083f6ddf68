#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <new>

#include "qprompt/core/error.h"
#include "qprompt/data/image_codecs.h"

namespace qprompt {
namespace {

struct CloseGif {
  void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};

using GifPalette = std::array<std::array<std::uint8_t, 3>, 256>;

class GifDecoder {
 public:
  explicit GifDecoder(const ImageFile& file) : file_(file), rest_(file.bytes) {
    int error = 0;
    gif_.reset(DGifOpen(this, on_read, &error));
    if (gif_ == nullptr) fail_with(error);
  }

  // Up to the pixels of the first frame.
  void find_frame() {
    GifRecordType type = UNDEFINED_RECORD_TYPE;
    while (true) {
      check(DGifGetRecordType(gif_.get(), &type));
      if (type == IMAGE_DESC_RECORD_TYPE) return check(DGifGetImageDesc(gif_.get()));
      require(type == EXTENSION_RECORD_TYPE, file_.name, ": damaged GIF: no picture in it");
      skip_extension();
    }
  }

  // As PIL: a frame that leaves the screen widens it.
  std::int64_t width() const { return std::max(gif_->SWidth, frame().Left + frame().Width); }
  std::int64_t height() const { return std::max(gif_->SHeight, frame().Top + frame().Height); }

  void read_frame(Image& image) {
    const GifPalette colours = palette();
    const int around = std::max(transparent_, 0);
    for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
      std::ranges::copy(colours[around], image.pixels.begin() + i);
    }
    std::vector<GifByteType> line(static_cast<std::size_t>(frame().Width));
    for (const auto [first, step] : passes()) {
      for (int y = first; y < frame().Height; y += step) {
        file_.check_stop();
        check(DGifGetLine(gif_.get(), line.data(), frame().Width));
        put(line, frame().Top + y, colours, image);
      }
    }
  }

 private:
  struct Pass {
    int first, step;
  };

  const GifImageDesc& frame() const { return gif_->Image; }

  std::vector<Pass> passes() const {
    if (frame().Interlace) return {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
    return {{0, 1}};
  }

  void put(std::span<const GifByteType> line, int y, const GifPalette& colours,
           Image& image) const {
    const std::ptrdiff_t first = std::ptrdiff_t{y} * image.width + frame().Left;
    auto out = image.pixels.begin() + 3 * first;
    for (const GifByteType index : line) out = std::ranges::copy(colours[index], out).out;
  }

  // As PIL's: gray without a palette, black behind the end of a short one.
  GifPalette palette() const {
    GifPalette colours{};
    const ColorMapObject* map = frame().ColorMap != nullptr ? frame().ColorMap : gif_->SColorMap;
    for (int i = 0; i < 256; ++i) {
      const auto gray = static_cast<std::uint8_t>(i);
      if (map == nullptr) {
        colours[i] = {gray, gray, gray};
      } else if (i < map->ColorCount) {
        colours[i] = {map->Colors[i].Red, map->Colors[i].Green, map->Colors[i].Blue};
      }
    }
    return colours;
  }

  void skip_extension() {
    int code = 0;
    GifByteType* block = nullptr;  // its first byte is its length
    check(DGifGetExtension(gif_.get(), &code, &block));
    while (block != nullptr) {
      GraphicsControlBlock control;
      if (code == GRAPHICS_EXT_FUNC_CODE &&
          DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK) {
        transparent_ = control.TransparentColor;
      }
      check(DGifGetExtensionNext(gif_.get(), &block));
    }
  }

  void check(int result) const {
    if (result != GIF_OK) fail_with(gif_->Error);
  }
  [[noreturn]] void fail_with(int error) const {
    if (error == D_GIF_ERR_NOT_ENOUGH_MEM) throw std::bad_alloc();
    const char* reason = ended_early_ ? "the file ends too early" : GifErrorString(error);
    fail(file_.name, ": damaged GIF: ", reason != nullptr ? reason : "unclear");
  }

  static int on_read(GifFileType* gif, GifByteType* out, int size) {
    auto* decoder = static_cast<GifDecoder*>(gif->UserData);
    const std::size_t count = std::min(static_cast<std::size_t>(size), decoder->rest_.size());
    decoder->ended_early_ = decoder->ended_early_ || count < static_cast<std::size_t>(size);
    if (count == 0 && size == 1) {  // the empty block that ends the pixels may lack, as for PIL
      *out = 0;
      return 1;
    }
    if (count > 0) std::memcpy(out, decoder->rest_.data(), count);
    decoder->rest_ = decoder->rest_.subspan(count);
    return static_cast<int>(count);
  }

  const ImageFile& file_;
  std::span<const std::byte> rest_;
  bool ended_early_ = false;
  int transparent_ = NO_TRANSPARENT_COLOR;
  std::unique_ptr<GifFileType, CloseGif> gif_;
};

}  // namespace

Image decode_gif(const ImageFile& file) {
  GifDecoder decoder(file);
  decoder.find_frame();
  constexpr std::int64_t kGifPixelsOfAByte = 4096;  // the longest string that a code stands for
  Image image = allocate_image(file, decoder.width(), decoder.height(), kGifPixelsOfAByte);
  decoder.read_frame(image);
  return image;
}

}  // namespace qprompt
