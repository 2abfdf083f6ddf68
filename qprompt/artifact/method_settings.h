#pragma once

#include "qprompt/artifact/byte_stream.h"
#include "qprompt/prompt/config.h"

namespace qprompt {

// A method and its settings as a prompt file holds them: tag, length, and the fields in the order
// of visit_fields. Fields may be appended to a config, never moved or removed: a file that ends
// before a field was written before there was one, and the field keeps its default.
void write_settings(ByteWriter& writer, const MethodConfig& method);
MethodConfig read_settings(ByteReader& reader);

}  // namespace qprompt
