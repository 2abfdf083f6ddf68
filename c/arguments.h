#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "c/qprompt.h"
#include "qprompt/clip/model.h"
#include "qprompt/data/image_source.h"
#include "qprompt/inference/classifier.h"

// What C hands over, as the library takes it. Each throws InvalidArgument for NULL and for what no
// caller can mean.
namespace qprompt::c {

ModelOptions model_options(const qprompt_model_options* given);
ClassifyOptions classify_options(const qprompt_classify_options* given);

// given [count], at least one; `name` is the argument's.
std::vector<std::string> strings(const char* const* given, std::size_t count, const char* name);
std::vector<std::string> class_names(const char* const* given, std::size_t count);

std::span<const std::byte> bytes_at(const void* data, std::size_t size);
// images [count], at least one, which lend what they point at.
std::vector<ImageSource> image_sources(const qprompt_image* images, std::size_t count,
                                       Orientation orientation = Orientation::kUpright);

}  // namespace qprompt::c
