#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "qprompt/core/export.h"

namespace qprompt {

// One of the parts that a list is cut into, each of them worked on by a process of its own. Parts
// are told apart by positions in the list, so that whoever has the same list agrees on them and no
// process needs to hear of another.
struct QPROMPT_API Shard {
  int number = 1, count = 1;  // 1 .. count

  // Whether the entry at `position`, counted from 0, belongs to this part. Every part takes one of
  // any `count` entries in a row that begin at a multiple of it, and not always the same one: a
  // plan goes through its methods in turn, and no part is to get all runs of the slowest.
  bool takes(std::size_t position) const;
  bool operator==(const Shard&) const = default;
};

// "2/8" is the second of eight parts. Throws Error for anything else, "0/8" and "9/8" among it.
QPROMPT_API Shard parse_shard(std::string_view text);
QPROMPT_API std::string shard_text(const Shard& shard);

// Looks a variable up; a null pointer where it is not set, as std::getenv.
using Environment = std::function<const char*(const char* name)>;
QPROMPT_API const char* process_environment(const char* name);

// This process among those that mpirun (Open MPI, MPICH) or srun started side by side, or nothing
// where none of them started it. A batch script of Slurm is one process, however many tasks it may
// start. Throws Error naming a variable whose value makes no sense.
QPROMPT_API std::optional<Shard> launched_process(
    const Environment& environment = process_environment);

// The part of a list that falls to this process: its place among the elements of a Slurm array,
// those of mpirun or srun, or both at once; the whole list where there are neither. Throws Error
// for an array whose elements do not stand at equal distances: they do not say which one this is.
QPROMPT_API Shard shard_of_environment(const Environment& environment = process_environment);

}  // namespace qprompt
