#include "qprompt/tune/fold_bench.h"

#include <algorithm>

#include "qprompt/inference/predictions.h"
#include "qprompt/train/trainer.h"

namespace qprompt {
namespace {

std::vector<std::string> names_of(const std::vector<int>& classes,
                                  const std::vector<std::string>& all) {
  std::vector<std::string> names;
  names.reserve(classes.size());
  for (const int label : classes) names.push_back(all[static_cast<std::size_t>(label)]);
  return names;
}

// Labels of the images as positions in a list of classes.
std::vector<int> positions(const std::vector<Index>& images, const std::vector<int>& labels,
                           const std::vector<int>& classes) {
  std::vector<int> positions;
  positions.reserve(images.size());
  for (const Index image : images) {
    const auto found = std::ranges::find(classes, labels[static_cast<std::size_t>(image)]);
    positions.push_back(static_cast<int>(found - classes.begin()));
  }
  return positions;
}

double share(Index part, Index whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

FoldBench::FoldBench(const Model& model, ImagesAtHand& images, const Fold& fold, TuneGoal goal,
                     const std::string& zero_shot)
    : images_(&images), fold_(fold), learned_names_(names_of(fold.learned, images.class_names())) {
  std::vector<std::vector<int>> lists{fold.learned};
  if (goal == TuneGoal::kNew) lists.push_back(fold.novel);
  if (goal == TuneGoal::kAll) {
    lists.front().insert(lists.front().end(), fold.novel.begin(), fold.novel.end());
  }
  for (const std::vector<int>& list : lists) {
    asked_.push_back(names_of(list, images.class_names()));
    zero_shot_.push_back(AdaptedModel::zero_shot(model, {zero_shot}, asked_.back()));
  }
  questions_.push_back(question(fold.held_out, 0, lists.front()));
  if (goal != TuneGoal::kSame) {
    questions_.push_back(question(fold.unseen, lists.size() - 1, lists.back()));
  }
}

FoldBench::Question FoldBench::question(const std::vector<Index>& images, std::size_t list,
                                        const std::vector<int>& classes_of_list) const {
  Question question{list, images};
  question.frozen =
      images_->to_judge(false, images, positions(images, images_->labels(), classes_of_list));
  question.zero_shot = answers(question, zero_shot_[list]);
  return question;
}

TrainingSet FoldBench::to_learn(const LearnConfig& config) const {
  return images_->to_learn(config, fold_.shots,
                           positions(fold_.shots, images_->labels(), fold_.learned));
}

std::vector<int> FoldBench::answers(const Question& question, const AdaptedModel& model) const {
  if (!model.prompts_images()) return predictions(logits(model, question.frozen));
  const TrainingSet pixels = images_->to_judge(true, question.images, question.frozen.labels);
  return predictions(logits(model, pixels));
}

FoldBench::Count FoldBench::count(const Question& question,
                                  const std::vector<AdaptedModel>& models) const {
  const std::vector<int> given = answers(question, models[question.list]);
  Count count{std::ssize(given)};
  for (std::size_t i = 0; i < given.size(); ++i) {
    count.right += given[i] == question.frozen.labels[i];
    count.changed += given[i] != question.zero_shot[i];
  }
  return count;
}

Judgement FoldBench::judge(const std::vector<AdaptedModel>& models) const {
  const Count learned = count(questions_.front(), models);
  const Count novel = questions_.size() > 1 ? count(questions_.back(), models) : Count{};
  return {share(learned.right, learned.images), share(novel.right, novel.images),
          share(learned.changed + novel.changed, learned.images + novel.images)};
}

}  // namespace qprompt
