#pragma once

#include "qprompt/data/image_source.h"
#include "qprompt/inference/classifier.h"

namespace qprompt::cli {

// Answers every line of stdin, the path of an image, by a line of JSON before it reads the next:
// what the report of --json has of an image, or "path" and "error" where there is no answer. Ends
// where stdin does; throws Interrupted where the program is asked to stop.
void classify_stdin(const AdaptedModel& model, Orientation orientation,
                    const ClassifyOptions& options);

}  // namespace qprompt::cli
