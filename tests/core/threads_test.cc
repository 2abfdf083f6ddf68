#include "qprompt/core/threads.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

#include "qprompt/core/error.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

using testing::TemporaryFolder;

TEST(ControlGroupQuota, IsAbsentWhereNothingIsWritten) {
  const TemporaryFolder root;
  EXPECT_EQ(control_group_quota(root.path()), std::nullopt);
}

TEST(ControlGroupQuota, ReadsVersion2) {
  const TemporaryFolder root;
  root.file("proc/self/cgroup", "0::/work\n");
  root.file("sys/fs/cgroup/work/cpu.max", "150000 100000\n");
  EXPECT_DOUBLE_EQ(control_group_quota(root.path()).value(), 1.5);
  root.file("sys/fs/cgroup/work/cpu.max", "max 100000\n");
  EXPECT_EQ(control_group_quota(root.path()), std::nullopt);
}

TEST(ControlGroupQuota, IsTheSmallestAlongTheParents) {
  const TemporaryFolder root;
  root.file("proc/self/cgroup", "0::/a/b/c\n");
  root.file("sys/fs/cgroup/a/cpu.max", "200000 100000\n");
  root.file("sys/fs/cgroup/a/b/cpu.max", "300000 100000\n");
  EXPECT_DOUBLE_EQ(control_group_quota(root.path()).value(), 2);
}

TEST(ControlGroupQuota, IsTheMountsOwnWhereThePathBelongsToTheHost) {
  const TemporaryFolder root;
  root.file("proc/self/cgroup", "0::/docker/0123\n");
  root.file("sys/fs/cgroup/cpu.max", "400000 100000\n");
  EXPECT_DOUBLE_EQ(control_group_quota(root.path()).value(), 4);
}

TEST(ControlGroupQuota, ReadsVersion1) {
  const TemporaryFolder root;
  root.file("proc/self/cgroup", "5:memory:/work\n4:cpu,cpuacct:/work\n3:cpuset:/\n");
  const std::string group = "sys/fs/cgroup/cpu,cpuacct/work/";
  root.file(group + "cpu.cfs_quota_us", "50000\n");
  root.file(group + "cpu.cfs_period_us", "100000\n");
  EXPECT_DOUBLE_EQ(control_group_quota(root.path()).value(), 0.5);
  root.file(group + "cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(control_group_quota(root.path()), std::nullopt);
}

TEST(ControlGroupQuota, ReadsBothVersionsOfAHybridSystem) {
  const TemporaryFolder root;
  root.file("proc/self/cgroup", "1:cpu:/x\n0::/y\n");
  root.file("sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "300000\n");
  root.file("sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n");
  root.file("sys/fs/cgroup/unified/y/cpu.max", "200000 100000\n");
  EXPECT_DOUBLE_EQ(control_group_quota(root.path()).value(), 2);
}

TEST(ControlGroupQuota, IgnoresWhatItCannotRead) {
  const TemporaryFolder root;
  root.file("proc/self/cgroup", "nonsense\n0:\n::\n0::/work");
  root.file("sys/fs/cgroup/work/cpu.max", "many 0\n");
  EXPECT_EQ(control_group_quota(root.path()), std::nullopt);
  root.file("sys/fs/cgroup/work/cpu.max", "100000 0\n");
  EXPECT_EQ(control_group_quota(root.path()), std::nullopt);
}

TEST(UsableCores, FollowsTheAffinityMask) {
  EXPECT_GE(usable_cores(), 1);
  cpu_set_t all, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
  CPU_ZERO(&one);
  for (int core = 0; core < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++core) {
    if (CPU_ISSET(core, &all)) CPU_SET(core, &one);
  }
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(usable_cores(), 1);
  sched_setaffinity(0, sizeof all, &all);
}

[[noreturn]] void start_a_thousand_threads_in_a_gibibyte() {
  const rlimit memory{std::size_t{1} << 30, std::size_t{1} << 30};
  ::setrlimit(RLIMIT_AS, &memory);
  try {
    require_threads(1000);  // of 8 MiB of stack each
  } catch (const Error& error) {
    std::fputs(error.what(), stderr);
    ::_exit(1);
  }
  ::_exit(0);
}

TEST(RequireThreads, SaysHowManyTheSystemAllows) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's own memory does not fit into a gibibyte";
#endif
  require_threads(8);
  EXPECT_EXIT(start_a_thousand_threads_in_a_gibibyte(), ::testing::ExitedWithCode(1),
              "only .* of 1000 threads could be started .*--threads");
}

}  // namespace
}  // namespace qprompt
