#include "qprompt/core/shard.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "qprompt/core/error.h"
#include "qprompt/core/hash.h"

namespace qprompt {
namespace {

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end || value < 0) return std::nullopt;
  return value;
}

std::optional<int> number_in(const Environment& environment, const char* name) {
  const char* const text = environment(name);
  if (text == nullptr) return std::nullopt;
  const auto value = whole_number(text);
  require(value.has_value(), name, " '", text, "', expected a number");
  return value;
}

// A process that counts from 0 among `count`, as these two variables have it.
std::optional<Shard> place(const Environment& environment, const char* rank, const char* size) {
  const auto at = number_in(environment, rank), count = number_in(environment, size);
  if (!at || !count) return std::nullopt;
  require(*at < *count, rank, " ", *at, ", expected less than ", size, " ", *count);
  return Shard{*at + 1, *count};
}

// This element of a Slurm array: "--array=3-9:2" has the elements 3, 5, 7, 9.
std::optional<Shard> array_element(const Environment& environment) {
  const auto id = number_in(environment, "SLURM_ARRAY_TASK_ID");
  if (!id) return std::nullopt;
  const auto number_or = [&](const char* name, int otherwise) {
    return number_in(environment, name).value_or(otherwise);
  };
  const int count = number_or("SLURM_ARRAY_TASK_COUNT", 1),
            first = number_or("SLURM_ARRAY_TASK_MIN", *id);
  const int last = number_or("SLURM_ARRAY_TASK_MAX", *id);
  const int step = count > 1 ? (last - first) / (count - 1) : 1;
  const bool regular = first <= *id && *id <= last && step >= 1 &&
                       last - first == step * (count - 1) && (*id - first) % step == 0;
  require(regular, "SLURM_ARRAY_TASK_ID ", *id, " of ", count, " elements from ", first, " to ",
          last, ", expected elements at equal distances (--array=0-", std::max(count, 1) - 1,
          "), or --shard");
  return Shard{(*id - first) / step + 1, count};
}

}  // namespace

bool Shard::takes(std::size_t position) const {
  const auto parts = static_cast<std::size_t>(count);
  const std::uint64_t turn = hash64(std::to_string(position / parts)) % parts;
  return (position + turn) % parts == static_cast<std::size_t>(number - 1);
}

const char* process_environment(const char* name) { return std::getenv(name); }

Shard parse_shard(std::string_view text) {
  const auto slash = text.find('/');
  const auto number = whole_number(text.substr(0, slash));
  const auto count =
      slash == std::string_view::npos ? std::nullopt : whole_number(text.substr(slash + 1));
  require(number && count, "shard '", text, "', expected for example 2/8, the second of eight");
  require(*count >= 1 && *number >= 1 && *number <= *count, "shard '", text,
          "', expected the first number within 1..", *count);
  return {*number, *count};
}

std::string shard_text(const Shard& shard) {
  return std::to_string(shard.number) + "/" + std::to_string(shard.count);
}

std::optional<Shard> launched_process(const Environment& environment) {
  // Slurm starts the daemons of mpirun as a step of its own: the ranks are those of mpirun then.
  for (const auto& [rank, size] :
       {std::pair{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
        std::pair{"PMI_RANK", "PMI_SIZE"}, std::pair{"SLURM_PROCID", "SLURM_STEP_NUM_TASKS"}}) {
    if (const auto process = place(environment, rank, size)) return process;
  }
  return std::nullopt;
}

Shard shard_of_environment(const Environment& environment) {
  const Shard element = array_element(environment).value_or(Shard{});
  const Shard process = launched_process(environment).value_or(Shard{});
  return {(element.number - 1) * process.count + process.number, element.count * process.count};
}

}  // namespace qprompt
