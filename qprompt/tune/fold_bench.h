#pragma once

#include <string>
#include <vector>

#include "qprompt/inference/adapted_model.h"
#include "qprompt/tune/images_at_hand.h"

namespace qprompt {

// A fold with its class lists and its images. The images at hand outlive it.
class FoldBench {
 public:
  // `zero_shot`: a template.
  FoldBench(const Model& model, ImagesAtHand& images, const Fold& fold, TuneGoal goal,
            const std::string& zero_shot);

  // What a candidate learns from, with labels of these classes.
  const std::vector<std::string>& learned_names() const { return learned_names_; }
  TrainingSet to_learn(const LearnConfig& config) const;

  // Zero-shot for each of the lists below.
  const std::vector<AdaptedModel>& zero_shot() const { return zero_shot_; }

  // The class lists that are asked among: that of the learned classes, and that of the novel ones;
  // or one of both.
  const std::vector<std::vector<std::string>>& asked() const { return asked_; }
  // Of a candidate as a model for each of these lists, in their order.
  Judgement judge(const std::vector<AdaptedModel>& models) const;

 private:
  // Images that are asked among one of the lists.
  struct Question {
    std::size_t list = 0;
    std::vector<Index> images{};
    TrainingSet frozen{};          // features; labels are positions in the list
    std::vector<int> zero_shot{};  // its answers
  };
  struct Count {
    Index images = 0, right = 0, changed = 0;
  };
  Question question(const std::vector<Index>& images, std::size_t list,
                    const std::vector<int>& classes_of_list) const;
  std::vector<int> answers(const Question& question, const AdaptedModel& model) const;
  Count count(const Question& question, const std::vector<AdaptedModel>& models) const;

  ImagesAtHand* images_;
  Fold fold_;
  std::vector<std::string> learned_names_;
  std::vector<std::vector<std::string>> asked_;
  std::vector<AdaptedModel> zero_shot_;
  std::vector<Question> questions_;  // of learned classes, and of novel ones
};

}  // namespace qprompt
