#include "qprompt/core/shard.h"

#include <map>
#include <vector>

#include "tests/support/errors.h"

namespace qprompt {
namespace {

using testing::error_of;
using ::testing::HasSubstr;

using Variables = std::map<std::string, std::string>;

Environment environment_of(const Variables& variables) {
  return [variables](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
}

Shard shard_of(const Variables& variables) {
  return shard_of_environment(environment_of(variables));
}

Variables array_element(int id, int first, int last, int count) {
  return {{"SLURM_ARRAY_TASK_ID", std::to_string(id)},
          {"SLURM_ARRAY_TASK_MIN", std::to_string(first)},
          {"SLURM_ARRAY_TASK_MAX", std::to_string(last)},
          {"SLURM_ARRAY_TASK_COUNT", std::to_string(count)}};
}

TEST(Shard, EveryEntryBelongsToExactlyOnePart) {
  for (const int count : {1, 2, 3, 7}) {
    for (std::size_t position = 0; position < 20; ++position) {
      int takers = 0;
      for (int number = 1; number <= count; ++number) {
        takers += Shard{number, count}.takes(position);
      }
      EXPECT_EQ(takers, 1) << position << " of " << count;
    }
  }
}

TEST(Shard, NeighboursGoToDifferentParts) {
  for (std::size_t first = 0; first < 300; first += 3) {
    for (int number = 1; number <= 3; ++number) {
      const Shard shard{number, 3};
      EXPECT_EQ(shard.takes(first) + shard.takes(first + 1) + shard.takes(first + 2), 1);
    }
  }
}

// A plan of two methods in turn on two machines: the first would do all runs of the first method.
TEST(Shard, NoPartGetsAllOfWhatComesInTurn) {
  constexpr int kEntries = 480;
  for (const int count : {2, 4}) {
    for (const int methods : {2, 3, 4, 8}) {
      for (int number = 1; number <= count; ++number) {
        std::vector<int> taken(static_cast<std::size_t>(methods));
        for (std::size_t position = 0; position < kEntries; ++position) {
          taken[position % taken.size()] += Shard{number, count}.takes(position);
        }
        const int fair = kEntries / methods / count;
        EXPECT_THAT(taken, ::testing::Each(::testing::AllOf(::testing::Gt(fair / 2),
                                                            ::testing::Lt(fair + fair / 2 + 1))))
            << number << " of " << count;
      }
    }
  }
}

// Processes of two versions of the program may share a list.
TEST(Shard, StaysTheSame) {
  std::string takers;
  for (std::size_t position = 0; position < 24; ++position) {
    for (int number = 1; number <= 3; ++number) {
      if (Shard{number, 3}.takes(position)) takers += std::to_string(number);
    }
  }
  EXPECT_EQ(takers, "123123231312231312123123");
}

TEST(ParseShard, CountsFromOne) {
  EXPECT_EQ(parse_shard("1/8"), (Shard{1, 8}));
  EXPECT_EQ(parse_shard("8/8"), (Shard{8, 8}));
  EXPECT_EQ(shard_text(parse_shard("3/10")), "3/10");
}

TEST(ParseShard, RefusesWhatIsNoPart) {
  for (const char* text : {"", "2", "/", "1/", "/2", "a/b", "1/2/3", " 1/2", "1/2 ", "-1/2",
                           "1.0/2", "1/99999999999"}) {
    EXPECT_THAT(error_of([&] { parse_shard(text); }),
                HasSubstr(std::string("shard '") + text + "', expected for example 2/8"));
  }
  for (const char* text : {"0/8", "9/8", "0/0", "1/0"}) {
    EXPECT_THAT(error_of([&] { parse_shard(text); }),
                HasSubstr("expected the first number within"));
  }
}

TEST(ShardOfEnvironment, IsTheWholeListWhereNobodyStartedSeveral) {
  EXPECT_EQ(shard_of({}), Shard{});
}

TEST(ShardOfEnvironment, FollowsMpirun) {
  EXPECT_EQ(shard_of({{"OMPI_COMM_WORLD_RANK", "0"}, {"OMPI_COMM_WORLD_SIZE", "2"}}),
            (Shard{1, 2}));
  EXPECT_EQ(shard_of({{"PMI_RANK", "3"}, {"PMI_SIZE", "4"}}), (Shard{4, 4}));
}

TEST(ShardOfEnvironment, FollowsSrun) {
  EXPECT_EQ(shard_of({{"SLURM_PROCID", "1"}, {"SLURM_STEP_NUM_TASKS", "3"}}), (Shard{2, 3}));
}

TEST(ShardOfEnvironment, ABatchScriptIsOneProcessHoweverManyTasksItMayStart) {
  EXPECT_EQ(shard_of({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}}), Shard{});
}

TEST(ShardOfEnvironment, MpirunWithinASlurmStepCountsItsOwnRanks) {
  EXPECT_EQ(shard_of({{"OMPI_COMM_WORLD_RANK", "5"},
                      {"OMPI_COMM_WORLD_SIZE", "8"},
                      {"SLURM_PROCID", "0"},
                      {"SLURM_STEP_NUM_TASKS", "2"}}),
            (Shard{6, 8}));
}

TEST(ShardOfEnvironment, FollowsASlurmArrayFromAnyFirstElementAndStep) {
  EXPECT_EQ(shard_of(array_element(0, 0, 3, 4)), (Shard{1, 4}));
  EXPECT_EQ(shard_of(array_element(3, 0, 3, 4)), (Shard{4, 4}));
  EXPECT_EQ(shard_of(array_element(11, 10, 12, 3)), (Shard{2, 3}));
  EXPECT_EQ(shard_of(array_element(7, 3, 9, 4)), (Shard{3, 4}));
}

TEST(ShardOfEnvironment, ALoneElementThatIsRunAgainTakesWhatIsLeft) {
  EXPECT_EQ(shard_of(array_element(3, 3, 3, 1)), Shard{});
}

TEST(ShardOfEnvironment, RefusesAnArrayWithGaps) {
  // --array=1,3,7
  EXPECT_THAT(error_of([] { shard_of(array_element(3, 1, 7, 3)); }),
              HasSubstr("SLURM_ARRAY_TASK_ID 3 of 3 elements from 1 to 7"));
  EXPECT_THAT(error_of([] { shard_of(array_element(9, 0, 3, 4)); }), HasSubstr("equal distances"));
  EXPECT_THAT(error_of([] { shard_of(array_element(0, 0, 0, 0)); }), HasSubstr("equal distances"));
}

TEST(ShardOfEnvironment, ProcessesOfArrayElementsShareTheListAmongAll) {
  std::vector<int> numbers;
  for (int element = 0; element < 2; ++element) {
    for (int process = 0; process < 3; ++process) {
      Variables variables = array_element(element, 0, 1, 2);
      variables["SLURM_PROCID"] = std::to_string(process);
      variables["SLURM_STEP_NUM_TASKS"] = "3";
      const Shard shard = shard_of(variables);
      EXPECT_EQ(shard.count, 6);
      numbers.push_back(shard.number);
    }
  }
  EXPECT_THAT(numbers, ::testing::ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(ShardOfEnvironment, NamesAVariableThatMakesNoSense) {
  EXPECT_THAT(error_of([] {
                shard_of({{"OMPI_COMM_WORLD_RANK", "one"}, {"OMPI_COMM_WORLD_SIZE", "2"}});
              }),
              HasSubstr("OMPI_COMM_WORLD_RANK 'one', expected a number"));
  EXPECT_THAT(error_of([] {
                shard_of({{"PMI_RANK", "2"}, {"PMI_SIZE", "2"}});
              }),
              HasSubstr("PMI_RANK 2, expected less than PMI_SIZE 2"));
}

}  // namespace
}  // namespace qprompt
