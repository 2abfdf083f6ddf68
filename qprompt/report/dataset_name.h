#pragma once

#include <string>

namespace qprompt::report {

// What tables call a data set: a benchmark by the name that CoOp registers, whichever of its names
// this is ("DTD" is DescribableTextures); any other by its own.
std::string dataset_name(const std::string& name);

}  // namespace qprompt::report
