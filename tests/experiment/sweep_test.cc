#include "qprompt/experiment/sweep.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "qprompt/core/file.h"
#include "qprompt/core/json.h"
#include "qprompt/experiment/request.h"
#include "qprompt/features/feature_store.h"
#include "qprompt/run/run_folder.h"
#include "qprompt/run/run_lock.h"
#include "tests/eval/demo_data.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::shared_ptr<const RunData> as_data(Dataset dataset) {
  DataDescription description;
  description.path = (testing::demo_folder() / "pictures").string();
  dataset.name = "drawings";
  return std::make_shared<const RunData>(std::move(dataset), std::move(description));
}

std::shared_ptr<const RunData> demo_data() {
  static const auto data = as_data(small_demo_data());
  return data;
}

ExperimentRequest brief(const std::string& experiment) {
  return {.experiment = experiment,
          .data = {"drawings"},
          .shots = {2},
          .seeds = {1, 2},
          .settings = {{"epochs", "2"}, {"views", "2"}, {"batch_size", "4"}, {"lr", "0.05"}}};
}

class SweepOfRuns : public ::testing::Test {
 protected:
  static std::vector<RunSpec> runs(const ExperimentRequest& request,
                                   const std::shared_ptr<const RunData>& data = demo_data()) {
    return runs_of(request, [&](const std::string&) { return data; });
  }

  // A process of its own, as far as what is shared goes.
  std::vector<RunOutcome> sweep(const std::vector<RunSpec>& runs, SweepOptions options = {}) const {
    Workbench bench(model, {}, {});
    if (options.records.empty()) options.records = records;
    return run_all(bench, runs, options);
  }

  nlohmann::json record(const RunSpec& run) const {
    return read_json(record_path(records, run, model));
  }

  // Without what takes other times and lies elsewhere.
  static nlohmann::json lasting(nlohmann::json record) {
    record.erase("seconds");
    return record;
  }

  const Model model = testing::demo_model(testing::float32(1));
  testing::TemporaryFolder folder;
  const fs::path records = folder / "records";
};

std::vector<RunFate> fates(const std::vector<RunOutcome>& outcomes) {
  std::vector<RunFate> fates;
  for (const RunOutcome& outcome : outcomes) fates.push_back(outcome.fate);
  return fates;
}

TEST_F(SweepOfRuns, LeavesARecordAndAPromptOfEveryRun) {
  const auto list = runs(brief("base-to-new"));
  ASSERT_EQ(list.size(), 5u);
  EXPECT_THAT(fates(sweep(list)), Each(RunFate::kFinished));
  const nlohmann::json zero_shot = record(list[0]), coop = record(list[1]);
  EXPECT_EQ(zero_shot["method"], "zeroshot");
  EXPECT_EQ(zero_shot["bytes"]["payload"], 0);
  EXPECT_EQ(coop["source"]["shots"], 2);
  EXPECT_EQ(coop["source"]["classes"], "base");
  EXPECT_EQ(coop["epochs"].size(), 2u);
  ASSERT_EQ(coop["targets"].size(), 2u);

  // The prompt beside the record gives the record's accuracies.
  const PromptFile prompt =
      load_prompt_file(record_path(records, list[1], model).parent_path() / kPromptName);
  for (const auto& target : coop["targets"]) {
    const auto half = target["name"] == "base" ? ClassSubset::kBase : ClassSubset::kNew;
    const Dataset data = subsample_classes(demo_data()->dataset, half);
    const Metrics metrics =
        evaluate(AdaptedModel(model, prompt, data.class_names), data.test).metrics;
    EXPECT_EQ(target["correct"], metrics.correct);
    EXPECT_EQ(target["class_names"], nlohmann::json(data.class_names));
  }
}

