#pragma once

#include <optional>

#include "qprompt/core/file.h"
#include "qprompt/core/hash.h"
#include "qprompt/data/image.h"
#include "qprompt/data/image_source.h"

namespace qprompt {

// An image that can be read now: its content told apart by a hash, decoded only when asked for.
class OpenedImage {
 public:
  // Throws Error beginning with the image's name for a file that cannot be opened.
  explicit OpenedImage(const ImageSource& source);

  // Of the content alone: a file and its bytes in memory are one. Pixels, whatever their stride,
  // are another image than the file they were decoded from.
  Hash128 hash(std::uint64_t seed) const;
  Image decoded() const;

 private:
  std::string name_;
  std::optional<MappedFile> file_;
  std::span<const std::byte> bytes_;  // of a file
  std::optional<Image> pixels_;       // without gaps
};

Image read_image(const ImageSource& source);

}  // namespace qprompt
