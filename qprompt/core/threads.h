#pragma once

#include <filesystem>
#include <optional>

namespace qprompt {

// The cores that this process may really use: the smallest of the scheduler's affinity mask and the
// CPU quotas of its control groups (version 1 and 2), at least 1. A fraction of a core counts as
// one.
int usable_cores();

// Throws Error where the system does not let this process have `count` more threads now. Libraries
// that start threads themselves end the program where that fails.
void require_threads(int count);

// The smallest CPU quota, in cores, of the control groups (and their parents) that
// <root>/proc/self/cgroup names; nothing when none has one. `root` is "/" outside tests.
std::optional<double> control_group_quota(const std::filesystem::path& root);

}  // namespace qprompt