TEST_F(SweepOfRuns, ARunIsWhatLearningByHandGivesWhateverIsBesideIt) {
  const auto list = runs(brief("base-to-new"));
  sweep(list);
  for (const RunSpec& run : {list[3], list[4]}) {
    const Learned learned = learn(model, demo_data()->dataset, *run.method.learn);
    const fs::path path = record_path(records, run, model);
    EXPECT_EQ(to_bytes(load_prompt_file(path.parent_path() / kPromptName)),
              to_bytes(learned.prompt));
    const auto epochs = record(run)["epochs"];
    ASSERT_EQ(epochs.size(), learned.epochs.size());
    for (std::size_t e = 0; e < epochs.size(); ++e) {
      EXPECT_EQ(epochs[e]["loss"], learned.epochs[e].loss);
    }
  }
  EXPECT_NE(record(list[1])["epochs"], record(list[3])["epochs"]) << "seeds draw other shots";
}

TEST_F(SweepOfRuns, CachedFeaturesChangeNothing) {
  ExperimentRequest request = brief("base-to-new");
  request.seeds = {1};
  const auto list = runs(request);
  sweep(list);
  FeatureOptions cached;
  cached.cache = FeatureStore::open(folder / "cache");
  for (const char* name : {"filled", "read"}) {
    Workbench bench(model, cached, cached);
    run_all(bench, list, {.records = folder / name});
    EXPECT_GT(cached.cache->entries(), 0u);
    for (const RunSpec& run : list) {
      EXPECT_EQ(lasting(read_json(record_path(folder / name, run, model))), lasting(record(run)));
    }
  }
}

TEST_F(SweepOfRuns, AgainDoesOnlyWhatIsMissing) {
  const auto list = runs(brief("base-to-new"));
  sweep(list);
  const nlohmann::json before = record(list[1]);
  fs::remove(record_path(records, list[3], model));
  const auto outcomes = sweep(list);
  EXPECT_THAT(fates(outcomes), ElementsAre(RunFate::kThere, RunFate::kThere, RunFate::kThere,
                                           RunFate::kFinished, RunFate::kThere));
  EXPECT_EQ(record(list[1]), before);
}

TEST_F(SweepOfRuns, ShardsTogetherDoEveryRunOnceWithTheSameResult) {
  const auto list = runs(brief("base-to-new"));
  EXPECT_EQ(sweep(list, {.records = folder / "whole"}).size(), 5u);
  const auto first = fates(sweep(list, {.shard = {1, 2}}));
  const auto second = fates(sweep(list, {.shard = {2, 2}}));
  EXPECT_EQ(first.size() + second.size(), 5u);
  EXPECT_THAT(first, AllOf(SizeIs(Ge(2)), Each(RunFate::kFinished)));
  EXPECT_THAT(second, AllOf(SizeIs(Ge(2)), Each(RunFate::kFinished)));
  for (const RunSpec& run : list) {
    EXPECT_EQ(lasting(record(run)), lasting(read_json(record_path(folder / "whole", run, model))));
  }
}

TEST_F(SweepOfRuns, EncodesEachImageOnceForAllMethods) {
  ExperimentRequest request = brief("base-to-new");
  request.methods = {"zeroshot", "coop", "qcoop", "kgcoop", "tip-adapter", "clip-adapter"};
  request.seeds = {1};
  Index encoded = 0;
  FeatureOptions counting;
  counting.progress = [&](const FeatureProgress& now) {
    if (now.done == now.total) encoded += now.total - now.cached;
  };
  Workbench bench(model, {}, counting);
  run_all(bench, runs(request), {.records = records});
  EXPECT_EQ(encoded, std::ssize(demo_data()->dataset.test));
}

TEST_F(SweepOfRuns, ARunThatWasNotTestedIsNotFinished) {
  const auto list = runs(brief("base-to-new"));
  sweep(list);
  const fs::path path = record_path(records, list[1], model);
  const nlohmann::json whole = read_json(path);
  nlohmann::json before_tests = whole;
  before_tests["targets"] = nlohmann::json::array();
  before_tests["interrupted"] = true;
  write_file(path, std::string_view(before_tests.dump()));
  EXPECT_EQ(sweep(list)[1].fate, RunFate::kFinished);
  EXPECT_EQ(lasting(record(list[1])), lasting(whole));
}

