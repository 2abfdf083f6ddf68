// One model, many callers: what they get is what one caller gets, and no more threads and no more
// memory are taken for many. Runs for QPROMPT_STRESS_SECONDS, a few by default; from 90 on it also
// checks that memory is flat after the first minute.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "qprompt/core/file.h"
#include "qprompt/data/opened_image.h"
#include "qprompt/inference/classifier.h"
#include "qprompt/prompt/prompted_clip.h"
#include "qprompt/train/learn.h"
#include "tests/eval/demo_data.h"

namespace qprompt {
namespace {

using Clock = std::chrono::steady_clock;
using Names = std::vector<std::string>;

constexpr int kCallers = 16, kThreads = 2;
const std::vector<Names> kLists{{"cat", "dog", "fish"}, {"photo", "bird", "cat", "cat photo"}};
const std::vector<MethodConfig> kMethods{CoOpConfig{.n_ctx = 2, .ctx_init = ""},
                                         MaPLeConfig{.n_ctx = 2, .ctx_init = ""},
                                         CoCoOpConfig{.n_ctx = 2, .ctx_init = "", .reduction = 4}};

double stress_seconds() {
  const char* text = std::getenv("QPROMPT_STRESS_SECONDS");
  return text == nullptr ? 3 : std::atof(text);
}

// Of "Threads:" or "VmRSS:" (in kB).
long process_status(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field + ":")) return std::stol(line.substr(field.size() + 1));
  }
  return -1;
}

class Concurrency : public ::testing::Test {
 protected:
  Concurrency() : model_(testing::random_model(1, testing::float32(kThreads))) {
    for (const auto& path : testing::demo_pictures(6)) {
      contents_.push_back(read_text(path));
      pictures_.push_back(read_image(path));
    }
    for (const MethodConfig& method : kMethods) prompts_.push_back(prompt_of(method));
    config_.method = kMethods[0];
    config_.shots = 2;
    config_.views = 2;
    config_.training.epochs = 3;
    config_.training.batch_size = 4;
    data_ = small_demo_data();
    data_.class_names = {"cat", "dog", "fish", "photo", "bird"};  // the model reads letters
  }

  PromptFile prompt_of(const MethodConfig& method) const {
    const PromptedClip clip(model_, make_learner(method, model_), kLists[0],
                            kernels::Differentiable::kNo);
    return {.backbone = model_.fingerprint(),
            .identity = model_.identity(),
            .method = method,
            .matrices = stored_matrices(clip.learner().initial_values(clip.classes(), 7), {})};
  }

  // Files, their bytes and their pixels in turn, a caller's own number of them.
  std::vector<ImageSource> images(std::size_t caller) const {
    const auto paths = testing::demo_pictures(6);
    std::vector<ImageSource> images;
    for (std::size_t i = 0; i <= caller % contents_.size(); ++i) {
      const Image& picture = pictures_[i];
      images.push_back(
          caller % 3 == 0 ? ImageSource(paths[i])
          : caller % 3 == 1
              ? ImageSource::encoded(std::as_bytes(std::span(contents_[i])))
              : ImageSource::pixels({picture.pixels.data(), picture.width, picture.height, 0}));
    }
    return images;
  }

  // What a caller is answered: logits among its class list with its prompt.
  Matrix answer(std::size_t caller) const {
    const AdaptedModel adapted(model_, prompts_[caller % prompts_.size()],
                               kLists[caller % kLists.size()]);
    return adapted.logits(adapted.features(images(caller)));
  }

  std::vector<std::byte> trained() const { return to_bytes(learn(model_, data_, config_).prompt); }

  const Model model_;
  std::vector<std::string> contents_;
  std::vector<Image> pictures_;
  std::vector<PromptFile> prompts_;
  Dataset data_;
  LearnConfig config_;
};

