#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <variant>

#include "qprompt/core/export.h"

namespace qprompt {

// Pixels in memory: 8-bit RGB, rows from the top, row y at data + y * stride bytes.
struct PixelView {
  const std::uint8_t* data = nullptr;
  int width = 0, height = 0;
  std::ptrdiff_t stride = 0;  // bytes from one row to the next; 0: 3 * width

  bool operator==(const PixelView&) const = default;
};

// Whether a camera's note of how it was held (EXIF) is followed.
enum class Orientation { kUpright, kAsStored };

// An image wherever it is: a file, the bytes of one in memory, or its pixels. Bytes and pixels are
// borrowed; `owner` may keep them alive. `name` stands for the image in messages.
class QPROMPT_API ImageSource {
 public:
  ImageSource() = default;                  // a file without a name: none
  ImageSource(std::filesystem::path path);  // NOLINT: a path is an image's usual place
  ImageSource(const char* path);            // NOLINT
  // Of any format that decode_image() reads.
  static ImageSource encoded(std::span<const std::byte> bytes,
                             std::string name = "an image in memory",
                             std::shared_ptr<const void> owner = nullptr);
  // Throws Error for no pixels, or a stride below 3 * width.
  static ImageSource pixels(const PixelView& pixels, std::string name = "an image in memory",
                            std::shared_ptr<const void> owner = nullptr);

  // The file; empty for an image in memory.
  const std::filesystem::path& path() const;
  std::string name() const;

  // The same image with the other orientation; upright unless told. Pixels in memory are never
  // turned.
  ImageSource with(Orientation orientation) const;
  Orientation orientation() const { return orientation_; }

  const std::span<const std::byte>* as_bytes() const;
  const PixelView* as_pixels() const;

  // The same place and orientation, not the same content.
  bool operator==(const ImageSource& other) const;

 private:
  using Place = std::variant<std::filesystem::path, std::span<const std::byte>, PixelView>;
  ImageSource(Place place, std::string name, std::shared_ptr<const void> owner);

  Place place_;
  std::string name_;
  std::shared_ptr<const void> owner_;
  Orientation orientation_ = Orientation::kUpright;
};

}  // namespace qprompt