TEST_F(SweepOfRuns, ADamagedRecordIsThatRunsOwn) {
  const auto list = runs(brief("base-to-new"));
  sweep(list);
  write_file(record_path(records, list[1], model), std::string_view("{"));
  const auto outcomes = sweep(list);
  EXPECT_EQ(outcomes[1].fate, RunFate::kFailed);
  EXPECT_THAT(outcomes[1].message, HasSubstr("run.json"));
  EXPECT_EQ(outcomes[2].fate, RunFate::kThere);
  EXPECT_EQ(finished_records(records, list, model).size(), list.size() - 1);
}

TEST_F(SweepOfRuns, WhatAnotherProcessWorksOnIsLeftToIt) {
  const auto list = runs(brief("base-to-new"));
  const auto lock = RunLock::try_lock(record_path(records, list[2], model).parent_path());
  ASSERT_TRUE(lock);
  const auto outcomes = sweep(list);
  EXPECT_EQ(outcomes[2].fate, RunFate::kElsewhere);
  EXPECT_EQ(outcomes[3].fate, RunFate::kFinished);
}

TEST_F(SweepOfRuns, ARunThatFailsKeepsNoOtherFromItsOwn) {
  auto list = runs(brief("base-to-new"));
  list[1].method.learn->training.optimizer.lr = 1e30;
  list[1].method.learn->training.optimizer.warmup_epochs = 0;
  const auto outcomes = sweep(list);
  EXPECT_EQ(outcomes[1].fate, RunFate::kFailed);
  EXPECT_THAT(outcomes[1].message, AllOf(StartsWith(outcomes[1].folder.filename().string()),
                                         HasSubstr("a smaller learning rate may help")));
  EXPECT_EQ(outcomes[2].fate, RunFate::kFinished);
}

TEST_F(SweepOfRuns, InterruptedAndBegunAgainEndsAsUndisturbed) {
  ExperimentRequest request = brief("base-to-new");
  request.seeds = {1};
  const auto list = runs(request);
  sweep(list, {.records = folder / "whole"});
  for (int stop_at : {1, 3, 5}) {
    int steps = 0;
    const auto stopping = [&] {
      Observer observer;
      observer.stop = [&] { return ++steps == stop_at; };
      return observer;
    };
    try {
      sweep(list, {.on_begin = stopping});
    } catch (const Interrupted&) {
    }
  }
  sweep(list);
  for (const RunSpec& run : list) {
    EXPECT_EQ(lasting(record(run)), lasting(read_json(record_path(folder / "whole", run, model))));
  }
}

TEST_F(SweepOfRuns, AStudyByEpochEndsAtTheRecordsAccuracies) {
  ExperimentRequest request = brief("quantization");
  request.seeds = {1};
  const auto list = runs(request);
  sweep(list);
  for (const RunSpec& run : list) {
    const nlohmann::json of_run = record(run);
    const auto& last = of_run["epochs"].back();
    for (const auto& target : of_run["targets"]) {
      EXPECT_EQ(last["targets"][target["name"].get<std::string>()], target["accuracy"]);
    }
    const auto& counts = last["weights"]["ctx"]["counts"];
    std::int64_t values = 0;
    for (const auto& count : counts) values += count.get<std::int64_t>();
    const StoredMatrix ctx =
        load_prompt_file(record_path(records, run, model).parent_path() / kPromptName).matrices[0];
    EXPECT_EQ(values, rows(ctx) * cols(ctx));
  }
  EXPECT_TRUE(record(list[0])["divergences"].empty());
  const nlohmann::json first = record(list[1])["divergences"].front();
  EXPECT_EQ(first["step"], 0);
  EXPECT_EQ(first["clustered"], true);
}

