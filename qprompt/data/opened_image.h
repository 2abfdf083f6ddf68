#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qprompt/core/hash.h"
#include "qprompt/data/image.h"
#include "qprompt/data/image_source.h"

namespace qprompt {

// An image that can be read now: its content told apart by a hash, decoded only when asked for.
// Throws Error beginning with the image's name; OutOfMemory too.
class OpenedImage {
 public:
  explicit OpenedImage(const ImageSource& source);

  // Of the content alone: a file and its bytes in memory are one. Pixels, whatever their stride,
  // are another image than the file they were decoded from, and so is a picture that is turned
  // than the same as stored.
  Hash128 hash(std::uint64_t seed) const;
  // Turned as the source says.
  Image decoded(const DecodeOptions& options = {}) const;

 private:
  std::string name_;
  std::vector<std::byte> content_;    // of a file: read, since others may change a file's map
  std::span<const std::byte> bytes_;  // of a file
  std::optional<Image> pixels_;       // without gaps
  int orientation_ = 1;               // as EXIF numbers it
};

Image read_image(const ImageSource& source);

}  // namespace qprompt
