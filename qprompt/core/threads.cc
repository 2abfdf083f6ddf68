#include "qprompt/core/threads.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <latch>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

int cores_in_affinity_mask() {
  constexpr int kMaxCores = 1 << 16;  // the plain cpu_set_t ends at 1024
  const std::size_t bytes = CPU_ALLOC_SIZE(kMaxCores);
  const auto free_mask = [](cpu_set_t* mask) { CPU_FREE(mask); };
  const std::unique_ptr<cpu_set_t, decltype(free_mask)> mask(CPU_ALLOC(kMaxCores), free_mask);
  if (mask == nullptr || sched_getaffinity(0, bytes, mask.get()) != 0) {
    return static_cast<int>(std::thread::hardware_concurrency());
  }
  return CPU_COUNT_S(bytes, mask.get());
}

std::optional<double> ratio(double quota, double period) {
  if (!(quota > 0) || !(period > 0)) return std::nullopt;
  return quota / period;
}

// Version 2: "max 100000" or "150000 100000".
std::optional<double> quota_of_cpu_max(const fs::path& group) {
  std::ifstream file(group / "cpu.max");
  double quota = 0, period = 0;
  if (!(file >> quota >> period)) return std::nullopt;
  return ratio(quota, period);
}

// Version 1: -1 where there is no quota.
std::optional<double> quota_of_cfs(const fs::path& group) {
  std::ifstream quota_file(group / "cpu.cfs_quota_us"), period_file(group / "cpu.cfs_period_us");
  double quota = 0, period = 0;
  if (!(quota_file >> quota) || !(period_file >> period)) return std::nullopt;
  return ratio(quota, period);
}

std::optional<double> smaller(std::optional<double> a, std::optional<double> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

// A parent's quota binds its children too. Inside a container the path may name a folder of the
// host that is not there; the mount's own root is then the group.
std::optional<double> smallest_along(const fs::path& mount, const fs::path& group,
                                     std::optional<double> (*quota_of)(const fs::path&)) {
  std::optional<double> smallest = quota_of(mount);
  fs::path folder = mount;
  for (const fs::path& part : group.relative_path()) {
    folder /= part;
    smallest = smaller(smallest, quota_of(folder));
  }
  return smallest;
}

struct GroupLine {  // "4:cpu,cpuacct:/some/group"; version 2 has no controllers: "0::/some/group"
  std::string controllers;
  fs::path group;
};

std::optional<GroupLine> parse_group_line(const std::string& line) {
  const auto first = line.find(':');
  if (first == std::string::npos) return std::nullopt;
  const auto second = line.find(':', first + 1);
  if (second == std::string::npos) return std::nullopt;
  return GroupLine{line.substr(first + 1, second - first - 1), line.substr(second + 1)};
}

std::optional<double> quota_of_line(const GroupLine& line, const fs::path& mounts) {
  if (line.controllers.empty()) {
    return smaller(smallest_along(mounts, line.group, quota_of_cpu_max),
                   smallest_along(mounts / "unified", line.group, quota_of_cpu_max));
  }
  if (("," + line.controllers + ",").find(",cpu,") == std::string::npos) return std::nullopt;
  return smaller(smallest_along(mounts / line.controllers, line.group, quota_of_cfs),
                 smallest_along(mounts / "cpu", line.group, quota_of_cfs));
}

}  // namespace

std::optional<double> control_group_quota(const fs::path& root) {
  std::ifstream groups(root / "proc/self/cgroup");
  std::optional<double> smallest;
  for (std::string line; std::getline(groups, line);) {
    const auto parsed = parse_group_line(line);
    if (parsed) smallest = smaller(smallest, quota_of_line(*parsed, root / "sys/fs/cgroup"));
  }
  return smallest;
}

void require_threads(int count) {
  std::latch all_started(1);
  std::vector<std::jthread> threads;
  std::string why;
  try {
    while (std::ssize(threads) < count) threads.emplace_back([&] { all_started.wait(); });
  } catch (const std::system_error& error) {
    why = error.code().message();
  }
  all_started.count_down();
  require(why.empty(), "only ", threads.size(), " of ", count, " threads could be started (", why,
          "): --threads asks for fewer");
}

int usable_cores() {
  const int cores = std::max(1, cores_in_affinity_mask());
  const auto quota = control_group_quota("/");
  if (!quota || *quota >= cores) return cores;
  return std::max(1, static_cast<int>(std::ceil(*quota)));
}

}  // namespace qprompt
