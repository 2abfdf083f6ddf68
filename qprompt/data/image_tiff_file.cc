#include "qprompt/data/image_tiff_file.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <new>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

constexpr tmsize_t kMostBytesAtOnce = tmsize_t{1} << 29;

struct FreeOptions {
  void operator()(TIFFOpenOptions* options) const { TIFFOpenOptionsFree(options); }
};

int be_silent(TIFF*, void*, const char*, const char*, std::va_list) { return 1; }
tmsize_t no_write(thandle_t, void*, tmsize_t) { return 0; }
int no_close(thandle_t) { return 0; }

// libtiff has no codes. It says other things of sizes beyond a limit, and these of none at all.
bool is_lack_of_memory(const std::string& message) {
  constexpr const char* kWords[] = {"No space", "Out of memory", "Failed to allocate",
                                    "Not enough memory", "Insufficient memory"};
  const auto says = [&](const char* words) { return message.find(words) != std::string::npos; };
  return std::ranges::any_of(kWords, says) && !says("(0 elements");
}

}  // namespace

TiffFile::TiffFile(const ImageFile& file) : file_(file) {
  const std::unique_ptr<TIFFOpenOptions, FreeOptions> options(TIFFOpenOptionsAlloc());
  if (options == nullptr) throw std::bad_alloc();
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_error, this);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), be_silent, nullptr);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kMostBytesAtOnce);
  tiff_.reset(TIFFClientOpenExt("", "rm", this, on_read, no_write, on_seek, no_close, on_size,
                                nullptr, nullptr, options.get()));
  if (tiff_ == nullptr) fail_with_message();
}

bool TiffFile::is_dng() const {
  const std::uint8_t* version = nullptr;
  return TIFFGetField(tiff_.get(), TIFFTAG_DNGVERSION, &version) == 1;
}

bool TiffFile::has_premultiplied_alpha() const {
  std::uint16_t count = 0;
  const std::uint16_t* kinds = nullptr;
  TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_EXTRASAMPLES, &count, &kinds);
  return count > 0 && kinds[0] == EXTRASAMPLE_ASSOCALPHA;
}

std::array<const std::uint16_t*, 3> TiffFile::colour_map() const {
  std::array<std::uint16_t*, 3> map{};
  const int found = TIFFGetField(tiff_.get(), TIFFTAG_COLORMAP, &map[0], &map[1], &map[2]);
  require(found == 1, file_.name, ": damaged TIFF: no palette");
  return {map[0], map[1], map[2]};
}

void TiffFile::let_jpeg_give_rgb() {
  TIFFSetField(tiff_.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
}

TiffFile::Blocks TiffFile::blocks() const {
  const bool tiled = TIFFIsTiled(tiff_.get()) != 0;
  Blocks blocks{.width = width(), .height = height(), .across = 1};
  if (tiled) {
    blocks.width = number<std::uint32_t>(TIFFTAG_TILEWIDTH, 0);
    blocks.height = number<std::uint32_t>(TIFFTAG_TILELENGTH, 0);
    blocks.row_bytes = TIFFTileRowSize(tiff_.get());
  } else {
    blocks.height = std::min<std::int64_t>(
        height(), number<std::uint32_t>(TIFFTAG_ROWSPERSTRIP, static_cast<std::uint32_t>(-1)));
    blocks.row_bytes = TIFFScanlineSize(tiff_.get());
  }
  require(blocks.width > 0 && blocks.height > 0 && blocks.row_bytes > 0, file_.name,
          ": damaged TIFF: empty strips or tiles");
  require_held(file_, blocks.width, blocks.height, kPixelsOfAByte);
  blocks.across = (width() + blocks.width - 1) / blocks.width;
  blocks.count = blocks.across * ((height() + blocks.height - 1) / blocks.height);
  return blocks;
}

void TiffFile::read_block(std::int64_t index, std::int64_t rows, std::vector<std::uint8_t>& bytes) {
  const auto size = static_cast<tmsize_t>(bytes.size());
  const auto number = static_cast<std::uint32_t>(index);
  const tmsize_t count = TIFFIsTiled(tiff_.get()) != 0
                             ? TIFFReadEncodedTile(tiff_.get(), number, bytes.data(), size)
                             : TIFFReadEncodedStrip(tiff_.get(), number, bytes.data(), size);
  if (count < 0) fail_with_message();
  require(count >= rows * blocks().row_bytes, file_.name, ": damaged TIFF: it ends too early");
}

void TiffFile::read_rgb(Image& image) {
  std::vector<std::uint32_t> raster(image.pixels.size() / 3);
  // As stored: the caller turns the picture.
  TIFFSetField(tiff_.get(), TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  const int read = TIFFReadRGBAImageOriented(tiff_.get(), static_cast<std::uint32_t>(image.width),
                                             static_cast<std::uint32_t>(image.height),
                                             raster.data(), ORIENTATION_TOPLEFT, 1);
  if (read == 0) fail_with_message();
  for (std::size_t i = 0; i < raster.size(); ++i) {
    image.pixels[3 * i] = static_cast<std::uint8_t>(TIFFGetR(raster[i]));
    image.pixels[3 * i + 1] = static_cast<std::uint8_t>(TIFFGetG(raster[i]));
    image.pixels[3 * i + 2] = static_cast<std::uint8_t>(TIFFGetB(raster[i]));
  }
}

void TiffFile::fail_with_message() const {
  if (is_lack_of_memory(message_)) throw std::bad_alloc();
  fail(file_.name, ": damaged TIFF: ", message_.empty() ? "unclear" : message_);
}

int TiffFile::on_error(TIFF*, void* self, const char*, const char* format, std::va_list values) {
  auto* tiff = static_cast<TiffFile*>(self);
  if (!tiff->message_.empty()) return 1;
  char text[256];
  std::vsnprintf(text, sizeof text, format, values);
  tiff->message_ = text;
  return 1;
}

tmsize_t TiffFile::on_read(thandle_t self, void* out, tmsize_t size) {
  auto* tiff = static_cast<TiffFile*>(self);
  const std::span<const std::byte> bytes = tiff->file_.bytes;
  const std::size_t left = bytes.size() - std::min(tiff->place_, bytes.size());
  const std::size_t count = std::min(left, static_cast<std::size_t>(std::max<tmsize_t>(size, 0)));
  if (count > 0) std::memcpy(out, bytes.data() + tiff->place_, count);
  tiff->place_ += count;
  return static_cast<tmsize_t>(count);
}

toff_t TiffFile::on_seek(thandle_t self, toff_t offset, int from) {
  auto* tiff = static_cast<TiffFile*>(self);
  const std::size_t start = from == SEEK_CUR   ? tiff->place_
                            : from == SEEK_END ? tiff->file_.bytes.size()
                                               : 0;
  return tiff->place_ = start + offset;
}

toff_t TiffFile::on_size(thandle_t self) {
  return static_cast<TiffFile*>(self)->file_.bytes.size();
}

}  // namespace qprompt