TEST_F(Concurrency, ManyCallersAndATrainingGetWhatEachGetsAlone) {
  std::vector<Matrix> expected;
  for (std::size_t c = 0; c < kCallers; ++c) expected.push_back(answer(c));
  const std::vector<std::byte> expected_training = trained();
  const long threads_before = process_status("Threads");

  std::atomic<bool> stop{false};
  std::atomic<long> answers{0}, trainings{0}, wrong{0}, most_threads{0};
  std::vector<std::thread> callers;
  for (std::size_t c = 0; c < kCallers; ++c) {
    callers.emplace_back([&, c] {
      while (!stop) {
        wrong += answer(c) != expected[c];
        ++answers;
        most_threads = std::max(most_threads.load(), process_status("Threads"));
      }
    });
  }
  std::thread trainer([&] {
    while (!stop) {
      wrong += trained() != expected_training;
      ++trainings;
    }
  });
  const auto start = Clock::now();
  const double seconds = stress_seconds();
  long after_a_minute = 0;
  while (std::chrono::duration<double>(Clock::now() - start).count() < seconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    if (after_a_minute == 0 && Clock::now() - start > std::chrono::minutes(1)) {
      after_a_minute = process_status("VmRSS");
    }
  }
  const long at_the_end = process_status("VmRSS");
  stop = true;
  for (std::thread& caller : callers) caller.join();
  trainer.join();

  EXPECT_EQ(wrong, 0);
  EXPECT_GT(answers, kCallers);
  EXPECT_GT(trainings, 0);
  // The engine's threads are there before; the callers, and nothing for each of them, come on top.
  EXPECT_LE(most_threads, threads_before + kCallers + 1);
  if (seconds >= 90) {
    EXPECT_LE(at_the_end, after_a_minute + 4096) << "kB";
    std::printf("%.0f s, %ld answers, %ld trainings, %ld kB after a minute, %ld kB in the end\n",
                seconds, answers.load(), trainings.load(), after_a_minute, at_the_end);
  }
}

// Both towers are packed by whoever comes first, and again for the training.
TEST_F(Concurrency, TowersArePackedOnceForThoseWhoAskAtOnce) {
  for (int attempt = 0; attempt < 5; ++attempt) {
    const Model fresh = testing::random_model(1, testing::float32(kThreads));
    std::vector<std::shared_ptr<const TextTower>> texts(8);
    std::vector<std::shared_ptr<const ImageTower>> images(8);
    std::vector<std::thread> callers;
    for (std::size_t c = 0; c < texts.size(); ++c) {
      callers.emplace_back([&, c] {
        texts[c] = fresh.text_tower();
        images[c] = fresh.image_tower();
        fresh.identity();
      });
    }
    for (std::thread& caller : callers) caller.join();
    for (std::size_t c = 1; c < texts.size(); ++c) {
      EXPECT_EQ(texts[c], texts[0]);
      EXPECT_EQ(images[c], images[0]);
    }
  }
}

// Work that is large enough for a team of threads.
TEST_F(Concurrency, NoCallerBringsATeamOfItsOwn) {
  const Model model = testing::demo_model(testing::float32(3));
  const AdaptedModel adapted = AdaptedModel::zero_shot(model, {"a photo of a {}."}, kLists[0]);
  const auto paths = testing::demo_pictures(64);
  const std::vector<ImageSource> pictures(paths.begin(), paths.end());
  const Matrix expected = adapted.logits(adapted.features(pictures));
  const long threads_before = process_status("Threads");
  std::atomic<long> most_threads{0}, wrong{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 8; ++c) {
    callers.emplace_back([&] {
      for (int i = 0; i < 3; ++i) {
        wrong += adapted.logits(adapted.features(pictures)) != expected;
        most_threads = std::max(most_threads.load(), process_status("Threads"));
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(most_threads, threads_before + 8);
}

// Models that share an engine share its threads; each other's answers stay their own.
TEST_F(Concurrency, ModelsMayShareAnEngine) {
  const testing::TemporaryFolder folder;
  testing::write_random_model(folder.path(), testing::small_clip_shape(), 1);
  ModelOptions options;
  options.engine = model_.shared_engine();
  const Model same = Model::load(folder.path().string(), options);
  EXPECT_EQ(same.identity(), model_.identity());
  const long threads = process_status("Threads");
  const AdaptedModel adapted(same, prompts_[0], kLists[0]);
  EXPECT_EQ(adapted.logits(adapted.features(images(0))), answer(0));
  EXPECT_LE(process_status("Threads"), threads + kThreads);  // that decode, started by need
}

}  // namespace
}  // namespace qprompt
