#pragma once

#include "qprompt/artifact/byte_stream.h"
#include "qprompt/artifact/prompt_file.h"

namespace qprompt {

// One matrix of a prompt file: name, rows, columns, bits a value, data.
void write_matrix(ByteWriter& writer, const StoredMatrix& matrix);
StoredMatrix read_matrix(ByteReader& reader);

}  // namespace qprompt