TEST_F(SweepOfRuns, EqualRunsHaveEqualHashesAndOthersHaveNot) {
  const auto list = runs(brief("base-to-new"));
  EXPECT_EQ(run_hash(list[1], model), run_hash(runs(brief("base-to-new"))[1], model));
  RunSpec other = list[1];
  other.method.learn->training.epochs = 3;
  EXPECT_NE(run_hash(other, model), run_hash(list[1], model));
  other = list[1];
  Dataset fewer = list[1].data->dataset;
  fewer.test.pop_back();
  other.targets[1].data = as_data(fewer);
  EXPECT_NE(run_hash(other, model), run_hash(list[1], model));
  EXPECT_NE(run_hash(list[2], model), run_hash(list[1], model));
}

TEST_F(SweepOfRuns, TheHashKnowsNoFolder) {
  const fs::path pictures = testing::demo_folder() / "pictures";
  const auto described = [&](const fs::path& root) {
    DataDescription description;
    description.path = pictures.string();
    return RunData(load_dataset(root), description);
  };
  const RunData absolute = described(fs::absolute(pictures));
  const RunData relative = described(fs::relative(pictures));
  EXPECT_EQ(absolute.source_hash, relative.source_hash);
  EXPECT_EQ(absolute.test_hash, relative.test_hash);
  fs::create_directory_symlink(pictures, folder / "elsewhere");
  DataDescription description;
  description.path = (folder / "elsewhere").string();
  EXPECT_EQ(RunData(load_dataset(folder / "elsewhere"), description).test_hash, absolute.test_hash);
}

TEST_F(SweepOfRuns, AMethodBoundToItsClassesIsRefusedBeforeAnyRun) {
  ExperimentRequest request = brief("base-to-new");
  request.settings["class_specific"] = "true";
  const auto list = runs(request);
  EXPECT_THAT(error_of([&] { sweep(list); }),
              HasSubstr("'coop' learns for the classes it saw alone"));
  EXPECT_FALSE(fs::exists(records));
  request.experiment = "few-shot";
  EXPECT_THAT(fates(sweep(runs(request))), Each(RunFate::kFinished));
}

TEST_F(SweepOfRuns, AHalfWithoutTestImagesIsRefusedBeforeAnyRun) {
  Dataset dataset = demo_data()->dataset;
  std::erase_if(dataset.test, [](const Item& item) { return item.label >= 3; });
  const auto list = runs(brief("base-to-new"), as_data(dataset));
  EXPECT_THAT(error_of([&] { sweep(list); }), HasSubstr("no test images of the new classes"));
  EXPECT_FALSE(fs::exists(records));
}

TEST_F(SweepOfRuns, NamesDamagedImagesAndScarceClassesThatARunLearnedFrom) {
  Dataset dataset = demo_data()->dataset;
  dataset.test.front().image = folder.file("test.webp", "");
  dataset.train = first_of_each(dataset.train, 5, 2);
  for (const int label : {1, 4}) {  // a base class and a new one
    dataset.train.erase(std::ranges::find(dataset.train, label, &Item::label));
  }
  dataset.train.front().image = folder.file("train.webp", "");
  FeatureOptions skipping;
  skipping.skip_bad_images = true;
  Workbench bench(model, skipping, skipping);
  const auto list = runs(brief("base-to-new"), as_data(dataset));
  const auto outcomes = run_all(bench, {list[0], list[1]}, {.records = records});
  EXPECT_THAT(outcomes[0].skipped, ElementsAre(HasSubstr("test.webp")));
  EXPECT_THAT(outcomes[1].skipped, ElementsAre(HasSubstr("test.webp"), HasSubstr("train.webp")));
  EXPECT_THAT(outcomes[1].scarce, ElementsAre(ScarceClass{dataset.class_names[1], 1}));
}

TEST_F(SweepOfRuns, AnotherRunsRecordInItsPlaceIsRefused) {
  const auto list = runs(brief("base-to-new"));
  sweep({list[0]});
  const fs::path path = record_path(records, list[0], model);
  nlohmann::json changed = read_json(path);
  changed["run"] = "0123456789abcdef";
  write_file(path, std::string_view(changed.dump()));
  EXPECT_THAT(sweep(list)[0].message, HasSubstr("the record of another run"));
}

}  // namespace
}  // namespace qprompt
