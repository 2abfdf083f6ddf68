#pragma once

namespace qprompt {

// The cores that this process may really use: the smallest of the scheduler's affinity mask and the
// CPU quotas of its control groups (version 1 and 2), at least 1.
int usable_cores();

}  // namespace qprompt
