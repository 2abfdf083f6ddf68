#pragma once

#include <nanobind/nanobind.h>

#include <vector>

#include "qprompt/data/image_source.h"

namespace qprompt::python {

// Paths, encoded bytes, and uint8 arrays [height, width, 3] of whatever library speaks the buffer
// protocol or DLPack, borrowed: the sources keep their objects alive. Rows may have any stride.
// Throws Error naming the position of what is no image.
std::vector<ImageSource> image_sources(const nanobind::sequence& images,
                                       Orientation orientation = Orientation::kUpright);

}  // namespace qprompt::python
